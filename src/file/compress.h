/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Compressing rotated files, outside the tracing process: a helper process,
 * forked before the tracer gives its privileges away, finds the oldest file
 * that is not compressed, and runs gzip, zstd or xz on it, at the lowest
 * priority, one at a time, without a shell, and without capabilities. It
 * writes to FILE.compressing; the tracer, which alone moves rotated files,
 * then gives that its name. When the tracer is gone the helper ends too, and
 * leaves nothing half done behind.
 */
#ifndef TCC_COMPRESS_H
#define TCC_COMPRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/calls.h"
#include "file/append.h"

enum compress_kind { COMPRESS_GZIP, COMPRESS_ZSTD, COMPRESS_XZ, COMPRESS_KIND_COUNT };

/* Also the names of the programs. */
extern const char *const compress_names[COMPRESS_KIND_COUNT];

struct compressor;

/* What this side takes once the program is locked down, beside rotate_calls. */
extern const struct call_set compress_calls;

/*
 * Fork the helper for the rotated files of `path`, those that is_log() takes for
 * ours (as in append.h, without a context); no threads may run. Returns 0, -ENOENT
 * when the program is not in $PATH, or another -errno. Where the path leads to no directory, nothing is ever compressed.
 */
int compress_start(struct compressor **compressor, enum compress_kind kind, const char *path,
		   uint64_t keep, append_is_log *is_log);

/*
 * End the helper; what it works at is given up, and its file removed. Waits
 * for that, a second at most. Accepts NULL.
 */
void compress_stop(struct compressor *compressor);

/* Compress what is not compressed; again, when it is at work already. */
void compress_kick(struct compressor *compressor);

/*
 * When compress_fd() is readable: take the news and give a finished file its
 * name. Returns 0, or -errno of a failure: -EPIPE when the helper is gone,
 * -ECHILD when the program failed.
 */
int compress_service(struct compressor *compressor);

/* FILE's place, as it was found at the start; its dir is -1 where there was none. */
const struct place *compress_place(const struct compressor *compressor);

int compress_fd(const struct compressor *compressor);	/* accepts NULL: -1 */
bool compress_is_at_work(const struct compressor *compressor);	/* accepts NULL */
/* Grows while what is at work gets on. Accepts NULL: 0. */
uint64_t compress_progress(const struct compressor *compressor);

#endif
