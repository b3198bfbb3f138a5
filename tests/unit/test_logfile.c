// SPDX-License-Identifier: GPL-2.0-or-later
/* A log file's beginnings: whole, where they belong, and within the limit of size. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "file/logfile.h"
#include "file/rotate.h"
#include "tap.h"

#define START_LENGTH 1000
#define LIMIT 4096

static char directory[] = "/tmp/tcc-logfile.XXXXXX";
static char path[64], rotated[80];
static struct logfile *file;
static bool is_heading;		/* the start is CSV's: for an empty file only */

/* One long line, as JSON's opening record is. */
static char *make_start(void *context, bool is_empty)
{
	char *start = is_heading && !is_empty ? NULL : malloc(START_LENGTH + 1);

	(void)context;
	if (!start)
		return NULL;
	memset(start, 's', START_LENGTH);
	start[START_LENGTH - 1] = '\n';
	start[START_LENGTH] = '\0';
	return start;
}

static void setup(uint64_t limit_bytes, uint64_t keep)
{
	struct logfile_config config = {
		.path = path, .heading = "", .start = make_start,
		.limit_bytes = limit_bytes, .keep = keep,
	};
	struct append_state state;

	unlink(path);
	unlink(rotated);
	check_eq(logfile_open(&file, &config, &state), 0);
}

static off_t size_of(const char *name)
{
	struct stat st;

	return stat(name, &st) ? -1 : st.st_size;
}

static void make_file(const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT, 0600);

	check_eq(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void limit_file_size(rlim_t bytes)
{
	struct rlimit limit;

	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = bytes;
	check_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* A hangup while nothing is pending: the opening record has no line behind it. */
static void test_start_alone_is_within_the_limit(void)
{
	char line[LIMIT - START_LENGTH - 100];

	setup(LIMIT, 10);
	memset(line, 'l', sizeof(line));
	line[sizeof(line) - 1] = '\n';
	check_eq(logfile_write(file, line, sizeof(line), false), sizeof(line));
	logfile_reopen(file);
	check(logfile_has_start(file));
	check_eq(logfile_write(file, line, 0, false), 0);
	check(!logfile_has_start(file));
	check_eq(size_of(rotated), LIMIT - 100);
	check_eq(size_of(path), START_LENGTH);
	check_eq(logfile_close(file), 0);
}

/* A full disk takes half of it: nothing of that stays, so that no half line is rotated. */
static void test_start_is_whole_or_not_there(void)
{
	setup(0, 10);
	limit_file_size(START_LENGTH / 2);
	check_eq(logfile_write(file, "", 0, false), -EFBIG);
	check_eq(size_of(path), 0);
	limit_file_size(START_LENGTH + START_LENGTH / 2);
	check_eq(logfile_write(file, "x\n", 2, true), 2);
	check_eq(size_of(path), START_LENGTH + 2);
	logfile_reopen(file);
	check_eq(logfile_write(file, "", 0, true), -EFBIG);
	check_eq(size_of(path), START_LENGTH + 2);
	limit_file_size(RLIM_INFINITY);
	check_eq(logfile_close(file), 0);
}

/* What took half a line does not say why it took no more. */
static void test_half_a_line_says_why(void)
{
	setup(0, 10);
	limit_file_size(START_LENGTH + 6);
	check_eq(logfile_write(file, "one\ntwo\nthree\n", 14, false), 4);
	check_eq(size_of(path), START_LENGTH + 4);
	check_eq(logfile_write(file, "two\nthree\n", 10, false), -EFBIG);
	check_eq(size_of(path), START_LENGTH + 4);
	limit_file_size(RLIM_INFINITY);
	check_eq(logfile_write(file, "two\nthree\n", 10, true), 10);
	check_eq(size_of(path), START_LENGTH + 14);
	check_eq(logfile_close(file), 0);
}

/* The same file goes on under the lock that a new one gets before the old one is let go. */
static void test_locked_over_rotation_and_reopening(void)
{
	struct logfile_config config = { .path = path, .heading = "", .keep = 10 };
	struct append_state state;
	struct logfile *other;

	setup(LIMIT, 10);
	for (int i = 0; i < 3; i++) {
		char line[LIMIT - START_LENGTH];

		memset(line, 'l', sizeof(line));
		line[sizeof(line) - 1] = '\n';
		check_eq(logfile_write(file, line, sizeof(line), false), sizeof(line));
		check_eq(logfile_open(&other, &config, &state), -EBUSY);
		if (i == 1) {
			unlink(path);
			logfile_reopen(file);
			check_eq(logfile_open(&other, &config, &state), -EBUSY);
		}
	}
	check_eq(logfile_close(file), 0);
	check_eq(logfile_open(&other, &config, &state), 0);
	check_eq(logfile_close(other), 0);
}

/* What its name leads to must be a file still: nothing may wait for a FIFO's reader. */
static void test_fifo_in_its_place(void)
{
	setup(0, 10);
	check_eq(logfile_write(file, "x\n", 2, false), 2);
	unlink(path);
	check_eq(mkfifo(path, 0600), 0);
	logfile_reopen(file);
	check_eq(logfile_write(file, "x\n", 2, true), -APPEND_IRREGULAR);
	unlink(path);
	check_eq(logfile_write(file, "x\n", 2, true), 2);
	check_eq(size_of(path), START_LENGTH + 2);
	check_eq(logfile_close(file), 0);
}

/* Also when no record came yet. */
static void test_emptied_file_is_begun_anew(void)
{
	setup(0, 10);
	check_eq(logfile_write(file, "", 0, false), 0);
	check_eq(truncate(path, 0), 0);
	check_eq(logfile_write(file, "x\n", 2, false), 2);
	check_eq(size_of(path), START_LENGTH + 2);
	check_eq(logfile_close(file), 0);
}

/* What could not be written is not wanted any more: nothing is due then, or we would spin. */
static void test_nothing_to_try_again(void)
{
	is_heading = true;
	setup(0, 10);
	limit_file_size(START_LENGTH / 2);
	check_eq(logfile_write(file, "", 0, false), -EFBIG);
	limit_file_size(RLIM_INFINITY);
	check_eq(rename(path, rotated), 0);
	make_file("x\n");
	logfile_reopen(file);
	check(!logfile_has_start(file));
	usleep(150000);
	logfile_service(file, clock_now_ns());
	check(logfile_due_ns(file) > clock_now_ns());
	check_eq(logfile_close(file), 0);
	is_heading = false;
}

/* None is kept: the file is emptied where it is, and within its limit all the same. */
static void test_keep_none(void)
{
	char line[LIMIT - START_LENGTH];

	setup(LIMIT, 0);
	memset(line, 'l', sizeof(line));
	line[sizeof(line) - 1] = '\n';
	for (int i = 0; i < 3; i++) {
		check_eq(logfile_write(file, line, sizeof(line), false), sizeof(line));
		check_eq(size_of(path), LIMIT);
	}
	check_eq(size_of(rotated), -1);
	check_eq(logfile_close(file), 0);
}

int main(void)
{
	signal(SIGXFSZ, SIG_IGN);
	if (!mkdtemp(directory)) {
		printf("Bail out! no directory below /tmp\n");
		return 1;
	}
	snprintf(path, sizeof(path), "%s/log", directory);
	snprintf(rotated, sizeof(rotated), "%s.1", path);
	TAP_RUN(test_start_alone_is_within_the_limit);
	TAP_RUN(test_start_is_whole_or_not_there);
	TAP_RUN(test_half_a_line_says_why);
	TAP_RUN(test_locked_over_rotation_and_reopening);
	TAP_RUN(test_fifo_in_its_place);
	TAP_RUN(test_emptied_file_is_begun_anew);
	TAP_RUN(test_nothing_to_try_again);
	TAP_RUN(test_keep_none);
	unlink(path);
	unlink(rotated);
	rmdir(directory);
	return tap_done();
}
