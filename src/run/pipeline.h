/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a record says of its connection: which it is, and since when it is known.
 * Knows neither where records come
 * from nor where they go, so a test can give it what it likes.
 */
#ifndef TCC_PIPELINE_H
#define TCC_PIPELINE_H

#include <stdint.h>

#include "record/conn.h"
#include "record/record.h"

struct pipeline;

struct pipeline_config {
	uint64_t start_ns;		/* when the trace began, CLOCK_MONOTONIC */
};

/* NULL when there is no memory. */
struct pipeline *pipeline_new(const struct pipeline_config *config);
void pipeline_free(struct pipeline *pipeline);	/* accepts NULL */

/*
 * Complete a source's record: the times since the trace and its connection began.
 * Its time must never decrease from call to call.
 */
void pipeline_record(struct pipeline *pipeline, struct record *record);

const struct conn_table *pipeline_conns(const struct pipeline *pipeline);

#endif
