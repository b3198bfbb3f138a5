// SPDX-License-Identifier: GPL-2.0-or-later
/* Whether records make others: which connection is said to, when, and which never is. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../tap.h"
#include "base/log.h"
#include "consume/feed.h"

static char said[512];
static unsigned int n_said;
static struct feed feed;

static void hear(void *context, const char *line, size_t length)
{
	(void)context;
	n_said++;
	snprintf(said, sizeof(said), "%.*s", (int)length - 1, line);
}

static void setup(enum feed_way way)
{
	n_said = 0;
	said[0] = '\0';
	feed = (struct feed){ .way = way, .saddr = { 1, 2, 3, 4 }, .daddr = { 5, 6, 7, 8 },
			      .sport = 22, .dport = 40000 };
	log_set_writer(hear, NULL);
}

static void teardown(void)
{
	log_set_writer(NULL, NULL);
}

static const struct record own = {
	.sport = 22, .dport = 40000,
	.addrs = { .saddr = { 1, 2, 3, 4 }, .daddr = { 5, 6, 7, 8 } },
};

static const struct record other_end = {
	.sport = 40000, .dport = 22,
	.addrs = { .saddr = { 5, 6, 7, 8 }, .daddr = { 1, 2, 3, 4 } },
};

static void give(const struct record *record, unsigned int times)
{
	struct record given = *record;

	for (unsigned int i = 0; i < times; i++) {
		given.kind = (uint8_t)(i % RECORD_KIND_COUNT);
		feed_record(&feed, &given);
	}
}

/* Of whatever kind they are, and however many of others come between. */
static void the_tenth_record_is_said_once(void)
{
	struct record another = own;

	another.sport = 80;
	setup(FEED_TERMINAL);
	give(&another, 1000);
	give(&own, 9);
	give(&another, 1000);
	check_eq(n_said, 0);
	give(&own, 1);
	check_eq(n_said, 1);
	check_str(said, "tcc-trace: warning: this terminal's own connection, ssh at port 22, is "
			"traced: each line that it shows makes others; --port='!22' leaves it out");
	give(&own, 1000);
	check_eq(n_said, 1);
	teardown();
}

/* Who reads a pipe may send it, or not: nobody is accused. */
static void of_a_pipe_it_is_said_that_it_may_be(void)
{
	setup(FEED_PIPE);
	give(&own, 1000);
	check_eq(n_said, 1);
	check_str(said, "tcc-trace: warning: the connection of this session, ssh at port 22, is "
			"traced: if what is written here leaves by it, each line makes others; "
			"--port='!22' leaves it out");
	teardown();
}

/* Where ssh's client is on this machine, too, the filter may let only that pass. */
static void either_end_is_the_connection(void)
{
	setup(FEED_TERMINAL);
	give(&other_end, 5);
	give(&own, 5);
	check_eq(n_said, 1);
	teardown();
}

static void what_differs_in_one_end_is_another(void)
{
	setup(FEED_TERMINAL);
	for (int i = 0; i < 4; i++) {
		struct record others[] = { own, own, own, own, other_end };

		others[0].sport++;
		others[1].dport++;
		others[2].addrs.saddr[i]++;
		others[3].addrs.daddr[i]++;
		others[4].sport = 40001;
		for (size_t at = 0; at < sizeof(others) / sizeof(others[0]); at++)
			give(&others[at], 100);
	}
	check_eq(n_said, 0);
	teardown();
}

static void what_leaves_nowhere_makes_none(void)
{
	setup(FEED_NONE);
	give(&own, 1000);
	check_eq(n_said, 0);
	teardown();
}

/* --- by which way it leaves ------------------------------------------------------------ */

/* In a session of its own: the way of a terminal that is its own, or another's. */
static enum feed_way way_of_terminal(bool is_own)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY), status = 0, fd;
	pid_t pid;

	check(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
	fd = open(ptsname(master), O_RDWR | O_NOCTTY);
	check(fd >= 0);
	pid = fork();
	if (pid == 0) {
		setsid();
		if (is_own && ioctl(fd, TIOCSCTTY, 0))
			_exit(99);
		_exit((int)feed_way(fd));
	}
	check(pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status));
	close(fd);
	close(master);
	return (enum feed_way)WEXITSTATUS(status);
}

static void the_way_is_by_what_it_is(void)
{
	FILE *file = tmpfile();
	int null = open("/dev/null", O_WRONLY), ends[2], sockets[2];

	check(file && null >= 0 && pipe(ends) == 0);
	check(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) == 0);
	check_eq(feed_way(fileno(file)), FEED_NONE);
	check_eq(feed_way(null), FEED_NONE);
	check_eq(feed_way(-1), FEED_NONE);
	check_eq(feed_way(ends[1]), FEED_PIPE);
	check_eq(feed_way(sockets[0]), FEED_PIPE);
	check_eq(way_of_terminal(true), FEED_TERMINAL);
	check_eq(way_of_terminal(false), FEED_NONE);
	fclose(file);
	close(null);
	for (int i = 0; i < 2; i++) {
		close(ends[i]);
		close(sockets[i]);
	}
}

int main(void)
{
	TAP_RUN(the_tenth_record_is_said_once);
	TAP_RUN(of_a_pipe_it_is_said_that_it_may_be);
	TAP_RUN(either_end_is_the_connection);
	TAP_RUN(what_differs_in_one_end_is_another);
	TAP_RUN(what_leaves_nowhere_makes_none);
	TAP_RUN(the_way_is_by_what_it_is);
	return tap_done();
}
