// SPDX-License-Identifier: GPL-2.0-or-later
/* One trace from its first event to its last; see session.h. */
#include "run/session.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

/*
 * After a pass that found events the next follows this much later. Shorter,
 * and the producers ring the bell all the time; longer, and rings fill.
 */
#define PACE_MS 1

/*
 * A producer's load of `asleep` may pass its store of `head`, and one that was
 * busy at the scan may not look at `asleep` at all: so the wait is bounded at
 * first, and as long as a producer is busy.
 */
#define DOUBT_MS 20

/* An output that takes nothing at the end is waited for this long. */
#define END_PATIENCE_MS 2000

/*
 * The sink knows lines, not kinds: of its pending lines the kinds are the last
 * ones in this circle. No block of the sink has more lines. There is none where
 * but one kind is asked for.
 */
#define TRAIL_LENGTH (1u << 18)

static void remember_kind(struct session *session, uint8_t kind)
{
	if (session->trail)
		session->trail[session->formatted % TRAIL_LENGTH] = kind;
	session->formatted++;
	session->formatted_of[kind]++;
}

static uint64_t pending_of(const struct session *session, enum tcc_kind kind)
{
	uint64_t pending = sink_pending_lines(session->sink), n = 0;

	if (!session->trail)
		return session->kinds & TCC_KIND_BIT(kind) ? pending : 0;
	for (uint64_t i = session->formatted - pending; i < session->formatted; i++)
		n += session->trail[i % TRAIL_LENGTH] == kind;
	return n;
}

/* --- a pass: from the ring to the output ---------------------------------- */

static bool is_count_reached(const struct session *session)
{
	return session->count_limit && session->formatted >= session->count_limit;
}

/*
 * A log file may have room again some day, or be made writable; what else
 * fails stays so.
 */
static bool take_result(struct session *session, int err)
{
	session->is_output_failing = false;
	if (err == -EPIPE)
		session->is_output_gone = true;
	else if (err && err != -EAGAIN && !session->is_strict && logfile_is_regular(session->log))
		session->is_output_failing = true;
	else if (err && err != -EAGAIN)
		session->output_err = err;
	return err == 0;
}

/* Write what is pending; remember how it went. Whether all is written. */
static bool flush(struct session *session)
{
	return take_result(session, sink_flush(session->sink));
}

static bool is_output_over(const struct session *session)
{
	return session->is_output_gone || session->output_err;
}

/*
 * The file fails and the block is full of what it shall get first: what comes
 * now is lost, for this reason, rather than later for a full ring.
 */
static bool lose_events(struct session *session)
{
	const struct tcc_event *event;
	bool has_lost = false;
	uint64_t ktime_ns;
	uint32_t cpu;

	while ((event = stream_next(&session->stream, &cpu, &ktime_ns))) {
		pipeline_lose(session->pipeline, event, ktime_ns, cpu);
		session->lost_output[event->kind]++;
		has_lost = true;
	}
	return has_lost;
}

/*
 * Format what is safe to hand out, as far as the output takes it. Returns
 * whether there were events.
 */
static bool move_events(struct session *session)
{
	const struct tcc_event *event;
	uint64_t ktime_ns, before = session->formatted;
	uint32_t cpu;
	char *out;

	while (!is_count_reached(session)) {
		out = sink_room(session->sink, session->line_max);
		if (!out && !flush(session) && !sink_room(session->sink, session->line_max))
			return (session->is_output_failing && lose_events(session)) ||
			       session->formatted != before;
		if (!out)
			continue;
		event = stream_next(&session->stream, &cpu, &ktime_ns);
		if (!event)
			break;
		sink_commit(session->sink,
			    pipeline_event(session->pipeline, event, ktime_ns, cpu, out));
		remember_kind(session, event->kind);
	}
	return session->formatted != before;
}

/* Whether anything was there to write. */
static bool pass(struct session *session, bool is_last)
{
	uint64_t now_ns = clock_now_ns();
	bool has_moved;

	if (is_last)
		stream_scan_all(&session->stream);
	else
		stream_scan(&session->stream, now_ns);
	logfile_service(session->log, now_ns);
	clock_refresh(&session->clock, now_ns);
	pipeline_set_clock_offset(session->pipeline, session->clock.offset_ns);
	has_moved = move_events(session);
	if (!is_output_over(session))
		flush(session);
	return has_moved;
}

/* --- waiting --------------------------------------------------------------- */

/* The last news of a helper is that it is gone. */
static void take_helper_news(struct session *session)
{
	int fd = compress_fd(session->compressor);

	if (fd >= 0)
		logfile_service_compressor(session->log);
}

/* A log file is reopened, when what was for the old one is in it. */
static void take_hangup(struct session *session)
{
	if (!session->has_log_file) {
		session->n_stop_signals++;
		session->is_ending = true;
		return;
	}
	if (!is_output_over(session))
		flush(session);
	logfile_reopen(session->log);
}

static void take_news(struct session *session, const struct loop_news *news)
{
	session->n_stop_signals += news->stop_signals;
	if (news->stop_signals || news->has_ended)
		session->is_ending = true;
	if (news->has_hangup)
		take_hangup(session);
	if (news->has_helper)
		take_helper_news(session);
	if (news->is_output_gone)
		session->is_output_gone = true;
	if (news->is_clock_set)
		clock_measure(&session->clock);
	if (news->wants_summary && session->summarise)
		session->summarise(session);
}

static bool is_due(const struct session *session)
{
	return clock_now_ns() >= logfile_due_ns(session->log);
}

/* No longer than until the log file has something to do. */
static int bound_timeout(const struct session *session, int timeout_ms)
{
	uint64_t due_ns = logfile_due_ns(session->log), now_ns = clock_now_ns(), left_ms;

	if (due_ns == LOGFILE_NEVER)
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
	int err;

	if (sink_can_wait(session->sink)) {
		err = loop_watch_output(session->loop, sink_fd(session->sink),
					!sink_is_empty(session->sink));
		if (err)
			return err;
	}
	err = loop_wait(session->loop, bound_timeout(session, timeout_ms), &news);
	if (err)
		return err;
	*is_timeout = news.is_timeout;
	take_news(session, &news);
	return 0;
}

/* Nothing to do: sleep until there is news, bounded while in doubt. */
static int sleep_until_rung(struct session *session)
{
	bool is_timeout = true, is_in_doubt = true;
	int err = 0;

	while (!err && is_timeout && !is_due(session)) {
		ring_set_asleep(session->stream.ring, true);
		stream_scan(&session->stream, clock_now_ns());
		if (stream_has_unread(&session->stream))
			break;
		is_in_doubt |= stream_is_busy(&session->stream);
		err = wait_for_news(session, is_in_doubt ? DOUBT_MS : LOOP_FOREVER, &is_timeout);
		is_in_doubt = false;
	}
	ring_set_asleep(session->stream.ring, false);
	return err;
}

static int trace(struct session *session)
{
	bool is_timeout;
	int err = 0;

	while (!err && !session->is_ending && !is_output_over(session)) {
		bool has_moved = pass(session, false);

		if (is_count_reached(session))
			session->is_ending = true;
		else if (is_output_over(session))
			break;
		else if (!sink_is_empty(session->sink) && sink_can_wait(session->sink))
			err = wait_for_news(session, LOOP_FOREVER, &is_timeout);
		else if (has_moved || stream_has_unread(&session->stream))
			err = wait_for_news(session, PACE_MS, &is_timeout);
		else
			err = sleep_until_rung(session);
	}
	return err;
}

/* --- the end --------------------------------------------------------------- */

static bool is_drained(const struct session *session)
{
	return (sink_is_empty(session->sink) || session->is_output_failing) &&
	       (is_count_reached(session) || !stream_has_unread(&session->stream));
}

/*
 * Nothing runs in the kernel any more: write what it recorded, unless the
 * output is over, takes nothing, or the user is out of patience.
 */
static int drain(struct session *session)
{
	unsigned int n_signals = session->n_stop_signals;
	bool is_timeout = false;
	int err = 0;

	for (;;) {
		pass(session, true);
		if (err || is_timeout || is_output_over(session) || is_drained(session))
			return err;
		if (session->n_stop_signals > n_signals || session->n_stop_signals > 1)
			return 0;
		err = wait_for_news(session, END_PATIENCE_MS, &is_timeout);
	}
}

/* A file that fails to the end is the trace's failure. */
static void flush_last(struct session *session)
{
	int err = sink_flush_last(session->sink);

	if (!take_result(session, err))
		session->output_err = err;
}

int session_run(struct session *session)
{
	int err;

	if (session->kinds & (session->kinds - 1)) {
		session->trail = calloc(TRAIL_LENGTH, sizeof(*session->trail));
		if (!session->trail)
			return -ENOMEM;
	}
	clock_measure(&session->clock);
	err = trace(session);
	session->tracer.detach(session->tracer.context);
	if (!err && !is_output_over(session))
		err = drain(session);
	if (session->is_output_failing)
		flush_last(session);
	session->has_ended = true;
	return err;
}

int session_flush(struct session *session)
{
	bool is_timeout = false;
	int err = 0;

	while (!flush(session) && !err && !is_timeout && !is_output_over(session)) {
		if (session->is_output_failing) {
			flush_last(session);
			break;
		}
		err = wait_for_news(session, END_PATIENCE_MS, &is_timeout);
	}
	return err;
}

void session_await_compression(struct session *session)
{
	unsigned int n_signals = session->n_stop_signals;
	uint64_t until_ns = clock_now_ns() + END_PATIENCE_MS * (uint64_t)NS_PER_MS;
	struct loop_news news;

	while (compress_is_at_work(session->compressor) &&
	       session->n_stop_signals == n_signals && n_signals < 2 &&
	       (!n_signals || clock_now_ns() < until_ns)) {
		if (loop_wait(session->loop, 100, &news))
			break;
		session->n_stop_signals += news.stop_signals;
		if (news.has_helper)
			take_helper_news(session);
	}
}

/* What was neither written nor lost yet: lost, discarded, or still waiting. */
static void account_for_rest(const struct session *session, struct account *account,
			     uint64_t unread, uint64_t pending)
{
	if (!session->has_ended) {
		account->waiting = unread + pending;
		return;
	}
	if (session->is_output_gone || is_count_reached(session))
		account->discarded = unread;
	else
		account->lost_output += unread;
	if (session->is_output_gone)
		account->discarded += pending;
	else
		account->lost_output += pending;
}

struct account session_account(const struct session *session, enum tcc_kind kind)
{
	struct stream_counts counts = stream_count(&session->stream, kind);
	uint64_t missed = counts.nested +
			  session->tracer.missed(session->tracer.context, kind);
	uint64_t pending = pending_of(session, kind);
	struct account account = {
		.seen = counts.published + counts.filtered + counts.lost + missed,
		.written = session->formatted_of[kind] - pending,
		.filtered = counts.filtered,
		.lost_buffer = counts.lost,
		.lost_output = session->lost_output[kind],
		.missed = missed,
	};

	account_for_rest(session, &account,
			 counts.published - stream_taken(&session->stream, kind), pending);
	return account;
}

struct account session_account_all(const struct session *session)
{
	struct account all = { 0 };

	for (int kind = 0; kind < TCC_KIND_COUNT; kind++) {
		struct account account;

		if (!(session->kinds & TCC_KIND_BIT(kind)))
			continue;
		account = session_account(session, (enum tcc_kind)kind);
		account_add(&all, &account);
	}
	return all;
}

void session_release(struct session *session)
{
	free(session->trail);
	session->trail = NULL;
}
