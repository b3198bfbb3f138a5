/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a record says of its connection: which it is, and since when it is known; and
 * the records that are made of it. Knows neither where records come from nor where
 * they go, so a test can give it what it likes.
 */
#ifndef TCC_PIPELINE_H
#define TCC_PIPELINE_H

#include <stdint.h>

#include "record/conn.h"
#include "record/derive.h"
#include "record/record.h"

struct pipeline;

struct pipeline_config {
	uint64_t start_ns;		/* when the trace began, CLOCK_MONOTONIC */
	uint32_t kinds;			/* RECORD_KIND_BIT()s: those that are wanted */
	uint32_t n_cpus;		/* records come from CPUs below */
	bool watches_cwnd;		/* has_cwnd_fallen is wanted */
	bool keeps_times;		/* records have the times of trace and connection */
	/* Called when the first connection is forgotten to make room; or NULL. */
	void (*forgets)(void);
};

/* NULL when there is no memory. */
struct pipeline *pipeline_new(const struct pipeline_config *config);
void pipeline_free(struct pipeline *pipeline);	/* accepts NULL */

/*
 * Complete a source's record: the times since the trace and its connection began. Its
 * time must never decrease from call to call, but where it keeps them. Returns how many are made of it, which
 * stand behind it: of the wanted kinds alone. What was lost of a kind that is not
 * wanted for itself is said by what is made of it.
 */
size_t pipeline_record(struct pipeline *pipeline, struct record *record,
		       struct record derived[DERIVE_MAX]);

/* How many of a derived kind were made. */
uint64_t pipeline_made(const struct pipeline *pipeline, uint8_t kind);

const struct conn_table *pipeline_conns(const struct pipeline *pipeline);

#endif
