// SPDX-License-Identifier: GPL-2.0-or-later
/* A kernel's event made a record; see event.h. */
#include "kernel/event.h"

#include <stdlib.h>

#include "record/conn.h"
#include "record/fields.h"

struct event_reader {
	struct event_reader_config config;
	struct addr_cache *addrs;
	int64_t clock_offset_ns;
	uint64_t lacking;	/* as the sets below have it */
	struct field_set has[TCC_KIND_COUNT];	/* what each kind's events have */
};

/* What was not asked for is as little there as what this kernel has not. */
static void set_lacking(struct event_reader *reader, uint64_t lacking)
{
	reader->lacking = lacking;
	for (int kind = 0; kind < TCC_KIND_COUNT; kind++) {
		reader->has[kind] = fields_of_kind((enum record_kind)kind,
						   lacking | ~reader->config.props[kind]);
		if (!reader->config.host)
			field_set_remove(&reader->has[kind], FIELD_host);
	}
}

struct event_reader *event_reader_new(const struct event_reader_config *config)
{
	struct event_reader *reader = calloc(1, sizeof(*reader));

	if (!reader)
		return NULL;
	reader->config = *config;
	set_lacking(reader, 0);
	reader->addrs = addr_cache_new();
	if (!reader->addrs) {
		event_reader_free(reader);
		return NULL;
	}
	return reader;
}

void event_reader_free(struct event_reader *reader)
{
	if (!reader)
		return;
	addr_cache_free(reader->addrs);
	free(reader);
}

void event_reader_set_clock(struct event_reader *reader, int64_t offset_ns)
{
	reader->clock_offset_ns = offset_ns;
}

/* What is there only if it was asked for. */
static void add_properties(struct event_reader *reader, struct record *record,
			   const struct tcc_event *event)
{
	const struct event_reader_config *config = &reader->config;
	uint64_t props = config->props[event->kind];
	const struct tcc_sample *sample = (const struct tcc_sample *)event;
	const struct tcc_rare *rare = event->kind == TCC_KIND_PROBE ? NULL : (const void *)event;

	if (props)
		record_from_props(record, &sample->props, rare, config->hz);
	if (props & TCC_PROP(CONG_CONTROL))
		record->cong_control = !!(event->flags & TCC_EVENT_CONG_CONTROL);
	if (props & TCC_PROP(CA_PRIV))
		ca_decode_record(config->decode, record, sample);
	if (rare)
		record_from_rare(record, rare);
}

/* Without a cookie, one whose local port is not chosen yet will be another by its key. */
static uint64_t find_key(const struct tcc_probe *probe)
{
	if ((probe->event.flags & TCC_EVENT_NO_COOKIE) && !probe->sport)
		return 0;
	return conn_key(probe);
}

void event_read(struct event_reader *reader, const struct tcc_event *event, uint64_t ktime_ns,
		uint32_t cpu, struct record *record)
{
	const struct tcc_probe *probe = (const struct tcc_probe *)event;

	if (reader->config.lacking && *reader->config.lacking != reader->lacking)
		set_lacking(reader, *reader->config.lacking);
	record_from_probe(record, probe, &reader->has[event->kind]);
	record->conn_key = find_key(probe);
	record->ktime_ns = record->begun_ns = ktime_ns;
	record->wall_ns = (int64_t)ktime_ns + reader->clock_offset_ns;
	record->wall_us = record->wall_ns / 1000;
	record->cpu = cpu;
	record->host = reader->config.host;
	record->addrs = *addr_cache_get(reader->addrs, record->conn_key, probe->saddr,
					probe->daddr, record->ip_version == 6);
	add_properties(reader, record, event);
}
