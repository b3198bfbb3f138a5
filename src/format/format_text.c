// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The text line, in the layout of the original tool:
 *	k:KTIME OFFSET ms | CONN ms | SADDR.PORT > DADDR.PORT | NAME VALUE ...
 * Events of kinds other than probe have the kind's name before the first NAME.
 */
#include "format/format.h"

/* Readable on light and on dark ground: no white, black or yellow. */
static const char *const conn_colors[] = {
	"\033[31m", "\033[32m", "\033[34m", "\033[35m", "\033[36m", "\033[91m",
};
#define COLOR_ALERT "\033[1;31m"
#define COLOR_GAP "\033[7m"
#define COLOR_OFF "\033[0m"
#define COLOR_CONN_MAX (sizeof("\033[91m") - 1)

/* Time and three columns, the kind, the colour of a field, the lost suffix. */
#define TEXT_MAX(text) (sizeof(text) - 1)
#define ENDS_MAX                                                                   \
	(COLOR_CONN_MAX + 2 * (ADDR_TEXT_MAX + TEXT_MAX(".") + EMIT_U16_MAX) + \
	 TEXT_MAX(" > ") + TEXT_MAX(COLOR_OFF))
#define FRAME_MAX                                                                           \
	(EMIT_LOCAL_MAX + TEXT_MAX(" ") + 2 * (EMIT_MS_MAX + TEXT_MAX(" ms | ")) +      \
	 ENDS_MAX + TEXT_MAX(" |") + TEXT_MAX(" ") + RECORD_KIND_LONGEST +              \
	 TEXT_MAX(COLOR_ALERT COLOR_OFF) +                                              \
	 TEXT_MAX(COLOR_GAP " lost " COLOR_OFF) + EMIT_U32_MAX + TEXT_MAX("\n"))

static char *emit_string(char *out, const char *text)
{
	return emit_bytes(out, text, strlen(text));
}

static char *put_time(struct format *format, const struct record *record, char *out)
{
	if (format->style.time_style == TIME_STYLE_KTIME) {
		out = EMIT_LITERAL(out, "k:");
		return emit_u64(out, record->ktime_ns);
	}
	return emit_time(out, &format->column, record->wall_ns,
			 format->style.time_style == TIME_STYLE_WALL);
}

/* Of a record of a file without it: the other time, in UTC, before none. */
static char *put_time_if(struct format *format, const struct record *record, char *out)
{
	if (format_has_field(record, format->style.time_style == TIME_STYLE_KTIME ? FIELD_ktime
										 : FIELD_time))
		return put_time(format, record, out);
	if (format_has_field(record, FIELD_time))
		return emit_time(out, &format->second, record->wall_ns, false);
	return EMIT_LITERAL(out, "-");
}

static char *put_ms_if(const struct record *record, enum field_id id, uint64_t ns, char *out)
{
	return format_has_field(record, id) ? emit_ms(out, ns) : EMIT_LITERAL(out, "-");
}

static char *put_end_if(const struct record *record, enum field_id addr_id, const char *addr,
			size_t length, enum field_id port_id, uint16_t port, char *out)
{
	out = format_has_field(record, addr_id) ? emit_addr(out, addr, length)
						: EMIT_LITERAL(out, "-");
	*out++ = '.';
	return format_has_field(record, port_id) ? emit_u32(out, port) : EMIT_LITERAL(out, "-");
}

static char *put_ends_if(const struct record *record, char *out)
{
	const struct addr_pair *addrs = &record->addrs;

	out = put_end_if(record, FIELD_saddr, addrs->saddr_text, addrs->saddr_length, FIELD_sport,
			 record->sport, out);
	out = EMIT_LITERAL(out, " > ");
	return put_end_if(record, FIELD_daddr, addrs->daddr_text, addrs->daddr_length, FIELD_dport,
			  record->dport, out);
}

static char *put_ends_plain(const struct record *record, char *out)
{
	const struct addr_pair *addrs = &record->addrs;

	out = emit_addr(out, addrs->saddr_text, addrs->saddr_length);
	*out++ = '.';
	out = emit_u32(out, record->sport);
	out = EMIT_LITERAL(out, " > ");
	out = emit_addr(out, addrs->daddr_text, addrs->daddr_length);
	*out++ = '.';
	return emit_u32(out, record->dport);
}

static char *put_ends(const struct format *format, const struct record *record, bool has_all,
		      char *out)
{
	size_t n_colors = sizeof(conn_colors) / sizeof(conn_colors[0]);

	if (format->style.has_color)
		out = emit_string(out, conn_colors[record->conn_key % n_colors]);
	out = has_all ? put_ends_plain(record, out) : put_ends_if(record, out);
	if (format->style.has_color)
		out = EMIT_LITERAL(out, COLOR_OFF);
	return out;
}

static const struct ca_style ca_style = { .before = " ca.", .between = " ", .absent = "-" };

/* A name and its value. */
FORMAT_INLINE char *put_pair(struct format *format, const struct format_step *step,
			     const struct record *record, bool has_all, char *out)
{
	bool is_alert = format->style.has_color && record->has_cwnd_fallen &&
			step->id == FIELD_snd_cwnd;

	if (is_alert)
		out = EMIT_LITERAL(out, COLOR_ALERT);
	out = emit_short(out, step->lead, step->lead_length);
	if (has_all || format_has(step, record))
		out = format_value(format, step, record, out);
	else
		out = EMIT_LITERAL(out, "-");
	if (is_alert)
		out = EMIT_LITERAL(out, COLOR_OFF);
	return out;
}

FORMAT_INLINE char *put_steps(struct format *format, const struct record *record, bool has_all,
			      char *out)
{
	const struct format_plan *plan = &format->plans[record->kind];
	const struct format_step *end = plan->steps + plan->n_steps;

	for (const struct format_step *step = plan->steps; step < end; step++) {
		if (step->id >= FIELD_COUNT)
			out = ca_columns_put(format->ca, step->id, record, &ca_style, out);
		else
			out = put_pair(format, step, record, has_all, out);
	}
	return out;
}

static char *put_lost(const struct format *format, const struct record *record, char *out)
{
	const struct format_plan *plan = &format->plans[record->kind];

	for (size_t i = 0; i < plan->n_steps; i++) {
		if (plan->steps[i].id == FIELD_lost)
			return out;
	}
	if (format->style.has_color)
		out = EMIT_LITERAL(out, COLOR_GAP);
	out = EMIT_LITERAL(out, " lost ");
	out = emit_u32(out, record->lost);
	if (format->style.has_color)
		out = EMIT_LITERAL(out, COLOR_OFF);
	return out;
}

static char *text_record(struct format *format, const struct record *record, char *out)
{
	bool has_all = format_has_all(&format->plans[record->kind], record);

	out = has_all ? put_time(format, record, out) : put_time_if(format, record, out);
	*out++ = ' ';
	out = has_all ? emit_ms(out, record->offset_ns)
		      : put_ms_if(record, FIELD_offset_ms, record->offset_ns, out);
	out = EMIT_LITERAL(out, " ms | ");
	out = has_all ? emit_ms(out, record->conn_ns)
		      : put_ms_if(record, FIELD_conn_ms, record->conn_ns, out);
	out = EMIT_LITERAL(out, " ms | ");
	out = put_ends(format, record, has_all, out);
	out = EMIT_LITERAL(out, " |");
	if (record->kind != RECORD_KIND_PROBE) {
		*out++ = ' ';
		out = emit_short(out, record_kinds[record->kind].name,
				 record_kinds[record->kind].length);
	}
	if (has_all)
		out = put_steps(format, record, true, out);
	else
		out = put_steps(format, record, false, out);
	if (record->lost)
		out = put_lost(format, record, out);
	*out++ = '\n';
	return out;
}

/* The columns, and what is said at the end where something was lost. */
static void text_need(const struct format_style *style, struct field_set *needs)
{
	static const enum field_id columns[] = {
		FIELD_event, FIELD_offset_ms, FIELD_conn_ms, FIELD_saddr, FIELD_sport,
		FIELD_daddr, FIELD_dport, FIELD_lost,
	};

	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		field_set_add(needs, columns[i]);
	field_set_add(needs, style->time_style == TIME_STYLE_KTIME ? FIELD_ktime : FIELD_time);
}

const struct format_ops format_text = {
	.field_set = IN_TEXT,
	.lead = " %s ",
	.infinite = { "inf", sizeof("inf") - 1 },
	.need = text_need,
	.frame_max = FRAME_MAX,
	.record = text_record,
};
