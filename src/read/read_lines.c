// SPDX-License-Identifier: GPL-2.0-or-later
/* Lines of a descriptor; see read_lines.h. */
#include "read/read_lines.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "read/read_value.h"

/* Half of it is more than any line of ours. */
#define BUFFER_BYTES ((size_t)256 << 10)
/* What has no line end for so long is no text: what a bomb is made of. */
#define SKIPPED_MAX ((uint64_t)64 << 20)

int read_lines_open(struct read_lines *lines, int fd, bool is_regular)
{
	off_t at = is_regular ? lseek(fd, 0, SEEK_CUR) : 0;

	*lines = (struct read_lines){ .fd = fd, .is_regular = is_regular,
				      .behind = at > 0 ? (uint64_t)at : 0 };
	lines->buffer = calloc(1, BUFFER_BYTES + 1 + READ_BEHIND);
	return lines->buffer ? 0 : -ENOMEM;
}

void read_lines_close(struct read_lines *lines)
{
	free(lines->buffer);
	lines->buffer = NULL;
}

bool read_lines_has_part(const struct read_lines *lines)
{
	return lines->end > lines->start || lines->is_skipping;
}

void read_lines_rewind(struct read_lines *lines)
{
	if (lseek(lines->fd, 0, SEEK_SET) < 0)
		return;
	lines->behind = 0;
	lines->start = lines->end = lines->searched = 0;
	lines->skipped_bytes = 0;
	lines->is_skipping = lines->is_at_end = false;
	lines->number = 0;
}

static bool is_readable(int fd)
{
	struct pollfd readable = { .fd = fd, .events = POLLIN };

	return poll(&readable, 1, 0) != 0;
}

/* A line that does not fit: it is let go, up to its end. */
static void skip(struct read_lines *lines)
{
	lines->is_skipping = true;
	lines->skipped_bytes += lines->end - lines->start;
	lines->start = lines->end = lines->searched = 0;
}

static void make_room(struct read_lines *lines)
{
	size_t length = lines->end - lines->start;

	if (lines->end < BUFFER_BYTES)
		return;
	if (length > BUFFER_BYTES / 2) {
		skip(lines);
		return;
	}
	memmove(lines->buffer, lines->buffer + lines->start, length);
	lines->start = 0;
	lines->end = length;
}

/* READ_LINES_WHOLE: there is more than before. */
static enum read_lines_state fill(struct read_lines *lines)
{
	ssize_t got;

	if (lines->is_at_end)
		return READ_LINES_END;
	if (!lines->is_regular && !is_readable(lines->fd))
		return READ_LINES_WAIT;
	make_room(lines);
	if (lines->skipped_bytes > SKIPPED_MAX) {
		lines->err = -EFBIG;
		return READ_LINES_FAILED;
	}
	got = read(lines->fd, lines->buffer + lines->end, BUFFER_BYTES - lines->end);
	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return READ_LINES_WAIT;
	if (got < 0) {
		lines->err = -errno;
		return READ_LINES_FAILED;
	}
	lines->end += (size_t)got;
	lines->behind += (size_t)got;
	lines->is_at_end = got == 0 && !lines->is_growing;
	if (got)
		return READ_LINES_WHOLE;
	return lines->is_growing ? READ_LINES_WAIT : READ_LINES_END;
}

/* What is there behind the last LF, if anything is. */
static enum read_lines_state take_rest(struct read_lines *lines, const char **line, size_t *length)
{
	*line = lines->buffer + lines->start;
	*length = lines->end - lines->start;
	if (!*length && !lines->is_skipping)
		return READ_LINES_END;
	lines->buffer[lines->end] = '\n';
	lines->start = lines->end;
	lines->searched = 0;
	lines->number++;
	if (!lines->is_skipping)
		return READ_LINES_TORN;
	lines->is_skipping = false;
	return READ_LINES_LONG;
}

enum read_lines_state read_lines_next(struct read_lines *lines, const char **line, size_t *length)
{
	for (;;) {
		const char *from = lines->buffer + lines->start;
		size_t there = lines->end - lines->start;
		const char *lf = memchr(from + lines->searched, '\n', there - lines->searched);
		enum read_lines_state state;

		if (lf) {
			bool was_skipping = lines->is_skipping;

			*line = from;
			*length = (size_t)(lf - from);
			lines->start += *length + 1;
			lines->searched = 0;
			lines->skipped_bytes = 0;
			lines->is_skipping = false;
			lines->number++;
			return was_skipping ? READ_LINES_LONG : READ_LINES_WHOLE;
		}
		lines->searched = there;
		state = fill(lines);
		if (state == READ_LINES_END)
			return take_rest(lines, line, length);
		if (state != READ_LINES_WHOLE)
			return state;
	}
}
