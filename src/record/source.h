/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where records come from: the kernel, files, a test. Whoever is one begins with
 * a struct source. Knows not what becomes of them.
 */
#ifndef TCC_SOURCE_H
#define TCC_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "record/record.h"

enum source_state {
	SOURCE_RECORD,	/* there is one */
	SOURCE_IDLE,	/* not now */
	SOURCE_END,	/* never again */
};

/* Of a kind. Final after stop(). */
struct source_counts {
	uint64_t recorded;	/* there to be taken, or taken */
	uint64_t taken;		/* handed out by next() */
	uint64_t filtered;	/* turned away */
	uint64_t lost;		/* there was no room for them */
	uint64_t missed;	/* nothing looked at them */
	uint64_t unwritten;	/* nobody took them, which is over: a file says so */
	uint64_t unreadable;	/* they were there, and cannot be made out */
};

/* Connections of which events were turned away. */
struct source_strangers {
	uint64_t n;
	bool has_more;		/* than it can tell apart */
};

struct source;

struct source_ops {
	/*
	 * Look what has come. `now_ns`: CLOCK_MONOTONIC, read just before. is_last:
	 * nothing comes any more, so all there is may be handed out.
	 */
	void (*scan)(struct source *source, uint64_t now_ns, bool is_last);

	/*
	 * The next record, in time order, whole but for what the pipeline adds
	 * (run/pipeline.h): with all that it has, and with `has` saying what that is.
	 * It is a value, the caller's.
	 */
	enum source_state (*next)(struct source *source, struct record *record);

	/*
	 * The reader is about to wait for news. Returns for how long it may, ms,
	 * or LOOP_FOREVER, base/loop.h; `has_moved`: there were records since the last scan.
	 * Afterwards end_wait() says whether there was news, of whatever kind.
	 */
	int (*begin_wait)(struct source *source, bool has_moved);
	void (*end_wait)(struct source *source, bool has_news);

	/*
	 * How long it goes on until it may be over by itself, ms; to be asked again then.
	 * 0: it is over, but for what scan() and next() have yet; LOOP_FOREVER: until
	 * somebody ends it. NULL: the same.
	 */
	int (*left_ms)(const struct source *source);

	/* The wall clock was set. */
	void (*clock_set)(struct source *source);

	/* Nothing more is to come: the last counts and records are there then. */
	void (*stop)(struct source *source);

	/* Of any kind: of one that it does not have, nothing. */
	struct source_counts (*count)(const struct source *source, uint8_t kind);

	/* Optional, both. How many there were so far, 0 where nobody counted. */
	struct source_strangers (*strangers)(const struct source *source);
	/* From now on nobody asks for them: they need not be counted. */
	void (*ignore_strangers)(struct source *source);

	/* Optional. Whether more may have been lost or missed than it can know of. */
	bool (*is_unknown)(const struct source *source);

	/* Optional. From its first record to its last, where that is not the time it took. */
	uint64_t (*duration_ns)(const struct source *source);
};

struct source {
	const struct source_ops *ops;
};

#endif
