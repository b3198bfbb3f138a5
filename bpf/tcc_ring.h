/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The per-CPU ring's memory, shared by the producer (tcc_ring.bpf.h) and the
 * reader (src/kernel/ring.c). Knows nothing of what an event contains but its time.
 *
 * One ring per possible CPU: `n_slots` slots in one array map, the rings one
 * after the other, and two control blocks a CPU in two more array maps, so
 * that user space can map what the kernel writes read-only.
 *
 * Counts only grow; a slot's index is its count modulo n_slots.
 */
#ifndef TCC_RING_H
#define TCC_RING_H

#include <linux/types.h>

/*
 * Two cache lines: the adjacent-line prefetcher must not drag one CPU's
 * counters into another's cache.
 */
#define TCC_RING_ALIGN 128

/*
 * Written by the kernel, on its own CPU only; `first` to `full_at` are filled
 * in by the loader. All that a run touches lies in one cache line: what it
 * would read elsewhere (n_slots in .rodata, the reader's tail) is a cold line
 * and often a cold page, 20 to 40 ns each.
 */
struct tcc_ring_producer {
	__u64 head;		/* events published */
	__u64 busy;		/* 1 from before an event's clock is read until
				 * after its head is stored */
	__u32 first;		/* this ring's first slot, counted over all rings */
	__u32 end;		/* one past its last slot */
	__u32 index;		/* the next slot to fill */
	__u32 lost_pending;	/* lost since the last event published */
	__u64 full_at;		/* the head at which the ring is full, by the
				 * reader's tail when last looked at */
	__u64 last_ns;		/* time of the last event published */
	__u64 filtered;		/* events the filter turned away */
	__u64 lost;		/* events that found the ring full */
	__u64 nested;		/* runs that found `busy` set (kernels < 6.1) */
} __attribute__((aligned(TCC_RING_ALIGN)));

/* Written by the reader. */
struct tcc_ring_consumer {
	__u64 tail;		/* events read and given back */
} __attribute__((aligned(TCC_RING_ALIGN)));

#endif
