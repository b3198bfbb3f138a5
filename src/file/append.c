// SPDX-License-Identifier: GPL-2.0-or-later
/* Opening a log file for appending; see append.h. */
#include "file/append.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct call calls[] = {
	{ .name = "open" }, { .name = "openat" }, { .name = "flock" }, { .name = "pread64" },
	{ .name = "ftruncate" }, { .name = "readlink" }, { .name = "readlinkat" },
	{ .name = "geteuid" },
};

const struct call_set append_calls = CALL_SET(calls);

#define MODE 0640

/* As many as the kernel follows, MAXSYMLINKS in include/linux/namei.h. */
#define LINKS_MAX 40

/* Longer than any line of ours: what ends so is somebody else's file. */
#define TORN_MAX (64 << 10)

/* Where the last whole line ends, looking back from `size`; 0 if there is none. */
static int find_line_end(int fd, off_t size, off_t *end)
{
	char block[4096];

	while (size > 0) {
		size_t length = size < (off_t)sizeof(block) ? (size_t)size : sizeof(block);
		ssize_t got = pread(fd, block, length, size - (off_t)length);
		const char *last;

		if (got != (ssize_t)length)
			return got < 0 ? -errno : -EIO;
		last = memrchr(block, '\n', length);
		if (last) {
			*end = size - (off_t)length + (last - block) + 1;
			return 0;
		}
		size -= (off_t)length;
	}
	*end = 0;
	return 0;
}

static int cut_torn_line(int fd, off_t *size, struct append_state *state)
{
	off_t end;
	int err = find_line_end(fd, *size, &end);

	if (err)
		return err;
	if (end == *size)
		return 0;
	if (*size - end > TORN_MAX)
		return -EINVAL;
	if (ftruncate(fd, end))
		return -errno;
	state->torn_bytes = (uint64_t)(*size - end);
	*size = end;
	return 0;
}

/* Whether the file begins with the heading, or is what a crash left of it. */
static int check_heading(int fd, off_t size, const char *heading, size_t heading_length)
{
	size_t length = size < (off_t)heading_length ? (size_t)size : heading_length;
	char *found = malloc(length ? length : 1);
	ssize_t got;
	int err = 0;

	if (!found)
		return -ENOMEM;
	got = pread(fd, found, length, 0);
	if (got < 0)
		err = -errno;
	else if ((size_t)got < length || memcmp(found, heading, length) != 0)
		err = -EEXIST;
	free(found);
	return err;
}

static int prepare(int fd, const char *heading, size_t heading_length,
		   struct append_state *state)
{
	struct stat st;
	int err;

	if (flock(fd, LOCK_EX | LOCK_NB))
		return errno == EWOULDBLOCK ? -EBUSY : -errno;
	if (fstat(fd, &st))
		return -errno;
	/* In this order: a file that is refused stays as it is. */
	err = check_heading(fd, st.st_size, heading, heading_length);
	if (!err)
		err = cut_torn_line(fd, &st.st_size, state);
	state->is_empty = st.st_size == 0;
	return err;
}

/*
 * Where the link at `path`, if it is one, leads: then 1, and `path` is that;
 * 0 if it is none, or nothing is there.
 */
static int follow_link(char path[PATH_MAX])
{
	char target[PATH_MAX];
	const char *slash = strrchr(path, '/');
	size_t directory = slash ? (size_t)(slash + 1 - path) : 0;
	struct stat st;
	ssize_t length;

	if (lstat(path, &st))
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISLNK(st.st_mode))
		return 0;
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return -ELOOP;
	length = readlink(path, target, sizeof(target) - 1);
	if (length < 0)
		return -errno;
	target[length] = '\0';
	if (target[0] == '/')
		directory = 0;
	if (directory + (size_t)length >= PATH_MAX)
		return -ENAMETOOLONG;
	memcpy(path + directory, target, (size_t)length + 1);
	return 1;
}

/* The end of a chain of links that can be trusted. */
static int follow_links(char path[PATH_MAX])
{
	for (int n = 0; n < LINKS_MAX; n++) {
		int err = follow_link(path);

		if (err <= 0)
			return err;
	}
	return -ELOOP;
}

/*
 * A FIFO, a device, by its own name: that of a file in /proc/self/fd is not
 * one. Should a link to a file have taken its place just now, it is not written.
 */
static int open_special(const char *path)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) || S_ISREG(st.st_mode)) {
		close(fd);
		return -ELOOP;
	}
	return fd;
}

int append_open(const char *path, const char *heading, size_t heading_length,
		struct append_state *state)
{
	char end[PATH_MAX];
	struct stat st;
	int fd, err;

	*state = (struct append_state){ .is_empty = true };
	if (strlen(path) >= sizeof(end))
		return -ENAMETOOLONG;
	strcpy(end, path);
	err = follow_links(end);
	if (err)
		return err;
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		return open_special(path);
	/* Who plants a link just now is not followed any more. */
	fd = open(end, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW, MODE);
	if (fd < 0)
		return -errno;
	state->is_regular = true;
	err = prepare(fd, heading, heading_length, state);
	if (err) {
		close(fd);
		return err;
	}
	return fd;
}
