/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who gets the records: lines in a file, a copy of them, whatever else is to be
 * made of a trace. Whoever is one begins with a struct consumer. Knows not where
 * records come from, nor of other consumers.
 *
 * The first consumer of a trace holds its source back: while it has no room, no
 * record is taken. All others accept at once, and count what they cannot keep.
 */
#ifndef TCC_CONSUMER_H
#define TCC_CONSUMER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/account.h"
#include "record/record.h"

enum consumer_room {
	CONSUMER_HAS_ROOM,	/* for a record and all that is derived from it */
	CONSUMER_IS_FULL,	/* until flush() has got rid of something */
	CONSUMER_LOSES,		/* for now nobody knows when: go on, each is lost() */
};

/* Of a kind: what was given to it is the sum of these. */
struct consumer_counts {
	uint64_t done;		/* where it belongs */
	uint64_t pending;	/* taken, and not there yet */
	uint64_t lost;		/* could not be kept */
	uint64_t discarded;	/* nobody wanted them any more */
};

/* Nothing to do at any time; else CLOCK_MONOTONIC. */
#define CONSUMER_NEVER UINT64_MAX

struct consumer;

/* Those marked optional may be NULL: it does not care. */
struct consumer_ops {
	/* Of the first consumer alone. */
	enum consumer_room (*room)(struct consumer *consumer);

	/* A record of one of its kinds; valid until the return. */
	void (*record)(struct consumer *consumer, const struct record *record);

	/* Of the first consumer alone: one that it had no room for (CONSUMER_LOSES). */
	void (*lost)(struct consumer *consumer, const struct record *record);

	/*
	 * Get rid of what is pending; for the last time, if is_last. Returns 0 when
	 * that is done, or will be tried again in its own time; -EAGAIN when the
	 * receiver takes no more for now (and wakes the loop when it does), -EPIPE
	 * when nobody is there any more, another -errno when it is in vain.
	 */
	int (*flush)(struct consumer *consumer, bool is_last);

	/* Optional. When tick() has something to do. */
	uint64_t (*due_ns)(const struct consumer *consumer);
	void (*tick)(struct consumer *consumer, uint64_t now_ns);

	/* Optional. SIGHUP: whatever has a name is opened anew. */
	void (*reopen)(struct consumer *consumer);

	struct consumer_counts (*count)(const struct consumer *consumer, uint8_t kind);

	/* Optional. The trace has ended: what is to be said of it. Returns 0 or -errno. */
	int (*finish)(struct consumer *consumer, const struct trace_end *end);

	/* Optional. Whether something goes on that is worth waiting for at the end. */
	bool (*is_at_work)(const struct consumer *consumer);

	/*
	 * Optional. A number that grows with all that its receiver takes, or as that work
	 * goes on: where it stands still at the end, it is not waited for much longer.
	 */
	uint64_t (*progress)(const struct consumer *consumer);
};

struct consumer {
	const struct consumer_ops *ops;
	uint32_t kinds;		/* RECORD_KIND_BIT()s: what it is given */
};

#endif
