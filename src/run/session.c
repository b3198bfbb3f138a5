// SPDX-License-Identifier: GPL-2.0-or-later
/* One trace from its first record to its last; see session.h. */
#include "run/session.h"

#include <errno.h>
#include <limits.h>

#include "base/clock.h"

/* A receiver that takes nothing at the end is waited for this long. */
#define END_PATIENCE_MS 2000

static struct consumer *keeper(const struct session *session)
{
	return session->consumers[0];
}

/* --- a pass: from the source to the consumers ------------------------------- */

static bool is_count_reached(const struct session *session)
{
	return session->count_limit && session->given >= session->count_limit;
}

static bool is_output_over(const struct session *session)
{
	return session->is_output_gone || session->output_err;
}

/* How it went decides only of the first consumer. */
static bool flush(struct session *session, bool is_last)
{
	int err = keeper(session)->ops->flush(keeper(session), is_last);

	if (err == -EPIPE)
		session->is_output_gone = true;
	else if (err && err != -EAGAIN)
		session->output_err = err;
	session->is_copy_waiting = false;
	for (size_t i = 1; i < session->n_consumers; i++) {
		if (session->consumers[i]->ops->flush(session->consumers[i], is_last) == -EAGAIN)
			session->is_copy_waiting = true;
	}
	return err == 0;
}

/* The first consumer may have no room for it; the others have. */
static void give(struct session *session, const struct record *record, bool is_lost)
{
	for (size_t i = 0; i < session->n_consumers; i++) {
		struct consumer *consumer = session->consumers[i];

		if (!(consumer->kinds & RECORD_KIND_BIT(record->kind)))
			continue;
		if (is_lost && i == 0)
			consumer->ops->lost(consumer, record);
		else
			consumer->ops->record(consumer, record);
		session->given += i == 0 && !is_lost;
	}
}

/* What a pass saw. */
struct passed {
	bool has_moved;		/* there were records */
	bool has_left;		/* there may be more, and was no room for them */
	bool is_full;		/* the first consumer's receiver takes no more for now */
};

/* Give what is safe to hand out, as far as the first consumer takes it. */
static struct passed move_records(struct session *session)
{
	struct passed passed = { 0 };
	struct record records[1 + DERIVE_MAX];

	while (!is_count_reached(session)) {
		struct record *record = records;
		size_t n;
		enum consumer_room room = keeper(session)->ops->room(keeper(session));
		enum source_state state;

		passed.has_left = room == CONSUMER_IS_FULL;
		if (passed.has_left)
			break;
		state = session->source->ops->next(session->source, record);
		if (state == SOURCE_END)
			session->is_ending = true;
		if (state != SOURCE_RECORD)
			break;
		passed.has_moved = true;
		n = 1 + pipeline_record(session->pipeline, record, record + 1);
		for (size_t i = 0; i < n && !is_count_reached(session); i++)
			give(session, &record[i], room == CONSUMER_LOSES);
	}
	return passed;
}

static struct passed pass(struct session *session, bool is_last)
{
	uint64_t now_ns = clock_now_ns();
	struct passed passed;

	session->source->ops->scan(session->source, now_ns, is_last);
	for (size_t i = 0; i < session->n_consumers; i++) {
		if (session->consumers[i]->ops->tick)
			session->consumers[i]->ops->tick(session->consumers[i], now_ns);
	}
	passed = move_records(session);
	if (!is_output_over(session))
		passed.is_full = !flush(session, false);
	return passed;
}

/* --- waiting --------------------------------------------------------------- */

static void take_hangup(struct session *session)
{
	if (!session->reopens) {
		session->n_stop_signals++;
		session->is_ending = true;
		return;
	}
	for (size_t i = 0; i < session->n_consumers; i++) {
		if (session->consumers[i]->ops->reopen)
			session->consumers[i]->ops->reopen(session->consumers[i]);
	}
}

static void take_news(struct session *session, const struct loop_news *news)
{
	session->n_stop_signals += news->stop_signals;
	if (news->stop_signals || news->has_ended)
		session->is_ending = true;
	if (news->has_hangup)
		take_hangup(session);
	if (news->is_clock_set && session->source->ops->clock_set)
		session->source->ops->clock_set(session->source);
	if (news->wants_summary && session->summarise)
		session->summarise(session);
}

/* No longer than until a consumer has something to do. */
static int bound_timeout(const struct session *session, int timeout_ms)
{
	uint64_t due_ns = CONSUMER_NEVER, now_ns = clock_now_ns(), left_ms;

	for (size_t i = 0; i < session->n_consumers; i++) {
		const struct consumer *consumer = session->consumers[i];
		uint64_t its_ns = consumer->ops->due_ns ? consumer->ops->due_ns(consumer)
							: CONSUMER_NEVER;

		if (its_ns < due_ns)
			due_ns = its_ns;
	}
	if (due_ns == CONSUMER_NEVER)
		return timeout_ms;
	left_ms = due_ns > now_ns ? (due_ns - now_ns) / NS_PER_MS + 1 : 0;
	if (left_ms > INT_MAX)
		left_ms = INT_MAX;
	return timeout_ms == LOOP_FOREVER || (int)left_ms < timeout_ms ? (int)left_ms : timeout_ms;
}

/* *is_timeout: the time was over before there was any news. */
static int wait_for_news(struct session *session, int timeout_ms, bool *is_timeout)
{
	struct loop_news news;
	int err = loop_wait(session->loop, bound_timeout(session, timeout_ms), &news);

	if (err)
		return err;
	*is_timeout = news.is_timeout;
	take_news(session, &news);
	return 0;
}

static int wait_for_records(struct session *session, bool has_moved)
{
	struct source *source = session->source;
	int timeout_ms = source->ops->begin_wait(source, has_moved), err;
	bool is_timeout = false;

	err = wait_for_news(session, timeout_ms, &is_timeout);
	source->ops->end_wait(source, !is_timeout);
	return err;
}

static int trace(struct session *session)
{
	bool is_timeout;
	int err = 0;

	while (!err && !session->is_ending && !is_output_over(session)) {
		struct passed passed = pass(session, false);

		if (is_count_reached(session))
			session->is_ending = true;
		else if (is_output_over(session) || session->is_ending)
			break;
		else if (passed.is_full)
			err = wait_for_news(session, LOOP_FOREVER, &is_timeout);
		else
			err = wait_for_records(session, passed.has_moved);
	}
	return err;
}

/* --- the end --------------------------------------------------------------- */

/*
 * Nothing more is to come: give what there is, unless the output is over, takes
 * nothing, or the user is out of patience.
 */
static int drain(struct session *session)
{
	unsigned int n_signals = session->n_stop_signals;
	bool is_timeout = false;
	int err = 0;

	for (;;) {
		struct passed passed = pass(session, true);

		bool is_waiting = passed.is_full || session->is_copy_waiting;

		if (err || is_timeout || is_output_over(session) ||
		    !(passed.has_left || is_waiting))
			return err;
		if (session->n_stop_signals > n_signals || session->n_stop_signals > 1)
			return 0;
		if (is_waiting)
			err = wait_for_news(session, END_PATIENCE_MS, &is_timeout);
	}
}

int session_run(struct session *session)
{
	int err = trace(session);

	session->source->ops->stop(session->source);
	if (!err && !is_output_over(session))
		err = drain(session);
	if (!is_output_over(session))
		flush(session, true);
	session->has_ended = true;
	return err;
}

static int finish(struct session *session, size_t i, struct trace_end *end)
{
	struct account accounts[RECORD_KIND_COUNT];

	if (!session->consumers[i]->ops->finish)
		return 0;
	for (uint8_t kind = 0; kind < RECORD_KIND_COUNT; kind++)
		accounts[kind] = session_account(session, i, kind);
	end->accounts = accounts;
	return session->consumers[i]->ops->finish(session->consumers[i], end);
}

int session_finish(struct session *session, struct trace_end *end)
{
	bool is_timeout = false;
	int err = 0;

	/* Behind what is stuck nothing need be said. */
	if (is_output_over(session) || !flush(session, true))
		return 0;
	for (size_t i = 0; i < session->n_consumers && !err; i++)
		err = finish(session, i, end);
	while (!err && !is_output_over(session) && !is_timeout &&
	       (!flush(session, true) || session->is_copy_waiting))
		err = wait_for_news(session, END_PATIENCE_MS, &is_timeout);
	return err;
}

static bool is_at_work(const struct session *session)
{
	bool is_any = false;

	for (size_t i = 0; i < session->n_consumers; i++) {
		const struct consumer *consumer = session->consumers[i];

		is_any |= consumer->ops->is_at_work && consumer->ops->is_at_work(consumer);
	}
	return is_any;
}

void session_await_work(struct session *session)
{
	unsigned int n_signals = session->n_stop_signals;
	uint64_t until_ns = clock_now_ns() + END_PATIENCE_MS * (uint64_t)NS_PER_MS;
	struct loop_news news;

	while (is_at_work(session) && session->n_stop_signals == n_signals && n_signals < 2 &&
	       (!n_signals || clock_now_ns() < until_ns)) {
		if (loop_wait(session->loop, 100, &news))
			break;
		session->n_stop_signals += news.stop_signals;
	}
}

/* --- the account ------------------------------------------------------------- */

/* What was neither written nor lost yet: lost, discarded, or still waiting. */
static void account_for_rest(const struct session *session, struct account *account,
			     uint64_t unread, uint64_t pending)
{
	if (!session->has_ended) {
		account->waiting = unread + pending;
		return;
	}
	account->lost_output += pending;
	if (session->is_output_gone || is_count_reached(session))
		account->discarded += unread;
	else
		account->lost_output += unread;
}

/*
 * Of a derived kind: those made, all of which the consumers were given but for what
 * --count cut off. What was taken for its sake alone is missing in it where it is lost.
 */
static struct source_counts count_made(const struct session *session, uint8_t kind,
				       struct consumer_counts out)
{
	uint8_t parent = derive_parent(kind);
	struct source_counts counts = {
		.recorded = pipeline_made(session->pipeline, kind),
		.taken = out.done + out.pending + out.lost + out.discarded,
	};

	if (!(session->kinds & RECORD_KIND_BIT(parent))) {
		struct source_counts in = session->source->ops->count(session->source, parent);

		counts.lost = in.lost;
		counts.missed = in.missed;
	}
	return counts;
}

static struct source_counts count_in(const struct session *session, uint8_t kind,
				     struct consumer_counts out)
{
	if (record_kinds[kind].is_derived)
		return count_made(session, kind, out);
	return session->source->ops->count(session->source, kind);
}

struct account session_account(const struct session *session, size_t i, uint8_t kind)
{
	const struct consumer *consumer = session->consumers[i];
	struct consumer_counts out = consumer->ops->count(consumer, kind);
	struct source_counts in = count_in(session, kind, out);
	struct account account = {
		.seen = in.recorded + in.filtered + in.lost + in.missed,
		.written = out.done,
		.filtered = in.filtered,
		.lost_buffer = in.lost,
		.lost_output = out.lost,
		.missed = in.missed,
		.discarded = out.discarded,
	};

	account_for_rest(session, &account, in.recorded - in.taken, out.pending);
	return account;
}

struct account session_account_all(const struct session *session)
{
	struct account all = { 0 };

	for (uint8_t kind = 0; kind < RECORD_KIND_COUNT; kind++) {
		struct account account;

		if (!(session->kinds & RECORD_KIND_BIT(kind)))
			continue;
		account = session_account(session, 0, kind);
		account_add(&all, &account);
	}
	return all;
}
