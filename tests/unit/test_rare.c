// SPDX-License-Identifier: GPL-2.0-or-later
/* The rare kinds' ring buffer in plain memory, and its merging with the rings. */
#include <linux/bpf.h>
#include <stdlib.h>

#include "fake_ring.h"
#include "kernel/rare.h"
#include "kernel/stream.h"
#include "../tap.h"

#define SECOND 1000000000ull
#define BYTES 4096u

/* A record without life and properties. */
#define SHORTEST tcc_rare_head_bytes(TCC_KIND_STATE)

/* As kernel/bpf/ringbuf.c lays it out; the second half is the first once more. */
static unsigned char data[2 * BYTES] __attribute__((aligned(8)));
static unsigned long producer, consumer;
static struct tcc_rare_counts counts[2];
static struct rare *rare;

static void setup(void)
{
	struct rare_memory memory = { .data = data, .bytes = BYTES, .producer = &producer,
				      .consumer = &consumer, .counts = counts, .n_cpus = 2 };

	memset(data, 0, sizeof(data));
	memset(counts, 0, sizeof(counts));
	producer = consumer = 0;
	rare = rare_new(&memory);
}

static void put_bytes(unsigned long position, const void *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		size_t at = (position + i) % BYTES;

		data[at] = data[at + BYTES] = ((const unsigned char *)bytes)[i];
	}
}

static void set_header(unsigned long position, uint32_t header)
{
	put_bytes(position, &header, sizeof(header));
}

/* Returns where the record is, to be committed; ULONG_MAX: no room. */
static unsigned long reserve(size_t length)
{
	unsigned long position = producer, bytes = (length + BPF_RINGBUF_HDR_SZ + 7) / 8 * 8;

	if (producer + bytes - consumer > BYTES)
		return (unsigned long)-1;
	set_header(position, (uint32_t)length | BPF_RINGBUF_BUSY_BIT);
	producer += bytes;
	return position;
}

static void commit(unsigned long position, uint64_t ktime_ns, uint8_t kind)
{
	struct tcc_event event = { .ktime_ns = ktime_ns, .kind = kind, .cpu = 1 };

	put_bytes(position + BPF_RINGBUF_HDR_SZ, &event, sizeof(event));
	set_header(position, SHORTEST);
}

static bool publish(uint64_t ktime_ns)
{
	unsigned long position = reserve(SHORTEST);

	if (position == (unsigned long)-1)
		return false;
	commit(position, ktime_ns, TCC_KIND_STATE);
	return true;
}

static void ring_bell(void)
{
	unsigned long position = reserve(8);

	set_header(position, 8 | BPF_RINGBUF_DISCARD_BIT);
}

static void records_come_in_time_order(void)
{
	setup();
	publish(300);
	ring_bell();
	publish(100);
	publish(200);
	rare_scan(rare, SECOND);
	for (uint64_t expected = 100; expected <= 300; expected += 100) {
		check_eq(rare_next_ns(rare), expected);
		check_eq(rare_take(rare)->ktime_ns, expected);
	}
	check(!rare_has_unread(rare));
	check_eq(rare_taken(rare, TCC_KIND_STATE), 3);
	check_eq(rare_taken(rare, TCC_KIND_CLOSE), 0);
	rare_scan(rare, SECOND);
	check_eq(consumer, producer);
	rare_free(rare);
}

static void what_is_not_committed_holds_the_watermark(void)
{
	unsigned long position;

	setup();
	rare_scan(rare, SECOND);
	check_eq(rare_watermark_ns(rare), SECOND - RING_MARGIN_NS);
	position = reserve(SHORTEST);
	publish(SECOND + 500);
	rare_scan(rare, 2 * SECOND);
	check(rare_is_busy(rare));
	check_eq(rare_watermark_ns(rare), SECOND - RING_MARGIN_NS);
	check(!rare_has_unread(rare));
	commit(position, SECOND + 100, TCC_KIND_RESET);
	rare_scan(rare, 3 * SECOND);
	check(!rare_is_busy(rare));
	check_eq(rare_watermark_ns(rare), 3 * SECOND - RING_MARGIN_NS);
	check_eq(rare_take(rare)->ktime_ns, SECOND + 100);
	check_eq(rare_take(rare)->ktime_ns, SECOND + 500);
	rare_free(rare);
}

/* Room is given back up to the first record still needed, and no further. */
static void room_is_given_back_behind_the_reader(void)
{
	unsigned long record = (SHORTEST + BPF_RINGBUF_HDR_SZ + 7) / 8 * 8;

	setup();
	publish(200);	/* the later one first */
	publish(100);
	rare_scan(rare, SECOND);
	check_eq(consumer, 0);
	check_eq(rare_take(rare)->ktime_ns, 100);
	rare_scan(rare, SECOND);
	check_eq(consumer, 0);	/* the first in memory is still to come */
	check_eq(rare_take(rare)->ktime_ns, 200);
	rare_scan(rare, SECOND);
	check_eq(consumer, 2 * record);
	rare_free(rare);
}

/* Many times round the buffer: each record once, in order. */
static void the_buffer_is_gone_round(void)
{
	uint64_t written = 0, read = 0;

	setup();
	for (int round = 0; round < 1000; round++) {
		while (publish(1000 + written))
			written++;
		rare_scan(rare, SECOND * 2);
		while (rare_has_unread(rare))
			check_eq(rare_take(rare)->ktime_ns, 1000 + read++);
		rare_scan(rare, SECOND * 2);
	}
	check_eq(read, written);
	check(written > 4000);
	rare_free(rare);
}

/* A record with life and private state, or without: its event has each in its place. */
static void put_record(struct tcc_rare_record *record, uint64_t props, uint8_t seed)
{
	uint32_t head = tcc_rare_head_bytes((enum tcc_kind)record->probe.event.kind);
	uint32_t bytes = head + tcc_props_bytes(props);
	unsigned long position = reserve(bytes);
	struct tcc_sample sample;

	memset(&sample, seed, sizeof(sample));
	sample.ca_priv[0] = seed;
	put_bytes(position + BPF_RINGBUF_HDR_SZ, record, head);
	put_bytes(position + BPF_RINGBUF_HDR_SZ + head, &sample.props, bytes - head);
	set_header(position, bytes);
}

static void records_are_as_long_as_asked(void)
{
	struct tcc_rare_record close = { .probe.event.kind = TCC_KIND_CLOSE, .probe.dport = 5,
					 .probe.event.ktime_ns = 10, .has_life = 1,
					 .life.n_probes = 77 };
	struct tcc_rare_record state = { .probe.event.kind = TCC_KIND_STATE, .probe.dport = 6,
					 .probe.event.ktime_ns = 20, .from = 1, .to = 2,
					 .cause = 3, .seq = 4 };
	const struct tcc_rare *event;

	setup();
	put_record(&close, TCC_PROP(CA_PRIV), 0x11);
	put_record(&state, TCC_PROP(CC), 0x22);
	put_record(&state, TCC_PROP(UID) | TCC_PROP(NETNS), 0x33);
	put_record(&state, 0, 0);
	check_eq(producer, 4 * 8 + (112 + 264 + 344) + (112 + 184) + (112 + 240) + 112);
	rare_scan(rare, SECOND);
	event = (const struct tcc_rare *)rare_take(rare);
	check_eq(event->sample.probe.dport, 5);
	check_eq(event->has_life, 1);
	check_eq(event->life.n_probes, 77);
	check_eq(event->sample.props.uid, 0x11111111);
	check_eq(event->sample.ca_priv[0], 0x11);
	check_eq(event->sample.ca_priv[12], 0x1111111111111111);
	event = (const struct tcc_rare *)rare_take(rare);
	check_eq(event->sample.probe.dport, 6);
	check_eq(event->sample.props.uid, 0x22222222);
	check_eq(event->sample.ca_priv[0], 0x11);	/* not asked for: as it was */
	check_eq(event->has_life, 0);
	check(event->from == 1 && event->to == 2 && event->cause == 3 && event->seq == 4);
	event = (const struct tcc_rare *)rare_take(rare);
	check_eq(event->sample.props.uid, 0x33333333);
	check_eq(event->sample.props.netns, 0x33333333);
	event = (const struct tcc_rare *)rare_take(rare);
	check_eq(event->sample.probe.event.ktime_ns, 20);
	check(!rare_has_unread(rare));
	rare_free(rare);
}

static void counts_are_of_all_cpus(void)
{
	struct rare_counts sum;

	setup();
	counts[0].kind[TCC_KIND_RESET] = (struct tcc_rare_count){ .published = 1, .filtered = 2 };
	counts[1].kind[TCC_KIND_RESET] = (struct tcc_rare_count){ .published = 10, .lost = 5 };
	sum = rare_count(rare, TCC_KIND_RESET);
	check_eq(sum.published, 11);
	check_eq(sum.filtered, 2);
	check_eq(sum.lost, 5);
	check_eq(rare_count(rare, TCC_KIND_STATE).published, 0);
	rare_free(rare);
}

/* --- merged with the rings ---------------------------------------------------------- */

static uint64_t next(const struct stream *stream, uint32_t *cpu)
{
	uint64_t ktime_ns = 0;

	return stream_next(stream, cpu, &ktime_ns) ? ktime_ns : 0;
}

static void both_are_merged_by_time(void)
{
	struct fake_ring fake;
	struct stream stream;
	uint32_t cpu = 9;

	setup();
	fake_ring_init(&fake, 2, 8);
	stream = (struct stream){ ring_new(&fake.memory), rare, true };
	fake_event(&fake, 0, 100);
	publish(150);
	fake_event(&fake, 1, 200);
	publish(250);
	stream_scan(&stream, SECOND);
	check_eq(next(&stream, &cpu), 100);
	check_eq(next(&stream, &cpu), 150);
	check_eq(cpu, 1);	/* as the event says */
	check_eq(next(&stream, &cpu), 200);
	check_eq(next(&stream, &cpu), 250);
	check_eq(next(&stream, &cpu), 0);
	check_eq(stream_taken(&stream, TCC_KIND_PROBE), 2);
	check_eq(stream_taken(&stream, TCC_KIND_STATE), 2);
	ring_free(stream.ring);
	fake_ring_release(&fake);
	rare_free(rare);
}

/* Whichever side is stalled, the other waits for it. */
static void each_waits_for_the_other(void)
{
	static const struct tcc_probe probe;
	struct fake_ring fake;
	struct stream stream;
	unsigned long position;
	uint32_t cpu;

	setup();
	fake_ring_init(&fake, 1, 8);
	stream = (struct stream){ ring_new(&fake.memory), rare, true };
	fake_event(&fake, 0, 100);
	fake_enter(&fake, 0);
	publish(300);
	stream_scan(&stream, SECOND);
	check_eq(next(&stream, &cpu), 100);
	check_eq(next(&stream, &cpu), 0);	/* CPU 0 may still say 200 */
	check(stream_is_busy(&stream));
	fake_publish(&fake, 0, 200, &probe);
	fake_leave(&fake, 0);
	stream_scan(&stream, SECOND);
	check_eq(next(&stream, &cpu), 200);
	check_eq(next(&stream, &cpu), 300);

	position = reserve(SHORTEST);
	fake_event(&fake, 0, SECOND + 500);
	stream_scan(&stream, 2 * SECOND);
	check_eq(next(&stream, &cpu), 0);	/* the record may still be older */
	commit(position, SECOND + 400, TCC_KIND_STATE);
	stream_scan(&stream, 2 * SECOND);
	check_eq(next(&stream, &cpu), SECOND + 400);
	check_eq(next(&stream, &cpu), SECOND + 500);
	ring_free(stream.ring);
	fake_ring_release(&fake);
	rare_free(rare);
}

/* Without rare kinds there are rings at the bell, and room must be made for them. */
static void the_bell_rings_as_often_as_it_likes(void)
{
	struct fake_ring fake;
	struct stream stream;

	setup();
	fake_ring_init(&fake, 1, 8);
	stream = (struct stream){ ring_new(&fake.memory), rare, false };
	for (int i = 0; i < 1000; i++) {
		check(reserve(8) != (unsigned long)-1);
		set_header(producer - 16, 8 | BPF_RINGBUF_DISCARD_BIT);
		stream_scan(&stream, SECOND);
	}
	check_eq(consumer, producer);
	ring_free(stream.ring);
	fake_ring_release(&fake);
	rare_free(rare);
}

int main(void)
{
	TAP_RUN(records_come_in_time_order);
	TAP_RUN(what_is_not_committed_holds_the_watermark);
	TAP_RUN(room_is_given_back_behind_the_reader);
	TAP_RUN(the_buffer_is_gone_round);
	TAP_RUN(records_are_as_long_as_asked);
	TAP_RUN(counts_are_of_all_cpus);
	TAP_RUN(both_are_merged_by_time);
	TAP_RUN(each_waits_for_the_other);
	TAP_RUN(the_bell_rings_as_often_as_it_likes);
	return tap_done();
}
