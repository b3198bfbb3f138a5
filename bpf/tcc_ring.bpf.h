/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The producer side of the per-CPU ring. Knows neither what an event contains
 * nor who reads it.
 *
 * Order of a run, on which the reader's watermarks rest (src/kernel/ring.c):
 *   busy = 1; fill the slot; read the clock; store head; busy = 0
 * The clock is read last, since the kernel's reading of it waits for all loads
 * before it: read first, it would keep the event's own loads from overlapping.
 * x86 keeps stores in that order by itself; elsewhere the `weak` variants use
 * atomic instructions whose result is used, which are full barriers (one whose
 * result is not used becomes `stadd` on arm64 and orders nothing).
 */
#ifndef TCC_RING_BPF_H
#define TCC_RING_BPF_H

#include "tcc_ring.h"

#define barrier() asm volatile("" ::: "memory")

/* Filled in by the loader. */
const volatile bool tcc_has_recursion_guard;	/* kernel 6.1 and later */

/*
 * The reader is woken by an event that follows the CPU's last one by more than
 * this; it does not fall asleep sooner than 1 ms after an event, and when it
 * does, its first wait is bounded. Spares a look at a cold line. (The bell is
 * tcc_rare.bpf.h's.)
 */
#define TCC_RING_PAUSE_NS 500000

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, 8);
	__uint(max_entries, 1);
} tcc_slots SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tcc_ring_producer);
} tcc_producers SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tcc_ring_consumer);
} tcc_consumers SEC(".maps");

/*
 * The filter turned an event away. Runs may nest where the kernel has no
 * guard, so there the count must be one instruction; a locked one costs 5 ns.
 */
static __always_inline void tcc_ring_count_filtered(struct tcc_ring_producer *ring)
{
	if (tcc_has_recursion_guard)
		ring->filtered++;
	else
		__sync_fetch_and_add(&ring->filtered, 1);
}

/* Enter the ring; false when a run on this CPU was interrupted by this one. */
static __always_inline bool tcc_ring_enter(struct tcc_ring_producer *ring, bool weak)
{
	if (ring->busy) {
		ring->nested++;
		return false;
	}
	if (weak) {
		if (__sync_lock_test_and_set(&ring->busy, 1)) {
			ring->nested++;
			return false;
		}
	} else {
		ring->busy = 1;
		barrier();
	}
	return true;
}

static __always_inline void tcc_ring_leave(struct tcc_ring_producer *ring)
{
	barrier();
	ring->busy = 0;
}

static __always_inline void tcc_ring_count_lost(struct tcc_ring_producer *ring)
{
	ring->lost++;
	ring->lost_pending++;
}

/* Look at the reader's tail; false when the ring is full. Rare: out of line. */
static __noinline bool tcc_ring_make_room(struct tcc_ring_producer *ring, __u32 cpu)
{
	struct tcc_ring_consumer *consumer = bpf_map_lookup_elem(&tcc_consumers, &cpu);

	if (consumer)
		ring->full_at = *(volatile __u64 *)&consumer->tail + (ring->end - ring->first);
	return ring->head != ring->full_at;
}

/* A slot to fill, or NULL when the ring is full, which is then counted. */
static __always_inline void *tcc_ring_slot(struct tcc_ring_producer *ring, __u32 cpu)
{
	__u32 index;

	if (ring->head == ring->full_at && !tcc_ring_make_room(ring, cpu)) {
		tcc_ring_count_lost(ring);
		return NULL;
	}
	index = ring->index;
	return bpf_map_lookup_elem(&tcc_slots, &index);
}

/* Publish the slot, of an event at this time. Whether there was a pause before. */
static __always_inline bool tcc_ring_publish(struct tcc_ring_producer *ring, __u64 ktime_ns,
					     bool weak)
{
	bool was_pause = ktime_ns - ring->last_ns > TCC_RING_PAUSE_NS;
	__u32 next = ring->index + 1;

	ring->index = next == ring->end ? ring->first : next;
	ring->last_ns = ktime_ns;
	ring->lost_pending = 0;
	barrier();
	if (weak) {
		/* The result is used so that it becomes a full barrier. */
		if (__sync_fetch_and_add(&ring->head, 1) == ~0ULL)
			ring->lost_pending = 0;
	} else {
		*(volatile __u64 *)&ring->head = ring->head + 1;
	}
	return was_pause;
}

#endif
