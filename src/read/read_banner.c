// SPDX-License-Identifier: GPL-2.0-or-later
/* The opening and the end record read back; see read_banner.h. */
#include "read/read_banner.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/when.h"
#include "record/record.h"

static void copy(char text[READ_HOST_MAX + 1], const json_t *value)
{
	const char *string = json_string_value(value);

	if (string && strlen(string) <= READ_HOST_MAX)
		strcpy(text, string);
}

/* ns since 1970, or 0 */
static int64_t moment(const json_t *value)
{
	const char *text = json_string_value(value);
	struct when when;

	return text && when_parse(text, &when) == 0 && when.form == WHEN_MOMENT ? when.ns : 0;
}

bool read_banner_trace(const char *line, size_t length, struct read_trace *trace)
{
	json_t *object = json_loadb(line, length, 0, NULL);
	const json_t *schema = json_object_get(object, "schema");
	bool is_one;

	*trace = (struct read_trace){ 0 };
	is_one = json_is_integer(schema) && json_integer_value(schema) > 0;
	trace->schema = is_one ? (uint64_t)json_integer_value(schema) : 0;
	copy(trace->host, json_object_get(object, "host"));
	copy(trace->boot_id, json_object_get(object, "boot_id"));
	trace->wall_ns = moment(json_object_get(object, "time"));
	json_decref(object);
	return is_one;
}

static uint64_t hash(const char *text, size_t length)
{
	uint64_t value = 0xcbf29ce484222325ULL;	/* FNV-1a */

	for (size_t i = 0; i < length; i++)
		value = (value ^ (unsigned char)text[i]) * 0x100000001b3ULL;
	return value;
}

uint64_t read_banner_host_origin(const struct record_host *host)
{
	return hash(host->text, host->length);
}

uint64_t read_banner_origin(const struct read_trace *trace)
{
	return hash(trace->host, strlen(trace->host)) * 3 +
	       hash(trace->boot_id, strlen(trace->boot_id));
}

static const json_t *find(const json_t *object, uint8_t kind, const char *name)
{
	char key[RECORD_KIND_MAX + 16];

	snprintf(key, sizeof(key), "%.*s_%s", RECORD_KIND_MAX, record_kinds[kind].name, name);
	return json_object_get(object, key);
}

static uint64_t count(const json_t *value)
{
	json_int_t number = json_integer_value(value);

	return number > 0 ? (uint64_t)number : 0;
}

/* Of a sum that says its parts. */
static uint64_t take_apart(const json_t *object, uint8_t kind, const char *name, uint64_t *sum)
{
	uint64_t part = count(find(object, kind, name));

	if (part > *sum)
		part = *sum;
	*sum -= part;
	return part;
}

bool read_banner_end(const char *line, size_t length, struct read_end *end)
{
	json_t *object = json_loadb(line, length, 0, NULL);
	bool is_one = json_is_object(object);

	*end = (struct read_end){ 0 };
	for (uint8_t kind = 0; kind < RECORD_KIND_COUNT; kind++) {
		end->of[kind].lost = count(find(object, kind, "lost"));
		end->of[kind].unwritten = take_apart(object, kind, "lost_output", &end->of[kind].lost);
		end->of[kind].unreadable = take_apart(object, kind, "lost_input", &end->of[kind].lost);
		end->of[kind].missed = count(find(object, kind, "missed"));
		end->of[kind].is_unknown = json_is_true(find(object, kind, "unknown"));
	}
	end->wall_ns = moment(json_object_get(object, "time"));
	json_decref(object);
	return is_one;
}
