// SPDX-License-Identifier: GPL-2.0-or-later
/* Lines of JSON made records; see read_json.h. */
#include "read/read_json.h"

#define EVENT_LEAD "{\"event\":\""
#define NESTED_MAX 64

void read_json_free(struct read_json *json)
{
	for (int kind = 0; kind < RECORD_KIND_COUNT; kind++)
		read_shape_free(&json->shapes[kind]);
}

/* --- values ---------------------------------------------------------------------- */

static const char *skip_blanks(const char *at)
{
	while (*at == ' ' || *at == '\t' || *at == '\r')
		at++;
	return at;
}

/* Behind its first quote; returns behind the last one. */
static const char *skip_string(const char *at)
{
	for (; *at != '"'; at++) {
		if (*at == '\\')
			at++;
		if (*at == '\n')
			return NULL;
	}
	return at + 1;
}

/* A number, true, false or null: what exactly is of no interest. */
static const char *skip_scalar(const char *at)
{
	const char *start = at;

	while ((*at >= '0' && *at <= '9') || ((*at | 0x20) >= 'a' && (*at | 0x20) <= 'z') ||
	       *at == '.' || *at == '-' || *at == '+')
		at++;
	return at > start ? at : NULL;
}

/* A value that we do not know; what is nested, as deep as somebody may mean it. */
static const char *skip_value(const char *at)
{
	unsigned int depth = 0;

	do {
		at = skip_blanks(at);
		if (*at == '{' || *at == '[') {
			depth++;
			at++;
		} else if (*at == '}' || *at == ']') {
			depth--;
			at++;
		} else if (depth && (*at == ',' || *at == ':')) {
			at++;
		} else {
			at = *at == '"' ? skip_string(at + 1) : skip_scalar(at);
		}
	} while (at && depth && depth < NESTED_MAX);
	return depth ? NULL : at;
}

static bool is_null(const char *at)
{
	return memcmp(at, "null", 4) == 0;
}

/* Of a threshold that is no number: it is infinite, or not there, which looks alike. */
static void lack(struct record *record, uint8_t id)
{
	if (id >= FIELD_COUNT || fields_table[id].kind != KIND_SSTHRESH)
		return;
	*(uint32_t *)((char *)record + fields_table[id].offset) = RECORD_SSTHRESH_INFINITE;
	field_set_add(&record->has, id);
}

static const char *take_member(struct read_json *json, const struct read_step *step, const char *at)
{
	bool is_string = *at == '"';

	at = read_ca_value(json->ca, step->member, is_string, at + is_string);
	if (!at || !is_string)
		return at;
	return *at == '"' ? at + 1 : NULL;
}

static inline const char *take_value(struct read_json *json, const struct read_step *step,
				     struct record *record, const char *at)
{
	if (*at == 'n' && is_null(at)) {
		lack(record, step->id);
		return at + 4;
	}
	if (step->id >= FIELD_COUNT)
		return step->id == FIELD_CA_ALL ? take_member(json, step, at) : skip_value(at);
	if (step->is_string && *at++ != '"')
		return NULL;
	at = read_shape_value(step, json->values, record, at);
	if (!at || (step->is_string && *at++ != '"'))
		return NULL;
	field_set_add(&record->has, step->id);
	return at;
}

/* --- lines ------------------------------------------------------------------------- */

/* As far as the line is as the shape has it; returns where it is not, or NULL. */
static const char *follow(struct read_json *json, const struct read_shape *shape,
			  struct record *record, const char *at)
{
	for (size_t i = 0; i < shape->n; i++) {
		const struct read_step *step = &shape->steps[i];

		if (!read_shape_is_lead(step, at))
			return at;
		at = take_value(json, step, record, at + step->lead_length);
		if (!at)
			return NULL;
	}
	return at;
}

/* A name and its colon, `before` them a brace or a comma. Returns where the value begins. */
static const char *take_name(const char *at, char before, const char **name, size_t *length)
{
	if (*at != before)
		return NULL;
	at = skip_blanks(at + 1);
	if (*at != '"')
		return NULL;
	*name = at + 1;
	at = skip_string(at + 1);
	if (!at)
		return NULL;
	*length = (size_t)(at - 1 - *name);
	at = skip_blanks(at);
	return *at == ':' ? at + 1 : NULL;
}

static bool is_end(const char *at, const char *end)
{
	return *at == '}' && skip_blanks(at + 1) == end;
}

/* Any line, from its beginning; what it has where becomes the shape. */
static const char *explore(struct read_json *json, struct read_shape *shape,
			   struct record *record, const char *at)
{
	const char *name;
	size_t length;
	char before = '{';

	read_shape_clear(shape);
	shape->is_whole = true;
	at = skip_blanks(at);
	if (*at == '{' && *skip_blanks(at + 1) == '}')
		return skip_blanks(at + 1);
	do {
		const char *lead = at, *value = take_name(at, before, &name, &length);
		struct read_step step;

		if (!value)
			return NULL;
		value = skip_blanks(value);
		step = read_shape_step(json->ca, name, length);
		if (!read_shape_add(shape, &step, lead, (size_t)(value - lead)))
			shape->is_whole = false;
		at = take_value(json, &step, record, value);
		if (!at)
			return NULL;
		at = skip_blanks(at);
		before = ',';
	} while (*at == ',');
	return at;
}

static void begin(struct read_json *json, struct record *record)
{
	memset(record, 0, sizeof(*record));
	record->kind = json->default_kind;
	read_ca_begin(json->ca);
}

/* Some, and none of them ours: a line of something else. */
static bool is_foreign(const struct read_shape *shape)
{
	for (size_t i = 0; i < shape->n; i++) {
		if (shape->steps[i].id != READ_STEP_OTHER)
			return false;
	}
	return shape->n && shape->is_whole;
}

static bool finish(struct read_json *json, struct record *record, const char *at, const char *end)
{
	if (!at || !is_end(at, end))
		return false;
	read_ca_end(json->ca, record);
	return true;
}

/* A line that is not as those before it: it is read as any, and remembered. */
static enum read_line_kind explore_line(struct read_json *json, const char *line, const char *end,
					struct record *record, const struct read_shape **shape)
{
	struct read_shape found = { 0 };
	const char *at;

	begin(json, record);
	at = explore(json, &found, record, line);
	if (!finish(json, record, at, end) || record->kind >= RECORD_KIND_COUNT ||
	    is_foreign(&found)) {
		read_shape_free(&found);
		return at && is_end(at, end) && record->kind >= RECORD_KIND_COUNT ? READ_LINE_OTHER
										  : READ_LINE_BAD;
	}
	if (!found.is_whole)
		found.n = 0;
	read_shape_free(&json->shapes[record->kind]);
	json->shapes[record->kind] = found;
	json->last_kind = record->kind;
	*shape = &json->shapes[record->kind];
	return json->kinds & RECORD_KIND_BIT(record->kind) ? READ_LINE_RECORD : READ_LINE_OTHER;
}

/* What is behind "event":", however it is spaced, in its first `members`; or NULL. */
static const char *find_event(const char *line, unsigned int members)
{
	const char *at = skip_blanks(line), *name;
	size_t length;
	char before = '{';

	if (memcmp(line, EVENT_LEAD, sizeof(EVENT_LEAD) - 1) == 0)
		return line + sizeof(EVENT_LEAD) - 1;
	for (; at && members; members--, before = ',') {
		at = take_name(skip_blanks(at), before, &name, &length);
		if (!at)
			return NULL;
		at = skip_blanks(at);
		if (length == 5 && memcmp(name, "event", 5) == 0)
			return *at == '"' ? at + 1 : NULL;
		at = skip_value(at);
	}
	return NULL;
}

/* By the kind that a line says, at `name`, or NULL; what it is, as far as that says. */
static enum read_line_kind judge(const struct read_json *json, const char *name, uint8_t *kind)
{
	size_t length = 0;

	*kind = json->last_kind;
	if (!name)
		return READ_LINE_RECORD;
	while (name[length] != '"' && name[length] != '\n')
		length++;
	if (name[length] != '"')
		return READ_LINE_BAD;
	*kind = read_value_kind(name, length);
	if (*kind < RECORD_KIND_COUNT)
		return json->kinds & RECORD_KIND_BIT(*kind) ? READ_LINE_RECORD : READ_LINE_OTHER;
	if (length == 5 && memcmp(name, "trace", 5) == 0)
		return READ_LINE_TRACE;
	return length == 3 && memcmp(name, "end", 3) == 0 ? READ_LINE_END : READ_LINE_OTHER;
}

enum read_line_kind read_json_line(struct read_json *json, const char *line, size_t length,
				   struct record *record, const struct read_shape **shape)
{
	const char *at;
	uint8_t kind;
	const char *name = find_event(line, 1);
	enum read_line_kind what = judge(json, name, &kind);

	*shape = NULL;
	if (what != READ_LINE_RECORD)
		return what;
	if (json->shapes[kind].n) {
		begin(json, record);
		at = follow(json, &json->shapes[kind], record, line);
		if (finish(json, record, at, line + length) && record->kind == kind)
			return json->kinds & RECORD_KIND_BIT(kind) ? READ_LINE_RECORD
								   : READ_LINE_OTHER;
	}
	/* Programs that sort members put it elsewhere. */
	if (!name)
		what = judge(json, find_event(line, READ_STEPS_MAX), &kind);
	if (what != READ_LINE_RECORD)
		return what;
	return explore_line(json, line, line + length, record, shape);
}
