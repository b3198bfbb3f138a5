/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which connections are those of a command and its descendants. Their processes are
 * known by forks and exits; a socket is marked when one of them connects it or listens
 * with it, which is before its first segment, and children of a listener are marked as
 * they are made. Knows nothing of filters.
 *
 * At tcp_probe and its sisters the process of the moment is a bystander: the mark alone
 * says whose socket it is.
 */
#ifndef TCC_COMMAND_BPF_H
#define TCC_COMMAND_BPF_H

#include "tcc_command.h"
#include "tcc_sock_state.bpf.h"

/* Constant, so that the verifier removes what is not asked for. */
const volatile struct tcc_command tcc_command;

/* Each kept with one instruction, as several CPUs do. */
struct tcc_command_counts tcc_command_counts;

/* The command has been among the processes; its number may be another's later. */
__u32 tcc_command_is_known;

/* By the kernel's own numbers of processes. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u8);
} tcc_command_processes SEC(".maps");

struct tcc_command_mark {
	__u32 is_counted;	/* among n_connections */
};

/* Goes with the socket, and to the children of a listener. */
struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_CLONE);
	__type(key, int);
	__type(value, struct tcc_command_mark);
} tcc_command_storage SEC(".maps");

/*
 * Before kernel 5.11, by the socket's address; kept up by tcc_command_child and _forget.
 * What there is no room for is counted: nothing is forgotten to make room.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u64);
	__type(value, struct tcc_command_mark);
} tcc_command_table SEC(".maps");

#define TCC_COMMAND_ADD(member, n) __sync_fetch_and_add(&tcc_command_counts.member, (n))

/* --- the processes ----------------------------------------------------------------- */

static __always_inline void tcc_command_enter(__u32 tgid)
{
	__u8 value = 1;
	long err = bpf_map_update_elem(&tcc_command_processes, &tgid, &value, BPF_NOEXIST);

	if (!err)
		TCC_COMMAND_ADD(n_processes, 1);
	else if (err != -EEXIST)
		TCC_COMMAND_ADD(n_unknown, 1);
}

/* Whether the process of the moment is the command itself. */
static __always_inline bool tcc_command_is_current(void)
{
	struct bpf_pidns_info info = { 0 };

	return bpf_get_ns_current_pid_tgid(tcc_command.ns_dev, tcc_command.ns_ino, &info,
					   sizeof(info)) == 0 &&
	       info.tgid == tcc_command.pid;
}

/* Whether the process of the moment is the command, or one of its descendants. */
static __always_inline bool tcc_command_has_current(void)
{
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;

	if (bpf_map_lookup_elem(&tcc_command_processes, &tgid))
		return true;
	if (*(volatile __u32 *)&tcc_command_is_known || !tcc_command_is_current())
		return false;
	/* In this order: its other threads may ask at the same time. */
	tcc_command_enter(tgid);
	*(volatile __u32 *)&tcc_command_is_known = 1;
	return true;
}

/* --- the sockets ------------------------------------------------------------------- */

static __always_inline struct tcc_command_mark *tcc_command_mark_of(struct sock *sk)
{
	__u64 key = (__u64)sk;

	if (tcc_has_socket_storage)
		return bpf_sk_storage_get(&tcc_command_storage, sk, NULL, 0);
	return bpf_map_lookup_elem(&tcc_command_table, &key);
}

static __always_inline struct tcc_command_mark *tcc_command_mark(struct sock *sk)
{
	struct tcc_command_mark *mark, none = { 0 };
	__u64 key = (__u64)sk;

	if (tcc_has_socket_storage) {
		mark = bpf_sk_storage_get(&tcc_command_storage, sk, NULL,
					  BPF_SK_STORAGE_GET_F_CREATE);
	} else {
		bpf_map_update_elem(&tcc_command_table, &key, &none, BPF_NOEXIST);
		mark = bpf_map_lookup_elem(&tcc_command_table, &key);
	}
	if (!mark)
		TCC_COMMAND_ADD(n_unmarked, 1);
	return mark;
}

static __always_inline void tcc_command_unmark(struct sock *sk)
{
	__u64 key = (__u64)sk;

	if (tcc_has_socket_storage)
		bpf_sk_storage_delete(&tcc_command_storage, sk);
	else
		bpf_map_delete_elem(&tcc_command_table, &key);
}

/* Whether a socket is one of the command's; all are where there is none. */
static __always_inline bool tcc_command_has(const struct sock *sk)
{
	return !tcc_command.pid || tcc_command_mark_of((struct sock *)sk);
}

#endif
