// SPDX-License-Identifier: GPL-2.0-or-later
/* Opening a log file for appending; see append.h. */
#include "file/append.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file/lock.h"

static const struct call calls[] = {
	{ .name = "openat" }, { .name = "pread64" }, { .name = "ftruncate" }, { .name = "readlinkat" },
	{ .name = "fstatfs" }, { .name = "geteuid" }, CALL_COMMAND("fcntl", F_OFD_SETLK),
	CALL_COMMAND("fcntl", F_OFD_GETLK),
};

const struct call_set append_calls = CALL_SET(calls);

#define MODE 0640

/* Longer than any line of ours: what ends so is somebody else's file. */
#define TORN_MAX (64 << 10)

/* What is looked at of a file's beginning, or of half a line. */
#define BEGINNING_MAX 4096

/* While somebody puts files there and takes them away. */
#define TRIES_MAX 16

int append_why(int dir, const char *name, int err)
{
	struct statx stx;

	if (err != -EPERM || statx(dir, name, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW, 0, &stx))
		return err;
	if (stx.stx_attributes & STATX_ATTR_APPEND)
		return -APPEND_ONLY;
	return stx.stx_attributes & STATX_ATTR_IMMUTABLE ? -APPEND_IMMUTABLE : err;
}

/* --- what is in it ------------------------------------------------------------------ */

static int read_whole(int fd, char *bytes, size_t length, off_t at)
{
	ssize_t got = pread(fd, bytes, length, at);

	if (got < 0)
		return -errno;
	return (size_t)got == length ? 0 : -EIO;
}

/* Where the last whole line ends, looking back from `size`; 0 if there is none. */
static int find_line_end(int fd, off_t size, off_t *end)
{
	off_t at = size;
	char block[4096];

	while (at > 0 && size - at <= TORN_MAX) {
		size_t length = at < (off_t)sizeof(block) ? (size_t)at : sizeof(block);
		int err = read_whole(fd, block, length, at - (off_t)length);
		const char *last;

		if (err)
			return err;
		last = memrchr(block, '\n', length);
		if (last) {
			*end = at - (off_t)length + (last - block) + 1;
			return 0;
		}
		at -= (off_t)length;
	}
	*end = 0;
	return 0;
}

/* Whether what begins at `at` is a line of ours. */
static int check_line(int fd, off_t at, off_t size, const struct append_form *form)
{
	size_t length = size - at < BEGINNING_MAX ? (size_t)(size - at) : BEGINNING_MAX;
	char bytes[BEGINNING_MAX];
	int err = read_whole(fd, bytes, length, at);

	if (err || !form->is_line)
		return err;
	return form->is_line(form->context, bytes, length) ? 0 : -APPEND_OTHER_END;
}

static int cut_torn_line(int fd, off_t *size, const struct append_form *form,
			 struct append_state *state)
{
	off_t end;
	int err = find_line_end(fd, *size, &end);

	if (err)
		return err;
	if (end == *size)
		return 0;
	if (*size - end > TORN_MAX)
		return -APPEND_OTHER_END;
	/* With its heading, or a part of that, it is ours from its beginning to its end. */
	if (form->heading_length < 2)
		err = check_line(fd, end, *size, form);
	if (err)
		return err;
	if (ftruncate(fd, end))
		return append_why(fd, "", -errno);
	state->torn_bytes = (uint64_t)(*size - end);
	*size = end;
	return 0;
}

/* Whether the file begins with the heading, or is what a crash left of it. */
static int check_heading(int fd, off_t size, const struct append_form *form)
{
	size_t length = size < (off_t)form->heading_length ? (size_t)size : form->heading_length;
	char *found = malloc(length ? length : 1);
	int err;

	if (!found)
		return -ENOMEM;
	err = read_whole(fd, found, length, 0);
	if (!err && memcmp(found, form->heading, length) != 0)
		err = -APPEND_OTHER_HEADING;
	free(found);
	/* Of a heading that is no line, that line is looked at too. */
	if (!err && form->heading_length && form->heading[form->heading_length - 1] != '\n' &&
	    check_line(fd, 0, size, form))
		err = -APPEND_OTHER_HEADING;
	return err;
}

static int prepare(int fd, off_t size, const struct append_form *form,
		   struct append_state *state)
{
	/* In this order: a file that is refused stays as it is. */
	int err = check_heading(fd, size, form);

	if (!err)
		err = cut_torn_line(fd, &size, form, state);
	state->is_empty = size == 0;
	return err;
}

/* --- opening ------------------------------------------------------------------------- */

#define FLAGS (O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)

/* Make it; -ERESTART when somebody else just did. */
static int make(const struct place *place)
{
	int fd = openat(place->dir, place->name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | FLAGS,
			MODE);

	return fd >= 0 ? fd : errno == EEXIST ? -ERESTART : -errno;
}

/*
 * Open what is there. Its kind, by which it is opened, is looked at before: what
 * counts is the kind of what was opened. -ERESTART: look again.
 */
static int open_there(const struct place *place, const struct append_form *form,
		      struct stat *st)
{
	struct stat seen;
	int fd;

	if (fstatat(place->dir, place->name, &seen, place->is_magic ? 0 : AT_SYMLINK_NOFOLLOW))
		return -errno;
	if (S_ISLNK(seen.st_mode))
		return -ELOOP;
	if (form->is_regular && !S_ISREG(seen.st_mode))
		return -APPEND_IRREGULAR;
	fd = openat(place->dir, place->name,
		    (S_ISREG(seen.st_mode) ? O_RDWR : O_WRONLY) | FLAGS |
		    (place->is_magic ? 0 : O_NOFOLLOW));
	if (fd < 0 && errno == EPERM)
		return append_why(place->dir, place->name, -EPERM);
	if (fd < 0)
		return -errno;
	if (fstat(fd, st) == 0 && S_ISREG(st->st_mode) == S_ISREG(seen.st_mode))
		return fd;
	close(fd);
	return -ERESTART;
}

/* The open file, and what it is. */
static int open_or_make(const struct place *place, const struct append_form *form,
			struct stat *st)
{
	int fd = -ERESTART;

	for (int n = 0; n < TRIES_MAX && fd == -ERESTART; n++) {
		fd = open_there(place, form, st);
		if (fd != -ENOENT || place->is_magic)
			continue;
		fd = make(place);
		if (fd >= 0 && fstat(fd, st)) {
			close(fd);
			return -EIO;
		}
	}
	return fd;
}

int append_open(const struct place *place, const struct append_form *form,
		struct append_state *state)
{
	struct stat st = { 0 };
	int fd = open_or_make(place, form, &st);
	int err;

	*state = (struct append_state){ .is_empty = true };
	if (fd < 0)
		return fd;
	err = place->is_magic ? 0 : place_judge(place, &st);
	if (!err && S_ISREG(st.st_mode)) {
		state->is_regular = true;
		err = lock_take(fd);
		state->is_unlocked = err > 0;
		/* Its size now that nobody else writes it. */
		if (err >= 0)
			err = fstat(fd, &st) ? -errno : prepare(fd, st.st_size, form, state);
	}
	if (err) {
		close(fd);
		return err;
	}
	return fd;
}
