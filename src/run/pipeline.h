/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One event in, one line out: connection, wall clock and addresses are added,
 * the format writes the line where the caller wants it. Knows neither where
 * events come from nor where lines go, so a test can replay what it likes.
 */
#ifndef TCC_PIPELINE_H
#define TCC_PIPELINE_H

#include <stddef.h>
#include <stdint.h>

#include "ca/ca_decode.h"
#include "record/conn.h"
#include "format/format.h"
#include "tcc_event.h"

struct pipeline;

struct pipeline_config {
	struct format *format;		/* borrowed */
	uint32_t n_cpus;		/* events that are lost come from CPUs below */
	uint64_t start_ns;		/* when the trace began, CLOCK_MONOTONIC */
	unsigned int hz;		/* the kernel's jiffies a second; see clock_hz() */
	/* TCC_PROP()s that this kernel has not, as found out by and by; or NULL. */
	const uint64_t *lacking;
	struct ca_decode *decode;	/* borrowed; NULL: no private state is asked for */
};

/* NULL when there is no memory. */
struct pipeline *pipeline_new(const struct pipeline_config *config);
void pipeline_free(struct pipeline *pipeline);	/* accepts NULL */

/* CLOCK_REALTIME - CLOCK_MONOTONIC for the events to come. */
void pipeline_set_clock_offset(struct pipeline *pipeline, int64_t offset_ns);

/*
 * Write the line of an event at `out` (format->line_max bytes); returns its
 * length. `ktime_ns`, its time, must never decrease; `cpu` is whose it was.
 */
size_t pipeline_event(struct pipeline *pipeline, const struct tcc_event *event, uint64_t ktime_ns,
		      uint32_t cpu, char *out);

/*
 * An event that cannot be written: its connection is seen nevertheless, and the
 * next line of its CPU and kind says that it was lost.
 */
void pipeline_lose(struct pipeline *pipeline, const struct tcc_event *event, uint64_t ktime_ns,
		   uint32_t cpu);

/* What the lines so far said was lost, in all. */
uint64_t pipeline_lost_marked(const struct pipeline *pipeline);

const struct conn_table *pipeline_conns(const struct pipeline *pipeline);

#endif
