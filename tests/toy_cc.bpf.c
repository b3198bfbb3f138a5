/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A toy congestion control algorithm for tests: Reno's slow start up to a fixed
 * window, with private state that has bit fields. tests/toy_cc.c registers it.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define CORE __attribute__((preserve_access_index))

struct inet_connection_sock {
	__u64 icsk_ca_priv[13];
} CORE;

struct tcp_sock {
	struct inet_connection_sock inet_conn;
	__u32 snd_cwnd;
	__u32 snd_ssthresh;
} CORE;

struct sock;

struct tcp_congestion_ops {
	__u32 (*ssthresh)(struct sock *sk);
	void (*cong_avoid)(struct sock *sk, __u32 ack, __u32 acked);
	__u32 (*undo_cwnd)(struct sock *sk);
	void (*init)(struct sock *sk);
	char name[16];
} CORE;

struct toy {
	__u32 n_acked;
	__u32 phase : 3, n_lost : 5, is_capped : 1;
	__s32 delta : 10;
	__u64 last_ack;
};

/* Without a use that BTF has, clang leaves the structure out. */
struct toy toy_in_btf;

#define WINDOW 20

static __always_inline struct toy *toy_of(struct sock *sk)
{
	return (struct toy *)((struct inet_connection_sock *)sk)->icsk_ca_priv;
}

SEC("struct_ops/toy_init")
void BPF_PROG(toy_init, struct sock *sk)
{
	struct toy *toy = toy_of(sk);

	toy->n_acked = 0;
	toy->phase = 1;
	toy->delta = -5;
}

SEC("struct_ops/toy_ssthresh")
__u32 BPF_PROG(toy_ssthresh, struct sock *sk)
{
	struct toy *toy = toy_of(sk);

	toy->phase = 2;
	toy->n_lost++;
	return WINDOW / 2;
}

SEC("struct_ops/toy_cong_avoid")
void BPF_PROG(toy_cong_avoid, struct sock *sk, __u32 ack, __u32 acked)
{
	struct toy *toy = toy_of(sk);
	struct tcp_sock *tp = (struct tcp_sock *)sk;

	toy->n_acked += acked;
	toy->last_ack = ack;
	toy->is_capped = tp->snd_cwnd >= WINDOW;
	if (!toy->is_capped)
		tp->snd_cwnd++;
}

SEC("struct_ops/toy_undo_cwnd")
__u32 BPF_PROG(toy_undo_cwnd, struct sock *sk)
{
	return ((struct tcp_sock *)sk)->snd_cwnd;
}

SEC(".struct_ops")
struct tcp_congestion_ops tcc_toy = {
	.init = (void *)toy_init,
	.ssthresh = (void *)toy_ssthresh,
	.cong_avoid = (void *)toy_cong_avoid,
	.undo_cwnd = (void *)toy_undo_cwnd,
	.name = "tcc_toy",
};

char toy_license[] SEC("license") = "GPL";
