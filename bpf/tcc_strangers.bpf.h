/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counting the connections that the filter turns away, for a user who sees nothing pass:
 * in a table that takes a new one only once, sized by the loader. Where nobody would be
 * told, it is dead code to the verifier.
 */
#ifndef TCC_STRANGERS_BPF_H
#define TCC_STRANGERS_BPF_H

#include "tcc_strangers.h"

const volatile bool tcc_has_strangers;

volatile struct tcc_strangers tcc_strangers;

/* A socket's address may be another's later, which has another port then, as a rule. */
struct tcc_stranger {
	__u64 sock;
	__u16 sport;
	__u16 dport;
	__u32 reserved;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct tcc_stranger);
	__type(value, __u8);
} tcc_strangers_table SEC(".maps");

/* A connection: it has a remote end. Of one that is being made the local port comes late. */
static __always_inline void tcc_strangers_count(const struct sock *sk, __u16 sport)
{
	struct tcc_stranger key = { .sock = (__u64)sk, .sport = sport,
				    .dport = sk->__sk_common.skc_dport };
	__u8 nothing = 0;
	long err;

	if (!tcc_has_strangers || tcc_strangers.is_over || !sport || !key.dport)
		return;
	err = bpf_map_update_elem(&tcc_strangers_table, &key, &nothing, BPF_NOEXIST);
	if (!err)
		__sync_fetch_and_add(&tcc_strangers.n, 1);
	else if (err == -E2BIG)
		tcc_strangers.has_more = 1;
}

#endif
