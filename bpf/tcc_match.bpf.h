/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a socket passes the filter; what the filter is, is tcc_filter.h's. */
#ifndef TCC_MATCH_BPF_H
#define TCC_MATCH_BPF_H

#include "tcc_command.bpf.h"
#include "tcc_copy.bpf.h"
#include "tcc_filter.h"

/* Constant, so that the verifier removes what is not asked for. */
const volatile struct tcc_filter tcc_filter;

/* The connections that records leave by, which would feed themselves; 0: none. */
const volatile __u64 tcc_own_cookies[2];

static __always_inline bool is_own(const struct sock *sk)
{
	__u64 cookie;

	if (!tcc_own_cookies[0] && !tcc_own_cookies[1])
		return false;
	cookie = sk->__sk_common.skc_cookie.counter;
	return cookie && (cookie == tcc_own_cookies[0] || cookie == tcc_own_cookies[1]);
}

/* By the helper: of what a bare socket points to, the verifier knows no more. */
static __always_inline void copy_cc_of(const struct sock *sk, __u64 name[TCC_CC_WORDS])
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
	const struct cgroup *cgroup = cgroup_of(sk);
	int level;

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

/*
 * Loads only what the filter needs: most of it is dead code to the verifier.
 * `sport` is the local port; without a packet the mark is the socket's.
 */
static __noinline bool matches(const struct sock *sk, const struct sk_buff *skb, __u16 sport)
{
	const struct tcc_filter *filter = (const struct tcc_filter *)&tcc_filter;
	struct tcc_flow flow;

	/*
	 * Not volatile any more, so the compiler must not know which object
	 * this is: it would take its initial zeros for its value.
	 */
	asm volatile("" : "+r"(filter));
	if (is_own(sk) || !tcc_command_has(sk))
		return false;
	flow.is_ipv6 = sk->__sk_common.skc_family == AF_INET6;
	flow.sport = sport;
	flow.dport = bpf_ntohs(sk->__sk_common.skc_dport);
	flow.mark = 0;
	if (filter->needs & TCC_NEED_MARK)
		flow.mark = skb ? skb->mark : sk->sk_mark;
	if (filter->needs & (TCC_NEED_ADDRS | TCC_NEED_FAMILY))
		copy_addrs(sk, flow.saddr, flow.daddr, flow.is_ipv6);
	if (filter->needs & TCC_NEED_NETNS) {
		const struct net *net = sk->__sk_common.skc_net.net;

		flow.netns = net->ns.inum;
		flow.netns_cookie = 0;
		if (bpf_core_field_exists(net->net_cookie))
			flow.netns_cookie = net->net_cookie;
	}
	if (filter->needs & TCC_NEED_CC)
		copy_cc_of(sk, flow.cc);
	if (filter->needs & TCC_NEED_CGROUP) {
		__builtin_memset(flow.cgroups, 0, sizeof(flow.cgroups));
		copy_cgroups(sk, flow.cgroups);
	}
	return tcc_filter_match(filter, &flow);
}

#endif
