// SPDX-License-Identifier: GPL-2.0-or-later
/* One event in, one line out; see pipeline.h. */
#include "pipeline.h"

#include <stdlib.h>

struct pipeline {
	struct format *format;
	struct conn_table *conns;
	struct addr_cache *addrs;
	uint64_t start_ns;
	int64_t clock_offset_ns;
	uint64_t lost_marked;
	uint32_t n_cpus;
	uint32_t *lost;		/* of each CPU, for its next line to say */
};

struct pipeline *pipeline_new(struct format *format, uint32_t n_cpus, uint64_t start_ns)
{
	struct pipeline *pipeline = calloc(1, sizeof(*pipeline));

	if (!pipeline)
		return NULL;
	pipeline->format = format;
	pipeline->start_ns = start_ns;
	pipeline->n_cpus = n_cpus;
	pipeline->conns = conn_table_new(CONN_TABLE_LIMIT);
	pipeline->addrs = addr_cache_new();
	pipeline->lost = calloc(n_cpus, sizeof(*pipeline->lost));
	if (!pipeline->conns || !pipeline->addrs || !pipeline->lost) {
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
	free(pipeline->lost);
	free(pipeline);
}

void pipeline_set_clock_offset(struct pipeline *pipeline, int64_t offset_ns)
{
	pipeline->clock_offset_ns = offset_ns;
}

/* A replayed event may be of any CPU. */
static uint32_t take_lost(struct pipeline *pipeline, uint32_t cpu)
{
	uint32_t lost = 0;

	if (cpu < pipeline->n_cpus) {
		lost = pipeline->lost[cpu];
		pipeline->lost[cpu] = 0;
	}
	return lost;
}

size_t pipeline_event(struct pipeline *pipeline, const struct tcc_event *event, uint64_t ktime_ns,
		      uint32_t cpu, char *out)
{
	/* The one kind there is. */
	const struct tcc_probe *probe = (const struct tcc_probe *)event;
	struct record record;
	struct conn *conn;

	record_from_probe(&record, probe);
	record.conn_key = conn_key(probe);
	conn = conn_table_get(pipeline->conns, record.conn_key, ktime_ns);
	record.ktime_ns = ktime_ns;
	record.wall_ns = (int64_t)ktime_ns + pipeline->clock_offset_ns;
	record.wall_us = record.wall_ns / 1000;
	record.offset_ns = ktime_ns > pipeline->start_ns ? ktime_ns - pipeline->start_ns : 0;
	record.conn_ns = ktime_ns - conn->first_ns;
	record.cpu = cpu;
	record.lost += take_lost(pipeline, cpu);
	pipeline->lost_marked += record.lost;
	record.has_cwnd_fallen = probe->snd_cwnd < conn->snd_cwnd;
	conn->snd_cwnd = probe->snd_cwnd;
	record.addrs = addr_cache_get(pipeline->addrs, record.conn_key, probe->saddr, probe->daddr,
				      record.ip_version == 6);
	return format_record(pipeline->format, &record, out);
}

void pipeline_lose(struct pipeline *pipeline, const struct tcc_event *event, uint64_t ktime_ns,
		   uint32_t cpu)
{
	const struct tcc_probe *probe = (const struct tcc_probe *)event;
	struct record record;

	record_from_probe(&record, probe);
	conn_table_get(pipeline->conns, conn_key(probe), ktime_ns)->snd_cwnd = probe->snd_cwnd;
	pipeline->lost[cpu] += 1 + record.lost;
}

uint64_t pipeline_lost_marked(const struct pipeline *pipeline)
{
	return pipeline->lost_marked;
}

const struct conn_table *pipeline_conns(const struct pipeline *pipeline)
{
	return pipeline->conns;
}
