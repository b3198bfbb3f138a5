// SPDX-License-Identifier: GPL-2.0-or-later
/* Records made of others; see derive.h. */
#include "record/derive.h"

/* --- reduction ------------------------------------------------------------------ */

enum cause { CAUSE_LOSS, CAUSE_TIMEOUT, CAUSE_UNDO };

static const struct word cause_words[] = {
	[CAUSE_LOSS] = { "loss", 4 },
	[CAUSE_TIMEOUT] = { "timeout", 7 },
	[CAUSE_UNDO] = { "undo", 4 },
};

static bool is_deep(unsigned int ca_state)
{
	return ca_state == TCC_CA_RECOVERY || ca_state == TCC_CA_LOSS;
}

/*
 * A path MTU that shrinks has a connection enter Loss to send again, its window
 * unchanged: tcp_simple_retransmit(), net/ipv4/tcp_input.c. That alone leaves no marker,
 * but for a timeout in CWR, whose reduction had none either (tcp_enter_cwr()).
 */
static bool is_for_mtu(const struct record *record, unsigned int from, unsigned int to)
{
	return to == TCC_CA_LOSS && !record->undo_marker && from != TCC_CA_CWR;
}

/*
 * Entered; or timed out once more in Loss, for the first time since a segment was
 * acknowledged: tcp_enter_loss(), which then decides anew and marks where.
 */
static bool is_reduced(const struct derive_state *state, const struct record *record,
		       unsigned int from, unsigned int to)
{
	if (!is_deep(to) || is_for_mtu(record, from, to))
		return false;
	return from != to || (to == TCC_CA_LOSS && state->undo_marker &&
			      state->undo_marker != record->undo_marker);
}

/*
 * Left with the window that it had: tcp_undo_cwnd_reduction(), net/ipv4/tcp_input.c,
 * has given back the window and taken away the marker. A slow start that took the
 * window as far leaves the marker where it was.
 */
static bool is_undone(const struct derive_state *state, const struct record *record)
{
	return state->undo_marker && state->prior_cwnd == record->prior_cwnd &&
	       !record->undo_marker && record->snd_cwnd >= record->prior_cwnd;
}

/*
 * Segments, to which the kernel takes the window; what an algorithm that moves it
 * itself has there, as BBR, is no such thing: tcp_cong_control(), net/ipv4/tcp_input.c.
 */
static uint32_t threshold(const struct record *record)
{
	return record->cong_control ? RECORD_SSTHRESH_INFINITE : record->snd_ssthresh;
}

static uint64_t segments(uint32_t threshold)
{
	return threshold >= RECORD_SSTHRESH_INFINITE ? RECORD_ABSENT : threshold;
}

static void make(struct record *made, const struct record *record, enum cause cause,
		 uint64_t from, uint64_t to)
{
	*made = *record;
	made->kind = RECORD_KIND_REDUCTION;
	made->lost = 0;
	made->from = from;
	made->to = to;
	made->factor = from == RECORD_ABSENT || to == RECORD_ABSENT || !from
			       ? RECORD_ABSENT
			       : (to * 1000 + from / 2) / from;
	made->cause = &cause_words[cause];
}

static struct derive_state keep(const struct record *record)
{
	return (struct derive_state){ .prior_cwnd = (uint32_t)record->prior_cwnd,
				      .snd_ssthresh = threshold(record),
				      .undo_marker = (uint32_t)record->undo_marker };
}

/* tcp_set_ca_state() comes when window, threshold and marker are set. */
static size_t derive_reduction(struct derive_state *state, const struct record *record,
			       struct record *made)
{
	unsigned int from = record_ca_state(record->old_ca_state);
	unsigned int to = record_ca_state(record->new_ca_state);
	size_t n = 0;

	if (is_reduced(state, record, from, to)) {
		make(made, record, to == TCC_CA_LOSS ? CAUSE_TIMEOUT : CAUSE_LOSS,
		     record->prior_cwnd, segments(threshold(record)));
		n = 1;
	} else if (is_deep(from) && !is_deep(to) && is_undone(state, record)) {
		make(made, record, CAUSE_UNDO, segments(state->snd_ssthresh), record->snd_cwnd);
		n = 1;
	}
	/* A marker that stays when it is left has no meaning any more. */
	*state = is_deep(to) ? keep(record) : (struct derive_state){ 0 };
	return n;
}

/* --- what there is ---------------------------------------------------------------- */

/* Of each derived kind: what it is made of, and what that must have. */
static const struct {
	uint8_t parent;
	uint64_t needs;
} kinds_made[RECORD_KIND_COUNT] = {
	[RECORD_KIND_REDUCTION] = { RECORD_KIND_CA_STATE, TCC_PROP(SND_SSTHRESH) |
				    TCC_PROP(PRIOR_CWND) | TCC_PROP(UNDO_MARKER) |
				    TCC_PROP(CONG_CONTROL) },
};

uint8_t derive_parent(uint8_t kind)
{
	return kinds_made[kind].parent;
}

static bool is_wanted(uint32_t kinds, uint8_t kind)
{
	return record_kinds[kind].is_derived && kinds & RECORD_KIND_BIT(kind);
}

uint32_t derive_takes(uint32_t kinds)
{
	uint32_t takes = kinds;

	for (uint8_t kind = 0; kind < RECORD_KIND_COUNT; kind++) {
		if (is_wanted(kinds, kind))
			takes |= RECORD_KIND_BIT(kinds_made[kind].parent);
	}
	return takes;
}

uint32_t derive_possible(uint32_t kinds, uint32_t taken)
{
	uint32_t possible = kinds & taken;

	for (uint8_t kind = 0; kind < RECORD_KIND_COUNT; kind++) {
		if (is_wanted(kinds, kind) && taken & RECORD_KIND_BIT(kinds_made[kind].parent))
			possible |= RECORD_KIND_BIT(kind);
	}
	return possible;
}

uint64_t derive_needs(uint32_t kinds, uint8_t kind)
{
	uint64_t needs = 0;

	for (uint8_t made = 0; made < RECORD_KIND_COUNT; made++) {
		if (is_wanted(kinds, made) && kinds_made[made].parent == kind)
			needs |= kinds_made[made].needs;
	}
	return needs;
}

size_t derive(uint32_t kinds, struct derive_state *state, const struct record *record,
	      struct record derived[DERIVE_MAX])
{
	struct derive_state unknown = { 0 };

	if (record->kind != RECORD_KIND_CA_STATE || !is_wanted(kinds, RECORD_KIND_REDUCTION))
		return 0;
	return derive_reduction(state ? state : &unknown, record, derived);
}
