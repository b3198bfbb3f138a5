/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel counts of the kinds of event that are rare: all but probe.
 * They share one BPF ring buffer; a probe has a ring of its CPU (tcc_ring.h).
 */
#ifndef TCC_RARE_H
#define TCC_RARE_H

#include "tcc_event.h"
#include "tcc_ring.h"

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
