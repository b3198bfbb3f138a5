// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * JSON Lines: one flat object a line. No value needs escaping: all text comes
 * from fields.def, from addresses, from members of C structures, and from the
 * names of algorithms, which the kernel's own tools hold to be words.
 */
#include "format/format.h"

#define FRAME_MAX (sizeof("}\n") - 1)	/* the other brace is where a comma was */

static const struct ca_style ca_style = {
	.before = ",\"ca.", .between = "\":", .absent = "null", .is_json = true,
};

/* Each lead is `,"name":`. */
FORMAT_INLINE char *put_steps(struct format *format, const struct record *record, bool has_all,
			      char *out)
{
	const struct format_plan *plan = &format->plans[record->kind];
	const struct format_step *end = plan->steps + plan->n_steps;

	for (const struct format_step *step = plan->steps; step < end; step++) {
		if (step->id >= FIELD_COUNT) {
			out = ca_columns_put(format->ca, step->id, record, &ca_style, out);
			continue;
		}
		out = emit_short(out, step->lead, step->lead_length);
		if (!has_all && !format_has(step, record)) {
			out = EMIT_LITERAL(out, "null");
			continue;
		}
		if (step->is_string)
			*out++ = '"';
		out = format_value(format, step, record, out);
		if (step->is_string)
			*out++ = '"';
	}
	return out;
}

/* The first step's comma becomes the brace. */
static char *json_record(struct format *format, const struct record *record, char *out)
{
	char *start = out;

	if (format_has_all(&format->plans[record->kind], record))
		out = put_steps(format, record, true, out);
	else
		out = put_steps(format, record, false, out);
	/* Of an algorithm that is not known there may be nothing to say. */
	if (out == start)
		out++;
	*start = '{';
	return EMIT_LITERAL(out, "}\n");
}

const struct format_ops format_json = {
	.field_set = IN_DATA,
	.lead = ",\"%s\":",
	.infinite = { "null", sizeof("null") - 1 },
	.quotes = sizeof("\"\"") - 1,
	.frame_max = FRAME_MAX,
	.record = json_record,
};
