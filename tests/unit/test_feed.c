// SPDX-License-Identifier: GPL-2.0-or-later
/* Whether records make others: which connection is said to, and which never is. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../tap.h"
#include "base/log.h"
#include "consume/feed.h"

#define LINE 200
#define MANY 2000

static char said[512];
static unsigned int n_said;
static struct feed *feed;
static int ends[2];

static void hear(void *context, const char *line, size_t length)
{
	(void)context;
	n_said++;
	snprintf(said, sizeof(said), "%.*s", (int)length - 1, line);
}

static const struct feed_ssh no_ssh;

static struct feed_ssh ssh_at(uint16_t sport, uint16_t dport)
{
	return (struct feed_ssh){ .saddr = { 1, 2, 3, 4 }, .daddr = { 5, 6, 7, 8 },
				  .sport = sport, .dport = dport };
}

static void setup(const struct feed_ssh *ssh)
{
	check(pipe(ends) == 0);
	n_said = 0;
	said[0] = '\0';
	log_set_writer(hear, NULL);
	feed = feed_new(ends[1], ssh);
	check(feed);
}

static void teardown(void)
{
	feed_free(feed);
	log_set_writer(NULL, NULL);
	close(ends[0]);
	close(ends[1]);
}

/* Of an end that has sent `sent` bytes so far. */
static struct record record_of(uint16_t sport, uint32_t sent)
{
	struct record record = {
		.kind = RECORD_KIND_PROBE, .conn_key = sport, .sport = sport, .dport = 40000,
		.addrs = { .saddr = { 1, 2, 3, 4 }, .daddr = { 5, 6, 7, 8 },
			   .saddr_length = 8, .daddr_length = 8,
			   .saddr_text = "10.0.0.1", .daddr_text = "10.0.0.2" },
		.snd_cwnd = 10, .mss = 1448, .in_flight = 400, .snd_nxt = 0xffffff00u + sent,
	};

	return record;
}

/* `times`: records, each of which tells of so many bytes more. */
static void run(uint16_t sport, unsigned int times, unsigned int bytes)
{
	for (unsigned int i = 1; i <= times; i++) {
		struct record record = record_of(sport, i * bytes);

		feed_record(feed, &record, LINE);
	}
}

static void who_sends_the_lines_is_named_once(void)
{
	setup(&no_ssh);
	run(7008, MANY, LINE);
	check_eq(n_said, 1);
	check_str(said, "tcc-trace: warning: 10.0.0.1.7008 > 10.0.0.2.40000 seems to send what is "
			"written here, and is traced: each line makes others; "
			"--port='!7008' leaves it out");
	teardown();
	/* As batches come: of five lines, and none. */
	setup(&no_ssh);
	for (unsigned int i = 0; i < MANY; i++) {
		struct record record = record_of(50000, i / 5 * 5 * LINE);

		feed_record(feed, &record, LINE);
	}
	check_eq(n_said, 1);
	check(strstr(said, "--port='!40000'"));
	teardown();
}

static void the_other_port_is_of_whoever_comes_next(void)
{
	setup(&no_ssh);
	run(7007, 100, 0);
	run(7008, MANY, LINE);
	check_eq(n_said, 1);
	check(strstr(said, "10.0.0.1.7008 > "));
	teardown();
}

static void who_sends_something_else_is_not(void)
{
	static const unsigned int bytes[] = { 0, 50, 100, 150, 170, 230, 400, 1000, 2896 };

	for (size_t i = 0; i < sizeof(bytes) / sizeof(bytes[0]); i++) {
		setup(&no_ssh);
		run(7008, MANY, bytes[i]);
		if (!check(n_said == 0))
			printf("#   of %u bytes\n", bytes[i]);
		teardown();
	}
}

/* Whose window is full of what is on its way. */
static void a_bulk_transfer_is_not(void)
{
	setup(&no_ssh);
	for (unsigned int i = 0; i < MANY; i++) {
		struct record record = record_of(7008, i * LINE);

		record.in_flight = 9 * 1448;
		feed_record(feed, &record, LINE);
	}
	check_eq(n_said, 0);
	teardown();
}

/* Among the records of others it does not live on its own. */
static void one_of_many_is_not(void)
{
	setup(&no_ssh);
	for (unsigned int i = 0; i < MANY; i++) {
		struct record own = record_of(7008, i * 3 * LINE);
		struct record others = record_of((uint16_t)(8000 + i % 100), 0);

		feed_record(feed, &others, LINE);
		feed_record(feed, &own, LINE);
		feed_record(feed, &others, LINE);
	}
	check_eq(n_said, 0);
	teardown();
}

static void ssh_may_send_more_than_the_lines(void)
{
	struct feed_ssh ssh = ssh_at(22, 40000);

	setup(&ssh);
	run(22, MANY, LINE * 3 / 2);
	check_eq(n_said, 1);
	check_str(said, "tcc-trace: warning: this output's own connection, ssh at port 22, is "
			"traced: each line that it takes makes others; --port='!22' leaves it out");
	teardown();
	/* What somebody types is not what is written into a pipe. */
	setup(&ssh);
	run(22, MANY, 40);
	check_eq(n_said, 0);
	teardown();
	/* Another connection of that port is not the one. */
	setup(&ssh);
	run(23, MANY, LINE * 3 / 2);
	check_eq(n_said, 0);
	teardown();
}

/* All that it shows leaves by ssh: some records of that are enough, whatever they say. */
static void a_terminal_of_ssh_takes_few(void)
{
	struct feed_ssh ssh = ssh_at(22, 40000);

	setup(&ssh);
	feed_free(feed);
	close(ends[0]);
	close(ends[1]);
	ends[0] = posix_openpt(O_RDWR | O_NOCTTY);
	check(ends[0] >= 0 && grantpt(ends[0]) == 0 && unlockpt(ends[0]) == 0);
	ends[1] = open(ptsname(ends[0]), O_RDWR | O_NOCTTY);
	feed = feed_new(ends[1], &ssh);
	check(feed);
	run(7008, MANY, 1000);
	run(22, 9, 0);
	check_eq(n_said, 0);
	run(22, 1, 0);
	check_eq(n_said, 1);
	check_str(said, "tcc-trace: warning: this terminal's own connection, ssh at port 22, is "
			"traced: each line that it shows makes others; --port='!22' leaves it out");
	run(22, MANY, LINE);
	check_eq(n_said, 1);
	teardown();
}

static void other_kinds_tell_nothing(void)
{
	struct feed_ssh ssh = ssh_at(22, 40000);

	setup(&ssh);
	for (unsigned int i = 0; i < MANY; i++) {
		struct record record = record_of(22, i * LINE);

		record.kind = RECORD_KIND_STATE;
		feed_record(feed, &record, LINE);
	}
	check_eq(n_said, 0);
	teardown();
}

static void a_file_makes_none(void)
{
	FILE *file = tmpfile();
	int null = open("/dev/null", O_WRONLY);

	check(file && null >= 0);
	check(!feed_new(fileno(file), &no_ssh));
	check(!feed_new(null, &no_ssh));
	fclose(file);
	close(null);
}

int main(void)
{
	TAP_RUN(who_sends_the_lines_is_named_once);
	TAP_RUN(the_other_port_is_of_whoever_comes_next);
	TAP_RUN(who_sends_something_else_is_not);
	TAP_RUN(a_bulk_transfer_is_not);
	TAP_RUN(one_of_many_is_not);
	TAP_RUN(ssh_may_send_more_than_the_lines);
	TAP_RUN(a_terminal_of_ssh_takes_few);
	TAP_RUN(other_kinds_tell_nothing);
	TAP_RUN(a_file_makes_none);
	return tap_done();
}
