// SPDX-License-Identifier: GPL-2.0-or-later
/* Whole lines to an open file that may be full; see whole.h. */
#include "file/whole.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void whole_begin(struct whole *whole, char *start)
{
	free(whole->start);
	*whole = (struct whole){ .start = start };
}

size_t whole_start_left(const struct whole *whole)
{
	return whole->start ? strlen(whole->start + whole->start_written) : 0;
}

/*
 * A write that was cut short in a line, by a full disk, leaves half a line in
 * the file: take it back, where nobody wrote behind it. Returns the bytes
 * that are left there.
 */
static size_t take_back(int fd, size_t torn)
{
	off_t end = lseek(fd, 0, SEEK_CUR);
	struct stat st;

	if (!torn || end < (off_t)torn || fstat(fd, &st) || st.st_size != end ||
	    ftruncate(fd, end - (off_t)torn))
		return torn;
	lseek(fd, end - (off_t)torn, SEEK_SET);
	return 0;
}

int whole_write_start(struct whole *whole, int fd)
{
	while (whole->start && whole->start[whole->start_written]) {
		const char *rest = whole->start + whole->start_written;
		ssize_t written = write(fd, rest, strlen(rest));
		int err = errno;

		if (written < 0 && err != EINTR) {
			whole->start_written = take_back(fd, whole->start_written);
			return -err;
		}
		whole->start_written += written > 0 ? (size_t)written : 0;
	}
	free(whole->start);
	whole->start = NULL;
	return 0;
}

size_t whole_first_line(const char *lines, size_t length)
{
	const char *end = memchr(lines, '\n', length);

	return end ? (size_t)(end + 1 - lines) : length;
}

size_t whole_lines(const char *lines, size_t length, uint64_t limit)
{
	const char *last;

	if (length <= limit)
		return length;
	last = memrchr(lines, '\n', (size_t)limit);
	return last ? (size_t)(last + 1 - lines) : 0;
}

ssize_t whole_write(struct whole *whole, int fd, const char *lines, size_t length)
{
	size_t n = whole->torn, in_file;
	ssize_t written;
	int err = 0;

	/* A short write does not say why: the next one does. */
	do {
		written = write(fd, lines + n, length - n);
		if (written < 0)
			err = -errno;
		else
			n += (size_t)written;
	} while (written > 0 && n < length);
	in_file = n == length ? n : whole_lines(lines, length, n);
	whole->torn = n > in_file ? take_back(fd, n - in_file) : 0;
	if (in_file || n == length || err == -EINTR)
		return (ssize_t)in_file;
	return err ? err : -ENOSPC;
}
