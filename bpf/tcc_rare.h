/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel counts of the kinds of event that are rare: all but probe.
 * They share one BPF ring buffer; a probe has a ring of its CPU (tcc_ring.h).
 */
#ifndef TCC_RARE_H
#define TCC_RARE_H

#include <stddef.h>

#include "tcc_event.h"
#include "tcc_ring.h"

/*
 * A record in that buffer, no longer than what is asked for: of a close its life; then,
 * as far as they are asked for, the properties and the private state, as they follow
 * each other in struct tcc_sample.
 */
struct tcc_rare_record {
	struct tcc_probe probe;
	__u32 seq;			/* as in struct tcc_rare */
	__u8 from, to;
	__u8 cause;
	__u8 has_life;
	struct tcc_life life;		/* close; else what follows begins here */
};

/* The bytes of a record before the properties. */
static inline __attribute__((always_inline)) __u32 tcc_rare_head_bytes(enum tcc_kind kind)
{
	return kind == TCC_KIND_CLOSE ? sizeof(struct tcc_rare_record)
				      : offsetof(struct tcc_rare_record, life);
}

/* Those from netns on: a close by default needs none of them. */
#define TCC_FLAG_PROP(name, ...) TCC_PROP(name) |
#define TCC_PROPS_OF_END								\
	(TCC_PROPS_FLAGS(TCC_FLAG_PROP) TCC_PROP(NETNS) | TCC_PROP(CHRONO) | TCC_PROP(LIMIT))

/* The bytes of what is asked for, TCC_PROP()s, in any record. */
static inline __attribute__((always_inline)) __u32 tcc_props_bytes(__u64 props)
{
	__u32 end = offsetof(struct tcc_sample, props);

	if (props & TCC_PROP(CA_PRIV))
		end = sizeof(struct tcc_sample);
	else if (props & TCC_PROPS_OF_END)
		end = offsetof(struct tcc_sample, ca_priv);
	else if (props)
		end = offsetof(struct tcc_sample, props.netns);
	return (end - (__u32)offsetof(struct tcc_sample, props) + 7) & ~7U;
}

_Static_assert(offsetof(struct tcc_rare_record, life) == sizeof(struct tcc_probe) + 8 &&
	       sizeof(struct tcc_rare_record) == sizeof(struct tcc_probe) + 8 +
							 sizeof(struct tcc_life),
	       "struct tcc_rare_record has padding");

/* Of one kind on one CPU. Counts only grow, but for lost_pending. */
struct tcc_rare_count {
	__u64 published;
	__u64 filtered;		/* events the filter turned away, or of no connection */
	__u64 lost;		/* events that found the ring buffer full */
	__u64 lost_pending;	/* lost since the last event published */
};

/* Written by the kernel, on its own CPU only. */
struct tcc_rare_counts {
	struct tcc_rare_count kind[TCC_KIND_COUNT];
} __attribute__((aligned(TCC_RING_ALIGN)));

#endif
