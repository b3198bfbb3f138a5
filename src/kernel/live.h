/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel as a source of records: the rings of its CPUs and the rare kinds'
 * ring buffer, read at a pace that disturbs them little, and slept on without
 * missing their bell. Knows neither BPF nor what becomes of the records.
 */
#ifndef TCC_LIVE_H
#define TCC_LIVE_H

#include "kernel/event.h"
#include "kernel/stream.h"
#include "record/source.h"

/* What the tracer does for it. */
struct live_tracer {
	void *context;
	void (*detach)(void *context);		/* afterwards, counts are final */
	/* Of a kind, not counted in the rings. */
	uint64_t (*missed)(void *context, enum tcc_kind kind);
	/* Say, once, what the kernel could not keep; with each look at the events. */
	void (*say)(void *context);
	/*
	 * How long it goes on until it may be over by itself, ms: 0: it is over;
	 * LOOP_FOREVER, base/loop.h: until somebody ends it. NULL: the same.
	 */
	int (*left_ms)(void *context);
	/* As the source's. NULL: none is counted. */
	struct source_strangers (*strangers)(void *context);
	void (*ignore_strangers)(void *context);
};

struct live_config {
	struct live_tracer tracer;
	const struct ring_memory *ring;		/* borrowed, as all below */
	const struct rare_memory *rare;		/* NULL: not even a doorbell */
	bool has_rare;				/* see struct stream */
	struct event_reader_config reader;
};

/* NULL when there is no memory. */
struct source *live_new(const struct live_config *config);
void live_free(struct source *source);		/* accepts NULL */

#endif
