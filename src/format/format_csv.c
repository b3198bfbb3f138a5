// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * CSV, RFC 4180 but for its line ends, which are LF: CRLF breaks awk. No value
 * holds a comma, a quote or a line end, so none is quoted; but a lone absent
 * value is, since readers skip an empty line.
 */
#include "format/format.h"

/* All of ca are never asked for in CSV. */
static const struct ca_style ca_style = { .absent = "" };

/* A comma goes behind each value; the last one's place is the LF's. */
FORMAT_INLINE char *put_steps(struct format *format, const struct record *record, bool has_all,
			      char *out)
{
	const struct format_plan *plan = &format->plans[record->kind];
	const struct format_step *end = plan->steps + plan->n_steps;

	for (const struct format_step *step = plan->steps; step < end; step++) {
		char *value = out;

		if (step->id >= FIELD_COUNT)
			out = ca_columns_put(format->ca, step->id, record, &ca_style, out);
		else if (has_all || format_has(step, record))
			out = format_value(format, step, record, out);
		if (out == value && plan->n_steps == 1)
			out = EMIT_LITERAL(out, "\"\"");
		*out++ = ',';
	}
	out[-1] = '\n';
	return out;
}

static char *csv_record(struct format *format, const struct record *record, char *out)
{
	if (format_has_all(&format->plans[record->kind], record))
		return put_steps(format, record, true, out);
	return put_steps(format, record, false, out);
}

static char *csv_heading(const struct format *format, char *out)
{
	const struct format_plan *plan = &format->plans[RECORD_KIND_PROBE];

	for (size_t i = 0; i < plan->n_steps; i++) {
		uint8_t id = plan->steps[i].id;
		const char *name = id < FIELD_COUNT ? fields_table[id].name
						    : ca_columns_name(format->ca, id - FIELD_CA);

		out = emit_bytes(out, name, strlen(name));
		*out++ = ',';
	}
	out[-1] = '\n';
	return out;
}

const struct format_ops format_csv = {
	.field_set = IN_DATA,
	.lead = "",
	.separator = sizeof(",") - 1,
	.record = csv_record,
	.heading = csv_heading,
};
