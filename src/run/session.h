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

#include "record/account.h"
#include "base/clock.h"
#include "file/logfile.h"
#include "base/loop.h"
#include "run/pipeline.h"
#include "file/sink.h"
#include "kernel/stream.h"

/* What the tracer does for a session. */
struct session_tracer {
	void *context;
	void (*detach)(void *context);		/* afterwards, counts are final */
	/* Of a kind, not counted in the rings. */
	uint64_t (*missed)(void *context, enum tcc_kind kind);
};

struct session {
	/* Borrowed; set by the caller. */
	struct session_tracer tracer;
	struct stream stream;
	uint32_t kinds;			/* TCC_KIND_BIT()s: those asked for */
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
	/* Of each kind: the same; events taken, for which a failing file had no room. */
	uint64_t formatted_of[TCC_KIND_COUNT], lost_output[TCC_KIND_COUNT];
	uint8_t *trail;			/* the kinds of the latest records, or NULL; see session.c */
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

/* What became of the events of a kind; exact once session_run() has returned. */
struct account session_account(const struct session *session, enum tcc_kind kind);

/* The same of all kinds together. */
struct account session_account_all(const struct session *session);

void session_release(struct session *session);

#endif
