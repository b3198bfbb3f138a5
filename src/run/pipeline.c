// SPDX-License-Identifier: GPL-2.0-or-later
/* What a record says of its connection; see pipeline.h. */
#include "run/pipeline.h"

#include <stdlib.h>

/*
 * Connections that are over are remembered a little longer: a reset may be sent
 * after the close (tcp_disconnect(), net/ipv4/tcp.c).
 */
#define OVER_MAX 1024

struct pipeline {
	struct pipeline_config config;
	struct conn_table *conns;
	uint64_t over[OVER_MAX];	/* keys, the oldest at next_over; 0: none */
	size_t next_over;
	struct conn unknown;		/* see find_conn() */
};

struct pipeline *pipeline_new(const struct pipeline_config *config)
{
	struct pipeline *pipeline = calloc(1, sizeof(*pipeline));

	if (!pipeline)
		return NULL;
	pipeline->config = *config;
	pipeline->conns = conn_table_new(CONN_TABLE_LIMIT);
	if (!pipeline->conns) {
		pipeline_free(pipeline);
		return NULL;
	}
	return pipeline;
}

void pipeline_free(struct pipeline *pipeline)
{
	if (!pipeline)
		return;
	conn_table_free(pipeline->conns);
	free(pipeline);
}

static void end_conn(struct pipeline *pipeline, struct conn *conn)
{
	uint64_t *over = &pipeline->over[pipeline->next_over];
	uint64_t key = conn->key;

	conn_table_end(conn);
	if (*over)
		conn_table_forget(pipeline->conns, *over);
	*over = key;
	pipeline->next_over = (pipeline->next_over + 1) % OVER_MAX;
}

/*
 * The record's connection. One of which it cannot be told yet is not entered. A
 * socket that goes on after its connection was over has another one; its reset
 * alone may still be of the old.
 */
static struct conn *find_conn(struct pipeline *pipeline, const struct record *record)
{
	struct conn *conn;

	if (!record->conn_key) {
		pipeline->unknown = (struct conn){ .first_ns = record->ktime_ns };
		return &pipeline->unknown;
	}
	conn = conn_table_get(pipeline->conns, record->conn_key, record->ktime_ns);
	if (conn->is_over && record->kind != RECORD_KIND_RESET)
		conn_table_renew(pipeline->conns, conn, record->ktime_ns);
	return conn;
}

/* Who made the record may have seen the connection before any other of it was written. */
static uint64_t first_seen_ns(const struct conn *conn, const struct record *record)
{
	return record->begun_ns < conn->first_ns ? record->begun_ns : conn->first_ns;
}

static void add_times(const struct pipeline *pipeline, struct record *record,
		      const struct conn *conn)
{
	uint64_t start_ns = pipeline->config.start_ns;

	record->offset_ns = record->ktime_ns > start_ns ? record->ktime_ns - start_ns : 0;
	record->conn_ns = record->ktime_ns - first_seen_ns(conn, record);
}

void pipeline_record(struct pipeline *pipeline, struct record *record)
{
	struct conn *conn = find_conn(pipeline, record);

	add_times(pipeline, record, conn);
	record->has_cwnd_fallen = record->snd_cwnd < conn->snd_cwnd;
	conn->snd_cwnd = record->snd_cwnd;
	if (record->kind == RECORD_KIND_CLOSE)
		end_conn(pipeline, conn);
}

const struct conn_table *pipeline_conns(const struct pipeline *pipeline)
{
	return pipeline->conns;
}
