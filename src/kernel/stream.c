// SPDX-License-Identifier: GPL-2.0-or-later
/* All events in one time order; see stream.h. */
#include "kernel/stream.h"

/* The bell is in the rare kinds' buffer: full of rings, it would not ring any more. */
void stream_scan(const struct stream *stream, uint64_t now_ns)
{
	ring_scan(stream->ring, now_ns);
	if (stream->rare)
		rare_scan(stream->rare, now_ns);
}

void stream_scan_all(const struct stream *stream)
{
	ring_scan_all(stream->ring);
	if (stream->rare)
		rare_scan_all(stream->rare);
}

/*
 * A probe goes first while it is not younger than the oldest rare event, nor
 * than what rare events may still come; else that rare event, if no probe can
 * still come that is older.
 */
const struct tcc_event *stream_next(const struct stream *stream, uint32_t *cpu,
				    uint64_t *ktime_ns)
{
	const struct tcc_event *event;
	uint64_t rare_ns, safe_ns;

	if (!stream->has_rare)
		return ring_next(stream->ring, cpu, ktime_ns);
	rare_ns = rare_next_ns(stream->rare);
	safe_ns = rare_watermark_ns(stream->rare);
	event = ring_next_until(stream->ring, rare_ns < safe_ns ? rare_ns : safe_ns, cpu,
				ktime_ns);
	if (event)
		return event;
	if (rare_ns == UINT64_MAX || rare_ns > safe_ns ||
	    rare_ns > ring_watermark_ns(stream->ring))
		return NULL;
	event = rare_take(stream->rare);
	*cpu = event->cpu;
	*ktime_ns = rare_ns;
	return event;
}

bool stream_has_unread(const struct stream *stream)
{
	return ring_has_unread(stream->ring) || (stream->rare && rare_has_unread(stream->rare));
}

bool stream_is_busy(const struct stream *stream)
{
	return ring_is_busy(stream->ring) || (stream->rare && rare_is_busy(stream->rare));
}

struct stream_counts stream_count(const struct stream *stream, enum tcc_kind kind)
{
	struct stream_counts counts = { 0 };

	if (kind == TCC_KIND_PROBE) {
		struct ring_counts of_ring = ring_count(stream->ring);

		counts = (struct stream_counts){ of_ring.published, of_ring.filtered,
						 of_ring.lost, of_ring.nested };
	} else if (stream->rare) {
		struct rare_counts of_rare = rare_count(stream->rare, kind);

		counts = (struct stream_counts){ of_rare.published, of_rare.filtered,
						 of_rare.lost, 0 };
	}
	return counts;
}

uint64_t stream_taken(const struct stream *stream, enum tcc_kind kind)
{
	if (kind == TCC_KIND_PROBE)
		return ring_taken(stream->ring);
	return stream->rare ? rare_taken(stream->rare, kind) : 0;
}
