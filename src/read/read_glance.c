// SPDX-License-Identifier: GPL-2.0-or-later
/* When the record of a line was; see read_glance.h. */
#include "read/read_glance.h"

#include <string.h>

#define EVENT_LEAD "{\"event\":\""
#define TIME_LEAD "\",\"time\":\""
#define LENGTH(text) (sizeof(text) - 1)

/* The kind of event that is named at `at`, up to `end`. Returns what is behind it, or NULL. */
static const char *skip_kind(const char *at, char end)
{
	size_t length = 0;

	while (at[length] != end && at[length] != '\n' && length <= RECORD_KIND_MAX)
		length++;
	if (at[length] != end || read_value_kind(at, length) >= RECORD_KIND_COUNT)
		return NULL;
	return at + length;
}

static const char *take_time(struct read_values *values, const char *at, int64_t *ns)
{
	struct record record;

	at = read_value(values, FIELD_time, &record, at);
	if (at)
		*ns = record.wall_ns;
	return at;
}

bool read_glance_json(struct read_values *values, const char *line, int64_t *ns)
{
	const char *at;

	if (memcmp(line, EVENT_LEAD, LENGTH(EVENT_LEAD)) != 0)
		return false;
	at = skip_kind(line + LENGTH(EVENT_LEAD), '"');
	if (!at || memcmp(at, TIME_LEAD, LENGTH(TIME_LEAD)) != 0)
		return false;
	at = take_time(values, at + LENGTH(TIME_LEAD), ns);
	return at && *at == '"';
}

bool read_glance_csv(const struct read_csv *csv, const char *line, int64_t *ns)
{
	const struct read_step *step = csv->shape.steps;
	const char *at = line;

	if (csv->shape.n > 1 && step->id == FIELD_event) {
		at = skip_kind(at, ',');
		if (!at)
			return false;
		at++;
		step++;
	}
	if (!csv->shape.n || step->id != FIELD_time)
		return false;
	at = take_time(csv->values, at, ns);
	return at && (*at == ',' || *at == '\n' || *at == '\r');
}
