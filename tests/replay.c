// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Replays events written as text through the pipeline and the output, without
 * a kernel: for golden files, for comparing formats and for the benchmark.
 *
 *	replay [OPTION of tcc-trace]... < EVENTS
 *
 * Each line of EVENTS is an event: words NAME=VALUE, in any order; a word that
 * is absent has the value it had in the line before (ktime, cookie) or its
 * default. `#` starts a comment. Words: ktime cookie cpu saddr sport daddr
 * dport snd_cwnd ssthresh snd_wnd srtt rcv_wnd length snd_nxt snd_una mark mss
 * lost skipped; the properties, raw, by the names in bpf/tcc_props.h, with cc,
 * cgroup, netns, chrono_busy, chrono_rwnd, chrono_sndbuf, chrono_start,
 * chrono_type and jiffies; event (its kind), seq, from, to, cause; `nocookie` (the kernel gave none), `inet6` (an AF_INET6 socket with
 * v4-mapped addresses); `clock=NS` sets the wall clock's offset, `start=NS`
 * when the trace began: in the first line only.
 *
 * With REPLAY_REPEAT=N in the environment the events are replayed N times, and
 * events per second of formatting and writing are printed on stderr.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "options/options.h"
#include "run/output.h"
#include "run/pipeline.h"

#define REPLAY_HZ 250	/* of the words in jiffies */

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

/* All of it; a pipe's reader is waited for. */
static void flush(const struct output *output)
{
	struct pollfd writable = { .fd = sink_fd(output->sink), .events = POLLOUT };
	int err;

	while ((err = sink_flush(output->sink)) == -EAGAIN)
		poll(&writable, 1, -1);
	if (err)
		exit(output_fail(output, err));
}

static void write_events(const struct events *events, struct output *output,
			 struct pipeline *pipeline)
{
	uint64_t last_ns = 0;

	for (size_t i = 0; i < events->n; i++) {
		const struct replayed *event = &events->items[i];
		char *room = sink_room(output->sink, output->format->line_max);
		uint64_t ktime_ns = event->probe.event.ktime_ns;

		if (!room) {
			flush(output);
			room = sink_room(output->sink, output->format->line_max);
		}
		/* As the ring does: time is held level where it steps back. */
		last_ns = ktime_ns > last_ns ? ktime_ns : last_ns;
		pipeline_set_clock_offset(pipeline, event->clock_offset_ns);
		sink_commit(output->sink, pipeline_event(pipeline, &event->probe.event, last_ns,
							 event->cpu, room));
	}
}

int main(int argc, char **argv)
{
	const char *repeat = getenv("REPLAY_REPEAT");
	unsigned long rounds = repeat ? strtoul(repeat, NULL, 10) : 1;
	struct events events = { 0 };
	struct pipeline_config config;
	struct ca_decode *decode;
	struct pipeline *pipeline;
	struct options options;
	struct output output;
	uint64_t before_ns, spent_ns;
	int status;

	if (options_parse(&options, argc, argv))
		return EXIT_USAGE;
	read_events(&events);
	status = output_open_format(&output, &options);
	if (!status)
		status = output_open(&output, &options);
	if (status) {
		output_close(&output);
		free(events.items);
		return status;
	}
	if (ca_decode_new(&decode, &(struct ca_source_options){ .btf_directory = "/nonexistent" }))
		return EXIT_FAILED;
	config = (struct pipeline_config){ .format = output.format, .start_ns = events.start_ns,
					   .hz = REPLAY_HZ, .decode = decode };
	pipeline = pipeline_new(&config);
	if (!pipeline)
		return EXIT_FAILED;
	before_ns = clock_now_ns();
	for (unsigned long i = 0; i < rounds; i++)
		write_events(&events, &output, pipeline);
	flush(&output);
	spent_ns = clock_now_ns() - before_ns;
	if (repeat)
		fprintf(stderr, "%.0f events/s\n",
			(double)(events.n * rounds) * 1e9 / (double)spent_ns);
	pipeline_free(pipeline);
	ca_decode_free(decode);
	output_close(&output);
	free(events.items);
	return status;
}
