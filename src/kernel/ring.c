// SPDX-License-Identifier: GPL-2.0-or-later
/* The reader side of the per-CPU rings; see ring.h. */
#include "kernel/ring.h"

#include <stdlib.h>

/* One CPU's ring, as far as this side has read it. */
struct lane {
	uint64_t tail;		/* events handed out */
	uint64_t head;		/* published, at the last scan */
	uint64_t watermark_ns;	/* all it will still publish is not older */
	uint64_t last_ns;	/* time of the last event handed out */
	uint32_t position;	/* tail modulo n_slots */
};

/* A lane with an unread event, in the heap. */
struct entry {
	uint64_t ktime_ns;
	uint32_t cpu;
};

struct ring {
	struct ring_memory memory;
	struct lane *lanes;	/* n_cpus */
	struct entry *heap;	/* lanes with unread events, the oldest first */
	uint32_t n_heap;
	uint32_t taken_cpu;	/* whose slot the caller still looks at, or none */
	uint64_t watermark_ns;	/* the lowest of all lanes */
	bool is_busy;		/* a lane was, at the last scan */
	uint64_t taken;
};

#define NO_CPU UINT32_MAX

/* Kernel and reader share this memory: each access happens once, as written. */
#define LOAD_ACQUIRE(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define STORE_RELEASE(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)

struct ring *ring_new(const struct ring_memory *memory)
{
	struct ring *ring = calloc(1, sizeof(*ring));

	if (!ring)
		return NULL;
	ring->memory = *memory;
	ring->taken_cpu = NO_CPU;
	ring->lanes = calloc(memory->n_cpus, sizeof(*ring->lanes));
	ring->heap = calloc(memory->n_cpus, sizeof(*ring->heap));
	if (!ring->lanes || !ring->heap) {
		ring_free(ring);
		return NULL;
	}
	return ring;
}

void ring_free(struct ring *ring)
{
	if (!ring)
		return;
	free(ring->lanes);
	free(ring->heap);
	free(ring);
}

static const struct tcc_event *slot_at(const struct ring *ring, uint32_t cpu, uint32_t position)
{
	size_t index = (size_t)cpu * ring->memory.n_slots + position;

	return (const void *)(ring->memory.slots + index * ring->memory.slot_bytes);
}

/* Sink entry 0 of the heap to its place. */
static void heap_sink(struct ring *ring)
{
	struct entry moving = ring->heap[0];
	uint32_t at = 0, child;

	while ((child = 2 * at + 1) < ring->n_heap) {
		if (child + 1 < ring->n_heap &&
		    ring->heap[child + 1].ktime_ns < ring->heap[child].ktime_ns)
			child++;
		if (moving.ktime_ns <= ring->heap[child].ktime_ns)
			break;
		ring->heap[at] = ring->heap[child];
		at = child;
	}
	ring->heap[at] = moving;
}

static void heap_push(struct ring *ring, struct entry entry)
{
	uint32_t at = ring->n_heap++, parent;

	while (at > 0) {
		parent = (at - 1) / 2;
		if (ring->heap[parent].ktime_ns <= entry.ktime_ns)
			break;
		ring->heap[at] = ring->heap[parent];
		at = parent;
	}
	ring->heap[at] = entry;
}

/* Give the slot handed out last back to its producer. */
static void give_back(struct ring *ring)
{
	if (ring->taken_cpu == NO_CPU)
		return;
	STORE_RELEASE(&ring->memory.consumers[ring->taken_cpu].tail,
		      ring->lanes[ring->taken_cpu].tail);
	ring->taken_cpu = NO_CPU;
}

/*
 * The time of a lane's next event. The kernel's fast clock may step back by
 * nanoseconds: within a lane, time is held level then. Never across lanes,
 * where it would hide a fault in the order.
 */
static uint64_t next_ns(const struct ring *ring, uint32_t cpu)
{
	const struct lane *lane = &ring->lanes[cpu];
	uint64_t ktime_ns = slot_at(ring, cpu, lane->position)->ktime_ns;

	return ktime_ns > lane->last_ns ? ktime_ns : lane->last_ns;
}

/* The time of the event that a lane published last, or 0 when it has none. */
static uint64_t newest_ns(const struct ring *ring, uint32_t cpu)
{
	const struct lane *lane = &ring->lanes[cpu];
	uint64_t ahead = lane->head - lane->tail;
	uint64_t position;

	if (ahead == 0)
		return lane->last_ns;
	position = (lane->position + ahead - 1) % ring->memory.n_slots;
	return slot_at(ring, cpu, (uint32_t)position)->ktime_ns;
}

static void scan_lane(struct ring *ring, uint32_t cpu, uint64_t idle_watermark_ns)
{
	const struct tcc_ring_producer *producer = &ring->memory.producers[cpu];
	struct lane *lane = &ring->lanes[cpu];
	bool was_empty = lane->head == lane->tail;
	uint64_t busy = LOAD_ACQUIRE(&producer->busy);
	uint64_t watermark_ns;

	lane->head = LOAD_ACQUIRE(&producer->head);
	ring->is_busy |= busy != 0;
	watermark_ns = busy ? newest_ns(ring, cpu) : idle_watermark_ns;
	/* What an earlier scan made sure of stays true. */
	if (watermark_ns > lane->watermark_ns)
		lane->watermark_ns = watermark_ns;
	if (was_empty && lane->head != lane->tail)
		heap_push(ring, (struct entry){ next_ns(ring, cpu), cpu });
}

void ring_scan(struct ring *ring, uint64_t now_ns)
{
	uint64_t idle_watermark_ns = now_ns > RING_MARGIN_NS ? now_ns - RING_MARGIN_NS : 0;
	uint64_t lowest_ns = UINT64_MAX;

	give_back(ring);
	ring->is_busy = false;
	for (uint32_t cpu = 0; cpu < ring->memory.n_cpus; cpu++) {
		scan_lane(ring, cpu, idle_watermark_ns);
		if (ring->lanes[cpu].watermark_ns < lowest_ns)
			lowest_ns = ring->lanes[cpu].watermark_ns;
	}
	ring->watermark_ns = lowest_ns;
}

void ring_scan_all(struct ring *ring)
{
	ring_scan(ring, UINT64_MAX);
	ring->watermark_ns = UINT64_MAX;
}

const struct tcc_event *ring_next(struct ring *ring, uint32_t *cpu, uint64_t *ktime_ns)
{
	return ring_next_until(ring, UINT64_MAX, cpu, ktime_ns);
}

uint64_t ring_watermark_ns(const struct ring *ring)
{
	return ring->watermark_ns;
}

const struct tcc_event *ring_next_until(struct ring *ring, uint64_t limit_ns, uint32_t *cpu,
					uint64_t *ktime_ns)
{
	const struct tcc_event *event;
	struct lane *lane;

	give_back(ring);
	if (ring->n_heap == 0 || ring->heap[0].ktime_ns > ring->watermark_ns ||
	    ring->heap[0].ktime_ns > limit_ns)
		return NULL;
	*cpu = ring->heap[0].cpu;
	lane = &ring->lanes[*cpu];
	event = slot_at(ring, *cpu, lane->position);

	*ktime_ns = lane->last_ns = ring->heap[0].ktime_ns;
	lane->tail++;
	lane->position = lane->position + 1 == ring->memory.n_slots ? 0 : lane->position + 1;
	if (lane->tail != lane->head)
		ring->heap[0].ktime_ns = next_ns(ring, *cpu);
	else
		ring->heap[0] = ring->heap[--ring->n_heap];
	heap_sink(ring);

	ring->taken_cpu = *cpu;
	ring->taken++;
	return event;
}

bool ring_has_unread(const struct ring *ring)
{
	return ring->n_heap > 0;
}

bool ring_is_busy(const struct ring *ring)
{
	return ring->is_busy;
}

uint64_t ring_unread(const struct ring *ring)
{
	return ring_count(ring).published - ring->taken;
}

void ring_set_asleep(struct ring *ring, bool is_asleep)
{
	STORE_RELEASE(ring->memory.asleep, is_asleep);
	/* Against the producer's store of head and load of asleep. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

struct ring_counts ring_count(const struct ring *ring)
{
	struct ring_counts counts = { 0 };

	for (uint32_t cpu = 0; cpu < ring->memory.n_cpus; cpu++) {
		const struct tcc_ring_producer *producer = &ring->memory.producers[cpu];

		counts.published += LOAD_ACQUIRE(&producer->head);
		counts.filtered += LOAD_ACQUIRE(&producer->filtered);
		counts.lost += LOAD_ACQUIRE(&producer->lost);
		counts.nested += LOAD_ACQUIRE(&producer->nested);
	}
	return counts;
}

uint64_t ring_taken(const struct ring *ring)
{
	return ring->taken;
}
