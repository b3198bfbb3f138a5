/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a connection's events add up to over its life, kept with its socket for
 * the record of its close. The time between two looks at a connection belongs
 * to the state that the first one saw.
 */
#ifndef TCC_LIFE_BPF_H
#define TCC_LIFE_BPF_H

#include "tcc_event.h"
#include "tcc_sock_state.bpf.h"

TCC_SOCK_STATE(tcc_life, struct tcc_life)

/*
 * Sockets, by address, whose life could not be remembered and whose close was written
 * all the same, until they are destroyed: it shall not be written twice. Where there
 * are more, those that ended long ago may be.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1);
	__type(key, __u64);
	__type(value, __u8);
} tcc_closed_table SEC(".maps");

static __always_inline void tcc_closed_enter(const struct tcp_sock *tp)
{
	__u64 key = (__u64)tp;
	__u8 value = 1;

	bpf_map_update_elem(&tcc_closed_table, &key, &value, BPF_ANY);
}

/* Whether it was there. */
static __always_inline bool tcc_closed_take(const struct tcp_sock *tp)
{
	__u64 key = (__u64)tp;

	return bpf_map_delete_elem(&tcc_closed_table, &key) == 0;
}

/* `ca_state`: not always what the socket has by now, see tcc_ca_state(). */
static __always_inline enum tcc_limit tcc_life_limit(const struct tcp_sock *tp, __u8 ca_state,
						     __u64 now_ns)
{
	const struct inet_connection_sock *icsk = &tp->inet_conn;
	struct tcc_limit_input in = {
		.now_ns = now_ns,
		.wstamp_ns = tp->tcp_wstamp_ns,
		.unsent = tp->write_seq - tp->snd_nxt,
		.in_flight = tp->packets_out - tp->sacked_out - tp->lost_out + tp->retrans_out,
		.snd_cwnd = tp->snd_cwnd,
		.ca_state = ca_state,
		.chrono_type = BPF_CORE_READ_BITFIELD(tp, chrono_type),
		.is_cwnd_limited = BPF_CORE_READ_BITFIELD(tp, is_cwnd_limited),
		.is_paced = icsk->icsk_inet.sk.sk_pacing_status != 0,
	};

	return tcc_limit_of(&in);
}

/* Add the time since the last look to the states that it saw. */
static __always_inline void tcc_life_pass(struct tcc_life *life, __u64 now_ns)
{
	__u64 passed_ns;
	__u8 ca_state = life->ca_state, limit = life->limit;

	if (!life->begun_ns)
		life->begun_ns = life->updated_ns = now_ns;
	passed_ns = now_ns - life->updated_ns;
	if (ca_state < TCC_CA_COUNT)
		life->ca_ns[ca_state] += passed_ns;
	if (limit < TCC_LIMIT_COUNT)
		life->limit_ns[limit] += passed_ns;
	life->updated_ns = now_ns;
}

/* Look at the connection, whose congestion state is ca_state from now on. */
static __always_inline void tcc_life_look(struct tcc_life *life, const struct tcp_sock *tp,
					  __u8 ca_state)
{
	__u64 now_ns = bpf_ktime_get_ns();

	tcc_life_pass(life, now_ns);
	life->ca_state = ca_state;
	life->limit = tcc_life_limit(tp, ca_state, now_ns);
}

/* A probe: its values count as well. */
static __always_inline void tcc_life_probe(struct tcc_life *life, const struct tcp_sock *tp)
{
	__u32 cwnd = tp->snd_cwnd, srtt_us = tp->srtt_us >> 3;

	tcc_life_look(life, tp, BPF_CORE_READ_BITFIELD(&tp->inet_conn, icsk_ca_state));
	if (!life->n_probes || cwnd < life->cwnd_min)
		life->cwnd_min = cwnd;
	if (!life->n_probes || srtt_us < life->srtt_min_us)
		life->srtt_min_us = srtt_us;
	if (cwnd > life->cwnd_max)
		life->cwnd_max = cwnd;
	if (srtt_us > life->srtt_max_us)
		life->srtt_max_us = srtt_us;
	life->cwnd_sum += cwnd;
	life->srtt_sum_us += srtt_us;
	life->n_probes++;
}

#endif
