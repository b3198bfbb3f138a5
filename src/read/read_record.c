// SPDX-License-Identifier: GPL-2.0-or-later
/* What a record that was read lacks; see read_record.h. */
#include "read/read_record.h"

#include <string.h>

#include "record/conn.h"
#include "record/fields.h"

static bool has(const struct record *record, enum field_id id)
{
	return field_set_has(&record->has, id);
}

bool read_record_wall_ns(const struct record *record, int64_t *ns)
{
	if (has(record, FIELD_time))
		*ns = record->wall_ns;
	else if (has(record, FIELD_time_us))
		*ns = record->wall_us * 1000;
	else
		return false;
	return true;
}

uint64_t read_record_time_ns(const struct record *record, uint64_t before_ns)
{
	uint64_t ns = before_ns;
	int64_t wall_ns;

	if (read_record_wall_ns(record, &wall_ns))
		ns = (uint64_t)wall_ns;
	else if (has(record, FIELD_ktime))
		ns = record->ktime_ns;
	return ns > before_ns ? ns : before_ns;
}

/* As conn_key() has it of the kernel's events. */
static uint64_t key_of(const struct record *record)
{
	struct tcc_probe probe = { .event.flags = TCC_EVENT_NO_COOKIE, .sport = record->sport,
				   .dport = record->dport };

	if (has(record, FIELD_cookie) && record->cookie)
		return record->cookie;
	memcpy(probe.saddr, record->addrs.saddr, sizeof(probe.saddr));
	memcpy(probe.daddr, record->addrs.daddr, sizeof(probe.daddr));
	return conn_key(&probe);
}

void read_record_complete(struct record *record, uint64_t origin, uint64_t time_ns)
{
	if (!has(record, FIELD_ssthresh))
		record->ssthresh = RECORD_SSTHRESH_INFINITE;
	if (!has(record, FIELD_family))
		record->ip_version = record->addrs.is_ipv6 ? 6 : 4;
	if (!has(record, FIELD_ktime))
		record->ktime_ns = time_ns;
	record->begun_ns = record->ktime_ns;
	record->conn_key = key_of(record) ^ origin;
	if (!record->conn_key)
		record->conn_key = 1;
}

void read_record_set_host(struct record *record, const struct record_host *host)
{
	record->host = host;
	field_set_add(&record->has, FIELD_host);
}

void read_record_drop_limits(struct record *record)
{
	field_set_remove(&record->has, FIELD_limited_by);
	for (uint8_t id = 0; id < FIELD_COUNT; id++) {
		if (strncmp(fields_table[id].name, "share_", 6) == 0)
			field_set_remove(&record->has, id);
	}
}
