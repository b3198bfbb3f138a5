/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where lines go: a block of whole lines, written in as few system calls as
 * the receiver allows, never blocking on a pipe or a terminal; a file is
 * logfile.h's. Knows neither fields nor formats.
 *
 * A line is never torn: into a pipe goes either what an empty one takes, or
 * whole lines of at most PIPE_BUF bytes, which the kernel takes all or not at
 * all. (Who else writes into the same pipe at that moment may cut the former.)
 */
#ifndef TCC_SINK_H
#define TCC_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/calls.h"

struct logfile;
struct sink;

/* What it takes once the program is locked down; nothing is opened. */
extern const struct call_set sink_calls;

/*
 * A sink on an open file of any kind, which stays the caller's. `line_max`: the
 * longest line there will be, in bytes. Returns 0, -ENOMEM, or -EBADF when it
 * is not open for writing.
 */
int sink_new(struct sink **sink, struct logfile *log, size_t line_max);
void sink_free(struct sink *sink);	/* accepts NULL; what is pending is gone */

/* Room for `length` bytes more, or NULL when the block is full: flush first. */
char *sink_room(struct sink *sink, size_t length);

/* The line at sink_room(), of `length` bytes, is complete. */
void sink_commit(struct sink *sink, size_t length);

/* The same for what is not a record: a heading, a banner. */
void sink_commit_heading(struct sink *sink, size_t length);

/*
 * Write what is pending. Returns 0 when all is written, -EAGAIN when the
 * receiver takes no more for now (wait for sink_fd() to be writable), -EPIPE
 * when it has gone away, or another -errno.
 */
int sink_flush(struct sink *sink);

/* The same for the last time: a file that failed a moment ago is tried, too. */
int sink_flush_last(struct sink *sink);

/* Lines committed and not wholly written. */
uint64_t sink_pending_lines(const struct sink *sink);
uint64_t sink_written_bytes(const struct sink *sink);	/* in all, up to the last flush */
bool sink_is_empty(const struct sink *sink);

/* From another thread: whether it is amidst writing, which may not return. */
bool sink_is_writing(const struct sink *sink);

/* For waiting: writable again, or EPOLLERR when the reader has gone. */
int sink_fd(const struct sink *sink);
/* Whether the receiver is one that can be waited for: not a regular file. */
bool sink_can_wait(const struct sink *sink);

#endif
