/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a record says of its connection: which it is, since when it is known, and
 * which records before it could not be written. Knows neither where records come
 * from nor where they go, so a test can give it what it likes.
 */
#ifndef TCC_PIPELINE_H
#define TCC_PIPELINE_H

#include <stdint.h>

#include "record/conn.h"
#include "record/record.h"

struct pipeline;

struct pipeline_config {
	uint32_t n_cpus;		/* records that are lost come from CPUs below */
	uint64_t start_ns;		/* when the trace began, CLOCK_MONOTONIC */
};

/* NULL when there is no memory. */
struct pipeline *pipeline_new(const struct pipeline_config *config);
void pipeline_free(struct pipeline *pipeline);	/* accepts NULL */

/*
 * Complete a source's record: the times since the trace and its connection began,
 * what was lost before it. Its time must never decrease from call to call.
 */
void pipeline_record(struct pipeline *pipeline, struct record *record);

/*
 * A source's record that cannot be written: its connection is seen nevertheless,
 * and the next one of its CPU and kind says that it was lost.
 */
void pipeline_lose(struct pipeline *pipeline, const struct record *record);

/* What the records so far said was lost, in all. */
uint64_t pipeline_lost_marked(const struct pipeline *pipeline);

const struct conn_table *pipeline_conns(const struct pipeline *pipeline);

#endif
