// SPDX-License-Identifier: GPL-2.0-or-later
/* The reader side of the rare kinds' ring buffer; see rare.h. */
#include "kernel/rare.h"

#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/ring.h"

#define LOAD_ACQUIRE(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define STORE_RELEASE(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)

/* Records are multiples of 8 bytes, their headers included. */
#define RECORD_BYTES(length) ((((length) + BPF_RINGBUF_HDR_SZ) + 7) & ~7ul)

/* An event that is committed and not handed out yet. */
struct entry {
	uint64_t ktime_ns;
	unsigned long position;
};

struct rare {
	struct rare_memory memory;
	unsigned long scanned;	/* up to where records have been looked at */
	struct entry *entries;	/* by time: [first, end) */
	size_t first, end;
	uint64_t watermark_ns;
	uint64_t taken[TCC_KIND_COUNT];
	bool is_busy;
	struct tcc_rare event;	/* the one taken last */
};

struct rare *rare_new(const struct rare_memory *memory)
{
	struct rare *rare = calloc(1, sizeof(*rare));
	size_t most = memory->bytes / RECORD_BYTES(offsetof(struct tcc_rare_record, life)) + 1;

	if (!rare)
		return NULL;
	rare->memory = *memory;
	rare->entries = calloc(most, sizeof(*rare->entries));
	if (!rare->entries) {
		rare_free(rare);
		return NULL;
	}
	return rare;
}

void rare_free(struct rare *rare)
{
	if (!rare)
		return;
	free(rare->entries);
	free(rare);
}

static const void *record_at(const struct rare *rare, unsigned long position)
{
	return rare->memory.data + (position & (rare->memory.bytes - 1));
}

static const struct tcc_event *event_at(const struct rare *rare, unsigned long position)
{
	return (const void *)((const char *)record_at(rare, position) + BPF_RINGBUF_HDR_SZ);
}

/* Give back what comes before the first record that is still needed. */
static void give_back(struct rare *rare)
{
	unsigned long needed = rare->scanned;

	for (size_t i = rare->first; i < rare->end; i++) {
		if ((long)(rare->entries[i].position - needed) < 0)
			needed = rare->entries[i].position;
	}
	STORE_RELEASE(rare->memory.consumer, needed);
}

/* Nearly always at the end: CPUs overtake each other seldom. */
static void insert(struct rare *rare, struct entry entry)
{
	size_t at = rare->end++;

	for (; at > rare->first && rare->entries[at - 1].ktime_ns > entry.ktime_ns; at--)
		rare->entries[at] = rare->entries[at - 1];
	rare->entries[at] = entry;
}

static void take_record(struct rare *rare, uint32_t header)
{
	struct entry entry = { .position = rare->scanned };

	/* A ring at the bell is discarded. */
	if (header & BPF_RINGBUF_DISCARD_BIT)
		return;
	entry.ktime_ns = event_at(rare, rare->scanned)->ktime_ns;
	insert(rare, entry);
}

void rare_scan(struct rare *rare, uint64_t now_ns)
{
	unsigned long produced;

	memmove(rare->entries, rare->entries + rare->first,
		(rare->end - rare->first) * sizeof(*rare->entries));
	rare->end -= rare->first;
	rare->first = 0;
	rare->is_busy = false;
	produced = LOAD_ACQUIRE(rare->memory.producer);
	while (rare->scanned != produced) {
		const uint32_t *length = record_at(rare, rare->scanned);
		uint32_t header = LOAD_ACQUIRE(length);

		rare->is_busy = header & BPF_RINGBUF_BUSY_BIT;
		if (rare->is_busy)
			break;
		take_record(rare, header);
		rare->scanned += RECORD_BYTES(header & ~BPF_RINGBUF_DISCARD_BIT);
	}
	give_back(rare);
	if (!rare->is_busy && now_ns > RING_MARGIN_NS && now_ns - RING_MARGIN_NS > rare->watermark_ns)
		rare->watermark_ns = now_ns - RING_MARGIN_NS;
}

void rare_scan_all(struct rare *rare)
{
	rare_scan(rare, UINT64_MAX);
	rare->watermark_ns = UINT64_MAX;
}

uint64_t rare_watermark_ns(const struct rare *rare)
{
	return rare->watermark_ns;
}

uint64_t rare_next_ns(const struct rare *rare)
{
	return rare->first < rare->end ? rare->entries[rare->first].ktime_ns : UINT64_MAX;
}

/* A record, of so many bytes, to an event in full. */
static void unpack(struct tcc_rare *event, const struct tcc_rare_record *record, size_t bytes)
{
	size_t head = tcc_rare_head_bytes((enum tcc_kind)record->probe.event.kind);

	event->sample.probe = record->probe;
	memcpy(&event->sample.props, (const char *)record + head, bytes - head);
	event->seq = record->seq;
	event->from = record->from;
	event->to = record->to;
	event->cause = record->cause;
	event->has_life = record->has_life;
	if (record->has_life)
		event->life = record->life;
}

const struct tcc_event *rare_take(struct rare *rare)
{
	unsigned long position = rare->entries[rare->first++].position;
	const uint32_t *length = record_at(rare, position);

	unpack(&rare->event, (const void *)event_at(rare, position), *length);
	rare->taken[rare->event.sample.probe.event.kind]++;
	return &rare->event.sample.probe.event;
}

bool rare_has_unread(const struct rare *rare)
{
	return rare->first < rare->end;
}

bool rare_is_busy(const struct rare *rare)
{
	return rare->is_busy;
}

struct rare_counts rare_count(const struct rare *rare, enum tcc_kind kind)
{
	struct rare_counts counts = { 0 };

	for (uint32_t cpu = 0; cpu < rare->memory.n_cpus; cpu++) {
		const struct tcc_rare_count *count = &rare->memory.counts[cpu].kind[kind];

		counts.published += LOAD_ACQUIRE(&count->published);
		counts.filtered += LOAD_ACQUIRE(&count->filtered);
		counts.lost += LOAD_ACQUIRE(&count->lost);
	}
	return counts;
}

uint64_t rare_taken(const struct rare *rare, enum tcc_kind kind)
{
	return rare->taken[kind];
}
