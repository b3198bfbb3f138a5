/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The consumer that writes records as lines of a format: to a log file, which may
 * be rotated and reopened, or to standard output; with the lines before the first
 * record and behind the last. Says what is wrong with a log file itself.
 */
#ifndef TCC_LINES_H
#define TCC_LINES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/loop.h"
#include "base/privilege.h"
#include "consume/feed.h"
#include "file/compress.h"
#include "format/format.h"
#include "record/consumer.h"

struct lines_config {
	enum format_kind kind;
	struct format *format;		/* of that kind; borrowed */
	uint32_t kinds;			/* RECORD_KIND_BIT()s: those that are written */
	unsigned int at_once;		/* records that may come of one, with it */
	uint32_t n_cpus;		/* records come from CPUs below */
	bool has_header;		/* a heading, an opening and an end record */
	bool is_strict;			/* the first write that fails is the last */
	bool is_copy;			/* it holds nobody back: what it cannot take is lost */
	struct feed feed;		/* by which what is written may leave, and be traced */
	const char *filter_text;	/* in words, for the opening record */
	const char *path;		/* the log file; NULL: a stream */
	bool is_stderr;			/* that is standard error, not standard output */
	uint64_t rotate_bytes;		/* 0: not by size */
	uint64_t rotate_ns;		/* 0: not by time */
	uint64_t rotate_keep;		/* files, or ROTATE_KEEP_ALL */
	struct compressor *compressor;	/* of rotated files, or NULL; see lines_new() */
};

/*
 * Open it, and write what comes before the first record: files are touched here.
 * The strings of `config` must outlive it; the compressor is the consumer's from
 * now on. Returns NULL when it could not be done, which has been said.
 */
struct consumer *lines_new(const struct lines_config *config);

/* Accepts NULL. Returns 0, or -EIO, said, when what was written did not last. */
int lines_free(struct consumer *consumer);

/* What it goes on to do once the program is locked down. Returns 0 or -errno. */
int lines_want(const struct consumer *consumer, struct privilege_wants *wants);

/* What wakes the loop: a receiver that takes more or goes away, a helper's news. */
int lines_watch(struct consumer *consumer, struct loop *loop);

/* Of a copy: whether writing failed, what has been said then. */
bool lines_has_failed(const struct consumer *consumer);

/* Say that writing failed, unless that was said when it happened. */
void lines_say_failed(const struct consumer *consumer, int err);

/* From another thread: whether it is amidst writing lines, which may not return. */
bool lines_is_writing(const struct consumer *consumer);

/* Say that a system call does not return. */
void lines_say_stuck(const struct consumer *consumer);

#endif
