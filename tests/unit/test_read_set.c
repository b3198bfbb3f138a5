// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A set of files that is rotated while it is opened: src/read/read_set.h. At each moment
 * at which a name is looked at.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file/rotate.h"
#include "read/read_set.h"
#include "tap.h"

#define FILES 3

static unsigned int looks, moment, newest;

/* A file that says its number. */
static void begin_file(void)
{
	FILE *file = fopen("log", "w");

	newest++;
	check(file && fprintf(file, "%u", newest) > 0);
	if (file)
		fclose(file);
}

static void rotate(void)
{
	char from[32], to[32];

	for (unsigned int i = newest; i > 0; i--) {
		snprintf(from, sizeof(from), i > 1 ? "log.%u" : "log", i - 1);
		snprintf(to, sizeof(to), "log.%u", i);
		rename(from, to);
	}
	begin_file();
}

/* Whoever looks at a name finds that the set was rotated meanwhile: once. */
static bool is_number(const char *text, uint64_t *number)
{
	if (++looks == moment)
		rotate();
	return rotate_is_number(text, number);
}

/* Of FILES files. */
static void begin_set(void)
{
	char name[32];

	for (; newest > 1; newest--) {
		snprintf(name, sizeof(name), "log.%u", newest - 1);
		unlink(name);
	}
	newest = 0;
	begin_file();
	while (newest < FILES)
		rotate();
}

static unsigned int number_of(const struct read_file *file)
{
	char text[16] = "";

	return pread(file->fd, text, sizeof(text) - 1, 0) > 0 ? (unsigned int)atoi(text) : 0;
}

static bool open_at(unsigned int at)
{
	const struct read_names names = { .is_number = is_number, .is_stamp = rotate_is_stamp };
	struct read_set set;
	bool is_whole;

	moment = 0;
	begin_set();
	looks = 0;
	moment = at;
	if (!check(read_set_open(&set, "log", &names) == 0))
		return false;
	is_whole = set.n == newest;
	for (size_t i = 0; i < set.n; i++)
		is_whole &= number_of(&set.files[i]) == i + 1;
	read_set_close(&set);
	tap_check(is_whole, __FILE__, __LINE__, "oldest first, none twice, none left out");
	return looks >= moment;
}

static void test_rotated_while_opened(void)
{
	unsigned int at = 1;

	while (at < 100 && open_at(at))
		at++;
	check(at < 100);
	/* Each name is looked at twice at least, before and behind the opening. */
	check(at > 2 * (FILES - 1));
}

/* What is behind the last file that was read; nothing, where that is gone. */
static void test_followed(void)
{
	const struct read_names names = { .is_number = rotate_is_number,
					  .is_stamp = rotate_is_stamp };
	struct read_set set;
	bool has_gap;

	begin_set();
	check_eq(read_set_open(&set, "log", &names), 0);
	rotate();
	rotate();
	check_eq(read_set_follow(&set, "log", &names, &has_gap), 0);
	check(!has_gap);
	check_eq(set.n, 2);
	check_eq(number_of(&set.files[0]), newest - 1);
	check_eq(number_of(&set.files[1]), newest);
	rotate();
	unlink("log.1");
	check_eq(read_set_follow(&set, "log", &names, &has_gap), 0);
	check(has_gap);
	check_eq(set.n, 1);
	check_eq(number_of(&set.files[0]), newest);
	/* No name at this moment: it stays as it was. */
	for (char name[] = "log.9"; name[4] > '0'; name[4]--)
		unlink(name);
	unlink("log");
	check_eq(read_set_follow(&set, "log", &names, &has_gap), -ENOENT);
	check_eq(set.n, 1);
	check_eq(number_of(&set.files[0]), newest);
	read_set_close(&set);
}

/* What compresses them makes others, which are of the same time. */
static void test_followed_packed(void)
{
	static const char *const suffixes[] = { ".gz" };
	const struct read_names names = { .is_number = rotate_is_number, .suffixes = suffixes,
					  .is_stamp = rotate_is_stamp, .n_suffixes = 1 };
	struct read_set set;
	bool has_gap;

	begin_set();
	check_eq(read_set_open(&set, "log", &names), 0);
	/* Longer than the clock of files takes to its next tick. */
	usleep(30000);
	rotate();
	usleep(30000);
	rotate();
	check(system("cp -p log.2 log.2.gz && rm log.2 && cp -p log.1 log.1.gz && rm log.1") == 0);
	check_eq(read_set_follow(&set, "log", &names, &has_gap), 0);
	check(!has_gap);
	check_eq(set.n, 2);
	check_eq(number_of(&set.files[0]), newest - 1);
	check_eq(number_of(&set.files[1]), newest);
	read_set_close(&set);
}

int main(void)
{
	char directory[] = "/tmp/test_read_set.XXXXXX", command[64];

	if (!mkdtemp(directory) || chdir(directory))
		return 1;
	TAP_RUN(test_rotated_while_opened);
	TAP_RUN(test_followed);
	TAP_RUN(test_followed_packed);
	snprintf(command, sizeof(command), "rm -r %s", directory);
	return tap_done() | (system(command) != 0);
}
