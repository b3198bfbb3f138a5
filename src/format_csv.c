// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * CSV, RFC 4180 but for its line ends, which are LF: CRLF breaks awk. No value
 * holds a comma, a quote or a line end, so none is quoted; but a lone absent
 * value is, since readers skip an empty line.
 */
#include "format.h"

#define FRAME_MAX 8

/* A comma goes behind each value; the last one's place is the LF's. */
static char *csv_record(struct format *format, const struct record *record, char *out)
{
	for (size_t i = 0; i < format->n_steps; i++) {
		const struct format_step *step = &format->steps[i];

		if (!format_is_absent(step, record))
			out = format_value(format, step, record, out);
		else if (format->n_steps == 1)
			out = EMIT_LITERAL(out, "\"\"");
		*out++ = ',';
	}
	out[-1] = '\n';
	return out;
}

static char *csv_heading(const struct format *format, char *out)
{
	for (size_t i = 0; i < format->n_steps; i++) {
		const char *name = fields_table[format->steps[i].id].name;

		out = emit_bytes(out, name, strlen(name));
		*out++ = ',';
	}
	out[-1] = '\n';
	return out;
}

const struct format_ops format_csv = {
	.field_set = IN_DATA,
	.lead = "",
	.frame_max = FRAME_MAX,
	.record = csv_record,
	.heading = csv_heading,
};
