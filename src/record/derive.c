// SPDX-License-Identifier: GPL-2.0-or-later
/* Records made of others; see derive.h. */
#include "record/derive.h"

#include "record/fields.h"

static bool has(const struct record *record, enum field_id id)
{
	return field_set_has(&record->has, id);
}

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
	return to == TCC_CA_LOSS && has(record, FIELD_undo_marker) && !record->undo_marker &&
	       from != TCC_CA_CWR;
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
			      has(record, FIELD_undo_marker) &&
			      state->undo_marker != record->undo_marker);
}

/*
 * Left with the window that it had: tcp_undo_cwnd_reduction(), net/ipv4/tcp_input.c,
 * has given back the window and taken away the marker. A slow start that took the
 * window as far leaves the marker where it was.
 */
static bool is_undone(const struct derive_state *state, const struct record *record)
{
	return state->undo_marker && has(record, FIELD_prior_cwnd) &&
	       state->prior_cwnd == record->prior_cwnd && has(record, FIELD_undo_marker) &&
	       !record->undo_marker && record->snd_cwnd >= record->prior_cwnd;
}

/*
 * Segments, to which the kernel takes the window; what an algorithm that moves it
 * itself has there, as BBR, is no such thing: tcp_cong_control(), net/ipv4/tcp_input.c.
 */
static uint32_t threshold(const struct record *record)
{
	if (!has(record, FIELD_snd_ssthresh) ||
	    (has(record, FIELD_cong_control) && record->cong_control))
		return RECORD_SSTHRESH_INFINITE;
	return record->snd_ssthresh;
}

/* A window, or none that is known. */
struct window {
	bool is_known;
	uint64_t segments;
};

static struct window window_of(uint32_t threshold)
{
	return (struct window){ threshold < RECORD_SSTHRESH_INFINITE, threshold };
}

static struct window prior_window(const struct record *record)
{
	return (struct window){ has(record, FIELD_prior_cwnd), record->prior_cwnd };
}

static void set(struct record *made, enum field_id id, uint64_t *member, uint64_t value)
{
	*member = value;
	field_set_add(&made->has, id);
}

/* With what both kinds can have, and its own. */
static void make(struct record *made, const struct record *record, enum cause cause,
		 struct window from, struct window to)
{
	struct field_set of_kind = fields_of_kind(RECORD_KIND_REDUCTION, 0);

	*made = *record;
	field_set_keep(&made->has, &of_kind);
	made->kind = RECORD_KIND_REDUCTION;
	made->lost = 0;
	made->cause = &cause_words[cause];
	field_set_add(&made->has, FIELD_cause);
	if (from.is_known)
		set(made, FIELD_from, &made->from, from.segments);
	if (to.is_known)
		set(made, FIELD_to, &made->to, to.segments);
	if (from.is_known && to.is_known && from.segments)
		set(made, FIELD_factor, &made->factor,
		    (to.segments * 1000 + from.segments / 2) / from.segments);
}

static struct derive_state keep(const struct record *record)
{
	struct derive_state state = { .snd_ssthresh = threshold(record) };

	if (has(record, FIELD_prior_cwnd))
		state.prior_cwnd = (uint32_t)record->prior_cwnd;
	if (has(record, FIELD_undo_marker))
		state.undo_marker = (uint32_t)record->undo_marker;
	return state;
}

/* TCC_CA_COUNT: one of a kernel to come. */
static unsigned int state_of(const struct record *record, enum field_id id,
			     const struct word *word)
{
	return has(record, id) ? record_ca_state(word) : TCC_CA_COUNT;
}

/* tcp_set_ca_state() comes when window, threshold and marker are set. */
static size_t derive_reduction(struct derive_state *state, const struct record *record,
			       struct record *made)
{
	unsigned int from = state_of(record, FIELD_old_ca_state, record->old_ca_state);
	unsigned int to = state_of(record, FIELD_new_ca_state, record->new_ca_state);
	size_t n = 0;

	if (is_reduced(state, record, from, to)) {
		make(made, record, to == TCC_CA_LOSS ? CAUSE_TIMEOUT : CAUSE_LOSS,
		     prior_window(record), window_of(threshold(record)));
		n = 1;
	} else if (is_deep(from) && !is_deep(to) && is_undone(state, record)) {
		make(made, record, CAUSE_UNDO, window_of(state->snd_ssthresh),
		     (struct window){ true, record->snd_cwnd });
		n = 1;
	}
	/* A marker that stays when it is left has no meaning any more. */
	*state = is_deep(to) ? keep(record) : (struct derive_state){ 0 };
	return n;
}

/* --- what there is ---------------------------------------------------------------- */

static const enum field_id of_reduction[] = {
	FIELD_snd_cwnd, FIELD_cong_control, FIELD_snd_ssthresh, FIELD_prior_cwnd,
	FIELD_undo_marker, FIELD_old_ca_state, FIELD_new_ca_state,
};

/* Of each derived kind: what it is made of, and what that must have. */
static const struct {
	uint8_t parent;
	const enum field_id *needs;
	size_t n_needs;
} kinds_made[RECORD_KIND_COUNT] = {
	[RECORD_KIND_REDUCTION] = { RECORD_KIND_CA_STATE, of_reduction,
				    sizeof(of_reduction) / sizeof(of_reduction[0]) },
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

struct field_set derive_needs(uint32_t kinds, uint8_t kind)
{
	struct field_set needs = { 0 };

	for (uint8_t made = 0; made < RECORD_KIND_COUNT; made++) {
		if (!is_wanted(kinds, made) || kinds_made[made].parent != kind)
			continue;
		for (size_t i = 0; i < kinds_made[made].n_needs; i++)
			field_set_add(&needs, kinds_made[made].needs[i]);
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
