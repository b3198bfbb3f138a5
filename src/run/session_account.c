// SPDX-License-Identifier: GPL-2.0-or-later
/* What became of the events of a session; see session.h. */
#include "run/session.h"

#include "record/derive.h"

/* What is unread at the end is nobody's loss: nobody wanted it any more. */
static bool discards(const struct session *session)
{
	return session->is_output_gone || session_is_count_reached(session);
}

/* What was neither written nor lost yet: lost, discarded, or still waiting. */
static void account_for_rest(const struct session *session, struct account *account,
			     uint64_t unread, uint64_t pending)
{
	if (!session->has_ended) {
		account->waiting = unread + pending;
		return;
	}
	account->lost_output += pending;
	if (discards(session))
		account->discarded += unread;
	else
		account->lost_output += unread;
}

/*
 * Of a derived kind: those made, and those that the source had, all of which the consumers
 * were given but for what --count cut off. What was taken for its sake alone is missing in it where it is lost.
 */
static struct source_counts count_made(const struct session *session, uint8_t kind,
				       struct consumer_counts out)
{
	uint8_t parent = derive_parent(kind);
	struct source_counts own = session->source->ops->count(session->source, kind);
	struct source_counts counts = {
		.recorded = pipeline_made(session->pipeline, kind),
		.taken = out.done + out.pending + out.lost + out.discarded,
	};

	counts.recorded += own.recorded;
	counts.filtered = own.filtered;
	counts.lost = own.lost;
	counts.missed = own.missed;
	counts.unwritten = own.unwritten;
	counts.unreadable = own.unreadable;
	if (!(session->kinds & RECORD_KIND_BIT(parent))) {
		struct source_counts in = session->source->ops->count(session->source, parent);

		counts.lost += in.lost;
		counts.missed += in.missed;
		counts.unwritten += in.unwritten;
		counts.unreadable += in.unreadable;
		if (session->has_ended && !discards(session))
			counts.recorded += in.recorded - in.taken;
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
		.seen = in.recorded + in.filtered + in.lost + in.missed + in.unwritten +
			in.unreadable,
		.written = out.done,
		.filtered = in.filtered,
		.lost_buffer = in.lost,
		.lost_output = out.lost + in.unwritten,
		.lost_input = in.unreadable,
		.missed = in.missed,
		.discarded = out.discarded,
		.is_unknown = session->source->ops->is_unknown &&
			      session->source->ops->is_unknown(session->source),
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
