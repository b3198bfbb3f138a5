// SPDX-License-Identifier: GPL-2.0-or-later
/* The opening and the end record of JSON output; see banner.h. */
#include "config.h"

#include "format/banner.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

/* 64-bit values that can pass 2^53 are strings: jq holds numbers as doubles. */
static json_t *json_u64(uint64_t number)
{
	return json_sprintf("%" PRIu64, number);
}

/* A host may be named in bytes that are no UTF-8. */
static json_t *json_text(const char *text)
{
	json_t *string = json_string(text);

	return string ? string : json_null();
}

static json_t *json_time(int64_t wall_ns)
{
	struct emit_second second = { 0 };
	char text[EMIT_TIME_MAX];
	char *end = emit_time(text, &second, wall_ns, false);

	return json_stringn(text, (size_t)(end - text));
}

static json_t *json_boot_id(void)
{
	FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");
	char id[64] = "";

	if (file) {
		if (!fgets(id, sizeof(id), file))
			id[0] = '\0';
		fclose(file);
	}
	id[strcspn(id, "\n")] = '\0';
	return *id ? json_text(id) : json_null();
}

/* Each field's name and unit, in the order of the lines, to those of other kinds. */
static void add_fields(json_t *fields, const struct format *format,
		       const struct format_plan *plan)
{
	for (size_t i = 0; i < plan->n_steps; i++) {
		uint8_t id = plan->steps[i].id;

		if (id == FIELD_CA_ALL)
			json_object_set_new(fields, "ca", json_string(""));
		else if (id >= FIELD_CA)
			json_object_set_new(fields, ca_columns_name(format->ca, id - FIELD_CA),
					    json_string(""));
		else
			json_object_set_new(fields, fields_table[id].name,
					    json_string(fields_table[id].unit));
	}
}

static json_t *json_fields(const struct format *format)
{
	json_t *fields = json_object();

	for (int kind = 0; kind < RECORD_KIND_COUNT; kind++)
		add_fields(fields, format, &format->plans[kind]);
	return fields;
}

/* Takes over `record`; a member that had no memory makes it NULL. */
static char *to_line(json_t *record)
{
	char *text = record ? json_dumps(record, JSON_COMPACT) : NULL;
	char *line = NULL;

	if (text && asprintf(&line, "%s\n", text) < 0)
		line = NULL;
	free(text);
	json_decref(record);
	return line;
}

char *banner_start(const struct banner_start *start)
{
	struct utsname name;

	uname(&name);
	return to_line(json_pack(
		"{s:s, s:i, s:s, s:s, s:o, s:o, s:o, s:o, s:{s:o, s:o}, s:s, s:o}",
		"event", "trace",
		"schema", BANNER_SCHEMA,
		"program", PACKAGE_NAME,
		"version", PACKAGE_VERSION,
		"host", json_text(name.nodename),
		"kernel", json_text(name.release),
		"boot_id", json_boot_id(),
		"time", json_time(start->wall_ns),
		"clock", "ktime", json_u64(start->ktime_ns),
			 "time", json_time(start->wall_ns),
		"filter", start->filter,
		"fields", json_fields(start->format)));
}

static void set_count(json_t *record, const char *kind, const char *name, uint64_t count)
{
	char key[64];

	snprintf(key, sizeof(key), "%.*s_%s", RECORD_KIND_MAX, kind, name);
	json_object_set_new(record, key, json_integer((json_int_t)count));
}

static void set_account(json_t *record, const char *kind, const struct account *account)
{
	set_count(record, kind, "seen", account->seen);
	set_count(record, kind, "written", account->written);
	set_count(record, kind, "filtered", account->filtered);
	set_count(record, kind, "lost", account_lost(account));
	set_count(record, kind, "lost_buffer", account->lost_buffer);
	set_count(record, kind, "lost_output", account->lost_output);
	if (account->lost_input)
		set_count(record, kind, "lost_input", account->lost_input);
	set_count(record, kind, "missed", account->missed);
	set_count(record, kind, "discarded", account->discarded);
}

/* Of files that do not say what was lost: the numbers are what is known. */
static void set_unknown(json_t *record, const char *kind, const struct account *account)
{
	char key[64];

	snprintf(key, sizeof(key), "%.*s_unknown", RECORD_KIND_MAX, kind);
	if (account->is_unknown)
		json_object_set_new(record, key, json_true());
}

/* Flat: kinds of event come as prefixes. */
char *banner_end(const struct trace_end *end)
{
	json_t *record = json_pack("{s:s, s:o, s:I, s:I}",
				   "event", "end",
				   "time", json_time(end->wall_ns),
				   "duration_ms", (json_int_t)(end->duration_ns / 1000000),
				   "connections", (json_int_t)end->connections);

	for (int kind = 0; record && kind < RECORD_KIND_COUNT; kind++) {
		if (!(end->kinds & RECORD_KIND_BIT(kind)))
			continue;
		set_account(record, record_kinds[kind].name, &end->accounts[kind]);
		set_unknown(record, record_kinds[kind].name, &end->accounts[kind]);
	}
	return to_line(record);
}
