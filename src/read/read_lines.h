/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines of a descriptor, in memory that does not grow. Waits for nothing but a disk.
 * Knows not what is in them.
 */
#ifndef TCC_READ_LINES_H
#define TCC_READ_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum read_lines_state {
	READ_LINES_WHOLE,	/* a line */
	READ_LINES_TORN,	/* the last one, that has no LF */
	READ_LINES_LONG,	/* a line too long to be one of ours, which is skipped */
	READ_LINES_WAIT,	/* nothing for now */
	READ_LINES_END,
	READ_LINES_FAILED,	/* see `err` */
};

struct read_lines {
	int fd;			/* borrowed */
	bool is_regular;	/* reading does not wait for anybody */
	int err;		/* -errno */
	bool is_skipping;	/* amidst a long line */
	bool is_at_end;
	bool is_growing;	/* its end is where to wait; the caller sets it */
	char *buffer;
	size_t start, end;	/* what is read and not handed out */
	size_t searched;	/* in which there is no LF, from start */
	uint64_t skipped_bytes;	/* of a long line */
	uint64_t behind;	/* of a regular file: where what comes next is in it */
	uint64_t number;	/* of the line handed out last, from 1 */
};

/* Returns 0 or -ENOMEM. */
int read_lines_open(struct read_lines *lines, int fd, bool is_regular);
void read_lines_close(struct read_lines *lines);

/*
 * The next line, its LF at line[length], behind which READ_BEHIND bytes may be looked at.
 * Valid until the next call.
 */
enum read_lines_state read_lines_next(struct read_lines *lines, const char **line,
				      size_t *length);

/* Whether what was read ends amidst a line. */
bool read_lines_has_part(const struct read_lines *lines);

/* Of a regular file: begin anew. */
void read_lines_rewind(struct read_lines *lines);

#endif
