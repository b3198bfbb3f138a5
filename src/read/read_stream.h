/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lines of one file, plain or compressed, which is told by its first bytes. */
#ifndef TCC_READ_STREAM_H
#define TCC_READ_STREAM_H

#include "read/read_lines.h"
#include "read/read_set.h"
#include "read/unpack.h"

struct read_stream {
	const struct read_file *file;	/* borrowed */
	bool is_growing;		/* a plain one is: the caller sets it */
	bool has_begun;			/* what it is is known */
	bool has_part;			/* of the bytes that tell it */
	bool is_ending;			/* whoever unpacks it has not said how it went */
	int format;			/* of unpack.h; -1: plain */
	struct unpacked unpacked;	/* unless it is plain */
	struct read_lines lines;
	int err;			/* -errno; of READ_LINES_FAILED */
};

void read_stream_open(struct read_stream *stream, const struct read_file *file);

/* Of a file that is regular; what else is told by its first bytes once they are there. */
bool read_stream_is_packed(const struct read_file *file);

/* As read_lines_next(). */
enum read_lines_state read_stream_next(struct read_stream *stream, struct unpacker *unpacker,
				       const char **line, size_t *length);

/* What it waits for, to be readable; -1: for more than is readable, so wait a moment. */
int read_stream_fd(const struct read_stream *stream);

/* Returns 0, or -ECHILD where all was read and the file is cut off or damaged all the same. */
int read_stream_close(struct read_stream *stream);

#endif
