/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Leaving out events of a connection that say little new: remembers of each
 * socket what was written of it last.
 *
 * Where nothing can be remembered, for want of memory, the event is written; see
 * tcc_refused.h.
 */
#ifndef TCC_THIN_BPF_H
#define TCC_THIN_BPF_H

#include "tcc_sock_state.bpf.h"
#include "tcc_thin.h"

const volatile struct tcc_thin tcc_thin;

/* Of the event written last. */
struct tcc_thin_state {
	__u64 ktime_ns;
	__u32 snd_cwnd;
	__u32 snd_ssthresh;
	__u32 skipped;		/* events left out since */
	__u32 ports;		/* see tcc_sock_state.bpf.h */
	__u8 ca_state;
	__u8 is_begun;		/* there was one */
	__u8 reserved[6];
};

TCC_SOCK_STATE(tcc_thin, struct tcc_thin_state)

static __always_inline bool tcc_thin_has_changed(const struct tcc_thin_state *state,
						 const struct tcp_sock *tp, __u8 ca_state)
{
	return state->snd_cwnd != tp->snd_cwnd || state->snd_ssthresh != tp->snd_ssthresh ||
	       state->ca_state != ca_state;
}

/* Whether the event is wanted; if it is not, that is remembered. */
static __always_inline bool tcc_thin_wants(struct tcc_thin_state *state,
					   const struct tcp_sock *tp)
{
	__u8 ca_state = BPF_CORE_READ_BITFIELD(&tp->inet_conn, icsk_ca_state);

	if (!state->is_begun)
		return true;
	if (tcc_thin.is_changes && !tcc_thin_has_changed(state, tp, ca_state))
		goto skip;
	if (tcc_thin.interval_ns &&
	    bpf_ktime_get_ns() - state->ktime_ns < tcc_thin.interval_ns)
		goto skip;
	return true;
skip:
	state->skipped++;
	return false;
}

/* The event is written: returns how many were left out before it. */
static __always_inline __u32 tcc_thin_written(struct tcc_thin_state *state,
					      const struct tcp_sock *tp)
{
	__u32 skipped = state->skipped;

	state->snd_cwnd = tp->snd_cwnd;
	state->snd_ssthresh = tp->snd_ssthresh;
	state->ca_state = BPF_CORE_READ_BITFIELD(&tp->inet_conn, icsk_ca_state);
	state->skipped = 0;
	state->is_begun = 1;
	return skipped;
}

#endif
