/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All events in one time order: those of the per-CPU rings (ring.h) and those
 * of the rare kinds (rare.h). Knows how neither of them works.
 */
#ifndef TCC_STREAM_H
#define TCC_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/rare.h"
#include "kernel/ring.h"

struct stream {
	struct ring *ring;	/* borrowed */
	struct rare *rare;	/* borrowed; NULL: not even a doorbell */
	bool has_rare;		/* whether there are rare events; else rings at the bell only */
};

/* What the kernel counted of a kind. */
struct stream_counts {
	uint64_t published, filtered, lost, nested;
};

/* As ring_scan(), ring_scan_all(), ring_next(), ring_has_unread(), ring_is_busy(). */
void stream_scan(const struct stream *stream, uint64_t now_ns);
void stream_scan_all(const struct stream *stream);
const struct tcc_event *stream_next(const struct stream *stream, uint32_t *cpu,
				    uint64_t *ktime_ns);
bool stream_has_unread(const struct stream *stream);
bool stream_is_busy(const struct stream *stream);

struct stream_counts stream_count(const struct stream *stream, enum tcc_kind kind);

/* Events of a kind handed out. */
uint64_t stream_taken(const struct stream *stream, enum tcc_kind kind);

#endif
