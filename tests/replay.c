// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Replays events written as text: a source of records like the kernel, but without
 * one: for golden files, for comparing formats and for the benchmark.
 *
 *	replay [OPTION of tcc-trace]... < EVENTS
 *
 * Each line of EVENTS is an event: words NAME=VALUE, in any order; a word that
 * is absent has the value it had in the line before (ktime, cookie) or its
 * default. `#` starts a comment. Words: ktime cookie cpu saddr sport daddr
 * dport snd_cwnd ssthresh snd_wnd srtt rcv_wnd length snd_nxt snd_una mark mss
 * lost skipped; the properties, raw, by the names in bpf/tcc_props.h, with cc,
 * cgroup, netns, chrono_busy, chrono_rwnd, chrono_sndbuf, chrono_start,
 * chrono_type, jiffies, socket_flags, tsq_flags, rcv_wup, rcv_nxt, copied_seq,
 * window_clamp, advmss, state and nonagle; event (its kind), seq, from, to, cause; `nocookie` (the kernel gave none), `inet6` (an AF_INET6 socket with
 * v4-mapped addresses), `cong_control` (the algorithm moves the window itself); `clock=NS` sets the wall clock's offset, `start=NS`
 * when the trace began: in the first line only.
 *
 * With REPLAY_REPEAT=N in the environment the events are replayed N times, and
 * events per second of formatting and writing are printed on stderr.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "kernel/event.h"
#include "options/options.h"
#include "run/output.h"
#include "run/pipeline.h"
#include "run/session.h"

#define REPLAY_HZ 250	/* of the words in jiffies */
#define REPLAY_CPUS 1024

struct replayed {
	union {
		struct tcc_probe probe;
		struct tcc_rare rare;
	};
	uint32_t cpu;
	int64_t clock_offset_ns;
};

struct events {
	struct replayed *items;
	size_t n, capacity;
	uint64_t start_ns;
};

static void die(const char *what, const char *which)
{
	fprintf(stderr, "replay: %s '%s'\n", what, which);
	exit(1);
}

static uint64_t number(const char *text)
{
	char *end;
	uint64_t value;

	errno = 0;
	value = strtoull(text, &end, 0);
	if (errno || end == text || *end)
		die("not a number:", text);
	return value;
}

/* IPv4 becomes v4-mapped; returns whether it was IPv6. */
static int address(const char *text, uint32_t addr[4])
{
	if (inet_pton(AF_INET6, text, addr) == 1)
		return 1;
	addr[0] = addr[1] = 0;
	addr[2] = htonl(0xffff);
	if (inet_pton(AF_INET, text, &addr[3]) != 1)
		die("not an address:", text);
	return 0;
}

struct setting {
	const char *name;
	size_t offset, size;	/* in struct replayed */
};

#define WORD(name, member) \
	{ name, offsetof(struct replayed, member), sizeof(((struct replayed *)0)->member) }

static const struct setting words[] = {
	WORD("ktime", probe.event.ktime_ns),
	WORD("cookie", probe.event.cookie),
	WORD("lost", probe.event.lost),
	WORD("skipped", probe.skipped),
	WORD("sport", probe.sport),
	WORD("dport", probe.dport),
	WORD("snd_cwnd", probe.snd_cwnd),
	WORD("ssthresh", probe.ssthresh),
	WORD("snd_wnd", probe.snd_wnd),
	WORD("srtt", probe.srtt_us),
	WORD("rcv_wnd", probe.rcv_wnd),
	WORD("length", probe.length),
	WORD("snd_nxt", probe.snd_nxt),
	WORD("snd_una", probe.snd_una),
	WORD("mark", probe.mark),
	WORD("mss", probe.mss),
	WORD("cpu", cpu),
#define PROP(name, type, member, ...) WORD(#member, rare.sample.props.member),
#define FLAG(name, member, ...) WORD(#member, rare.sample.props.member),
	TCC_PROPS_64(PROP)
	TCC_PROPS_32(PROP)
	TCC_PROPS_FLAGS(FLAG)
#undef PROP
#undef FLAG
	WORD("cgroup", rare.sample.props.cgroup),
	WORD("netns", rare.sample.props.netns),
	WORD("chrono_busy", rare.sample.props.chrono_stat[0]),
	WORD("chrono_rwnd", rare.sample.props.chrono_stat[1]),
	WORD("chrono_sndbuf", rare.sample.props.chrono_stat[2]),
	WORD("chrono_start", rare.sample.props.chrono_start),
	WORD("chrono_type", rare.sample.props.chrono_type),
	WORD("jiffies", rare.sample.props.jiffies),
	WORD("socket_flags", rare.sample.props.socket_flags),
	WORD("tsq_flags", rare.sample.props.tsq_flags),
	WORD("rcv_wup", rare.sample.props.rcv_wup),
	WORD("rcv_nxt", rare.sample.props.rcv_nxt),
	WORD("copied_seq", rare.sample.props.copied_seq),
	WORD("window_clamp", rare.sample.props.window_clamp),
	WORD("advmss", rare.sample.props.advmss),
	WORD("state", rare.sample.props.state),
	WORD("nonagle", rare.sample.props.nonagle),
	WORD("seq", rare.seq),
	WORD("from", rare.from),
	WORD("to", rare.to),
	WORD("cause", rare.cause),
	WORD("clock", clock_offset_ns),
};

static void set_number(struct replayed *event, const char *name, const char *text)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		uint64_t value;

		if (strcmp(words[i].name, name) != 0)
			continue;
		value = strcmp(name, "clock") == 0 ? (uint64_t)strtoll(text, NULL, 10)
						   : number(text);
		if (words[i].size < 8 && value >> (8 * words[i].size))
			die("too large:", text);
		/* Members are little or big endian as the host is. */
		if (words[i].size == 8)
			memcpy((char *)event + words[i].offset, &value, 8);
		else if (words[i].size == 4)
			memcpy((char *)event + words[i].offset, &(uint32_t){ (uint32_t)value }, 4);
		else if (words[i].size == 2)
			memcpy((char *)event + words[i].offset, &(uint16_t){ (uint16_t)value }, 2);
		else
			*((char *)event + words[i].offset) = (char)value;
		return;
	}
	die("unknown word", name);
}

static uint8_t kind_named(const char *name)
{
	for (uint8_t kind = 0; kind < TCC_KIND_COUNT; kind++) {
		if (strncmp(record_kinds[kind].name, name, RECORD_KIND_MAX) == 0)
			return kind;
	}
	die("no kind of event:", name);
	return 0;
}

static void set_word(struct events *events, struct replayed *event, char *word)
{
	char *value = strchr(word, '=');

	if (!value && strcmp(word, "nocookie") == 0) {
		event->probe.event.flags |= TCC_EVENT_NO_COOKIE;
		return;
	}
	if (!value && strcmp(word, "cong_control") == 0) {
		event->probe.event.flags |= TCC_EVENT_CONG_CONTROL;
		return;
	}
	if (!value && strcmp(word, "inet6") == 0) {
		event->probe.event.flags |= TCC_EVENT_IPV6;
		return;
	}
	if (!value)
		die("unknown word", word);
	*value++ = '\0';
	if (strcmp(word, "event") == 0)
		event->probe.event.kind = kind_named(value);
	else if (strcmp(word, "cc") == 0)
		memcpy(event->rare.sample.props.cc, value,
		       strnlen(value, sizeof(event->rare.sample.props.cc)));
	else if (strcmp(word, "start") == 0)
		events->start_ns = number(value);
	else if (strcmp(word, "saddr") == 0 || strcmp(word, "daddr") == 0) {
		if (address(value, *word == 's' ? event->probe.saddr : event->probe.daddr))
			event->probe.event.flags |= TCC_EVENT_IPV6;
	} else
		set_number(event, word, value);
}

/* What is not said again stays: time, cookie, addresses, clock. */
static void add_line(struct events *events, char *line)
{
	struct replayed event = { .probe.ssthresh = 0x7fffffff, .probe.snd_cwnd = 10 };
	char *save = NULL;

	if (events->n) {
		const struct replayed *last = &events->items[events->n - 1];

		event.probe.event = last->probe.event;
		event.probe.event.lost = 0;
		event.probe.event.kind = TCC_KIND_PROBE;
		event.clock_offset_ns = last->clock_offset_ns;
		memcpy(event.probe.saddr, last->probe.saddr, sizeof(event.probe.saddr));
		memcpy(event.probe.daddr, last->probe.daddr, sizeof(event.probe.daddr));
		event.probe.sport = last->probe.sport;
		event.probe.dport = last->probe.dport;
	}
	if (strstr(line, "addr="))
		event.probe.event.flags = 0;
	for (char *word = strtok_r(line, " \t\n", &save); word;
	     word = strtok_r(NULL, " \t\n", &save))
		set_word(events, &event, word);
	if (events->n == events->capacity) {
		events->capacity = events->capacity ? events->capacity * 2 : 1024;
		events->items = realloc(events->items, events->capacity * sizeof(event));
		if (!events->items)
			die("no memory", "");
	}
	events->items[events->n++] = event;
}

static void read_events(struct events *events)
{
	char *line = NULL;
	size_t size = 0;

	while (getline(&line, &size, stdin) > 0) {
		line[strcspn(line, "#\n")] = '\0';
		if (line[strspn(line, " \t")])
			add_line(events, line);
	}
	free(line);
}

/* The events as a source of records. */
struct replay {
	struct source source;
	const struct events *events;
	struct event_reader *reader;
	size_t at;
	unsigned long rounds;	/* left, this one included */
	uint64_t last_ns;
};

static void scan(struct source *source, uint64_t now_ns, bool is_last)
{
	(void)source;
	(void)now_ns;
	(void)is_last;
}

static enum source_state next(struct source *source, struct record *record)
{
	struct replay *replay = (struct replay *)source;
	const struct replayed *event;

	if (replay->at == replay->events->n) {
		if (replay->rounds <= 1)
			return SOURCE_END;
		replay->rounds--;
		replay->at = 0;
		replay->last_ns = 0;
	}
	if (!replay->events->n)
		return SOURCE_END;
	event = &replay->events->items[replay->at++];
	/* As the ring does: time is held level where it steps back. */
	if (event->probe.event.ktime_ns > replay->last_ns)
		replay->last_ns = event->probe.event.ktime_ns;
	event_reader_set_clock(replay->reader, event->clock_offset_ns);
	event_read(replay->reader, &event->probe.event, replay->last_ns, event->cpu, record);
	return SOURCE_RECORD;
}

static int begin_wait(struct source *source, bool has_moved)
{
	(void)source;
	(void)has_moved;
	return 0;
}

static void end_wait(struct source *source, bool has_news)
{
	(void)source;
	(void)has_news;
}

static void stop(struct source *source)
{
	(void)source;
}

static struct source_counts count(const struct source *source, uint8_t kind)
{
	(void)source;
	(void)kind;
	return (struct source_counts){ 0 };
}

static const struct source_ops replay_ops = {
	.scan = scan, .next = next, .begin_wait = begin_wait, .end_wait = end_wait,
	.stop = stop, .count = count,
};

/* Returns an exit status. */
static int replay_all(struct replay *replay, struct output *output, const struct options *options)
{
	struct pipeline_config config = { .start_ns = replay->events->start_ns,
					  .kinds = output_kinds(output), .n_cpus = REPLAY_CPUS,
					  .watches_cwnd = output_watches_cwnd(output) };
	struct session session = {
		.source = &replay->source,
		.pipeline = pipeline_new(&config),
		.consumers = { output->lines[0] },
		.n_consumers = 1,
		.kinds = options->kinds,
	};
	int err = session.pipeline ? loop_new(&session.loop, false) : -ENOMEM;

	if (!err)
		err = lines_watch(output->lines[0], session.loop);
	if (!err)
		err = session_run(&session);
	if (!err && session.output_err)
		lines_say_failed(output->lines[0], session.output_err);
	loop_free(session.loop);
	pipeline_free(session.pipeline);
	return err || session.output_err ? EXIT_FAILED : EXIT_DONE;
}

static struct event_reader *make_reader(const struct output *output, struct ca_decode *decode)
{
	struct event_reader_config config = { .hz = REPLAY_HZ, .decode = decode };

	for (int kind = 0; kind < TCC_KIND_COUNT; kind++)
		config.props[kind] = output_needs(output, (uint8_t)kind);
	return event_reader_new(&config);
}

int main(int argc, char **argv)
{
	const char *repeat = getenv("REPLAY_REPEAT");
	struct events events = { 0 };
	struct replay replay = { .source = { &replay_ops }, .events = &events,
				 .rounds = repeat ? strtoul(repeat, NULL, 10) : 1 };
	double n_events;
	struct ca_decode *decode;
	struct options options;
	struct output output;
	uint64_t before_ns;
	int status;

	if (options_parse(&options, argc, argv))
		return EXIT_USAGE;
	read_events(&events);
	n_events = (double)(events.n * replay.rounds);
	status = output_open_format(&output, &options);
	/* Whatever is replayed, unless something is to be made of it and nothing else. */
	if (options.kinds & RECORD_KINDS_KERNEL)
		output.config[0].kinds |= RECORD_KINDS_KERNEL;
	if (!status)
		status = output_open(&output, 0);
	if (status) {
		output_close(&output);
		free(events.items);
		return status;
	}
	if (ca_decode_new(&decode, &(struct ca_source_options){ .btf_directory = "/nonexistent" }))
		return EXIT_FAILED;
	replay.reader = make_reader(&output, decode);
	if (!replay.reader)
		return EXIT_FAILED;
	before_ns = clock_now_ns();
	status = replay_all(&replay, &output, &options);
	if (repeat)
		fprintf(stderr, "%.0f events/s\n",
			n_events * 1e9 / (double)(clock_now_ns() - before_ns));
	event_reader_free(replay.reader);
	ca_decode_free(decode);
	output_close(&output);
	free(events.items);
	return status;
}
