/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Remembering something of each socket: by socket storage, which goes with the
 * socket; before kernel 5.11, where tracing programs have none, in a table by
 * the socket's address. Another socket may get that address later, of other
 * ports then; the table forgets who was silent for longest.
 *
 *	TCC_SOCK_STATE(NAME, type)
 * defines the maps NAME_storage and NAME_table, which the loader sizes, and
 *	type *NAME_of(struct tcp_sock *tp)
 * which returns what is remembered, all zeros but `ports` at first, or NULL
 * where there is no memory, which is counted: whoever may make sockets can have it
 * refused (net.core.optmem_max of a network namespace, a socket full of options);
 *	type *NAME_known(struct tcp_sock *tp)
 * returns NULL also where nothing is remembered; and
 *	void NAME_forget(struct tcp_sock *tp)
 * is for a socket that is destroyed: socket storage needs no telling. `type` has a member __u32 ports. A
 * socket's events come one after the other, as the socket is locked: nothing of it needs
 * to be atomic.
 */
#ifndef TCC_SOCK_STATE_BPF_H
#define TCC_SOCK_STATE_BPF_H

#include "tcc_refused.h"

/* Both kept with one instruction, as several CPUs do. */
struct tcc_refused tcc_refused;

const volatile bool tcc_has_socket_storage;	/* kernel 5.11 and later */

/* The local port is the inet_sock's: sk->skc_num is 0 once the port is given back. */
static __always_inline __u32 tcc_sock_state_ports(const struct tcp_sock *tp)
{
	const struct inet_sock *inet = (const struct inet_sock *)tp;

	return (__u32)inet->inet_sport << 16 | inet->sk.__sk_common.skc_dport;
}

/* A connection that is being made gets its local port late. */
static __always_inline bool tcc_sock_state_is_same(__u32 *known, __u32 ports)
{
	if (!known)
		return false;
	if (*known == (ports & 0xffff))
		*known = ports;
	return *known == ports;
}

#define TCC_SOCK_STATE(name, value_type)						\
	struct {									\
		__uint(type, BPF_MAP_TYPE_SK_STORAGE);					\
		__uint(map_flags, BPF_F_NO_PREALLOC);					\
		__type(key, int);							\
		__type(value, value_type);						\
	} name##_storage SEC(".maps");							\
											\
	struct {									\
		__uint(type, BPF_MAP_TYPE_LRU_HASH);					\
		__uint(max_entries, 1);							\
		__type(key, __u64);							\
		__type(value, value_type);						\
	} name##_table SEC(".maps");							\
											\
	static const char name##_none[sizeof(value_type)];	/* the stack is small */	\
											\
	static __always_inline value_type *name##_of_table(const struct tcp_sock *tp)	\
	{										\
		__u32 ports = tcc_sock_state_ports(tp);					\
		__u64 key = (__u64)tp;							\
		value_type *state = bpf_map_lookup_elem(&name##_table, &key);		\
											\
		if (tcc_sock_state_is_same(state ? &state->ports : NULL, ports))	\
			return state;							\
		if (!state)								\
			__sync_fetch_and_add(&tcc_refused.n_table_entries, 1);		\
		bpf_map_update_elem(&name##_table, &key, &name##_none, BPF_ANY);	\
		state = bpf_map_lookup_elem(&name##_table, &key);			\
		if (state)								\
			state->ports = ports;						\
		return state;								\
	}										\
											\
	static __always_inline value_type *name##_known(struct tcp_sock *tp)		\
	{										\
		__u64 key = (__u64)tp;							\
		value_type *state;							\
											\
		if (tcc_has_socket_storage)						\
			return bpf_sk_storage_get(&name##_storage, tp, NULL, 0);	\
		state = bpf_map_lookup_elem(&name##_table, &key);			\
		return state && state->ports == tcc_sock_state_ports(tp) ? state : NULL; \
	}										\
											\
	static __always_inline void name##_forget(const struct tcp_sock *tp)		\
	{										\
		__u64 key = (__u64)tp;							\
											\
		if (!tcc_has_socket_storage && !bpf_map_delete_elem(&name##_table, &key)) \
			__sync_fetch_and_add(&tcc_refused.n_table_entries, -1);		\
	}										\
											\
	static __always_inline value_type *name##_of(struct tcp_sock *tp)		\
	{										\
		value_type *state;							\
											\
		if (!tcc_has_socket_storage)						\
			state = name##_of_table(tp);					\
		else									\
			state = bpf_sk_storage_get(&name##_storage, tp, NULL,		\
						   BPF_SK_STORAGE_GET_F_CREATE);	\
		if (!state)								\
			__sync_fetch_and_add(&tcc_refused.n_events, 1);			\
		return state;								\
	}

#endif
