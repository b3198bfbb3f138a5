/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One trace from its first record to its last: has its source looked at, gives the
 * records to its consumers, waits, and decides when to end. Knows neither BPF nor
 * files nor options.
 */
#ifndef TCC_SESSION_H
#define TCC_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/loop.h"
#include "record/account.h"
#include "record/consumer.h"
#include "record/source.h"
#include "run/pipeline.h"

#define SESSION_CONSUMERS_MAX 4

struct session {
	/* Borrowed; set by the caller. */
	struct source *source;
	struct pipeline *pipeline;
	struct loop *loop;
	/* The first holds the source back; see record/consumer.h. */
	struct consumer *consumers[SESSION_CONSUMERS_MAX];
	size_t n_consumers;
	uint32_t kinds;			/* RECORD_KIND_BIT()s: those asked for */
	uint64_t count_limit;		/* 0: none */
	bool reopens;			/* at SIGHUP, else that ends the trace */
	uint64_t start_ns;		/* when the trace began, CLOCK_MONOTONIC */
	void (*summarise)(const struct session *session);	/* at SIGUSR1 */

	/* The session's own; zero at the start. */
	uint64_t given;			/* records to the first consumer, of its kinds */
	unsigned int n_stop_signals;
	bool is_ending;
	bool has_ended;
	bool is_copy_waiting;		/* another consumer's receiver takes no more for now */
	bool is_output_gone;		/* nobody is there any more */
	int output_err;			/* why it cannot be written, or 0 */
};

/*
 * Trace until something ends it; what the source has then is still given.
 * Returns 0, or -errno when waiting failed. See output_err.
 */
int session_run(struct session *session);

/*
 * Afterwards: have the consumers say what is to be said of the whole, each of what
 * became of the events there: `end` but for the accounts. Waits as long for a
 * receiver as the end of the trace does. Returns 0 or -errno.
 */
int session_finish(struct session *session, struct trace_end *end);

/*
 * Wait for consumers that are still at work; if a signal ended the trace, only as
 * long as for a receiver, and not after another one.
 */
void session_await_work(struct session *session);

/*
 * What became of the events of a kind at consumer i; exact once session_run() has
 * returned.
 */
struct account session_account(const struct session *session, size_t i, uint8_t kind);

/* The same of all kinds together, at the first consumer. */
struct account session_account_all(const struct session *session);

#endif
