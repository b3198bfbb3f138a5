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
#include "run/ending.h"
#include "run/pipeline.h"

#define SESSION_CONSUMERS_MAX 4

struct watchdog;

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
	bool reads_back;		/* what the files say was lost is not ours to mend */
	uint64_t start_ns;		/* when the trace began, CLOCK_MONOTONIC */
	void (*summarise)(const struct session *session);	/* at SIGUSR1 */
	struct watchdog *watchdog;	/* or NULL */
	/* At look_ns, CLOCK_MONOTONIC (0: never), look(), which returns when again. */
	uint64_t (*look)(const struct session *session, uint64_t now_ns);
	uint64_t look_ns;

	/* The session's own; zero at the start. */
	uint64_t given;			/* records to the first consumer, of its kinds */
	struct ending ending;
	uint64_t end_ns;		/* when the trace was over; 0: not yet */
	bool is_ending;
	bool has_ended;
	bool is_copy_waiting;		/* another consumer's receiver takes no more for now */
	bool is_copy_given_up;		/* at the end, for it was stuck */
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
 * became of the events there: `end` but for the accounts. What receivers are waited
 * for, here and before, is bounded by run/ending.h. Returns 0 or -errno.
 */
int session_finish(struct session *session, struct trace_end *end);

/* Wait for consumers that are still at work, within the same bounds. */
void session_await_work(struct session *session);

/*
 * From another thread, when that of session_run() is stuck: the trace is over, what was
 * not written is lost, and the account exact.
 */
void session_give_up(struct session *session);

/* Of the time that is left for waiting, at most `wanted_ms` for anything else. */
unsigned int session_patience_ms(const struct session *session, unsigned int wanted_ms);

/* Whether as many records have been given as are to be. */
bool session_is_count_reached(const struct session *session);

/* How long the trace has lasted, without what came after its end. */
uint64_t session_duration_ns(const struct session *session);

/*
 * What became of the events of a kind at consumer i; exact once session_run() has
 * returned.
 */
struct account session_account(const struct session *session, size_t i, uint8_t kind);

/* The same of all kinds together, at the first consumer. */
struct account session_account_all(const struct session *session);

#endif
