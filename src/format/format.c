// SPDX-License-Identifier: GPL-2.0-or-later
/* The list of formats and the compiling of plans; see format.h. */
#include "format/format.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char *const format_names[FORMAT_COUNT] = {
	[FORMAT_TEXT] = "text",
	[FORMAT_JSON] = "json",
	[FORMAT_CSV] = "csv",
	[FORMAT_TCPPROBE] = "tcpprobe",
};

static const struct format_ops *const all_ops[FORMAT_COUNT] = {
	[FORMAT_TEXT] = &format_text,
	[FORMAT_JSON] = &format_json,
	[FORMAT_CSV] = &format_csv,
	[FORMAT_TCPPROBE] = &format_tcpprobe,
};

/* The longest value of each kind, without quotes; none is shorter than what is absent. */
static const size_t value_max[] = {
#define VALUE(KIND, type, longest, ...) [KIND_##KIND] = (longest),
#include "record/values.def"
#undef VALUE
};

#define VALUE(KIND, type, longest, ...)                \
	_Static_assert((longest) >= sizeof("null") - 1, \
		       "values.def: of " #KIND " there is no room for null");
#include "record/values.def"
#undef VALUE

_Static_assert(FORMAT_SPOILT_MAX >= EMIT_SHORT_MAX, "format.h: emit_short() spoils more");

enum format_kind format_from_suffix(const char *path)
{
	static const struct {
		const char *suffix;
		enum format_kind kind;
	} suffixes[] = {
		{ ".csv", FORMAT_CSV },
		{ ".json", FORMAT_JSON },
		{ ".jsonl", FORMAT_JSON },
		{ ".ndjson", FORMAT_JSON },
	};
	const char *dot = strrchr(path, '.');

	for (size_t i = 0; dot && i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		if (strcasecmp(dot, suffixes[i].suffix) == 0)
			return suffixes[i].kind;
	}
	return FORMAT_TEXT;
}

unsigned int format_field_set(enum format_kind kind)
{
	return all_ops[kind]->field_set;
}

#define FIELD(name, ...)                                            \
	_Static_assert(sizeof(",\"" #name "\":") <= EMIT_SHORT_MAX, \
		       "fields.def: " #name " is too long a name for struct format_step");
#include "record/fields.def"
#undef FIELD

static void make_step(struct format_step *step, const struct format_ops *ops, uint8_t id)
{
	const struct field *field = &fields_table[id];

	step->id = id;
	step->kind = field->kind;
	step->is_string = fields_is_string(field->kind);
	step->offset = field->offset;
	step->lead_length = (uint8_t)snprintf(step->lead, sizeof(step->lead), ops->lead,
					      field->name);
}

static int make_plan(struct format *format, struct format_plan *plan,
		     const struct field_list *fields)
{
	plan->steps = calloc(fields->n ? fields->n : 1, sizeof(*plan->steps));
	if (!plan->steps)
		return -1;
	for (size_t i = 0; i < fields->n; i++) {
		uint8_t id = fields->id[i];

		if (id >= FIELD_COUNT) {
			plan->steps[i].id = id;
			field_set_add(&plan->needs, FIELD_CA_ALL);
		} else {
			make_step(&plan->steps[i], format->ops, id);
			field_set_add(&plan->needs, id);
		}
	}
	plan->n_steps = fields->n;
	if (format->ops->need)
		format->ops->need(&format->style, &plan->needs);
	return 0;
}

static size_t step_max(const struct format_ops *ops, const struct format_step *step)
{
	if (step->id >= FIELD_COUNT)
		return ops->separator + (step->id == FIELD_CA_ALL ? CA_ALL_TEXT_MAX : CA_TEXT_MAX);
	return step->lead_length + value_max[step->kind] + ops->separator +
	       (step->is_string ? ops->quotes : 0);
}

/* A name in the heading may be longer than its values. */
static size_t name_max(const struct format_step *step)
{
	return step->id < FIELD_COUNT ? strlen(fields_table[step->id].name)
				      : strlen("ca.") + CA_NAME_MAX;
}

static size_t measure(const struct format *format, const struct format_plan *plan)
{
	size_t line = format->ops->frame_max, heading = 0;

	for (size_t i = 0; i < plan->n_steps; i++) {
		line += step_max(format->ops, &plan->steps[i]);
		if (format->ops->heading)
			heading += name_max(&plan->steps[i]) + format->ops->separator;
	}
	return (line > heading ? line : heading) + FORMAT_SPOILT_MAX;
}

static void measure_all(struct format *format)
{
	for (int kind = 0; kind < RECORD_KIND_COUNT; kind++) {
		size_t bytes = measure(format, &format->plans[kind]);

		if (bytes > format->line_max)
			format->line_max = bytes;
	}
}

struct format *format_new_kinds(enum format_kind kind, const struct field_list *lists,
				const struct format_style *style)
{
	struct format *format = calloc(1, sizeof(*format));
	int err = 0;

	if (!format)
		return NULL;
	format->ops = all_ops[kind];
	format->style = *style;
	for (uint8_t i = 0; i < RECORD_KIND_COUNT && !err; i++)
		err = make_plan(format, &format->plans[i], &lists[i]);
	/* The lists differ in what is there by default: what is named is in all. */
	format->ca = err ? NULL : ca_columns_new(&lists[0], format->ops->lead);
	if (!format->ca) {
		format_free(format);
		return NULL;
	}
	measure_all(format);
	return format;
}

struct format *format_new(enum format_kind kind, const struct field_list *fields,
			  const struct format_style *style)
{
	struct field_list *lists = calloc(RECORD_KIND_COUNT, sizeof(*lists));
	struct format *format = NULL;

	for (uint8_t i = 0; lists && i < RECORD_KIND_COUNT; i++) {
		if (fields)
			lists[i] = *fields;
		else if (kind == FORMAT_TEXT)
			fields_default_text(&lists[i], i, IN_TEXT);
		else
			fields_default(&lists[i], all_ops[kind]->field_set);
	}
	if (lists)
		format = format_new_kinds(kind, lists, style);
	free(lists);
	return format;
}

void format_free(struct format *format)
{
	if (!format)
		return;
	for (int i = 0; i < RECORD_KIND_COUNT; i++)
		free(format->plans[i].steps);
	ca_columns_free(format->ca);
	free(format);
}

size_t format_record(struct format *format, const struct record *record, char *out)
{
	return (size_t)(format->ops->record(format, record, out) - out);
}

size_t format_heading(const struct format *format, char *out)
{
	if (!format->ops->heading || !format->style.has_header)
		return 0;
	return (size_t)(format->ops->heading(format, out) - out);
}
