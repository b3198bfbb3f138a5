/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's own structures, as far as the BPF programs read them. Only
 * names and types matter: offsets are filled in from the running kernel's BTF
 * when the program is loaded, so nothing here depends on a kernel version and
 * no BTF is needed to build.
 */
#ifndef TCC_KERNEL_H
#define TCC_KERNEL_H

#include <linux/types.h>

#define AF_INET 2
#define AF_INET6 10

/* include/net/tcp_states.h */
#define TCP_SYN_SENT 2
#define TCP_FIN_WAIT1 4
#define TCP_FIN_WAIT2 5
#define TCP_CLOSE 7
#define TCP_CLOSE_WAIT 8
#define TCP_LAST_ACK 9
#define TCP_LISTEN 10
#define TCP_CLOSING 11

#define E2BIG 7
#define EEXIST 17

/* include/net/tcp.h */
#define TCPHDR_FIN 0x01
#define TCPHDR_SYN 0x02

/* include/net/inet_connection_sock.h */
#define ICSK_TIME_LOSS_PROBE 5

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct in6_addr {
	union {
		__be32 u6_addr32[4];
	} in6_u;
};

typedef struct {
	__s64 counter;
} atomic64_t;

struct ns_common {
	unsigned int inum;
};

struct net {
	struct ns_common ns;
	__u64 net_cookie;	/* 5.12 and later; of another type before */
};

typedef struct {
	struct net *net;
} possible_net_t;

typedef struct {
	unsigned int val;
} kuid_t;

struct sock_common {
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	__be16 skc_dport;
	__u16 skc_num;
	unsigned short skc_family;
	volatile unsigned char skc_state;
	possible_net_t skc_net;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
	atomic64_t skc_cookie;
};

struct kernfs_node {
	__u64 id;
};

struct cgroup {
	int level;
	struct kernfs_node *kn;
	struct cgroup *ancestors[];	/* 6.1 and later; the last is the cgroup itself */
};

/* Before 6.1. */
struct cgroup___ids {
	int level;
	__u64 ancestor_ids[];
};

struct sock_cgroup_data {
	struct cgroup *cgroup;		/* 5.15 and later */
};

/* Before 5.15: a pointer, whose low bits are flags; with bit 0 set, none. */
struct sock_cgroup_data___val {
	__u64 val;
};

struct socket {
	unsigned long flags;
};

struct sock {
	struct sock_common __sk_common;
	struct socket *sk_socket;	/* NULL: not accepted yet, or orphaned */
	struct sock_cgroup_data sk_cgrp_data;
	unsigned long sk_pacing_rate;
	unsigned long sk_max_pacing_rate;
	unsigned long sk_tsq_flags;
	int sk_sndbuf;
	int sk_wmem_queued;
	__u32 sk_pacing_status;
	__u32 sk_mark;
	kuid_t sk_uid;
};

struct inet_sock {
	struct sock sk;
	__be16 inet_sport;
};

struct tcp_congestion_ops {
	char name[16];
	void *cong_control;
};

struct inet_connection_sock {
	struct inet_sock icsk_inet;
	const struct tcp_congestion_ops *icsk_ca_ops;
	__u32 icsk_rto;
	__u8 icsk_ca_state : 5;
	__u8 icsk_ca_initialized : 1;
	__u8 icsk_pending;
	__u64 icsk_ca_priv[13];
};

struct minmax_sample {
	__u32 t;
	__u32 v;
};

struct minmax {
	struct minmax_sample s[3];
};

struct tcp_sock {
	struct inet_connection_sock inet_conn;
	__u32 snd_una;
	__u32 snd_nxt;
	__u32 snd_wnd;
	__u32 rcv_wnd;
	__u32 rcv_wup;
	__u32 rcv_nxt;
	__u32 copied_seq;
	__u32 window_clamp;
	__u16 advmss;
	__u32 snd_cwnd;
	__u32 snd_ssthresh;
	__u32 prior_cwnd;
	__u32 undo_marker;
	__u32 srtt_us;
	__u32 mss_cache;
	__u64 bytes_sent;
	__u64 bytes_acked;
	__u64 bytes_retrans;
	__u64 bytes_received;
	__u64 tcp_wstamp_ns;
	__u32 mdev_us;
	struct minmax rtt_min;
	__u32 packets_out;
	__u32 sacked_out;
	__u32 lost_out;
	__u32 retrans_out;
	__u32 total_retrans;
	__u32 reordering;
	__u32 delivered;
	__u32 delivered_ce;
	__u32 rate_delivered;
	__u32 rate_interval_us;
	__u32 write_seq;
	__u32 segs_out;
	__u32 dsack_dups;
	__u32 rcv_ooopack;
	__u32 chrono_start;
	__u32 chrono_stat[3];
	__u8 chrono_type : 2;
	__u8 nonagle : 4;
	__u8 rate_app_limited : 1;
	__u8 is_cwnd_limited : 1;
};

struct request_sock;

struct sk_buff {
	__u32 mark;
	char cb[48];
};

struct tcp_skb_cb {
	__u32 seq;
	__u32 end_seq;
	__u8 tcp_flags;
	__u32 ack_seq;
};

typedef struct {
	int counter;
} atomic_t;

struct signal_struct {
	atomic_t live;		/* threads */
};

struct task_struct {
	int tgid;
	struct signal_struct *signal;
};

/* Of the tracepoint's record; from 6.17 on it is fired for failures too. */
struct trace_event_raw_tcp_retransmit_skb {
	int err;
};

#pragma clang attribute pop

#endif
