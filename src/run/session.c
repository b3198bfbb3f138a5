// SPDX-License-Identifier: GPL-2.0-or-later
/* One trace from its first record to its last; see session.h. */
#include "run/session.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/watchdog.h"

/* How long a pass may take, and after how many records that is looked at. */
#define PASS_MS 100
#define PASS_RECORDS 256

static struct consumer *keeper(const struct session *session)
{
	return session->consumers[0];
}

/* --- a pass: from the source to the consumers ------------------------------- */

bool session_is_count_reached(const struct session *session)
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

/*
 * Give what is safe to hand out, as far as the first consumer takes it. For a while: a
 * file may go on taking, slowly, and signals shall be heard meanwhile.
 */
static struct passed move_records(struct session *session, uint64_t until_ns)
{
	struct passed passed = { 0 };
	struct record records[1 + DERIVE_MAX];

	for (unsigned int n_tried = 1; !session_is_count_reached(session); n_tried++) {
		struct record *record = records;
		size_t n;
		enum consumer_room room = keeper(session)->ops->room(keeper(session));
		enum source_state state;

		watchdog_beat(session->watchdog);
		passed.has_left = room == CONSUMER_IS_FULL ||
				  (n_tried % PASS_RECORDS == 0 && clock_now_ns() >= until_ns);
		if (passed.has_left)
			break;
		state = session->source->ops->next(session->source, record);
		if (state == SOURCE_END)
			session->is_ending = true;
		if (state != SOURCE_RECORD)
			break;
		passed.has_moved = true;
		n = 1 + pipeline_record(session->pipeline, record, record + 1);
		for (size_t i = 0; i < n && !session_is_count_reached(session); i++)
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
	if (session->look_ns && now_ns >= session->look_ns)
		session->look_ns = is_last ? 0 : session->look(session, now_ns);
	passed = move_records(session, now_ns + PASS_MS * (uint64_t)NS_PER_MS);
	if (!is_output_over(session))
		passed.is_full = !flush(session, false);
	return passed;
}

/* --- waiting --------------------------------------------------------------- */

static void take_hangup(struct session *session)
{
	if (!session->reopens) {
		ending_signal(&session->ending, 1, clock_now_ns());
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
	ending_signal(&session->ending, news->stop_signals, clock_now_ns());
	if (news->stop_signals || news->has_ended)
		session->is_ending = true;
	if (news->has_hangup)
		take_hangup(session);
	if (news->is_clock_set && session->source->ops->clock_set)
		session->source->ops->clock_set(session->source);
	if (news->wants_summary && session->summarise)
		session->summarise(session);
}

static int shorter(int a_ms, int b_ms)
{
	return a_ms != LOOP_FOREVER && (b_ms == LOOP_FOREVER || a_ms < b_ms) ? a_ms : b_ms;
}

/* No longer than until a consumer, or look(), has something to do. */
static int bound_timeout(const struct session *session, int timeout_ms)
{
	uint64_t due_ns = session->look_ns ? session->look_ns : CONSUMER_NEVER;
	uint64_t now_ns = clock_now_ns(), left_ms;

	/* Once it has ended nobody calls tick(). */
	for (size_t i = 0; i < session->n_consumers && !session->has_ended; i++) {
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
	return shorter((int)left_ms, timeout_ms);
}

/* *is_timeout: the time was over before there was any news. */
static int wait_for_news(struct session *session, int timeout_ms, bool *is_timeout)
{
	struct loop_news news;
	int err;

	watchdog_beat(session->watchdog);
	err = loop_wait(session->loop, bound_timeout(session, timeout_ms), &news);
	watchdog_beat(session->watchdog);
	if (err)
		return err;
	*is_timeout = news.is_timeout;
	take_news(session, &news);
	return 0;
}

/* How long the source goes on, as far as it knows. */
static int source_left_ms(const struct session *session)
{
	const struct source *source = session->source;

	return source->ops->left_ms ? source->ops->left_ms(source) : LOOP_FOREVER;
}

static int wait_for_records(struct session *session, bool has_moved, int most_ms)
{
	struct source *source = session->source;
	int timeout_ms = source->ops->begin_wait(source, has_moved), err;
	bool is_timeout = false;

	err = wait_for_news(session, shorter(timeout_ms, most_ms), &is_timeout);
	source->ops->end_wait(source, !is_timeout);
	return err;
}

static int trace(struct session *session)
{
	bool is_timeout;
	int err = 0;

	while (!err && !session->is_ending && !is_output_over(session)) {
		struct passed passed = pass(session, false);
		/* Asked whether or not there is room: an output may take nothing for ever. */
		int left_ms = source_left_ms(session);

		if (session_is_count_reached(session) || !left_ms)
			session->is_ending = true;
		else if (is_output_over(session) || session->is_ending)
			break;
		else if (passed.is_full)
			err = wait_for_news(session, left_ms, &is_timeout);
		else
			err = wait_for_records(session, passed.has_moved, left_ms);
	}
	return err;
}

/* --- the end --------------------------------------------------------------- */

/* Grows whenever something is taken from a consumer, or it gets on with its work. */
static uint64_t taken(const struct session *session)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < session->n_consumers; i++) {
		const struct consumer *consumer = session->consumers[i];

		sum += consumer->ops->progress ? consumer->ops->progress(consumer) : 0;
	}
	return sum;
}

/* Records that are not where they belong: of the first consumer that has any. */
static uint64_t records_left(const struct session *session)
{
	uint64_t left = 0;

	for (size_t i = 0; i < session->n_consumers && !left; i++) {
		for (uint8_t kind = 0; kind < RECORD_KIND_COUNT; kind++) {
			if (session->kinds & RECORD_KIND_BIT(kind))
				left += session_account(session, i, kind).waiting;
		}
	}
	return left;
}

static void say_waiting(const struct session *session)
{
	uint64_t left = session->has_ended ? 0 : records_left(session);

	if (left)
		log_status("waiting for the output to take %" PRIu64 " more record%s; "
			   "Ctrl-C gives it 5 s", left, left == 1 ? "" : "s");
	else
		log_status("waiting for what is still at work; Ctrl-C gives it 5 s");
}

/*
 * A receiver, or a helper, is not done: wait for it, unless it is stuck, or the user
 * is out of patience. *goes_on: not so.
 */
static int await(struct session *session, bool *goes_on)
{
	uint64_t now_ns = clock_now_ns();
	bool is_timeout;

	watchdog_end(session->watchdog, session->ending.until_ns);
	*goes_on = ending_goes_on(&session->ending, taken(session), now_ns);
	if (!*goes_on)
		return 0;
	if (ending_should_say(&session->ending, now_ns))
		say_waiting(session);
	return wait_for_news(session, ending_wait_ms(&session->ending, now_ns), &is_timeout);
}

/* The output goes on taking: only the user may have no patience left. */
static int hear(struct session *session, bool *goes_on)
{
	bool is_timeout;
	int err = wait_for_news(session, 0, &is_timeout);

	*goes_on = ending_goes_on(&session->ending, taken(session), clock_now_ns());
	return err;
}

/* Nothing more is to come: give what there is, unless the output is over or stuck. */
static int drain(struct session *session)
{
	bool goes_on = true;
	int err = 0;

	while (!err && goes_on) {
		struct passed passed = pass(session, true);
		bool is_waiting = passed.is_full || session->is_copy_waiting;

		if (is_output_over(session) || !(passed.has_left || is_waiting))
			break;
		if (is_waiting)
			err = await(session, &goes_on);
		else
			err = hear(session, &goes_on);
	}
	session->is_copy_given_up = session->is_copy_waiting;
	return err;
}

static void stop(struct session *session)
{
	session->end_ns = clock_now_ns();
	session->look_ns = 0;
	session->source->ops->stop(session->source);
}

int session_run(struct session *session)
{
	int err = trace(session);

	/* From here on the watchdog does not, if it has not by now. */
	watchdog_beat(session->watchdog);
	stop(session);
	/* That detaching takes its time is not the outputs' fault. */
	watchdog_end(session->watchdog, session->ending.until_ns);
	ending_begin(&session->ending, taken(session), clock_now_ns());
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
	bool goes_on = true;
	int err = 0;

	/* Behind what is stuck nothing need be said. */
	if (is_output_over(session) || !flush(session, true))
		return 0;
	for (size_t i = 0; i < session->n_consumers && !err; i++)
		err = finish(session, i, end);
	while (!err && goes_on && !is_output_over(session) &&
	       (!flush(session, true) ||
		(session->is_copy_waiting && !session->is_copy_given_up)))
		err = await(session, &goes_on);
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
	bool goes_on = true;

	ending_begin(&session->ending, taken(session), clock_now_ns());
	while (goes_on && is_at_work(session) && await(session, &goes_on) == 0)
		;
}

void session_give_up(struct session *session)
{
	if (!session->end_ns)
		stop(session);
	session->has_ended = true;
}

unsigned int session_patience_ms(const struct session *session, unsigned int wanted_ms)
{
	return ending_left_ms(&session->ending, wanted_ms, clock_now_ns());
}

uint64_t session_duration_ns(const struct session *session)
{
	if (session->source->ops->duration_ns)
		return session->source->ops->duration_ns(session->source);
	return (session->end_ns ? session->end_ns : clock_now_ns()) - session->start_ns;
}
