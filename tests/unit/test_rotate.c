// SPDX-License-Identifier: GPL-2.0-or-later
/* The names of rotated files, and whose are moved or removed. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file/lock.h"
#include "file/rotate.h"
#include "tap.h"

#define GZIP "\x1f\x8b\x08"

static char directory[] = "/tmp/tcc-rotate.XXXXXX";
static struct place place;
static struct rotate rotate;

static bool begins_as_log(const void *context, const char *bytes, size_t length)
{
	(void)context;
	return length >= 3 && memcmp(bytes, "log", 3) == 0;
}

static const struct append_form form = { .heading = "", .is_log = begins_as_log };

static void keep(uint64_t n)
{
	rotate = (struct rotate){ .place = &place, .keep = n, .form = &form };
}

static void make_file(const char *name, const char *text)
{
	int fd = openat(place.dir, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	check_eq(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

/* Whether it has this text; NULL: is not there. */
static bool has(const char *name, const char *text)
{
	char found[64] = "";
	int fd = openat(place.dir, name, O_RDONLY | O_NOFOLLOW);
	ssize_t length = fd < 0 ? -1 : read(fd, found, sizeof(found) - 1);

	if (fd >= 0)
		close(fd);
	return text ? length >= 0 && strcmp(found, text) == 0 : fd < 0;
}

static void clear(void)
{
	static const char *const names[] = { "a", "a.1", "a.2", "a.3", "a.4", "a.1.gz", "a.2.gz",
					     "a.3.gz", "other" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlinkat(place.dir, names[i], 0);
}

static void test_names(void)
{
	static const char *const stamps[] = { "20261122T224300.000Z", "00000000T000000.999Z" };
	static const char *const others[] = {
		"", "1", "20261122T224300Z", "20261122T224300.000", "20261122T224300.000Z.1",
		"20261122T224300.00Z", "2026112T2243000.000Z", "20261122 224300.000Z",
		"20261122T224300,000Z", "20261122T22430a.000Z", "20261122T224300.000Zx",
	};
	uint64_t number;

	for (size_t i = 0; i < sizeof(stamps) / sizeof(stamps[0]); i++)
		check(rotate_is_stamp(stamps[i]));
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (!check(!rotate_is_stamp(others[i])))
			printf("#   %s\n", others[i]);
	}
	check(rotate_is_number("12", &number) && number == 12);
	check(!rotate_is_number("012", &number) && !rotate_is_number("1.gz", &number));
}

/* The next ms that is free: also of one that is there compressed alone. */
static void test_a_taken_moment(void)
{
	const int64_t moment = 1795387380999000000;	/* 2026-11-22T22:43:00.999Z */

	keep(ROTATE_KEEP_ALL);
	make_file("a", "one");
	check_eq(rotate_make_room(&rotate), 0);
	check_eq(rotate_move(&rotate, moment), 0);
	check(has("a.20261122T224300.999Z", "one") && has("a", NULL));
	make_file("a.20261122T224301.000Z.gz", GZIP);
	make_file("a", "two");
	check_eq(rotate_move(&rotate, moment + 999999), 0);
	check(has("a.20261122T224301.001Z", "two"));
	check(has("a.20261122T224301.000Z", NULL));
	unlinkat(place.dir, "a.20261122T224300.999Z", 0);
	unlinkat(place.dir, "a.20261122T224301.000Z.gz", 0);
	unlinkat(place.dir, "a.20261122T224301.001Z", 0);
}

static void test_room_is_made(void)
{
	keep(2);
	make_file("a.1", "log 1");
	make_file("a.2.gz", GZIP "2");
	make_file("a.3", "log 3");
	make_file("a.4", "");
	check_eq(rotate_make_room(&rotate), 0);
	check(has("a.1", NULL) && has("a.2", "log 1"));
	check(has("a.2.gz", NULL) && has("a.3", NULL) && has("a.4", NULL));
	clear();
}

/* Refused, and nothing was moved: a.2 is `text`, which is no rotated file. */
static void check_refused(int err, const char *culprit)
{
	check_eq(rotate_make_room(&rotate), err);
	check_str(rotate.culprit, culprit);
	check(has("a.1", "log 1") && has("a.3", "log 3"));
}

static void test_what_never_was_rotated_stays(void)
{
	static const char *const others[] = { "#!/bin/sh\n", "lo", "\n", GZIP };
	int fd;

	for (uint64_t n = 1; n < 5; n++) {
		keep(n);
		make_file("a.1", "log 1");
		make_file("a.3", "log 3");
		for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
			make_file("a.2", others[i]);
			check_refused(-ROTATE_NOT_OURS, "a.2");
			check(has("a.2", others[i]));
		}
		unlinkat(place.dir, "a.2", 0);
		make_file("a.2.gz", "log");
		check_refused(-ROTATE_NOT_OURS, "a.2.gz");
		unlinkat(place.dir, "a.2.gz", 0);
		check_eq(mkdirat(place.dir, "a.2", 0700), 0);
		check_refused(-ROTATE_NOT_OURS, "a.2");
		unlinkat(place.dir, "a.2", AT_REMOVEDIR);
		check_eq(symlinkat("a.1", place.dir, "a.2"), 0);
		check_refused(-ROTATE_NOT_OURS, "a.2");
		unlinkat(place.dir, "a.2", 0);
		check_eq(mkfifoat(place.dir, "a.2", 0600), 0);
		check_refused(-ROTATE_NOT_OURS, "a.2");
		unlinkat(place.dir, "a.2", 0);
		make_file("a.2", "log 2");
		fd = openat(place.dir, "a.2", O_RDWR);
		check_eq(lock_take(fd), 0);
		check_refused(-ROTATE_IN_USE, "a.2");
		close(fd);
		check_eq(rotate_make_room(&rotate), 0);
		check(has("a.1", NULL));
		clear();
	}
}

static void test_another_user_s_file_stays(void)
{
	if (geteuid() != 0) {
		tap_skip("needs root, to be two users");
		return;
	}
	keep(3);
	make_file("a.1", "log 1");
	make_file("a.2", "log 2");
	make_file("a.3", "log 3");
	check_eq(fchownat(place.dir, "a.2", 65534, 65534, 0), 0);
	check_refused(-ROTATE_NOT_OURS, "a.2");
	/* Where the directory is that user's, as of an earlier trace with --user, it goes. */
	check_eq(chown(directory, 65534, 65534), 0);
	check_eq(rotate_make_room(&rotate), 0);
	check_eq(chown(directory, 0, 0), 0);
	clear();
}

int main(void)
{
	char path[64];

	if (!mkdtemp(directory))
		return 1;
	snprintf(path, sizeof(path), "%s/a", directory);
	if (place_open(&place, path))
		return 1;
	TAP_RUN(test_names);
	TAP_RUN(test_a_taken_moment);
	TAP_RUN(test_room_is_made);
	TAP_RUN(test_what_never_was_rotated_stays);
	TAP_RUN(test_another_user_s_file_stays);
	place_close(&place);
	rmdir(directory);
	return tap_done();
}
