// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The program on tcp:tcp_probe: filter, copy, count. Arithmetic, names and
 * policy live in user space.
 */
#include "kernel.h"

#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "tcc_event.h"
#include "tcc_filter.h"
#include "tcc_ring.bpf.h"
#include "tcc_thin.bpf.h"

char LICENSE[] SEC("license") = "GPL";

/* Constant, so that the verifier removes what is not asked for. */
const volatile struct tcc_filter tcc_filter;
const volatile bool tcc_has_cookie_helper;	/* kernel 5.12 and later */

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

static __always_inline void copy_cc(const struct sock *sk, __u64 name[TCC_CC_NAME_WORDS])
{
	const struct inet_connection_sock *icsk = (const struct inet_connection_sock *)sk;

	BPF_CORE_READ_INTO((char(*)[sizeof(struct tcc_cc)])name, icsk, icsk_ca_ops, name);
}

/*
 * The ids of a socket's cgroup and of all above it, cgroup_is_descendant() in
 * include/linux/cgroup.h; of more than TCC_CGROUP_LEVELS the topmost. Read by
 * the helper: to the verifier the array has no length.
 */
static __noinline int copy_cgroups(const struct sock *sk, __u64 *cgroups)
{
	const struct sock_cgroup_data *data = &sk->sk_cgrp_data;
	const struct cgroup *cgroup = NULL;
	int level;

	if (bpf_core_field_exists(data->cgroup)) {
		cgroup = BPF_CORE_READ(data, cgroup);
	} else {
		const struct sock_cgroup_data___val *old = (const void *)data;
		__u64 val = BPF_CORE_READ(old, val);

		cgroup = val & 1 ? NULL : (const struct cgroup *)(val & ~3ULL);
	}
	if (!cgroup)
		return 0;
	level = BPF_CORE_READ(cgroup, level);
	for (int i = 0; i < TCC_CGROUP_LEVELS; i++) {
		if (i > level)
			break;
		if (bpf_core_field_exists(cgroup->ancestors)) {
			const struct cgroup *above = NULL;

			bpf_probe_read_kernel(&above, sizeof(above),
					      (const char *)cgroup +
					      bpf_core_field_offset(struct cgroup, ancestors) +
					      i * sizeof(above));
			cgroups[i] = BPF_CORE_READ(above, kn, id);
		} else {
			bpf_probe_read_kernel(&cgroups[i], sizeof(cgroups[i]),
					      (const char *)cgroup +
					      bpf_core_field_offset(struct cgroup___ids,
								    ancestor_ids) +
					      i * sizeof(cgroups[i]));
		}
	}
	return 0;
}

/* Loads only what the filter needs: most of it is dead code to the verifier. */
static __noinline bool matches(const struct sock *sk, const struct sk_buff *skb)
{
	const struct tcc_filter *filter = (const struct tcc_filter *)&tcc_filter;
	struct tcc_flow flow;

	/*
	 * Not volatile any more, so the compiler must not know which object
	 * this is: it would take its initial zeros for its value.
	 */
	asm volatile("" : "+r"(filter));
	flow.is_ipv6 = sk->__sk_common.skc_family == AF_INET6;
	flow.sport = sk->__sk_common.skc_num;
	flow.dport = bpf_ntohs(sk->__sk_common.skc_dport);
	flow.mark = 0;
	if (filter->needs & TCC_NEED_MARK)
		flow.mark = skb->mark;
	if (filter->needs & (TCC_NEED_ADDRS | TCC_NEED_FAMILY))
		copy_addrs(sk, flow.saddr, flow.daddr, flow.is_ipv6);
	if (filter->needs & TCC_NEED_NETNS)
		flow.netns = sk->__sk_common.skc_net.net->ns.inum;
	if (filter->needs & TCC_NEED_CC)
		copy_cc(sk, flow.cc);
	if (filter->needs & TCC_NEED_CGROUP) {
		__builtin_memset(flow.cgroups, 0, sizeof(flow.cgroups));
		copy_cgroups(sk, flow.cgroups);
	}
	return tcc_filter_match(filter, &flow);
}

static __always_inline void copy_event(struct tcc_event *event, struct sock *sk, __u32 lost)
{
	__u8 flags = sk->__sk_common.skc_family == AF_INET6 ? TCC_EVENT_IPV6 : 0;
	__u64 cookie;

	if (tcc_has_cookie_helper) {
		/* The kernel numbers a socket when somebody first asks. */
		cookie = sk->__sk_common.skc_cookie.counter;
		if (!cookie)
			cookie = bpf_get_socket_cookie(sk);
	} else {
		/* Others may ask at any time: it must not change then. */
		cookie = (__u64)sk;
		flags |= TCC_EVENT_NO_COOKIE;
	}
	event->cookie = cookie;
	event->lost = lost;
	event->size = sizeof(struct tcc_probe);
	event->kind = TCC_KIND_PROBE;
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

	if (ca_state == TCP_CA_CWR || ca_state == TCP_CA_Recovery)
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

static __always_inline void copy_probe(struct tcc_probe *probe, struct sock *sk,
				       const struct tcp_sock *tp, const struct sk_buff *skb)
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
	probe->length = payload_length(skb);
	probe->mark = skb->mark;
	probe->mss = tp->mss_cache;
	probe->sport = sk->__sk_common.skc_num;
	probe->dport = bpf_ntohs(sk->__sk_common.skc_dport);
}

/*
 * For tests/order.bats, which builds a program of its own with it: CPU 0 stalls
 * at the worst moment, as a virtual one does when its host takes it away.
 */
#ifdef TCC_TEST_STALL_NS
static long spin(__u32 i, __u64 *until_ns)
{
	(void)i;
	return bpf_ktime_get_ns() >= *until_ns;
}

static __noinline int test_stall(struct tcc_ring_producer *ring, __u64 ktime_ns)
{
	__u64 until_ns = ktime_ns + TCC_TEST_STALL_NS;

	if (ring->first == 0 && ring->head % 512 == 511)
		bpf_loop(1 << 20, spin, &until_ns, 0);
	return 0;
}
#else
#define test_stall(ring, ktime_ns) ((void)0)
#endif

/* Fill the slot; the clock is read last, see tcc_ring.bpf.h. */
static __always_inline bool take_probe(struct tcc_ring_producer *ring, struct tcc_probe *probe,
				       struct sock *sk, const struct tcp_sock *tp,
				       const struct sk_buff *skb, __u32 skipped, bool weak)
{
	__u64 ktime_ns;

	copy_event(&probe->event, sk, ring->lost_pending);
	copy_probe(probe, sk, tp, skb);
	probe->skipped = skipped;
	barrier();
	ktime_ns = bpf_ktime_get_ns();
	probe->event.ktime_ns = ktime_ns;
	test_stall(ring, ktime_ns);
	return tcc_ring_publish(ring, ktime_ns, weak);
}

static __always_inline bool is_thinned(void)
{
	return tcc_thin.is_changes || tcc_thin.interval_ns;
}

static __always_inline int on_probe(struct sock *sk, const struct sk_buff *skb, bool weak,
				    bool has_filter)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct tcc_ring_producer *ring = bpf_map_lookup_elem(&tcc_producers, &cpu);
	struct tcc_probe *probe;
	struct tcp_sock *tp;
	struct tcc_thin_state *thin = NULL;
	bool was_pause = false;
	__u32 skipped = 0;

	if (!ring)
		return 0;
	if (has_filter && !matches(sk, skb)) {
		tcc_ring_count_filtered(ring);
		return 0;
	}
	if (!tcc_ring_enter(ring, weak))
		return 0;
	tp = (struct tcp_sock *)bpf_skc_to_tcp_sock(sk);
	if (has_filter && tp && is_thinned()) {
		thin = tcc_thin_state_of(sk);
		if (thin && !tcc_thin_wants(thin, tp)) {
			tcc_ring_count_filtered(ring);
			tcc_ring_leave(ring);
			return 0;
		}
	}
	probe = tcc_ring_slot(ring, cpu);
	if (probe && tp) {
		if (thin)
			skipped = tcc_thin_written(thin, tp);
		was_pause = take_probe(ring, probe, sk, tp, skb, skipped, weak);
	} else if (probe) {
		/* Not a full TCP socket: never seen, but never silent. */
		tcc_ring_count_lost(ring);
	}
	tcc_ring_leave(ring);
	if (was_pause)
		tcc_ring_wake();
	return 0;
}

/*
 * The loader picks one of four. Where nothing is left out, neither by a filter
 * nor by thinning, there is a program of its own, since even a constant that
 * decides nothing is loaded, from a cold page.
 * `tso` is for processors that keep stores in order (x86); `weak` for all
 * others: before 5.12 the kernel refuses the atomics it needs.
 */
#define TCC_PROBE(name, weak, has_filter)				\
	SEC("tp_btf/tcp_probe")						\
	int BPF_PROG(name, struct sock *sk, struct sk_buff *skb)	\
	{								\
		return on_probe(sk, skb, weak, has_filter);		\
	}

TCC_PROBE(tcc_probe_tso, false, false)
TCC_PROBE(tcc_probe_weak, true, false)
TCC_PROBE(tcc_match_tso, false, true)
TCC_PROBE(tcc_match_weak, true, true)
