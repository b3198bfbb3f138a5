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

TCC_SOCK_STATE(tcc_thin, struct tcc_thin_state)

static __always_inline struct tcc_thin_look tcc_thin_look_at(const struct tcp_sock *tp,
								     __u64 ktime_ns)
{
	return (struct tcc_thin_look){
		.ktime_ns = ktime_ns,
		.snd_cwnd = tp->snd_cwnd,
		.snd_ssthresh = tp->snd_ssthresh,
		.ca_state = BPF_CORE_READ_BITFIELD(&tp->inet_conn, icsk_ca_state),
	};
}

/* As tcc_thin_decide(). */
static __always_inline bool tcc_thin_wants(struct tcc_thin_state *state,
					   const struct tcp_sock *tp)
{
	struct tcc_thin_look look =
		tcc_thin_look_at(tp, tcc_thin.interval_ns ? bpf_ktime_get_ns() : 0);

	return tcc_thin_decide(tcc_thin.is_changes, tcc_thin.interval_ns, state, &look);
}

/* As tcc_thin_keep(); but the time is set when it is known, in take_probe(). */
static __always_inline __u32 tcc_thin_written(struct tcc_thin_state *state,
					      const struct tcp_sock *tp)
{
	struct tcc_thin_look look = tcc_thin_look_at(tp, 0);

	return tcc_thin_keep(state, &look);
}

#endif
