// SPDX-License-Identifier: GPL-2.0-or-later
/* What a record says of its connection; see pipeline.h. */
#include "run/pipeline.h"

#include <stdlib.h>

/*
 * Connections that are over are remembered a little longer: a reset may be sent
 * after the close (tcp_disconnect(), net/ipv4/tcp.c).
 */
#define OVER_MAX 1024

/* Of a connection. */
struct kept {
	uint32_t snd_cwnd;	/* of its last event, segments; 0 before the first */
	struct derive_state derive;
};

struct pipeline {
	struct pipeline_config config;
	struct conn_table *conns;
	uint32_t parents;	/* RECORD_KIND_BIT()s: kinds of which others are made */
	uint64_t made[RECORD_KIND_COUNT];
	uint32_t *unsaid;	/* n_cpus: lost before records that nobody wants to see */
	uint64_t over[OVER_MAX];	/* keys, the oldest at next_over; 0: none */
	size_t next_over;
	struct conn unknown;		/* see find_conn() */
	uint64_t now_ns;		/* the latest time of a record */
};

struct pipeline *pipeline_new(const struct pipeline_config *config)
{
	struct pipeline *pipeline = calloc(1, sizeof(*pipeline));

	if (!pipeline)
		return NULL;
	pipeline->config = *config;
	pipeline->parents = derive_takes(config->kinds & ~RECORD_KINDS_KERNEL);
	pipeline->unsaid = calloc(config->n_cpus ? config->n_cpus : 1, sizeof(*pipeline->unsaid));
	pipeline->conns = conn_table_new(CONN_TABLE_LIMIT, sizeof(struct kept));
	if (!pipeline->conns || !pipeline->unsaid) {
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
	free(pipeline->unsaid);
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
	/* Those of files may be of several clocks. */
	if (record->ktime_ns > pipeline->now_ns)
		pipeline->now_ns = record->ktime_ns;
	conn = conn_table_get(pipeline->conns, record->conn_key, pipeline->now_ns);
	if (pipeline->config.forgets && conn_table_forgotten(pipeline->conns)) {
		pipeline->config.forgets();
		pipeline->config.forgets = NULL;
	}
	if (conn->is_over && record->kind != RECORD_KIND_RESET)
		conn_table_renew(pipeline->conns, conn, pipeline->now_ns);
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

/* Only of those connections of which something is to be known. */
static struct kept *find_kept(struct pipeline *pipeline, struct conn *conn,
			      const struct record *record)
{
	if (!conn->key || !(pipeline->config.watches_cwnd ||
			    pipeline->parents & RECORD_KIND_BIT(record->kind)))
		return NULL;
	return conn_table_state(pipeline->conns, conn);
}

static void watch_cwnd(struct kept *kept, struct record *record)
{
	record->has_cwnd_fallen = record->snd_cwnd < kept->snd_cwnd;
	kept->snd_cwnd = record->snd_cwnd;
}

/* A mark of a record that nobody sees goes to the next that is made on its CPU. */
static void pass_on_lost(struct pipeline *pipeline, const struct record *parent,
			 struct record *derived)
{
	uint32_t *unsaid;

	if (parent->cpu >= pipeline->config.n_cpus ||
	    pipeline->config.kinds & RECORD_KIND_BIT(parent->kind))
		return;
	unsaid = &pipeline->unsaid[parent->cpu];
	*unsaid += parent->lost;
	if (!derived)
		return;
	derived->lost = *unsaid;
	*unsaid = 0;
}

static size_t make_derived(struct pipeline *pipeline, struct kept *kept,
			   const struct record *record, struct record derived[DERIVE_MAX])
{
	size_t n = derive(pipeline->config.kinds, kept ? &kept->derive : NULL, record, derived);

	for (size_t i = 0; i < n; i++)
		pipeline->made[derived[i].kind]++;
	pass_on_lost(pipeline, record, n ? derived : NULL);
	return n;
}

size_t pipeline_record(struct pipeline *pipeline, struct record *record,
		       struct record derived[DERIVE_MAX])
{
	struct conn *conn = find_conn(pipeline, record);
	struct kept *kept = find_kept(pipeline, conn, record);
	size_t n = 0;

	if (!pipeline->config.keeps_times)
		add_times(pipeline, record, conn);
	record->has_cwnd_fallen = false;
	if (kept && pipeline->config.watches_cwnd)
		watch_cwnd(kept, record);
	if (pipeline->parents & RECORD_KIND_BIT(record->kind) && !record->has_derived)
		n = make_derived(pipeline, kept, record, derived);
	if (record->kind == RECORD_KIND_CLOSE)
		end_conn(pipeline, conn);
	return n;
}

uint64_t pipeline_made(const struct pipeline *pipeline, uint8_t kind)
{
	return pipeline->made[kind];
}

const struct conn_table *pipeline_conns(const struct pipeline *pipeline)
{
	return pipeline->conns;
}
