/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The reader side of the per-CPU rings: takes events and merges the CPUs into
 * one time order. Knows the shared memory (bpf/tcc_ring.h) and the header of
 * an event; neither BPF nor what an event contains.
 *
 * Order. A producer sets `busy`, fills its slot, reads the clock, stores
 * `head`, clears `busy`. ring_scan() reads the clock first, then each ring's
 * `busy` and `head`. Of a ring that is not busy, whatever it publishes later is
 * younger than the scan's clock, less a margin for stores still on their way
 * to memory. Of a busy one, it is younger than what it published last. The
 * lowest of these watermarks is safe: only events up to it are handed out, so
 * a CPU stalled inside the program holds the output back, and never disturbs
 * its order.
 */
#ifndef TCC_RING_H_READER
#define TCC_RING_H_READER

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tcc_event.h"
#include "tcc_ring.h"

/* The kernel's memory, mapped; in unit tests, any memory. Borrowed. */
struct ring_memory {
	const unsigned char *slots;	/* n_cpus * n_slots * slot_bytes */
	size_t slot_bytes;
	uint32_t n_slots;		/* of each CPU */
	uint32_t n_cpus;
	const struct tcc_ring_producer *producers;	/* n_cpus */
	struct tcc_ring_consumer *consumers;		/* n_cpus */
	uint32_t *asleep;
};

/*
 * A ring seen idle may hold a store of `busy` that has not reached memory yet,
 * of a run whose clock is already read. Stores leave a processor within well
 * under a microsecond; the two clocks (ktime_get() here, its fast sibling in
 * BPF) differ by nanoseconds. 20 us is far above both and below what a person
 * or the 1 ms pace of the reader would notice.
 */
#define RING_MARGIN_NS 20000

struct ring;

/* What the producers counted, summed over the CPUs. */
struct ring_counts {
	uint64_t published, filtered, lost, nested;
};

/* Returns NULL when there is no memory. The memory must outlive the ring. */
struct ring *ring_new(const struct ring_memory *memory);
void ring_free(struct ring *ring);	/* accepts NULL */

/*
 * Look at all rings, so that ring_next() can hand out what is safe. `now_ns`
 * is CLOCK_MONOTONIC read just before the call.
 */
void ring_scan(struct ring *ring, uint64_t now_ns);

/* The same once no producer can run any more: all there is, is safe. */
void ring_scan_all(struct ring *ring);

/*
 * The next event in time order, or NULL when none is safe before the next
 * scan. *cpu is the CPU it came from. *ktime_ns is its time, never less than
 * that of the event before: one CPU's clock may step back by nanoseconds as
 * its rate is adjusted (ktime_get_mono_fast_ns(), kernel/time/timekeeping.c),
 * which is held level here.
 * The event stays valid until the next call of ring_next() or ring_scan().
 */
const struct tcc_event *ring_next(struct ring *ring, uint32_t *cpu, uint64_t *ktime_ns);

/* The same, but NULL also when the next event is younger than limit_ns. */
const struct tcc_event *ring_next_until(struct ring *ring, uint64_t limit_ns, uint32_t *cpu,
					uint64_t *ktime_ns);

/* As of the last scan: what the rings still get is not older. */
uint64_t ring_watermark_ns(const struct ring *ring);

/* Whether the last scan saw anything that has not been handed out yet. */
bool ring_has_unread(const struct ring *ring);

/*
 * Whether a producer was busy at the last scan. Its event may be older than
 * that scan, and so not ring the doorbell, see TCC_RING_PAUSE_NS.
 */
bool ring_is_busy(const struct ring *ring);

/* Events published and not yet handed out, as of now. */
uint64_t ring_unread(const struct ring *ring);

/* Ask to be woken by the next event. Scan once more before sleeping. */
void ring_set_asleep(struct ring *ring, bool is_asleep);

struct ring_counts ring_count(const struct ring *ring);

/* Events handed out. */
uint64_t ring_taken(const struct ring *ring);

#endif
