/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kernel's event made a record: its wall clock time, its addresses as text, its
 * properties and private state. Knows neither where events come from nor what is
 * known of their connections; that is the pipeline's.
 */
#ifndef TCC_EVENT_H_READER
#define TCC_EVENT_H_READER

#include <stdint.h>

#include "ca/ca_decode.h"
#include "record/record.h"
#include "tcc_event.h"

struct event_reader;

struct event_reader_config {
	/* Of each kind, TCC_PROP()s: what the kernel side was asked to copy. */
	uint64_t props[TCC_KIND_COUNT];
	unsigned int hz;		/* the kernel's jiffies a second; see clock_hz() */
	/* TCC_PROP()s that this kernel has not, as found out by and by; or NULL. */
	const uint64_t *lacking;
	const struct record_host *host;	/* of this host, borrowed; NULL: it has no name */
	struct ca_decode *decode;	/* borrowed; NULL: no private state is asked for */
};

/* NULL when there is no memory. */
struct event_reader *event_reader_new(const struct event_reader_config *config);
void event_reader_free(struct event_reader *reader);	/* accepts NULL */

/* CLOCK_REALTIME - CLOCK_MONOTONIC for the events to come. */
void event_reader_set_clock(struct event_reader *reader, int64_t offset_ns);

/* The record of an event. `ktime_ns`, its time, must never decrease; `cpu` is whose it was. */
void event_read(struct event_reader *reader, const struct tcc_event *event, uint64_t ktime_ns,
		uint32_t cpu, struct record *record);

#endif
