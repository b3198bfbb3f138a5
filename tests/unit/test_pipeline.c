// SPDX-License-Identifier: GPL-2.0-or-later
/* What a record says of its connection: since when, and which one. */
#include <stdlib.h>

#include "../tap.h"
#include "run/pipeline.h"

#define START 1000000000ull
#define OVER 1024	/* connections that are over and still known */

static struct pipeline *pipeline;

static void setup(void)
{
	pipeline = pipeline_new(&(struct pipeline_config){ .start_ns = START });
}

static struct record record_of(uint64_t key, uint8_t kind, uint64_t ktime_ns)
{
	return (struct record){ .conn_key = key, .kind = kind, .ktime_ns = ktime_ns,
				.begun_ns = UINT64_MAX, .snd_cwnd = 10 };
}

/* Completed by the pipeline. */
static struct record give(uint64_t key, uint8_t kind, uint64_t ktime_ns)
{
	struct record record = record_of(key, kind, ktime_ns);

	pipeline_record(pipeline, &record, NULL);
	return record;
}

static void times_are_since_the_trace_and_the_connection_began(void)
{
	struct record record;

	setup();
	record = give(1, RECORD_KIND_PROBE, START - 5);
	check_eq(record.offset_ns, 0);
	record = give(1, RECORD_KIND_PROBE, START + 30);
	check_eq(record.offset_ns, 30);
	check_eq(record.conn_ns, 35);
	check_eq(give(2, RECORD_KIND_PROBE, START + 40).conn_ns, 0);
	pipeline_free(pipeline);
}

static unsigned int n_forgets;

static void forgets(void)
{
	n_forgets++;
}

/* When the table can grow no more, and never again. */
static void the_first_that_is_forgotten_is_told_of_once(void)
{
	const uint64_t n_most = CONN_TABLE_LIMIT / 4 * 3;
	uint64_t key;

	pipeline = pipeline_new(&(struct pipeline_config){ .start_ns = START, .forgets = forgets });
	for (key = 1; key <= n_most; key++)
		give(key, RECORD_KIND_PROBE, START + key);
	check_eq(n_forgets, 0);
	for (; key <= n_most + 1000; key++)
		give(key, RECORD_KIND_PROBE, START + key);
	check_eq(n_forgets, 1);
	check_eq(conn_table_forgotten(pipeline_conns(pipeline)), 1000);
	pipeline_free(pipeline);
}

/* Its first event may not have been written: thinned, filtered, of another kind. */
static void the_kernel_may_have_seen_a_connection_earlier(void)
{
	struct record record;

	setup();
	record = record_of(1, RECORD_KIND_CLOSE, START + 100);
	record.begun_ns = START + 20;
	pipeline_record(pipeline, &record, NULL);
	check_eq(record.conn_ns, 80);
	/* And later, of what it was told of later. */
	give(2, RECORD_KIND_PROBE, START + 200);
	record = record_of(2, RECORD_KIND_CLOSE, START + 300);
	record.begun_ns = START + 250;
	pipeline_record(pipeline, &record, NULL);
	check_eq(record.conn_ns, 100);
	pipeline_free(pipeline);
}

static void after_the_close_there_may_be_a_reset_or_another_connection(void)
{
	setup();
	give(1, RECORD_KIND_PROBE, START);
	give(1, RECORD_KIND_CLOSE, START + 10);
	check_eq(give(1, RECORD_KIND_RESET, START + 20).conn_ns, 20);
	check_eq(conn_table_count(pipeline_conns(pipeline)), 1);
	check_eq(give(1, RECORD_KIND_STATE, START + 30).conn_ns, 0);
	check_eq(conn_table_count(pipeline_conns(pipeline)), 2);
	pipeline_free(pipeline);
}

/* The table stays as small as it began, however many come and go. */
static void connections_that_are_over_are_forgotten(void)
{
	size_t bytes;

	setup();
	for (uint64_t key = 1; key <= OVER + 1; key++)
		give(key, RECORD_KIND_CLOSE, START + key);
	bytes = conn_table_bytes(pipeline_conns(pipeline));
	/* The first made way for the last; its reset is of one not seen before. */
	check_eq(give(2, RECORD_KIND_RESET, START + 5000).conn_ns, 5000 - 2);
	check_eq(give(1, RECORD_KIND_RESET, START + 5000).conn_ns, 0);
	for (uint64_t key = OVER + 2; key <= 50 * OVER; key++)
		give(key, RECORD_KIND_CLOSE, START + 5000 + key);
	check_eq(conn_table_bytes(pipeline_conns(pipeline)), bytes);
	check_eq(conn_table_forgotten(pipeline_conns(pipeline)), 0);
	pipeline_free(pipeline);
}

/* Without a cookie and without a port, nobody can tell which it is. */
static void an_unknown_connection_is_not_entered(void)
{
	setup();
	check_eq(give(0, RECORD_KIND_STATE, START + 1).conn_ns, 0);
	check_eq(give(0, RECORD_KIND_STATE, START + 9).conn_ns, 0);
	check_eq(conn_table_count(pipeline_conns(pipeline)), 0);
	pipeline_free(pipeline);
}

int main(void)
{
	TAP_RUN(times_are_since_the_trace_and_the_connection_began);
	TAP_RUN(the_first_that_is_forgotten_is_told_of_once);
	TAP_RUN(the_kernel_may_have_seen_a_connection_earlier);
	TAP_RUN(after_the_close_there_may_be_a_reset_or_another_connection);
	TAP_RUN(connections_that_are_over_are_forgotten);
	TAP_RUN(an_unknown_connection_is_not_entered);
	return tap_done();
}
