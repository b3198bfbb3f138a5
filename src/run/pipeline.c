// SPDX-License-Identifier: GPL-2.0-or-later
/* One event in, one line out; see pipeline.h. */
#include "run/pipeline.h"

#include <stdlib.h>

/*
 * Connections that are over are remembered a little longer: a reset may be sent
 * after the close (tcp_disconnect(), net/ipv4/tcp.c).
 */
#define OVER_MAX 1024

/* Of each CPU, for the next line of a kind to say. */
struct unsaid {
	uint32_t lost[TCC_KIND_COUNT];
};

struct pipeline {
	struct pipeline_config config;
	struct conn_table *conns;
	struct addr_cache *addrs;
	int64_t clock_offset_ns;
	uint64_t lost_marked;
	struct unsaid *unsaid;		/* n_cpus */
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
	pipeline->addrs = addr_cache_new();
	pipeline->unsaid = calloc(config->n_cpus, sizeof(*pipeline->unsaid));
	if (!pipeline->conns || !pipeline->addrs || !pipeline->unsaid) {
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
	addr_cache_free(pipeline->addrs);
	free(pipeline->unsaid);
	free(pipeline);
}

void pipeline_set_clock_offset(struct pipeline *pipeline, int64_t offset_ns)
{
	pipeline->clock_offset_ns = offset_ns;
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
 * The event's connection. Without a cookie, one whose local port is not chosen yet
 * will be another by its key: it is not entered. A socket that goes on after its
 * connection was over has another one; its reset alone may still be of the old.
 */
static struct conn *find_conn(struct pipeline *pipeline, const struct tcc_event *event,
			      uint64_t ktime_ns)
{
	const struct tcc_probe *probe = (const struct tcc_probe *)event;
	uint64_t key = conn_key(probe);
	struct conn *conn;

	if ((event->flags & TCC_EVENT_NO_COOKIE) && !probe->sport) {
		pipeline->unknown = (struct conn){ .key = key, .first_ns = ktime_ns };
		return &pipeline->unknown;
	}
	conn = conn_table_get(pipeline->conns, key, ktime_ns);
	if (conn->is_over && event->kind != TCC_KIND_RESET)
		conn_table_renew(pipeline->conns, conn, ktime_ns);
	return conn;
}

/* A replayed event may be of any CPU. */
static uint32_t take_lost(struct pipeline *pipeline, uint32_t cpu, uint8_t kind)
{
	uint32_t lost = 0;

	if (cpu < pipeline->config.n_cpus) {
		lost = pipeline->unsaid[cpu].lost[kind];
		pipeline->unsaid[cpu].lost[kind] = 0;
	}
	return lost;
}

static void add_times(const struct pipeline *pipeline, struct record *record, uint64_t ktime_ns,
		      uint64_t first_ns)
{
	uint64_t start_ns = pipeline->config.start_ns;

	record->ktime_ns = ktime_ns;
	record->wall_ns = (int64_t)ktime_ns + pipeline->clock_offset_ns;
	record->wall_us = record->wall_ns / 1000;
	record->offset_ns = ktime_ns > start_ns ? ktime_ns - start_ns : 0;
	record->conn_ns = ktime_ns - first_ns;
}

/* The kernel side may have seen the connection before any event of it was written. */
static uint64_t first_seen_ns(const struct conn *conn, const struct tcc_event *event)
{
	const struct tcc_rare *rare = (const struct tcc_rare *)event;

	if (event->kind == TCC_KIND_CLOSE && rare->has_life &&
	    rare->life.begun_ns < conn->first_ns)
		return rare->life.begun_ns;
	return conn->first_ns;
}

/* What is there only if it was asked for. */
static void add_properties(struct pipeline *pipeline, struct record *record,
			   const struct tcc_event *event)
{
	const struct pipeline_config *config = &pipeline->config;
	uint64_t needs = config->format->plans[event->kind].needs;
	const struct tcc_sample *sample = (const struct tcc_sample *)event;

	if (needs)
		record_from_props(record, &sample->props, config->lacking ? *config->lacking : 0,
				  config->hz);
	if (needs & TCC_PROP(CA_PRIV))
		ca_decode_record(config->decode, record, sample);
	if (event->kind != TCC_KIND_PROBE)
		record_from_rare(record, (const struct tcc_rare *)event);
}

size_t pipeline_event(struct pipeline *pipeline, const struct tcc_event *event, uint64_t ktime_ns,
		      uint32_t cpu, char *out)
{
	const struct tcc_probe *probe = (const struct tcc_probe *)event;
	struct record record;
	struct conn *conn;

	record_from_probe(&record, probe);
	conn = find_conn(pipeline, event, ktime_ns);
	record.conn_key = conn->key;
	add_times(pipeline, &record, ktime_ns, first_seen_ns(conn, event));
	record.cpu = cpu;
	record.lost += take_lost(pipeline, cpu, event->kind);
	pipeline->lost_marked += record.lost;
	record.has_cwnd_fallen = probe->snd_cwnd < conn->snd_cwnd;
	conn->snd_cwnd = probe->snd_cwnd;
	record.addrs = addr_cache_get(pipeline->addrs, record.conn_key, probe->saddr, probe->daddr,
				      record.ip_version == 6);
	add_properties(pipeline, &record, event);
	if (event->kind == TCC_KIND_CLOSE)
		end_conn(pipeline, conn);
	return format_record(pipeline->config.format, &record, out);
}

void pipeline_lose(struct pipeline *pipeline, const struct tcc_event *event, uint64_t ktime_ns,
		   uint32_t cpu)
{
	const struct tcc_probe *probe = (const struct tcc_probe *)event;
	struct conn *conn = find_conn(pipeline, event, ktime_ns);

	conn->snd_cwnd = probe->snd_cwnd;
	if (event->kind == TCC_KIND_CLOSE)
		end_conn(pipeline, conn);
	if (cpu < pipeline->config.n_cpus)
		pipeline->unsaid[cpu].lost[event->kind] += 1 + event->lost;
}

uint64_t pipeline_lost_marked(const struct pipeline *pipeline)
{
	return pipeline->lost_marked;
}

const struct conn_table *pipeline_conns(const struct pipeline *pipeline)
{
	return pipeline->conns;
}
