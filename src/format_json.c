// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * JSON Lines: one flat object a line. No value needs escaping: all text comes
 * from fields.def, from addresses, from members of C structures, and from the
 * names of algorithms, which the kernel's own tools hold to be words.
 */
#include "format.h"

#define FRAME_MAX 8	/* braces, LF, a null */

static char *put_ca_all(const struct record *record, char *out)
{
	const struct ca_layout *layout = record->ca_layout;

	for (uint32_t i = 0; layout && i < layout->n_members; i++) {
		const struct ca_member *member = &layout->members[i];

		out = EMIT_LITERAL(out, ",\"ca.");
		out = emit_bytes(out, member->name, strlen(member->name));
		out = EMIT_LITERAL(out, "\":");
		out = ca_columns_put_value(member, record, true, out);
	}
	return out;
}

static char *put_ca(struct format *format, const struct format_step *step,
		    const struct record *record, char *out)
{
	const struct ca_member *member;

	if (step->kind == KIND_CA_ALL)
		return put_ca_all(record, out);
	out = ca_columns_put_lead(format->ca, step->id - FIELD_CA, out);
	member = ca_columns_find(format->ca, record, step->id - FIELD_CA);
	if (!member)
		return EMIT_LITERAL(out, "null");
	return ca_columns_put_value(member, record, true, out);
}

/* Each lead is `,"name":`; the first step's comma becomes the brace. */
static char *json_record(struct format *format, const struct record *record, char *out)
{
	const struct format_plan *plan = &format->plans[record->kind];
	char *start = out;

	for (size_t i = 0; i < plan->n_steps; i++) {
		const struct format_step *step = &plan->steps[i];

		if (step->id >= FIELD_COUNT) {
			out = put_ca(format, step, record, out);
			continue;
		}
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
	/* Of an algorithm that is not known there may be nothing to say. */
	if (out == start)
		out++;
	*start = '{';
	return EMIT_LITERAL(out, "}\n");
}

const struct format_ops format_json = {
	.field_set = IN_DATA,
	.lead = ",\"%s\":",
	.frame_max = FRAME_MAX,
	.record = json_record,
};
