/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Leaving out events of a connection that say little new: remembers of each
 * socket what was written of it last. A socket's events come one after the
 * other, as the socket is locked, so nothing here needs to be atomic.
 *
 * Where nothing can be remembered, for want of memory, the event is written.
 */
#ifndef TCC_THIN_BPF_H
#define TCC_THIN_BPF_H

#include "tcc_thin.h"

const volatile struct tcc_thin tcc_thin;
const volatile bool tcc_has_socket_storage;	/* kernel 5.11 and later */

/* Of the event written last. */
struct tcc_thin_state {
	__u64 ktime_ns;
	__u32 snd_cwnd;
	__u32 snd_ssthresh;
	__u32 skipped;		/* events left out since */
	__u32 ports;		/* of the socket, see tcc_thin_table */
	__u8 ca_state;
	__u8 is_begun;		/* there was one */
	__u8 reserved[6];
};

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct tcc_thin_state);
} tcc_thin_storage SEC(".maps");

/*
 * Instead, where programs have no socket storage: by the socket's address, which
 * another socket may get later, of other ports then. Sized by the loader.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1);
	__type(key, __u64);
	__type(value, struct tcc_thin_state);
} tcc_thin_table SEC(".maps");

static __always_inline __u32 tcc_thin_ports(const struct sock *sk)
{
	return (__u32)sk->__sk_common.skc_num << 16 | sk->__sk_common.skc_dport;
}

static __always_inline struct tcc_thin_state *tcc_thin_of_table(struct sock *sk)
{
	struct tcc_thin_state none = { .ports = tcc_thin_ports(sk) };
	struct tcc_thin_state *state;
	__u64 key = (__u64)sk;

	state = bpf_map_lookup_elem(&tcc_thin_table, &key);
	if (state && state->ports == none.ports)
		return state;
	bpf_map_update_elem(&tcc_thin_table, &key, &none, BPF_ANY);
	return bpf_map_lookup_elem(&tcc_thin_table, &key);
}

/* What is remembered of the socket, all zeros at first; or NULL. */
static __always_inline struct tcc_thin_state *tcc_thin_state_of(struct sock *sk)
{
	if (!tcc_has_socket_storage)
		return tcc_thin_of_table(sk);
	return bpf_sk_storage_get(&tcc_thin_storage, sk, NULL, BPF_SK_STORAGE_GET_F_CREATE);
}

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
	if (tcc_thin.interval_ns && ca_state < TCP_CA_Recovery &&
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
	if (tcc_thin.interval_ns)
		state->ktime_ns = bpf_ktime_get_ns();
	return skipped;
}

#endif
