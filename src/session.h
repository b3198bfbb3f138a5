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
#include "logfile.h"
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
	struct logfile *log;		/* where the sink writes */
	struct compressor *compressor;	/* of the log's rotated files, or NULL */
	struct loop *loop;
	size_t line_max;		/* bytes that no record exceeds */
	uint64_t count_limit;		/* 0: none */
	bool has_log_file;		/* SIGHUP reopens it, else ends the trace */
	bool is_strict;			/* the first write that fails ends it */
	uint64_t start_ns;		/* when the trace began, CLOCK_MONOTONIC */
	void (*summarise)(const struct session *session);	/* at SIGUSR1 */

	/* The session's own; zero at the start. */
	struct clock clock;
	uint64_t formatted;		/* records handed to the sink */
	uint64_t lost_output;		/* events taken, for which a failing file had no room */
	unsigned int n_stop_signals;
	bool is_ending;
	bool has_ended;
	bool is_output_gone;		/* its reader left */
	bool is_output_failing;		/* a file; it is tried again */
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

/*
 * Wait for the rotated files that are still to be compressed; if a signal ended
 * the trace, only as long as for an output, and not after another one.
 */
void session_await_compression(struct session *session);

/* What became of the events; exact once session_run() has returned. */
struct account session_account(const struct session *session);

#endif
