/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which connections are traced: the filter and the one pure function that
 * applies it, compiled into the BPF program and into the unit tests. Knows
 * nothing of sockets; its caller fills a struct tcc_flow.
 *
 * A filter is sets of values, one set for each kind of option. Within a set
 * the values are ORed, the sets are ANDed, and an excluded value wins.
 */
#ifndef TCC_FILTER_H
#define TCC_FILTER_H

#include <linux/types.h>
#include <stdbool.h>

#include "tcc_props.h"

#define TCC_FILTER_VALUES 32	/* at most, in each set */
#define TCC_CGROUP_LEVELS 16	/* of a socket's cgroup and those above it, from the root */

/* Which ends of a connection a set looks at. */
enum tcc_end {
	TCC_END_LOCAL = 1,
	TCC_END_REMOTE = 2,
	TCC_END_EITHER = TCC_END_LOCAL | TCC_END_REMOTE,
};

enum tcc_filter_need {
	TCC_NEED_PORTS = 1 << 0,
	TCC_NEED_ADDRS = 1 << 1,
	TCC_NEED_MARK = 1 << 2,
	TCC_NEED_FAMILY = 1 << 3,
	TCC_NEED_CC = 1 << 4,
	TCC_NEED_CGROUP = 1 << 5,
	TCC_NEED_NETNS = 1 << 6,
};

/*
 * An address prefix, network byte order; `addr` has no bit outside `mask`.
 * With is_ipv4, only word 3 counts, and it matches IPv4 and v4-mapped
 * addresses; without, all 128 bits count, and it matches AF_INET6 only.
 */
struct tcc_prefix {
	__u32 addr[4];
	__u32 mask[4];
	__u32 is_ipv4;
};

struct tcc_port_range {
	__u16 min;
	__u16 max;
};

struct tcc_mark {
	__u32 value;		/* no bit outside `mask` */
	__u32 mask;
};

/* The name of a congestion control algorithm, as icsk_ca_ops->name: zeros behind it. */
struct tcc_cc {
	__u64 name[TCC_CC_WORDS];
};

struct tcc_cgroup {
	__u64 id;		/* cgroup_id(), include/linux/cgroup.h */
};

#define TCC_NETNS_WORD 116	/* room for a name */

/*
 * A network namespace. Its inode number may be another's once it is gone; its cookie
 * never is.
 */
struct tcc_netns {
	__u64 cookie;		/* net->net_cookie; 0: not known, the number decides */
	__u32 inum;		/* net->ns.inum */
	/* As the user called it, for user space; empty: by its number. */
	char word[TCC_NETNS_WORD];
};

/* In each set, included values come first, then excluded ones. */
struct tcc_set_size {
	__u32 n_included;
	__u32 n;
};

struct tcc_prefix_set {
	struct tcc_set_size size;
	struct tcc_prefix value[TCC_FILTER_VALUES];
};

struct tcc_port_set {
	struct tcc_set_size size;
	struct tcc_port_range value[TCC_FILTER_VALUES];
};

struct tcc_mark_set {
	struct tcc_set_size size;
	struct tcc_mark value[TCC_FILTER_VALUES];
};

struct tcc_cc_set {
	struct tcc_set_size size;
	struct tcc_cc value[TCC_FILTER_VALUES];
};

struct tcc_cgroup_set {
	struct tcc_set_size size;
	struct tcc_cgroup value[TCC_FILTER_VALUES];
};

struct tcc_netns_set {
	struct tcc_set_size size;
	struct tcc_netns value[TCC_FILTER_VALUES];
};

struct tcc_filter {
	__u32 needs;		/* enum tcc_filter_need: sets that are not empty */
	__u32 ip_version;	/* 4, 6, or 0 for both */
	struct tcc_port_set port, sport, dport;
	struct tcc_prefix_set ip, src, dst;
	struct tcc_mark_set mark;
	struct tcc_cc_set cc;
	struct tcc_cgroup_set cgroup;
	struct tcc_netns_set netns;
};

/* A connection, as a filter sees it. Only what `needs` names must be filled. */
struct tcc_flow {
	__u32 saddr[4], daddr[4];	/* network byte order, IPv4 as v4-mapped */
	__u32 mark;
	__u16 sport, dport;		/* host byte order */
	__u32 netns;			/* inode number */
	__u64 netns_cookie;
	__u64 cc[TCC_CC_WORDS];
	__u64 cgroups[TCC_CGROUP_LEVELS];	/* its own and all above; 0 is none */
	bool is_ipv6;			/* AF_INET6, v4-mapped included */
};

#define TCC_INLINE static inline __attribute__((always_inline))

TCC_INLINE bool tcc_is_v4mapped(const __u32 addr[4])
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return addr[0] == 0 && addr[1] == 0 && addr[2] == 0xffff0000;
#else
	return addr[0] == 0 && addr[1] == 0 && addr[2] == 0x0000ffff;
#endif
}

TCC_INLINE bool tcc_prefix_has(const struct tcc_prefix *p, const __u32 addr[4],
			       bool is_ipv6)
{
	if (p->is_ipv4)
		return tcc_is_v4mapped(addr) && (addr[3] & p->mask[3]) == p->addr[3];
	return is_ipv6 && (addr[0] & p->mask[0]) == p->addr[0] &&
	       (addr[1] & p->mask[1]) == p->addr[1] &&
	       (addr[2] & p->mask[2]) == p->addr[2] &&
	       (addr[3] & p->mask[3]) == p->addr[3];
}

/*
 * The loops are alike but for their types, and stay written out: the
 * verifier of old kernels follows neither function pointers nor a generic
 * element pointer. Each stops at the first hit, so it is one path to verify.
 */
TCC_INLINE bool tcc_prefix_any(const struct tcc_prefix_set *set, __u32 from, __u32 to,
			       const struct tcc_flow *flow, int end)
{
	for (__u32 i = 0; i < TCC_FILTER_VALUES; i++) {
		if (i < from)
			continue;
		if (i >= to)
			break;
		if ((end & TCC_END_LOCAL) &&
		    tcc_prefix_has(&set->value[i], flow->saddr, flow->is_ipv6))
			return true;
		if ((end & TCC_END_REMOTE) &&
		    tcc_prefix_has(&set->value[i], flow->daddr, flow->is_ipv6))
			return true;
	}
	return false;
}

TCC_INLINE bool tcc_port_any(const struct tcc_port_set *set, __u32 from, __u32 to,
			     const struct tcc_flow *flow, int end)
{
	for (__u32 i = 0; i < TCC_FILTER_VALUES; i++) {
		const struct tcc_port_range *r = &set->value[i];

		if (i < from)
			continue;
		if (i >= to)
			break;
		if ((end & TCC_END_LOCAL) && flow->sport >= r->min && flow->sport <= r->max)
			return true;
		if ((end & TCC_END_REMOTE) && flow->dport >= r->min && flow->dport <= r->max)
			return true;
	}
	return false;
}

TCC_INLINE bool tcc_mark_any(const struct tcc_mark_set *set, __u32 from, __u32 to,
			     const struct tcc_flow *flow)
{
	for (__u32 i = 0; i < TCC_FILTER_VALUES; i++) {
		if (i < from)
			continue;
		if (i >= to)
			break;
		if ((flow->mark & set->value[i].mask) == set->value[i].value)
			return true;
	}
	return false;
}

TCC_INLINE bool tcc_cc_any(const struct tcc_cc_set *set, __u32 from, __u32 to,
			   const struct tcc_flow *flow)
{
	for (__u32 i = 0; i < TCC_FILTER_VALUES; i++) {
		if (i < from)
			continue;
		if (i >= to)
			break;
		if (set->value[i].name[0] == flow->cc[0] && set->value[i].name[1] == flow->cc[1])
			return true;
	}
	return false;
}

TCC_INLINE bool tcc_netns_has(const struct tcc_netns *netns, const struct tcc_flow *flow)
{
	return netns->cookie ? netns->cookie == flow->netns_cookie : netns->inum == flow->netns;
}

TCC_INLINE bool tcc_netns_any(const struct tcc_netns_set *set, __u32 from, __u32 to,
			      const struct tcc_flow *flow)
{
	for (__u32 i = 0; i < TCC_FILTER_VALUES; i++) {
		if (i < from)
			continue;
		if (i >= to)
			break;
		if (tcc_netns_has(&set->value[i], flow))
			return true;
	}
	return false;
}

TCC_INLINE bool tcc_cgroup_has(const struct tcc_cgroup *cgroup, const __u64 *cgroups)
{
	for (__u32 level = 0; level < TCC_CGROUP_LEVELS; level++) {
		if (cgroups[level] == cgroup->id)
			return true;
	}
	return false;
}

TCC_INLINE bool tcc_cgroup_any(const struct tcc_cgroup_set *set, __u32 from, __u32 to,
			       const struct tcc_flow *flow)
{
	for (__u32 i = 0; i < TCC_FILTER_VALUES; i++) {
		if (i < from)
			continue;
		if (i >= to)
			break;
		if (tcc_cgroup_has(&set->value[i], flow->cgroups))
			return true;
	}
	return false;
}

/* One set: some included value has it (or none is named), no excluded one. */
#define TCC_SET_PASSES(any, set, ...)							\
	(((set)->size.n_included == 0 ||						\
	  any(set, 0, (set)->size.n_included, __VA_ARGS__)) &&				\
	 !((set)->size.n > (set)->size.n_included &&					\
	   any(set, (set)->size.n_included, (set)->size.n, __VA_ARGS__)))

TCC_INLINE bool tcc_filter_ip_version(const struct tcc_filter *f, const struct tcc_flow *flow)
{
	if (f->ip_version == 0)
		return true;
	if (f->ip_version == 4)
		return !flow->is_ipv6 || tcc_is_v4mapped(flow->saddr);
	return flow->is_ipv6 && !tcc_is_v4mapped(flow->saddr);
}

/* Whether a connection is traced. Reads of `flow` only what f->needs names. */
TCC_INLINE bool tcc_filter_match(const struct tcc_filter *f, const struct tcc_flow *flow)
{
	if (f->needs & TCC_NEED_PORTS) {
		if (!TCC_SET_PASSES(tcc_port_any, &f->port, flow, TCC_END_EITHER) ||
		    !TCC_SET_PASSES(tcc_port_any, &f->sport, flow, TCC_END_LOCAL) ||
		    !TCC_SET_PASSES(tcc_port_any, &f->dport, flow, TCC_END_REMOTE))
			return false;
	}
	if ((f->needs & TCC_NEED_FAMILY) && !tcc_filter_ip_version(f, flow))
		return false;
	if (f->needs & TCC_NEED_ADDRS) {
		if (!TCC_SET_PASSES(tcc_prefix_any, &f->ip, flow, TCC_END_EITHER) ||
		    !TCC_SET_PASSES(tcc_prefix_any, &f->src, flow, TCC_END_LOCAL) ||
		    !TCC_SET_PASSES(tcc_prefix_any, &f->dst, flow, TCC_END_REMOTE))
			return false;
	}
	if ((f->needs & TCC_NEED_MARK) && !TCC_SET_PASSES(tcc_mark_any, &f->mark, flow))
		return false;
	if ((f->needs & TCC_NEED_NETNS) && !TCC_SET_PASSES(tcc_netns_any, &f->netns, flow))
		return false;
	if ((f->needs & TCC_NEED_CC) && !TCC_SET_PASSES(tcc_cc_any, &f->cc, flow))
		return false;
	if ((f->needs & TCC_NEED_CGROUP) && !TCC_SET_PASSES(tcc_cgroup_any, &f->cgroup, flow))
		return false;
	return true;
}

#endif
