/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The producer side of the rare kinds' ring buffer, which is also the reader's
 * doorbell: whoever waits for it is woken by a record in it, event or not.
 *
 * The reader's order rests on this (src/kernel/rare.c): a record is reserved before
 * its event's clock is read, so whoever sees no reservation after having read a
 * clock knows that no older event is still to come.
 */
#ifndef TCC_RARE_BPF_H
#define TCC_RARE_BPF_H

#include "tcc_rare.h"

/* Set by the reader just before it sleeps; cleared by who rings. */
__u32 tcc_asleep;

/* The doorbell alone is content with a page; else sized by the loader. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} tcc_rare_ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tcc_rare_counts);
} tcc_rare_counters SEC(".maps");

/*
 * Wake the reader of the per-CPU rings if it sleeps. The reader bounds its wait,
 * since the load of `asleep` may pass the store of a ring's head. No room means
 * that there are records, and those keep it awake.
 */
static __always_inline void tcc_rare_ring_bell(void)
{
	void *bell;

	if (!*(volatile __u32 *)&tcc_asleep)
		return;
	tcc_asleep = 0;
	bell = bpf_ringbuf_reserve(&tcc_rare_ring, sizeof(__u64), 0);
	if (bell)
		bpf_ringbuf_discard(bell, BPF_RB_FORCE_WAKEUP);
}

/* Runs of one program may nest before 6.1, so each count is one instruction. */
#define TCC_RARE_ADD(counter, n) __sync_fetch_and_add(&(counter), (n))

/* The counters of a kind on this CPU, or NULL, which is never. */
static __always_inline struct tcc_rare_count *tcc_rare_count_of(enum tcc_kind kind)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct tcc_rare_counts *counts = bpf_map_lookup_elem(&tcc_rare_counters, &cpu);

	return counts ? &counts->kind[kind] : NULL;
}

/* A record to fill, with room for the properties, or NULL when there is no room, which is then counted. */
static __always_inline struct tcc_rare_record *tcc_rare_reserve(struct tcc_rare_count *count,
								enum tcc_kind kind, __u64 props)
{
	struct tcc_rare_record *rare = bpf_ringbuf_reserve(
		&tcc_rare_ring, tcc_rare_head_bytes(kind) + tcc_props_bytes(props), 0);
	struct tcc_event *event;
	__u64 lost;

	if (!rare) {
		TCC_RARE_ADD(count->lost, 1);
		TCC_RARE_ADD(count->lost_pending, 1);
		return NULL;
	}
	lost = count->lost_pending;
	TCC_RARE_ADD(count->lost_pending, -lost);
	event = &rare->probe.event;
	event->lost = lost;
	event->kind = kind;
	event->cpu = bpf_get_smp_processor_id();
	return rare;
}

/* Give the record its time, and to the reader, which is woken if it sleeps. */
static __always_inline void tcc_rare_submit(struct tcc_rare_count *count,
					    struct tcc_rare_record *rare)
{
	__u64 flags = BPF_RB_NO_WAKEUP;

	TCC_RARE_ADD(count->published, 1);
	rare->probe.event.ktime_ns = bpf_ktime_get_ns();
	if (*(volatile __u32 *)&tcc_asleep) {
		tcc_asleep = 0;
		flags = BPF_RB_FORCE_WAKEUP;
	}
	bpf_ringbuf_submit(rare, flags);
}

#endif
