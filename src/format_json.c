// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * JSON Lines: one flat object a line. No value needs escaping: all text comes
 * from fields.def and from addresses.
 */
#include "format.h"

#define FRAME_MAX 8	/* braces, LF, a null */

/* Each lead is `,"name":`; the first step's comma becomes the brace. */
static char *json_record(struct format *format, const struct record *record, char *out)
{
	char *start = out;

	for (size_t i = 0; i < format->n_steps; i++) {
		const struct format_step *step = &format->steps[i];

		out = emit_short(out, step->lead, step->lead_length);
		if (format_is_absent(step, record)) {
			out = EMIT_LITERAL(out, "null");
			continue;
		}
		if (step->is_string)
			*out++ = '"';
		out = format_value(format, step, record, out);
		if (step->is_string)
			*out++ = '"';
	}
	*start = '{';
	return EMIT_LITERAL(out, "}\n");
}

const struct format_ops format_json = {
	.field_set = IN_DATA,
	.lead = ",\"%s\":",
	.frame_max = FRAME_MAX,
	.record = json_record,
};
