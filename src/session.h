/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One trace from its first event to its last: reads the ring, writes the
 * lines, waits, and decides when to end. Knows neither BPF nor options.
 */
#ifndef TCC_SESSION_H
#define TCC_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "account.h"
#include "clock.h"
#include "loop.h"
#include "pipeline.h"
#include "ring.h"
#include "sink.h"

/* What the tracer does for a session. */
struct session_tracer {
	void *context;
	void (*detach)(void *context);		/* afterwards, counts are final */
	void (*clear_doorbell)(void *context);
	uint64_t (*missed)(void *context);	/* not counted in the ring */
};

struct session {
	/* Borrowed; set by the caller. */
	struct session_tracer tracer;
	struct ring *ring;
	struct pipeline *pipeline;
	struct sink *sink;
	struct loop *loop;
	size_t line_max;		/* bytes that no record exceeds */
	uint64_t count_limit;		/* 0: none */
	uint64_t start_ns;		/* when the trace began, CLOCK_MONOTONIC */
	void (*summarise)(const struct session *session);	/* at SIGUSR1 */

	/* The session's own; zero at the start. */
	struct clock clock;
	uint64_t formatted;		/* records handed to the sink */
	unsigned int n_stop_signals;
	bool is_ending;
	bool has_ended;
	bool is_output_gone;		/* its reader left */
	int output_err;			/* why it cannot be written, or 0 */
};

/*
 * Trace until something ends it; what the kernel has recorded is written then.
 * Returns 0, or -errno when waiting failed. See output_err.
 */
int session_run(struct session *session);

/*
 * Write what was committed to the sink after session_run(); waits as long for
 * the receiver as the end of the trace does. Returns 0 or -errno.
 */
int session_flush(struct session *session);

/* What became of the events; exact once session_run() has returned. */
struct account session_account(const struct session *session);

#endif
