/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's side of the rings in plain memory, for the unit tests: the same
 * steps in the same order as bpf/tcc_ring.bpf.h, one at a time.
 */
#ifndef TCC_TESTS_FAKE_RING_H
#define TCC_TESTS_FAKE_RING_H

#include <stdlib.h>
#include <string.h>

#include "kernel/ring.h"

struct fake_ring {
	struct ring_memory memory;
	struct tcc_ring_producer *producers;
	struct tcc_ring_consumer *consumers;
	unsigned char *slots;
	uint32_t asleep;
};

static inline void fake_ring_init(struct fake_ring *fake, uint32_t n_cpus, uint32_t n_slots)
{
	fake->producers = aligned_alloc(TCC_RING_ALIGN, n_cpus * sizeof(*fake->producers));
	fake->consumers = aligned_alloc(TCC_RING_ALIGN, n_cpus * sizeof(*fake->consumers));
	memset(fake->producers, 0, n_cpus * sizeof(*fake->producers));
	memset(fake->consumers, 0, n_cpus * sizeof(*fake->consumers));
	for (uint32_t cpu = 0; cpu < n_cpus; cpu++) {
		fake->producers[cpu].first = fake->producers[cpu].index = cpu * n_slots;
		fake->producers[cpu].end = (cpu + 1) * n_slots;
		fake->producers[cpu].full_at = n_slots;
	}
	fake->slots = calloc((size_t)n_cpus * n_slots, sizeof(struct tcc_probe));
	fake->asleep = 0;
	fake->memory = (struct ring_memory){
		.slots = fake->slots,
		.slot_bytes = sizeof(struct tcc_probe),
		.n_slots = n_slots,
		.n_cpus = n_cpus,
		.producers = fake->producers,
		.consumers = fake->consumers,
		.asleep = &fake->asleep,
	};
}

static inline void fake_ring_release(struct fake_ring *fake)
{
	free(fake->producers);
	free(fake->consumers);
	free(fake->slots);
}

static inline void fake_enter(struct fake_ring *fake, uint32_t cpu)
{
	__atomic_store_n(&fake->producers[cpu].busy, 1, __ATOMIC_SEQ_CST);
}

static inline void fake_leave(struct fake_ring *fake, uint32_t cpu)
{
	__atomic_store_n(&fake->producers[cpu].busy, 0, __ATOMIC_RELEASE);
}

/* Between enter and leave. `probe` is copied but for its time and loss. */
static inline bool fake_publish(struct fake_ring *fake, uint32_t cpu, uint64_t ktime_ns,
				const struct tcc_probe *probe)
{
	struct tcc_ring_producer *ring = &fake->producers[cpu];
	struct tcc_probe *slot;

	if (ring->head == ring->full_at)
		ring->full_at = __atomic_load_n(&fake->consumers[cpu].tail, __ATOMIC_ACQUIRE) +
				fake->memory.n_slots;
	if (ring->head == ring->full_at) {
		ring->lost++;
		ring->lost_pending++;
		return false;
	}
	slot = (struct tcc_probe *)(void *)fake->slots + ring->index;
	*slot = *probe;
	slot->event.ktime_ns = ktime_ns;
	slot->event.lost = ring->lost_pending;
	ring->lost_pending = 0;
	ring->index = ring->index + 1 == ring->end ? ring->first : ring->index + 1;
	__atomic_store_n(&ring->head, ring->head + 1, __ATOMIC_RELEASE);
	return true;
}

/* A whole run. */
static inline bool fake_event(struct fake_ring *fake, uint32_t cpu, uint64_t ktime_ns)
{
	static const struct tcc_probe probe = { .event = { .kind = TCC_KIND_PROBE } };
	bool has_room;

	fake_enter(fake, cpu);
	has_room = fake_publish(fake, cpu, ktime_ns, &probe);
	fake_leave(fake, cpu);
	return has_room;
}

#endif
