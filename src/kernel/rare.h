/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The reader side of the rare kinds' BPF ring buffer: takes their events in time
 * order. Knows the shared memory of a BPF ring buffer (kernel/bpf/ringbuf.c), the
 * header of an event and how short a record may be; neither BPF nor what an event
 * contains.
 *
 * Order. A producer reserves a record and only then reads its event's clock.
 * rare_scan() reads the clock first and then how far records are reserved: what
 * is not reserved then is younger than that clock, less a margin. A record that
 * is reserved and not committed hides how old its event is, so the watermark
 * stays where it was until it is. Records of several CPUs may stand in another
 * order than their clocks: they are sorted here.
 */
#ifndef TCC_RARE_H_READER
#define TCC_RARE_H_READER

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tcc_event.h"
#include "tcc_rare.h"

/* The kernel's memory, mapped; in unit tests, any memory. Borrowed. */
struct rare_memory {
	const unsigned char *data;	/* `bytes`, and once more behind them */
	size_t bytes;			/* a power of two */
	const unsigned long *producer;	/* positions: they only grow */
	unsigned long *consumer;
	const struct tcc_rare_counts *counts;	/* n_cpus */
	uint32_t n_cpus;
};

struct rare;

struct rare_counts {
	uint64_t published, filtered, lost;
};

struct rare *rare_new(const struct rare_memory *memory);	/* NULL: no memory */
void rare_free(struct rare *rare);	/* accepts NULL */

/* Look for records; `now_ns` is CLOCK_MONOTONIC read just before the call. */
void rare_scan(struct rare *rare, uint64_t now_ns);

/* The same once no producer can run any more: all there is, is safe. */
void rare_scan_all(struct rare *rare);

/* What arrives later is not older than this. */
uint64_t rare_watermark_ns(const struct rare *rare);

/* The time of the oldest event, or UINT64_MAX where there is none. */
uint64_t rare_next_ns(const struct rare *rare);

/*
 * Take that event, which there must be: a struct tcc_rare, of which what was not asked
 * for is undefined. Valid until the next one is taken.
 */
const struct tcc_event *rare_take(struct rare *rare);

bool rare_has_unread(const struct rare *rare);

/* Whether the last scan met a record that is not committed. */
bool rare_is_busy(const struct rare *rare);

/* What the kernel counted of a kind, over all CPUs. */
struct rare_counts rare_count(const struct rare *rare, enum tcc_kind kind);

/* Events of a kind handed out. */
uint64_t rare_taken(const struct rare *rare, enum tcc_kind kind);

#endif
