// SPDX-License-Identifier: GPL-2.0-or-later
/* The kernel as a source of records; see live.h. */
#include "kernel/live.h"

#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/clock.h"
#include "base/loop.h"

/*
 * After a pass that found events the next follows this much later. Shorter,
 * and the producers ring the bell all the time; longer, and rings fill.
 */
#define PACE_MS 1

/*
 * A producer's load of `asleep` may pass its store of `head`, and one that was
 * busy at the scan may not look at `asleep` at all: so the wait is bounded at
 * first, and as long as a producer is busy.
 */
#define DOUBT_MS 20

struct live {
	struct source source;
	struct live_tracer tracer;
	struct stream stream;
	struct event_reader *reader;
	struct clock clock;
	struct record_host host;
	bool is_in_doubt;	/* a bell may have been missed */
};

static struct live *live_of(struct source *source)
{
	return (struct live *)source;
}

static void scan(struct source *source, uint64_t now_ns, bool is_last)
{
	struct live *live = live_of(source);

	if (is_last)
		stream_scan_all(&live->stream);
	else
		stream_scan(&live->stream, now_ns);
	live->tracer.say(live->tracer.context);
	clock_refresh(&live->clock, now_ns);
	event_reader_set_clock(live->reader, live->clock.offset_ns);
}

static int left_ms(const struct source *source)
{
	const struct live *live = (const struct live *)source;

	return live->tracer.left_ms ? live->tracer.left_ms(live->tracer.context) : LOOP_FOREVER;
}

static enum source_state next(struct source *source, struct record *record)
{
	struct live *live = live_of(source);
	uint64_t ktime_ns;
	uint32_t cpu;
	const struct tcc_event *event = stream_next(&live->stream, &cpu, &ktime_ns);

	if (!event)
		return SOURCE_IDLE;
	event_read(live->reader, event, ktime_ns, cpu, record);
	return SOURCE_RECORD;
}

/* From now on producers need not ring; of what they did meanwhile, who knows. */
static void wake(struct live *live)
{
	ring_set_asleep(live->stream.ring, false);
	live->is_in_doubt = true;
}

/* Nothing to do: asleep until there is news, bounded while in doubt. */
static int begin_wait(struct source *source, bool has_moved)
{
	struct live *live = live_of(source);

	if (has_moved || stream_has_unread(&live->stream)) {
		wake(live);
		return PACE_MS;
	}
	ring_set_asleep(live->stream.ring, true);
	stream_scan(&live->stream, clock_now_ns());
	if (stream_has_unread(&live->stream))
		return 0;
	return live->is_in_doubt || stream_is_busy(&live->stream) ? DOUBT_MS : LOOP_FOREVER;
}

/* Without news it sleeps on: who saw it asleep all the time has rung. */
static void end_wait(struct source *source, bool has_news)
{
	struct live *live = live_of(source);

	if (has_news)
		wake(live);
	else
		live->is_in_doubt = false;
}

static void clock_set(struct source *source)
{
	clock_measure(&live_of(source)->clock);
}

static void stop(struct source *source)
{
	struct live *live = live_of(source);

	live->tracer.detach(live->tracer.context);
}

static struct source_counts count(const struct source *source, uint8_t kind)
{
	const struct live *live = (const struct live *)source;
	enum tcc_kind of = (enum tcc_kind)kind;
	struct stream_counts counts;

	if (kind >= TCC_KIND_COUNT)
		return (struct source_counts){ 0 };
	counts = stream_count(&live->stream, of);
	return (struct source_counts){
		.recorded = counts.published,
		.taken = stream_taken(&live->stream, of),
		.filtered = counts.filtered,
		.lost = counts.lost,
		.missed = counts.nested + live->tracer.missed(live->tracer.context, of),
	};
}

static struct source_strangers strangers(const struct source *source)
{
	const struct live *live = (const struct live *)source;

	if (!live->tracer.strangers)
		return (struct source_strangers){ 0 };
	return live->tracer.strangers(live->tracer.context);
}

static void ignore_strangers(struct source *source)
{
	const struct live *live = live_of(source);

	if (live->tracer.ignore_strangers)
		live->tracer.ignore_strangers(live->tracer.context);
}

static const struct source_ops live_ops = {
	.scan = scan,
	.next = next,
	.begin_wait = begin_wait,
	.end_wait = end_wait,
	.left_ms = left_ms,
	.clock_set = clock_set,
	.stop = stop,
	.count = count,
	.strangers = strangers,
	.ignore_strangers = ignore_strangers,
};

struct source *live_new(const struct live_config *config)
{
	struct live *live = calloc(1, sizeof(*live));
	struct event_reader_config reader = config->reader;
	struct utsname name;

	if (!live)
		return NULL;
	if (uname(&name) == 0 && record_set_host(&live->host, name.nodename, strlen(name.nodename)))
		reader.host = &live->host;
	live->source.ops = &live_ops;
	live->tracer = config->tracer;
	live->stream.ring = ring_new(config->ring);
	live->stream.rare = config->rare ? rare_new(config->rare) : NULL;
	live->stream.has_rare = config->has_rare;
	live->reader = event_reader_new(&reader);
	live->is_in_doubt = true;
	clock_measure(&live->clock);
	if (!live->stream.ring || (config->rare && !live->stream.rare) || !live->reader) {
		live_free(&live->source);
		return NULL;
	}
	return &live->source;
}

void live_free(struct source *source)
{
	struct live *live = live_of(source);

	if (!live)
		return;
	ring_free(live->stream.ring);
	rare_free(live->stream.rare);
	event_reader_free(live->reader);
	free(live);
}
