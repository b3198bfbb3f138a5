// SPDX-License-Identifier: GPL-2.0-or-later
/* The names of rotated files and their moves; see rotate.h. */
#include "file/rotate.h"

#include <ctype.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/parse.h"
#include "file/lock.h"

const char *const rotate_suffixes[ROTATE_SUFFIXES] = { ".gz", ".zst", ".xz" };
const unsigned int rotate_n_suffixes = sizeof(rotate_suffixes) / sizeof(rotate_suffixes[0]);

static const struct call calls[] = {
	{ .name = "unlinkat" }, { .name = "renameat" }, { .name = "renameat2" },
};

const struct call_set rotate_calls = CALL_SET(calls);

/* What these begin with. */
static const struct {
	const char *bytes;
	size_t length;
} magics[] = { { "\x1f\x8b", 2 }, { "\x28\xb5\x2f\xfd", 4 }, { "\xfd" "7zXZ", 5 } };

/* From one rotation to the next; more ms that are taken are not believed. */
#define STAMPS_MAX 100000

/* A file's beginning, as far as it is looked at. */
#define BEGINNING_MAX 4096

/* --- names --------------------------------------------------------------------- */

int rotate_name(char name[NAME_MAX + 1], const struct place *place, const char *rest)
{
	size_t length = strlen(place->name);

	if (length + 1 + strlen(rest) > NAME_MAX)
		return -ENAMETOOLONG;
	memcpy(name, place->name, length);
	name[length] = '.';
	strcpy(name + length + 1, rest);
	return 0;
}

static int numbered(char name[NAME_MAX + 1], const struct place *place, uint64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, number);
	return rotate_name(name, place, text);
}

bool rotate_is_number(const char *text, uint64_t *number)
{
	return text[0] != '0' && parse_uint(text, PARSE_DECIMAL, 1, UINT64_MAX, number) == 0;
}

bool rotate_is_stamp(const char *text)
{
	static const char form[] = "00000000T000000.000Z";

	for (size_t i = 0; i < sizeof(form); i++) {
		if (form[i] == '0' ? !isdigit((unsigned char)text[i]) : text[i] != form[i])
			return false;
	}
	return true;
}

static bool exists(const struct place *place, const char *name)
{
	struct stat st;

	return place_stat(place, name, &st) != -ENOENT;
}

/* The name of a compressed form; false if that is too long to exist. */
static bool compressed_name(char out[NAME_MAX + 1], const char *name, const char *suffix)
{
	if (strlen(name) + strlen(suffix) > NAME_MAX)
		return false;
	strcpy(stpcpy(out, name), suffix);
	return true;
}

bool rotate_has_compressed(const struct place *place, const char *name)
{
	char other[NAME_MAX + 1];

	for (unsigned int i = 0; i < rotate_n_suffixes; i++) {
		if (compressed_name(other, name, rotate_suffixes[i]) && exists(place, other))
			return true;
	}
	return false;
}

static bool is_taken(const struct place *place, const char *name)
{
	return exists(place, name) || rotate_has_compressed(place, name);
}

/* --- whose they are ----------------------------------------------------------------- */

/* Which of the suffixes a name has, or -1. */
static int find_suffix(const char *name)
{
	size_t length = strlen(name);

	for (unsigned int i = 0; i < rotate_n_suffixes; i++) {
		size_t n = strlen(rotate_suffixes[i]);

		if (length > n && strcmp(name + length - n, rotate_suffixes[i]) == 0)
			return (int)i;
	}
	return -1;
}

static bool begins_as_ours(const struct append_form *form, int fd, int suffix)
{
	char bytes[BEGINNING_MAX];
	ssize_t length = pread(fd, bytes, sizeof(bytes), 0);

	if (length <= 0)
		return length == 0;
	if (suffix >= 0)
		return (size_t)length >= magics[suffix].length &&
		       memcmp(bytes, magics[suffix].bytes, magics[suffix].length) == 0;
	return !form->is_log || form->is_log(form->context, bytes, (size_t)length);
}

int rotate_check(const struct place *place, const struct append_form *form, const char *name)
{
	struct stat st;
	int err = place_stat(place, name, &st);
	int fd;

	if (err)
		return err == -ENOENT ? 0 : err;
	if (!S_ISREG(st.st_mode) || !place_is_trusted(place, st.st_uid))
		return -ROTATE_NOT_OURS;
	fd = openat(place->dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	/* One of ours that we may not read: of our own making, as its name and owner say. */
	if (fd < 0)
		return 0;
	if (lock_is_held(fd))
		err = -ROTATE_IN_USE;
	else if (!begins_as_ours(form, fd, find_suffix(name)))
		err = -ROTATE_NOT_OURS;
	close(fd);
	return err;
}

static int check_form(struct rotate *rotate, const char *name)
{
	int err = rotate_check(rotate->place, rotate->form, name);

	if (err)
		snprintf(rotate->culprit, sizeof(rotate->culprit), "%s", name);
	return err;
}

static int check_all_forms(struct rotate *rotate, const char *name)
{
	char other[NAME_MAX + 1];
	int err = check_form(rotate, name);

	for (unsigned int i = 0; !err && i < rotate_n_suffixes; i++) {
		if (compressed_name(other, name, rotate_suffixes[i]))
			err = check_form(rotate, other);
	}
	return err;
}

/* --- making room ------------------------------------------------------------------ */

int rotate_remove(const struct place *place, const char *name)
{
	if (unlinkat(place->dir, name, 0) == 0 || errno == ENOENT)
		return 0;
	return append_why(place->dir, name, -errno);
}

/* Remove a rotated file, in all its forms. */
static int remove_all_forms(const struct place *place, const char *name)
{
	char other[NAME_MAX + 1];
	int err = rotate_remove(place, name);

	for (unsigned int i = 0; !err && i < rotate_n_suffixes; i++) {
		if (compressed_name(other, name, rotate_suffixes[i]))
			err = rotate_remove(place, other);
	}
	return err;
}

static int rename_if_there(const struct place *place, const char *from, const char *to)
{
	if (renameat(place->dir, from, place->dir, to) == 0 || errno == ENOENT)
		return 0;
	return append_why(place->dir, from, -errno);
}

static int rename_all_forms(const struct place *place, const char *from, const char *to)
{
	char other_from[NAME_MAX + 1], other_to[NAME_MAX + 1];
	int err = rename_if_there(place, from, to);

	for (unsigned int i = 0; !err && i < rotate_n_suffixes; i++) {
		if (compressed_name(other_from, from, rotate_suffixes[i]) &&
		    compressed_name(other_to, to, rotate_suffixes[i]))
			err = rename_if_there(place, other_from, other_to);
	}
	return err;
}

/* All forms of those from `first` up to the next gap, which is returned; or -errno. */
static int64_t check_up_to_gap(struct rotate *rotate, uint64_t first)
{
	char name[NAME_MAX + 1];
	int err = 0;

	for (; !err; first++) {
		err = numbered(name, rotate->place, first);
		if (!err && !is_taken(rotate->place, name))
			return (int64_t)first;
		if (!err)
			err = check_all_forms(rotate, name);
	}
	return err;
}

static int remove_range(const struct place *place, uint64_t first, uint64_t end)
{
	char name[NAME_MAX + 1];
	int err = 0;

	for (uint64_t k = first; !err && k < end; k++) {
		err = numbered(name, place, k);
		if (!err)
			err = remove_all_forms(place, name);
	}
	return err;
}

/* Those below `gap`, each to the next number. */
static int move_up(const struct place *place, uint64_t gap)
{
	char from[NAME_MAX + 1], to[NAME_MAX + 1];
	int err = 0;

	for (uint64_t k = gap; !err && k > 1; k--) {
		numbered(from, place, k - 1);
		numbered(to, place, k);
		err = rename_all_forms(place, from, to);
	}
	return err;
}

int rotate_make_room(struct rotate *rotate)
{
	uint64_t keep = rotate->keep, last;
	char name[NAME_MAX + 1];
	int64_t gap, end;
	int err;

	rotate->culprit[0] = '\0';
	if (keep == ROTATE_KEEP_ALL)
		return 0;
	err = numbered(name, rotate->place, ROTATE_KEEP_MAX + 1);
	if (err)
		return err;
	gap = check_up_to_gap(rotate, 1);
	if (gap < 0)
		return (int)gap;
	/* No gap below: `keep` is the oldest, and goes. */
	last = (uint64_t)gap < keep ? (uint64_t)gap : keep;
	end = (uint64_t)gap > keep ? gap : check_up_to_gap(rotate, keep + 1);
	if (end < 0)
		return (int)end;
	err = remove_range(rotate->place, last == keep ? keep : keep + 1, (uint64_t)end);
	return err ? err : move_up(rotate->place, last);
}

/* --- moving ----------------------------------------------------------------------- */

/* Not every file system knows the flag. */
static int rename_to_free(const struct place *place, const char *to)
{
	if (is_taken(place, to))
		return -EEXIST;
	if (renameat2(place->dir, place->name, place->dir, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno == EINVAL || errno == ENOSYS)
		return rename_if_there(place, place->name, to);
	return append_why(place->dir, place->name, -errno);
}

static void make_stamp(char stamp[32], int64_t wall_ms)
{
	time_t seconds = (time_t)(wall_ms / 1000);
	struct tm tm;
	size_t length;

	gmtime_r(&seconds, &tm);
	length = strftime(stamp, 32, "%Y%m%dT%H%M%S", &tm);
	snprintf(stamp + length, 32 - length, ".%03dZ", (int)(wall_ms % 1000));
}

static int move_to_stamp(const struct place *place, int64_t wall_ns)
{
	char stamp[32], name[NAME_MAX + 1];
	int err = -EEXIST;

	for (int n = 0; err == -EEXIST && n < STAMPS_MAX; n++) {
		make_stamp(stamp, wall_ns / 1000000 + n);
		err = rotate_name(name, place, stamp);
		if (!err)
			err = rename_to_free(place, name);
	}
	return err;
}

int rotate_move(const struct rotate *rotate, int64_t wall_ns)
{
	char name[NAME_MAX + 1];
	int err;

	if (rotate->keep == ROTATE_KEEP_ALL)
		return move_to_stamp(rotate->place, wall_ns);
	err = numbered(name, rotate->place, 1);
	return err ? err : rename_to_free(rotate->place, name);
}

/* --- a compressed file ------------------------------------------------------------ */

static bool is_file(const struct place *place, const char *name, dev_t device, ino_t inode)
{
	struct stat st;

	return place_stat(place, name, &st) == 0 && st.st_dev == device && st.st_ino == inode;
}

/* What `name` is called now: meanwhile it may have moved up. */
static bool find_moved(char name[NAME_MAX + 1], const struct place *place, uint64_t keep,
		       dev_t device, ino_t inode)
{
	uint64_t k;

	if (is_file(place, name, device, inode))
		return true;
	if (keep == ROTATE_KEEP_ALL || !rotate_is_number(name + strlen(place->name) + 1, &k))
		return false;
	while (k < keep) {
		if (numbered(name, place, ++k) == 0 && is_file(place, name, device, inode))
			return true;
	}
	return false;
}

int rotate_adopt(const struct place *place, uint64_t keep, const char *name, dev_t device,
		 ino_t inode, const char *temporary, const char *suffix)
{
	char found[NAME_MAX + 1], compressed[NAME_MAX + 1];

	if (rotate_name(found, place, name) || !find_moved(found, place, keep, device, inode))
		return rotate_remove(place, temporary);
	if (!compressed_name(compressed, found, suffix))
		return -ENAMETOOLONG;
	/* A crash between these two leaves both; the compressed one is whole. */
	if (renameat(place->dir, temporary, place->dir, compressed))
		return -errno;
	return rotate_remove(place, found);
}

int rotate_remove_double(const struct place *place, const struct append_form *form,
			 const char *name)
{
	char plain[NAME_MAX + 1], other[NAME_MAX + 1];
	int err = rotate_name(plain, place, name);

	if (err || !rotate_has_compressed(place, plain))
		return err;
	/* What anybody can put there does not replace it. */
	for (unsigned int i = 0; !err && i < rotate_n_suffixes; i++) {
		if (compressed_name(other, plain, rotate_suffixes[i]))
			err = rotate_check(place, form, other);
	}
	return err ? err : rotate_remove(place, plain);
}
