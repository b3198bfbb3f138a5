// SPDX-License-Identifier: GPL-2.0-or-later
/* The list of formats and the compiling of plans; see format.h. */
#include "format.h"

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

/* The longest value of each kind, without quotes. */
static const size_t value_max[] = {
	[KIND_EVENT] = RECORD_KIND_MAX,
	[KIND_TIME] = EMIT_TIME_MAX,
	[KIND_I64] = EMIT_U64_MAX + 1,
	[KIND_MS] = EMIT_MS_MAX,
	[KIND_SADDR] = ADDR_TEXT_MAX,
	[KIND_DADDR] = ADDR_TEXT_MAX,
	[KIND_U16] = EMIT_U32_MAX,
	[KIND_U32] = EMIT_U32_MAX,
	[KIND_U64] = EMIT_U64_MAX,
	[KIND_SSTHRESH] = EMIT_U32_MAX,
	[KIND_COOKIE] = EMIT_HEX_MAX,
	[KIND_FAMILY] = 5,
};

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
#include "fields.def"
#undef FIELD

static void make_steps(struct format *format, const struct field_list *fields)
{
	for (size_t i = 0; i < fields->n; i++) {
		const struct field *field = &fields_table[fields->id[i]];
		struct format_step *step = &format->steps[i];

		step->id = fields->id[i];
		step->kind = field->kind;
		step->is_string = fields_is_string(field->kind);
		step->offset = field->offset;
		step->lead_length = (uint8_t)snprintf(step->lead, sizeof(step->lead),
						      format->ops->lead, field->name);
	}
	format->n_steps = fields->n;
}

/* The last term serves the heading: a name may be longer than its values. */
static size_t measure(const struct format *format)
{
	size_t total = format->ops->frame_max + EMIT_SHORT_MAX + ADDR_TEXT_MAX;

	for (size_t i = 0; i < format->n_steps; i++) {
		const struct format_step *step = &format->steps[i];

		total += step->lead_length + value_max[step->kind] + strlen("\"\"") +
			 strlen(fields_table[step->id].name);
	}
	return total;
}

struct format *format_new(enum format_kind kind, const struct field_list *fields,
			  const struct format_style *style)
{
	struct format *format = calloc(1, sizeof(*format));
	struct field_list defaults;

	if (!format)
		return NULL;
	format->ops = all_ops[kind];
	format->style = *style;
	fields_default(&defaults, format->ops->field_set);
	make_steps(format, fields ? fields : &defaults);
	format->line_max = measure(format);
	return format;
}

void format_free(struct format *format)
{
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
