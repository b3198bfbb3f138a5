// SPDX-License-Identifier: GPL-2.0-or-later
/* Where lines go; see sink.h. */
#include "file/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file/logfile.h"

/* ftruncate() takes back half a line, of a file that stdout is too. */
static const struct call calls[] = {
	{ .name = "write" }, { .name = "ftruncate" }, { .name = "sendto" }, { .name = "poll" }, { .name = "ppoll" },
	/* Of a terminal or a pipe only questions: TIOCSTI would type into the user's shell. */
	CALL_COMMAND("ioctl", FIONREAD), CALL_COMMAND("ioctl", TCGETS),
};

const struct call_set sink_calls = CALL_SET(calls);

#define BLOCK_BYTES (256u << 10)

/* SINK_OTHER is a terminal, or what we have not thought of. */
enum sink_kind { SINK_FILE, SINK_PIPE, SINK_SOCKET, SINK_OTHER };

struct sink {
	enum sink_kind kind;
	struct logfile *log;	/* where a file's lines go */
	int fd;			/* the log's, or `own` */
	int own;		/* our own opening of it, or -1 */
	bool is_nonblocking;
	bool is_writing;	/* amidst a system call; another thread looks */
	bool is_datagram;	/* a socket that takes a line at a time */
	size_t pipe_bytes;	/* what an empty pipe takes */
	size_t start, end;	/* what is pending, in block */
	size_t heading_end;	/* bytes of block that are heading */
	uint64_t written_bytes;	/* in all */
	char *block;
	size_t size;
};

/*
 * O_NONBLOCK belongs to the opening, which other processes may share: so a
 * pipe or a terminal is opened anew. Where that is not permitted, each write
 * is preceded by a poll().
 */
static void open_own(struct sink *sink)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", sink->fd);
	sink->own = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (sink->own < 0)
		return;
	sink->fd = sink->own;
	sink->is_nonblocking = true;
}

static void find_kind(struct sink *sink)
{
	struct stat st;
	int bytes;

	sink->kind = SINK_OTHER;
	if (fstat(sink->fd, &st) == 0) {
		/* Of the devices, only a terminal makes one wait. */
		if (S_ISREG(st.st_mode) || S_ISBLK(st.st_mode) ||
		    (S_ISCHR(st.st_mode) && !isatty(sink->fd)))
			sink->kind = SINK_FILE;
		else if (S_ISFIFO(st.st_mode))
			sink->kind = SINK_PIPE;
		else if (S_ISSOCK(st.st_mode))
			sink->kind = SINK_SOCKET;
	}
	if (sink->kind == SINK_SOCKET) {
		socklen_t length = sizeof(bytes);

		sink->is_datagram =
			getsockopt(sink->fd, SOL_SOCKET, SO_TYPE, &bytes, &length) == 0 &&
			bytes != SOCK_STREAM;
	}
	if (sink->kind == SINK_PIPE || isatty(sink->fd))
		open_own(sink);
	if (sink->kind == SINK_PIPE) {
		bytes = fcntl(sink->fd, F_GETPIPE_SZ);
		sink->pipe_bytes = bytes > 0 ? (size_t)bytes : PIPE_BUF;
	}
}

int sink_new(struct sink **out, struct logfile *log, size_t line_max)
{
	int fd = logfile_fd(log);
	int flags = fcntl(fd, F_GETFL);
	struct sink *sink;

	if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY)
		return -EBADF;
	sink = calloc(1, sizeof(*sink));
	if (!sink)
		return -ENOMEM;
	sink->log = log;
	sink->fd = fd;
	sink->own = -1;
	sink->size = BLOCK_BYTES > 2 * line_max ? BLOCK_BYTES : 2 * line_max;
	sink->block = malloc(sink->size);
	if (!sink->block) {
		sink_free(sink);
		return -ENOMEM;
	}
	find_kind(sink);
	*out = sink;
	return 0;
}

void sink_free(struct sink *sink)
{
	if (!sink)
		return;
	if (sink->own >= 0)
		close(sink->own);
	free(sink->block);
	free(sink);
}

char *sink_room(struct sink *sink, size_t length)
{
	return sink->size - sink->end >= length ? sink->block + sink->end : NULL;
}

void sink_commit(struct sink *sink, size_t length)
{
	sink->end += length;
}

void sink_commit_heading(struct sink *sink, size_t length)
{
	sink_commit(sink, length);
	sink->heading_end = sink->end;
}

/* The longest run of whole pending lines within `limit` bytes. */
static size_t whole_lines(const struct sink *sink, size_t limit)
{
	const char *start = sink->block + sink->start;
	size_t pending = sink->end - sink->start;
	const char *last;

	if (pending <= limit)
		return pending;
	last = memrchr(start, '\n', limit);
	return last ? (size_t)(last + 1 - start) : limit;
}

static size_t first_line(const struct sink *sink)
{
	const char *start = sink->block + sink->start;
	const char *end = memchr(start, '\n', sink->end - sink->start);

	return end ? (size_t)(end + 1 - start) : sink->end - sink->start;
}

/* How much the receiver surely takes, whole lines; 0: nothing for now. */
static size_t acceptable(const struct sink *sink)
{
	struct pollfd writable = { .fd = sink->fd, .events = POLLOUT };
	int queued = 0;

	if (sink->kind == SINK_SOCKET && !sink->is_datagram)
		return sink->end - sink->start;
	if (sink->is_datagram)
		return first_line(sink);
	/* An error shows at the write itself. */
	if (!sink->is_nonblocking && poll(&writable, 1, 0) == 0)
		return 0;
	if (sink->kind != SINK_PIPE)
		return whole_lines(sink, PIPE_BUF);
	if (ioctl(sink->fd, FIONREAD, &queued) == 0 && queued == 0)
		return whole_lines(sink, sink->pipe_bytes);
	return whole_lines(sink, PIPE_BUF);
}

static ssize_t write_some(const struct sink *sink, size_t length)
{
	const char *start = sink->block + sink->start;

	if (sink->kind == SINK_SOCKET)
		return send(sink->fd, start, length, MSG_DONTWAIT | MSG_NOSIGNAL);
	return write(sink->fd, start, length);
}

/* What is left moves to the front, so that there is room behind it. */
static void compact(struct sink *sink)
{
	sink->written_bytes += sink->start;
	memmove(sink->block, sink->block + sink->start, sink->end - sink->start);
	sink->heading_end -= sink->heading_end < sink->start ? sink->heading_end : sink->start;
	sink->end -= sink->start;
	sink->start = 0;
}

/* A reader that goes away has several errors. */
static int simplify(const struct sink *sink, int err)
{
	if (err == -ECONNRESET || (err == -EIO && sink->kind == SINK_OTHER))
		return -EPIPE;
	return err == -EWOULDBLOCK ? -EAGAIN : err;
}

static int flush_stream(struct sink *sink)
{
	while (sink->start < sink->end) {
		size_t length = acceptable(sink);
		ssize_t written = length ? write_some(sink, length) : -1;

		if (!length)
			return -EAGAIN;
		if (written < 0 && errno != EINTR)
			return -errno;
		sink->start += written > 0 ? (size_t)written : 0;
	}
	return 0;
}

static int flush_file(struct sink *sink, bool is_last)
{
	while (sink->start < sink->end || logfile_has_start(sink->log)) {
		ssize_t written = logfile_write(sink->log, sink->block + sink->start,
						sink->end - sink->start, is_last);

		if (written < 0)
			return (int)written;
		sink->start += (size_t)written;
	}
	return 0;
}

static int flush(struct sink *sink, bool is_last)
{
	int err;

	__atomic_store_n(&sink->is_writing, true, __ATOMIC_RELEASE);
	err = sink->kind == SINK_FILE ? flush_file(sink, is_last) : flush_stream(sink);
	__atomic_store_n(&sink->is_writing, false, __ATOMIC_RELEASE);
	compact(sink);
	return simplify(sink, err);
}

int sink_flush(struct sink *sink)
{
	return flush(sink, false);
}

int sink_flush_last(struct sink *sink)
{
	return flush(sink, true);
}

uint64_t sink_pending_lines(const struct sink *sink)
{
	size_t at = sink->start > sink->heading_end ? sink->start : sink->heading_end;
	uint64_t lines = 0;

	for (; at < sink->end; at++)
		lines += sink->block[at] == '\n';
	return lines;
}

uint64_t sink_written_bytes(const struct sink *sink)
{
	return sink->written_bytes;
}

bool sink_is_writing(const struct sink *sink)
{
	return __atomic_load_n(&sink->is_writing, __ATOMIC_ACQUIRE);
}

bool sink_is_empty(const struct sink *sink)
{
	return sink->start == sink->end;
}

int sink_fd(const struct sink *sink)
{
	return sink->fd;
}

bool sink_can_wait(const struct sink *sink)
{
	return sink->kind != SINK_FILE;
}
