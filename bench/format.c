// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a line costs: each format, from replayed events through the pipeline
 * into memory, and the JSON line's formatting alone beside jansson and beside
 * one snprintf() of the same line. In turns, several rounds; medians. TCC_SHORT in
 * the environment: one round, which shows that it works, not what it costs.
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "format/format.h"
#include "kernel/event.h"
#include "run/pipeline.h"

#define EVENTS 4096
#define CONNECTIONS 64
#define PASSES 25		/* over the events, in each round */
#define ROUNDS_MAX 9
#define BLOCK (256 << 10)

static struct tcc_probe events[EVENTS];
static struct record records[EVENTS];
static char block[BLOCK + 4096];
static size_t longest_block;

/* --- what is formatted -------------------------------------------------------- */

static uint32_t next_random(uint32_t limit)
{
	static uint64_t state = 0x9e3779b97f4a7c15;

	state = state * 6364136223846793005 + 1442695040888963407;
	return (uint32_t)((state >> 33) % limit);
}

/* The numbers that real connections have, not all their bits. */
static void make_events(void)
{
	uint64_t ktime_ns = 1000000000000;

	for (int i = 0; i < EVENTS; i++) {
		uint32_t conn = next_random(CONNECTIONS);
		uint32_t una = conn * 67108864 + (uint32_t)i * 1448;

		ktime_ns += next_random(20000);
		events[i] = (struct tcc_probe){
			.event = { .ktime_ns = ktime_ns, .cookie = 0x10000 + conn },
			.saddr = { 0, 0, 0xffff0000, 0x0201000a + (conn << 24) },
			.daddr = { 0, 0, 0xffff0000, 0x6464a8c0 + (conn << 24) },
			.snd_una = una, .snd_nxt = una + next_random(500000),
			.snd_cwnd = 10 + next_random(300), .ssthresh = 20 + next_random(300),
			.snd_wnd = 60000 + next_random(3000000),
			.rcv_wnd = 60000 + next_random(3000000),
			.srtt_us = 100 + next_random(90000), .length = next_random(2) * 1448,
			.mss = 1448, .sport = 443, .dport = (uint16_t)(32768 + conn),
		};
	}
}

/* The same as records, for what is measured without the pipeline. */
static void make_records(void)
{
	struct addr_cache *cache = addr_cache_new();
	struct field_set has = fields_of_kind(RECORD_KIND_PROBE, 0);

	for (int i = 0; i < EVENTS; i++) {
		struct record *record = &records[i];
		uint32_t conn = (uint32_t)events[i].event.cookie - 0x10000;

		record_from_probe(record, &events[i], &has);
		record->addrs = *addr_cache_get(cache, conn, events[i].saddr, events[i].daddr,
						false);
		record->ktime_ns = events[i].event.ktime_ns;
		record->wall_ns = (int64_t)record->ktime_ns + 1700000000000000000;
		record->wall_us = record->wall_ns / 1000;
		record->offset_ns = record->ktime_ns - 1000000000000;
		record->conn_ns = record->offset_ns / 2;
	}
	addr_cache_free(cache);
}

/* What makes a record of an event. */
struct makers {
	struct event_reader *reader;
	struct pipeline *pipeline;
};

static void make_record(const struct makers *makers, int i, struct record *record)
{
	event_read(makers->reader, &events[i].event, events[i].event.ktime_ns, 0, record);
	pipeline_record(makers->pipeline, record, NULL);
}

/* --- who formats it ----------------------------------------------------------- */

struct contender {
	const char *name;
	enum format_kind kind;
	/* All events once; the lines go to `block`. */
	void (*run)(struct format *format, const struct makers *makers);
	double ns[ROUNDS_MAX];
};

static void keep(size_t length)
{
	longest_block = length > longest_block ? length : longest_block;
}

static void run_pipeline(struct format *format, const struct makers *makers)
{
	size_t at = 0;

	for (int i = 0; i < EVENTS; i++) {
		struct record record;

		make_record(makers, i, &record);
		at += format_record(format, &record, block + at);
		at = at < BLOCK ? at : 0;
	}
	keep(at);
}

/* What a consumer without lines would pay. */
static void run_records(struct format *format, const struct makers *makers)
{
	size_t in_flight = 0;

	(void)format;
	for (int i = 0; i < EVENTS; i++) {
		struct record record;

		make_record(makers, i, &record);
		in_flight += record.in_flight;
	}
	keep(in_flight);
}

static void run_format(struct format *format, const struct makers *makers)
{
	size_t at = 0;

	(void)makers;
	for (int i = 0; i < EVENTS; i++) {
		at += format_record(format, &records[i], block + at);
		at = at < BLOCK ? at : 0;
	}
	keep(at);
}

#define TEXT(field) addrs->field##_length, addrs->field##_text

static void run_snprintf(struct format *format, const struct makers *makers)
{
	size_t at = 0;

	(void)format;
	(void)makers;
	for (int i = 0; i < EVENTS; i++) {
		const struct record *r = &records[i];
		const struct addr_pair *addrs = &r->addrs;

		at += (size_t)snprintf(
			block + at, 1024,
			"{\"event\":\"%s\",\"time\":\"%s.%09" PRId64 "Z\",\"time_us\":%" PRId64
			",\"offset_ms\":%" PRIu64 ".%03u,\"conn_ms\":%" PRIu64 ".%03u"
			",\"saddr\":\"%.*s\",\"sport\":%u,\"daddr\":\"%.*s\",\"dport\":%u"
			",\"snd_cwnd\":%u,\"ssthresh\":%u,\"mss\":%u,\"snd_wnd\":%u,\"srtt\":%u"
			",\"rcv_wnd\":%u,\"length\":%u,\"in_flight\":%u,\"snd_nxt\":%u"
			",\"snd_una\":%u,\"mark\":%u,\"cookie\":\"0x%" PRIx64 "\",\"lost\":%u}\n",
			"probe", "2026-11-22T22:43:00", r->wall_ns % 1000000000, r->wall_us,
			r->offset_ns / 1000000, (unsigned int)(r->offset_ns / 1000 % 1000),
			r->conn_ns / 1000000, (unsigned int)(r->conn_ns / 1000 % 1000),
			TEXT(saddr), r->sport, TEXT(daddr), r->dport, r->snd_cwnd, r->ssthresh,
			r->mss, r->snd_wnd, r->srtt_us, r->rcv_wnd, r->length, r->in_flight,
			r->snd_nxt, r->snd_una, r->mark, r->cookie, r->lost);
		at = at < BLOCK ? at : 0;
	}
	keep(at);
}

static size_t dump_one(const struct record *r, char *out)
{
	const struct addr_pair *addrs = &r->addrs;
	char cookie[24];
	json_t *json;
	size_t length;

	snprintf(cookie, sizeof(cookie), "0x%" PRIx64, r->cookie);
	json = json_pack("{s:s, s:s, s:I, s:f, s:f, s:s%, s:i, s:s%, s:i, s:i, s:i, s:i, s:I,"
			 " s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:s, s:I}",
			 "event", "probe", "time", "2026-11-22T22:43:00.123456789Z",
			 "time_us", (json_int_t)r->wall_us, "offset_ms", (double)r->offset_ns / 1e6,
			 "conn_ms", (double)r->conn_ns / 1e6,
			 "saddr", addrs->saddr_text, (size_t)addrs->saddr_length, "sport", r->sport,
			 "daddr", addrs->daddr_text, (size_t)addrs->daddr_length, "dport", r->dport,
			 "snd_cwnd", r->snd_cwnd, "ssthresh", r->ssthresh, "mss", r->mss,
			 "snd_wnd", (json_int_t)r->snd_wnd, "srtt", (json_int_t)r->srtt_us,
			 "rcv_wnd", (json_int_t)r->rcv_wnd, "length", (json_int_t)r->length,
			 "in_flight", (json_int_t)r->in_flight, "snd_nxt", (json_int_t)r->snd_nxt,
			 "snd_una", (json_int_t)r->snd_una, "mark", (json_int_t)r->mark,
			 "cookie", cookie, "lost", (json_int_t)r->lost);
	if (!json)
		abort();
	length = json_dumpb(json, out, 1024, JSON_COMPACT);
	json_decref(json);
	out[length] = '\n';
	return length + 1;
}

static void run_jansson(struct format *format, const struct makers *makers)
{
	size_t at = 0;

	(void)format;
	(void)makers;
	for (int i = 0; i < EVENTS; i++) {
		at += dump_one(&records[i], block + at);
		at = at < BLOCK ? at : 0;
	}
	keep(at);
}

static struct contender contenders[] = {
	{ .name = "json, event to line", .kind = FORMAT_JSON, .run = run_pipeline },
	{ .name = "csv, event to line", .kind = FORMAT_CSV, .run = run_pipeline },
	{ .name = "text, event to line", .kind = FORMAT_TEXT, .run = run_pipeline },
	{ .name = "tcpprobe, event to line", .kind = FORMAT_TCPPROBE, .run = run_pipeline },
	{ .name = "json, formatting alone", .kind = FORMAT_JSON, .run = run_format },
	{ .name = "event to record, no line", .kind = FORMAT_JSON, .run = run_records },
	{ .name = "one snprintf", .kind = FORMAT_JSON, .run = run_snprintf },
	{ .name = "jansson pack + dumpb", .kind = FORMAT_JSON, .run = run_jansson },
};

#define CONTENDERS (sizeof(contenders) / sizeof(contenders[0]))
enum { JSON, CSV, TEXT_LINE, TCPPROBE, JSON_FORMAT, RECORDS, SNPRINTF, JANSSON };

/* --- measuring ------------------------------------------------------------------ */

static void measure(struct contender *contender, int round)
{
	struct format_style style = { .has_header = true };
	struct format *format = format_new(contender->kind, NULL, &style);
	struct event_reader_config reader = { .hz = 250 };
	struct pipeline_config config = { .start_ns = 1000000000000 };
	struct makers makers = { event_reader_new(&reader), pipeline_new(&config) };
	uint64_t before_ns;

	if (!format || !makers.reader || !makers.pipeline)
		abort();
	event_reader_set_clock(makers.reader, 1700000000000000000);
	contender->run(format, &makers);
	before_ns = clock_now_ns();
	for (int i = 0; i < PASSES; i++)
		contender->run(format, &makers);
	contender->ns[round] = (double)(clock_now_ns() - before_ns) / PASSES / EVENTS;
	event_reader_free(makers.reader);
	pipeline_free(makers.pipeline);
	format_free(format);
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(struct contender *contender, int n_rounds)
{
	qsort(contender->ns, (size_t)n_rounds, sizeof(double), by_size);
	return contender->ns[n_rounds / 2];
}

static void verdict(const char *what, double is, double asked, const char *unit)
{
	printf("%-44s %8.2f%s asked %5.1f%s  %s\n", what, is, unit, asked, unit,
	       is >= asked ? "ok" : "NOT REACHED");
}

int main(void)
{
	double ns[CONTENDERS];
	int n_rounds = getenv("TCC_SHORT") ? 1 : ROUNDS_MAX;

	make_events();
	make_records();
	for (int round = 0; round < n_rounds; round++)
		for (size_t i = 0; i < CONTENDERS; i++)
			measure(&contenders[i], round);
	printf("%-44s %8s %14s\n", "one core, replayed events", "ns", "records/s");
	for (size_t i = 0; i < CONTENDERS; i++) {
		ns[i] = median(&contenders[i], n_rounds);
		printf("%-44s %8.0f %14.0f\n", contenders[i].name, ns[i], 1e9 / ns[i]);
	}
	printf("\n");
	verdict("json, million records/s", 1e3 / ns[JSON], 3.5, " M");
	verdict("csv, million records/s", 1e3 / ns[CSV], 6, " M");
	verdict("text, million records/s", 1e3 / ns[TEXT_LINE], 4, " M");
	verdict("jansson / json", ns[JANSSON] / ns[JSON_FORMAT], 12, " x");
	verdict("one snprintf / json", ns[SNPRINTF] / ns[JSON_FORMAT], 3, " x");
	return longest_block == 0;
}
