/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copying the state of a connection into an event: what every event has, and
 * the properties that are asked for. Knows neither filters nor rings.
 */
#ifndef TCC_COPY_BPF_H
#define TCC_COPY_BPF_H

#include "tcc_event.h"

const volatile bool tcc_has_cookie_helper;	/* kernel 5.12 and later */

/*
 * Properties asked for that this kernel has not; written where that shows. Each event
 * writes its own again, so what two CPUs at a time spoil is mended by the next: 5.10
 * has no atomic or. No kernel from 5.10 to 7.2 lacks any.
 */
__u64 tcc_lacking;

static __always_inline void copy_addrs(const struct sock *sk, __u32 saddr[4], __u32 daddr[4],
				       bool is_ipv6)
{
	const struct sock_common *c = &sk->__sk_common;

	if (is_ipv6) {
		saddr[0] = c->skc_v6_rcv_saddr.in6_u.u6_addr32[0];
		saddr[1] = c->skc_v6_rcv_saddr.in6_u.u6_addr32[1];
		saddr[2] = c->skc_v6_rcv_saddr.in6_u.u6_addr32[2];
		saddr[3] = c->skc_v6_rcv_saddr.in6_u.u6_addr32[3];
		daddr[0] = c->skc_v6_daddr.in6_u.u6_addr32[0];
		daddr[1] = c->skc_v6_daddr.in6_u.u6_addr32[1];
		daddr[2] = c->skc_v6_daddr.in6_u.u6_addr32[2];
		daddr[3] = c->skc_v6_daddr.in6_u.u6_addr32[3];
	} else {
		saddr[0] = daddr[0] = 0;
		saddr[1] = daddr[1] = 0;
		saddr[2] = daddr[2] = bpf_htonl(0xffff);
		saddr[3] = c->skc_rcv_saddr;
		daddr[3] = c->skc_daddr;
	}
}

/* The cgroup of version 2 that a socket belongs to, or NULL. */
static __always_inline const struct cgroup *cgroup_of(const struct sock *sk)
{
	const struct sock_cgroup_data *data = &sk->sk_cgrp_data;
	const struct sock_cgroup_data___val *old = (const void *)data;
	__u64 val;

	if (bpf_core_field_exists(data->cgroup))
		return BPF_CORE_READ(data, cgroup);
	val = BPF_CORE_READ(old, val);
	return val & 1 ? NULL : (const struct cgroup *)(val & ~3ULL);
}

static __always_inline __u64 cgroup_id_of(const struct sock *sk)
{
	const struct cgroup *cgroup = cgroup_of(sk);

	return cgroup ? BPF_CORE_READ(cgroup, kn, id) : 0;
}

/* The name of the algorithm, as long as the tracepoints' own. */
static __always_inline void copy_cc(const struct inet_connection_sock *icsk,
				    __u64 name[TCC_CC_WORDS])
{
	const __u64 *words = (const __u64 *)icsk->icsk_ca_ops->name;

	name[0] = words[0];
	name[1] = words[1];
}

/* With tcc_has_cookie_helper. The kernel numbers a socket when somebody first asks. */
static __always_inline __u64 cookie_of(struct sock *sk)
{
	__u64 cookie = sk->__sk_common.skc_cookie.counter;

	return cookie ? cookie : bpf_get_socket_cookie(sk);
}

static __always_inline void copy_identity(struct tcc_event *event, struct sock *sk)
{
	__u8 flags = sk->__sk_common.skc_family == AF_INET6 ? TCC_EVENT_IPV6 : 0;

	if (tcc_has_cookie_helper) {
		event->cookie = cookie_of(sk);
	} else {
		/* Others may ask at any time: it must not change then. */
		event->cookie = (__u64)sk;
		flags |= TCC_EVENT_NO_COOKIE;
	}
	event->flags = flags;
}

/*
 * tcp_current_ssthresh(), include/net/tcp.h: while cwnd is being reduced the
 * threshold is as it was set; else at least 3/4 of cwnd.
 */
static __always_inline __u32 current_ssthresh(const struct tcp_sock *tp, __u32 cwnd)
{
	__u8 ca_state = BPF_CORE_READ_BITFIELD(&tp->inet_conn, icsk_ca_state);
	__u32 ssthresh = tp->snd_ssthresh;
	__u32 floor = (cwnd >> 1) + (cwnd >> 2);

	if (ca_state == TCC_CA_CWR || ca_state == TCC_CA_RECOVERY)
		return ssthresh;
	return ssthresh > floor ? ssthresh : floor;
}

/*
 * Payload bytes: end_seq counts SYN and FIN as one each (tcp_v4_fill_cb(),
 * net/ipv4/tcp_ipv4.c). The tracepoint's own is 16 bits wide and can wrap.
 */
static __always_inline __u32 payload_length(const struct sk_buff *skb)
{
	const struct tcp_skb_cb *cb = (const struct tcp_skb_cb *)skb->cb;
	__u8 tcp_flags = cb->tcp_flags;

	return cb->end_seq - cb->seq - !!(tcp_flags & TCPHDR_SYN) - !!(tcp_flags & TCPHDR_FIN);
}

/* All of struct tcc_probe but the header, the segment's own, and `skipped`. */
static __always_inline void copy_state(struct tcc_probe *probe, const struct sock *sk,
				       const struct tcp_sock *tp)
{
	__u32 cwnd = tp->snd_cwnd;

	copy_addrs(sk, probe->saddr, probe->daddr,
		   sk->__sk_common.skc_family == AF_INET6);
	probe->snd_nxt = tp->snd_nxt;
	probe->snd_una = tp->snd_una;
	probe->snd_cwnd = cwnd;
	probe->ssthresh = current_ssthresh(tp, cwnd);
	probe->snd_wnd = tp->snd_wnd;
	probe->rcv_wnd = tp->rcv_wnd;
	probe->srtt_us = tp->srtt_us >> 3;
	probe->mss = tp->mss_cache;
	probe->dport = bpf_ntohs(sk->__sk_common.skc_dport);
}

static __always_inline void copy_chronos(struct tcc_props *props, const struct tcp_sock *tp)
{
	for (int i = 0; i < TCC_CHRONOS; i++)
		props->chrono_stat[i] = tp->chrono_stat[i];
	props->chrono_start = tp->chrono_start;
	props->chrono_type = BPF_CORE_READ_BITFIELD(tp, chrono_type);
	props->jiffies = bpf_jiffies64();
}

static __always_inline void copy_limit(struct tcc_props *props, const struct sock *sk,
				       const struct tcp_sock *tp)
{
	props->socket_flags = sk->sk_socket->flags;	/* 0 where there is none */
	props->tsq_flags = sk->sk_tsq_flags;
	props->rcv_wup = tp->rcv_wup;
	props->rcv_nxt = tp->rcv_nxt;
	props->copied_seq = tp->copied_seq;
	props->window_clamp = tp->window_clamp;
	props->advmss = tp->advmss;
	props->state = sk->__sk_common.skc_state;
	props->nonagle = BPF_CORE_READ_BITFIELD(tp, nonagle);
}

/*
 * `wanted` is constant to the verifier: of all this it keeps what is asked for. Private
 * state goes behind the properties, as in struct tcc_sample.
 */
static __always_inline void copy_props(struct tcc_event *event, struct tcc_props *props,
				       const struct sock *sk, const struct tcp_sock *tp,
				       __u64 wanted)
{
	const struct inet_connection_sock *icsk = &tp->inet_conn;
	__u64 *ca_priv = (__u64 *)(props + 1);

#define WORD(name, type, member, expression)				\
	if (wanted & TCC_PROP(name)) {					\
		if (bpf_core_field_exists(expression))			\
			props->member = expression;			\
		else							\
			tcc_lacking |= TCC_PROP(name);			\
	}
#define FLAG(name, member, structure, field)						\
	if (wanted & TCC_PROP(name)) {							\
		if (bpf_core_field_exists(structure->field))				\
			props->member = BPF_CORE_READ_BITFIELD(structure, field);	\
		else									\
			tcc_lacking |= TCC_PROP(name);					\
	}
	TCC_PROPS_64(WORD)
	TCC_PROPS_32(WORD)
	TCC_PROPS_FLAGS(FLAG)
#undef WORD
#undef FLAG
	if (wanted & TCC_PROP(CGROUP))
		props->cgroup = cgroup_id_of(sk);
	if (wanted & TCC_PROP(CC))
		copy_cc(icsk, props->cc);
	if (wanted & TCC_PROP(CONG_CONTROL) && icsk->icsk_ca_ops->cong_control)
		event->flags |= TCC_EVENT_CONG_CONTROL;
	if (wanted & TCC_PROP(NETNS))
		props->netns = sk->__sk_common.skc_net.net->ns.inum;
	if (wanted & TCC_PROP(CHRONO))
		copy_chronos(props, tp);
	if (wanted & TCC_PROP(LIMIT))
		copy_limit(props, sk, tp);
	if (wanted & TCC_PROP(CA_PRIV)) {
		if (bpf_core_field_exists(icsk->icsk_ca_initialized) &&
		    !BPF_CORE_READ_BITFIELD(icsk, icsk_ca_initialized))
			event->flags |= TCC_EVENT_NO_CA_STATE;
		for (int i = 0; i < TCC_CA_PRIV_WORDS; i++)
			ca_priv[i] = icsk->icsk_ca_priv[i];
	}
}

#endif
