// SPDX-License-Identifier: GPL-2.0-or-later
/* The names of rotated files and their moves; see rotate.h. */
#include "file/rotate.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/parse.h"

const char *const rotate_suffixes[] = { ".gz", ".zst", ".xz" };
const unsigned int rotate_n_suffixes = sizeof(rotate_suffixes) / sizeof(rotate_suffixes[0]);

static const struct call calls[] = {
	{ .name = "unlink" }, { .name = "unlinkat" }, { .name = "rename" }, { .name = "renameat" },
	{ .name = "renameat2" },
};

const struct call_set rotate_calls = CALL_SET(calls);

/* Of one second; more rotations than this in it are not believed. */
#define STAMPS_MAX 100000

#define STAMP_LENGTH 16	/* YYYYMMDDTHHMMSSZ */

/* --- names --------------------------------------------------------------------- */

int rotate_name(char name[PATH_MAX], const char *path, const char *rest)
{
	int length = snprintf(name, PATH_MAX, "%s.%s", path, rest);

	return length < PATH_MAX ? 0 : -ENAMETOOLONG;
}

static int numbered(char name[PATH_MAX], const char *path, uint64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, number);
	return rotate_name(name, path, text);
}

bool rotate_is_number(const char *text, uint64_t *number)
{
	return text[0] != '0' && parse_uint(text, PARSE_DECIMAL, 1, UINT64_MAX, number) == 0;
}

bool rotate_is_stamp(const char *text, uint64_t *number)
{
	*number = 0;
	for (int i = 0; i < STAMP_LENGTH; i++) {
		char wanted = i == 8 ? 'T' : i == STAMP_LENGTH - 1 ? 'Z' : '0';

		if (wanted == '0' ? !isdigit((unsigned char)text[i]) : text[i] != wanted)
			return false;
	}
	return text[STAMP_LENGTH] == '\0' ||
	       (text[STAMP_LENGTH] == '.' && rotate_is_number(text + STAMP_LENGTH + 1, number));
}

static bool exists(const char *name)
{
	struct stat st;

	return lstat(name, &st) == 0 || errno != ENOENT;
}

/* The name of a compressed form; false if that is too long to exist. */
static bool compressed_name(char out[PATH_MAX], const char *name, const char *suffix)
{
	return snprintf(out, PATH_MAX, "%s%s", name, suffix) < PATH_MAX;
}

bool rotate_has_compressed(const char *name)
{
	char other[PATH_MAX];

	for (unsigned int i = 0; i < rotate_n_suffixes; i++) {
		if (compressed_name(other, name, rotate_suffixes[i]) && exists(other))
			return true;
	}
	return false;
}

static bool is_taken(const char *name)
{
	return exists(name) || rotate_has_compressed(name);
}

/* --- making room ------------------------------------------------------------------ */

static int remove_if_there(const char *name)
{
	return unlink(name) && errno != ENOENT ? -errno : 0;
}

/* Remove a rotated file, in all its forms. */
static int remove_all_forms(const char *name)
{
	char other[PATH_MAX];
	int err = remove_if_there(name);

	for (unsigned int i = 0; !err && i < rotate_n_suffixes; i++) {
		if (compressed_name(other, name, rotate_suffixes[i]))
			err = remove_if_there(other);
	}
	return err;
}

static int rename_if_there(const char *from, const char *to)
{
	return rename(from, to) && errno != ENOENT ? -errno : 0;
}

static int rename_all_forms(const char *from, const char *to)
{
	char other_from[PATH_MAX], other_to[PATH_MAX];
	int err = rename_if_there(from, to);

	for (unsigned int i = 0; !err && i < rotate_n_suffixes; i++) {
		if (compressed_name(other_from, from, rotate_suffixes[i]) &&
		    compressed_name(other_to, to, rotate_suffixes[i]))
			err = rename_if_there(other_from, other_to);
	}
	return err;
}

/* From `first` up to the next gap. */
static int remove_beyond(const char *path, uint64_t first)
{
	char name[PATH_MAX];
	int err = 0;

	for (uint64_t k = first; !err; k++) {
		err = numbered(name, path, k);
		if (err || !is_taken(name))
			break;
		err = remove_all_forms(name);
	}
	return err;
}

int rotate_make_room(const char *path, uint64_t keep)
{
	char from[PATH_MAX], to[PATH_MAX];
	uint64_t gap = 1;
	int err = numbered(to, path, keep == ROTATE_KEEP_ALL ? 1 : ROTATE_KEEP_MAX + 1);

	if (err || keep == ROTATE_KEEP_ALL)
		return err;
	while (gap < keep && numbered(to, path, gap) == 0 && is_taken(to))
		gap++;
	/* No gap below: `keep` is the oldest, and goes. */
	err = remove_beyond(path, gap == keep ? keep : keep + 1);
	for (uint64_t k = gap; !err && k > 1; k--) {
		numbered(from, path, k - 1);
		numbered(to, path, k);
		err = rename_all_forms(from, to);
	}
	return err;
}

/* --- moving ----------------------------------------------------------------------- */

/* Not every file system knows the flag. */
static int rename_to_free(const char *from, const char *to)
{
	if (is_taken(to))
		return -EEXIST;
	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -errno;
	return rename(from, to) ? -errno : 0;
}

/* The second one of the same second gets .1, and so on. */
static int move_to_stamp(const char *path, int64_t wall_ns)
{
	time_t now = (time_t)(wall_ns / 1000000000);
	char stamp[32], text[64], name[PATH_MAX];
	struct tm tm;
	int err = -EEXIST;

	gmtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &tm);
	for (int n = 0; err == -EEXIST && n < STAMPS_MAX; n++) {
		snprintf(text, sizeof(text), n ? "%s.%d" : "%s", stamp, n);
		err = rotate_name(name, path, text);
		if (!err)
			err = rename_to_free(path, name);
	}
	return err;
}

int rotate_move(const char *path, uint64_t keep, int64_t wall_ns)
{
	char name[PATH_MAX];
	int err;

	if (keep == ROTATE_KEEP_ALL)
		return move_to_stamp(path, wall_ns);
	err = numbered(name, path, 1);
	return err ? err : rename_to_free(path, name);
}

/* --- a compressed file ------------------------------------------------------------ */

static bool is_file(const char *name, dev_t device, ino_t inode)
{
	struct stat st;

	return lstat(name, &st) == 0 && st.st_dev == device && st.st_ino == inode;
}

/* What `name` is called now: meanwhile it may have moved up. */
static bool find_moved(char name[PATH_MAX], const char *path, uint64_t keep, dev_t device,
		       ino_t inode)
{
	uint64_t k;

	if (is_file(name, device, inode))
		return true;
	if (keep == ROTATE_KEEP_ALL || !rotate_is_number(name + strlen(path) + 1, &k))
		return false;
	while (k < keep) {
		if (numbered(name, path, ++k) == 0 && is_file(name, device, inode))
			return true;
	}
	return false;
}

int rotate_adopt(const char *path, uint64_t keep, const char *name, dev_t device, ino_t inode,
		 const char *temporary, const char *suffix)
{
	char found[PATH_MAX], compressed[PATH_MAX];

	if (rotate_name(found, path, name) || !find_moved(found, path, keep, device, inode))
		return remove_if_there(temporary);
	if (!compressed_name(compressed, found, suffix))
		return -ENAMETOOLONG;
	/* A crash between these two leaves both; the compressed one is whole. */
	if (rename(temporary, compressed))
		return -errno;
	return remove_if_there(found);
}
