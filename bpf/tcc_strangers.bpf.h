/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counting the connections that the filter turns away, for a user who sees nothing pass:
 * in a table that takes a new one only once, sized by the loader. Where nobody would be
 * told, it is dead code to the verifier.
 */
#ifndef TCC_STRANGERS_BPF_H
#define TCC_STRANGERS_BPF_H

#include "tcc_copy.bpf.h"
#include "tcc_strangers.h"

const volatile bool tcc_has_strangers;

volatile struct tcc_strangers tcc_strangers;

/*
 * The cookie, or, where the kernel gives none, the two ends: a socket's address is another's
 * as soon as it is closed.
 */
struct tcc_stranger {
	__u64 cookie;
	__u32 saddr[4], daddr[4];
	__u16 sport, dport;
	__u32 reserved;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct tcc_stranger);
	__type(value, __u8);
} tcc_strangers_table SEC(".maps");

/* `key` is all zero. Of a connection that is being made the local port comes late. */
static __always_inline bool tcc_strangers_key(struct tcc_stranger *key, struct sock *sk,
					      __u16 sport)
{
	if (tcc_has_cookie_helper) {
		key->cookie = cookie_of(sk);
		return true;
	}
	copy_addrs(sk, key->saddr, key->daddr, sk->__sk_common.skc_family == AF_INET6);
	key->sport = sport;
	key->dport = sk->__sk_common.skc_dport;
	return sport;
}

/* For each segment that is turned away: nothing that takes a lock, once it is known. */
static __always_inline void tcc_strangers_count(struct sock *sk, __u16 sport)
{
	struct tcc_stranger key = { 0 };
	__u8 nothing = 0;
	long err;

	/* A connection has a remote end. */
	if (!tcc_has_strangers || tcc_strangers.is_over || tcc_strangers.has_more ||
	    !sk->__sk_common.skc_dport || !tcc_strangers_key(&key, sk, sport) ||
	    bpf_map_lookup_elem(&tcc_strangers_table, &key))
		return;
	err = bpf_map_update_elem(&tcc_strangers_table, &key, &nothing, BPF_NOEXIST);
	if (!err)
		__sync_fetch_and_add(&tcc_strangers.n, 1);
	else if (err == -E2BIG)
		tcc_strangers.has_more = 1;
}

#endif
