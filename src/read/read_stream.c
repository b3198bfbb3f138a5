// SPDX-License-Identifier: GPL-2.0-or-later
/* The lines of one file; see read_stream.h. */
#include "read/read_stream.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

void read_stream_open(struct read_stream *stream, const struct read_file *file)
{
	*stream = (struct read_stream){ .file = file, .format = -1 };
}

bool read_stream_is_packed(const struct read_file *file)
{
	unsigned char bytes[UNPACK_MAGIC_MAX];
	ssize_t got = pread(file->fd, bytes, sizeof(bytes), (off_t)file->start);

	return got > 0 && unpack_format(bytes, (size_t)got) >= 0;
}

/* --- the first bytes ---------------------------------------------------------------- */

/* Of a pipe they are copied, and stay where they are. */
static ssize_t peek_pipe(int fd, unsigned char bytes[UNPACK_MAGIC_MAX])
{
	int copy[2];
	ssize_t got;

	if (pipe2(copy, O_CLOEXEC))
		return -1;
	got = tee(fd, copy[1], UNPACK_MAGIC_MAX, SPLICE_F_NONBLOCK);
	if (got > 0)
		got = read(copy[0], bytes, (size_t)got);
	close(copy[0]);
	close(copy[1]);
	return got;
}

/* Of what is neither file nor pipe nor socket nothing is known: it is plain. */
static ssize_t peek(const struct read_file *file, unsigned char bytes[UNPACK_MAGIC_MAX])
{
	off_t at = lseek(file->fd, 0, SEEK_CUR);
	ssize_t got;

	if (at >= 0)
		return pread(file->fd, bytes, UNPACK_MAGIC_MAX, at);
	got = peek_pipe(file->fd, bytes);
	if (got < 0 && errno == EINVAL)
		got = recv(file->fd, bytes, UNPACK_MAGIC_MAX, MSG_PEEK | MSG_DONTWAIT);
	return got < 0 && errno != EAGAIN ? 0 : got;
}

/*
 * Tell what it is. A FIFO whose writer is still to come is neither readable nor at its
 * end. READ_LINES_WHOLE: it is known. READ_LINES_WAIT and has_part: what is there may
 * become compressed, and to whoever waits it is readable already.
 */
static enum read_lines_state tell(struct read_stream *stream)
{
	struct pollfd there = { .fd = stream->file->fd, .events = POLLIN | POLLRDHUP };
	unsigned char bytes[UNPACK_MAGIC_MAX];
	ssize_t got;

	stream->has_part = false;
	if (!stream->file->is_regular && poll(&there, 1, 0) == 0)
		return READ_LINES_WAIT;
	got = peek(stream->file, bytes);
	if (got < 0)
		return READ_LINES_WAIT;
	stream->format = unpack_format(bytes, (size_t)got);
	stream->has_part = stream->format < 0 && got > 0 && !stream->file->is_regular &&
			   !(there.revents & (POLLHUP | POLLRDHUP)) &&
			   unpack_may_be(bytes, (size_t)got);
	return stream->has_part ? READ_LINES_WAIT : READ_LINES_WHOLE;
}

static enum read_lines_state begin(struct read_stream *stream, struct unpacker *unpacker)
{
	int fd = stream->file->fd;

	if (tell(stream) == READ_LINES_WAIT)
		return READ_LINES_WAIT;
	if (stream->format >= 0) {
		stream->err = unpack_begin(unpacker, stream->format, fd, &stream->unpacked);
		fd = stream->unpacked.fd;
	}
	if (!stream->err)
		stream->err = read_lines_open(&stream->lines, fd,
					      stream->format < 0 && stream->file->is_regular);
	if (stream->err)
		return READ_LINES_FAILED;
	stream->lines.is_growing = stream->is_growing && stream->lines.is_regular;
	stream->has_begun = true;
	return READ_LINES_WHOLE;
}

/* --- lines ---------------------------------------------------------------------------- */

enum read_lines_state read_stream_next(struct read_stream *stream, struct unpacker *unpacker,
				       const char **line, size_t *length)
{
	enum read_lines_state state;

	if (!stream->has_begun) {
		state = begin(stream, unpacker);
		if (state != READ_LINES_WHOLE)
			return state;
	}
	state = read_lines_next(&stream->lines, line, length);
	stream->err = stream->lines.err;
	/* A program that has written all is about to say how it went, however busy all is. */
	stream->is_ending = state == READ_LINES_END && stream->format >= 0 &&
			    !unpack_has_ended(&stream->unpacked);
	return stream->is_ending ? READ_LINES_WAIT : state;
}

int read_stream_fd(const struct read_stream *stream)
{
	if (stream->has_part)
		return -1;
	if (stream->is_ending)
		return stream->unpacked.status_fd;
	return stream->has_begun ? stream->lines.fd : stream->file->fd;
}

int read_stream_close(struct read_stream *stream)
{
	bool is_at_end = stream->lines.is_at_end;
	int err = 0;

	if (!stream->has_begun)
		return 0;
	read_lines_close(&stream->lines);
	if (stream->format >= 0)
		err = unpack_end(&stream->unpacked);
	return is_at_end ? err : 0;
}
