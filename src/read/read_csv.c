// SPDX-License-Identifier: GPL-2.0-or-later
/* Lines of CSV made records; see read_csv.h. */
#include "read/read_csv.h"

void read_csv_free(struct read_csv *csv)
{
	read_shape_free(&csv->shape);
}

/* --- the heading ------------------------------------------------------------------ */

static bool is_of_name(char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_' ||
	       c == '.' || c == '[' || c == ']';
}

/* A name, which some programs quote. Returns what is behind it, or NULL. */
static const char *take_name(const char *at, const char **name, size_t *length)
{
	bool is_quoted = *at == '"';

	*name = at += is_quoted;
	while (is_of_name(*at))
		at++;
	*length = (size_t)(at - *name);
	if (!*length || (is_quoted && *at++ != '"'))
		return NULL;
	return at;
}

static bool is_line_end(const char *at, const char *end)
{
	return at == end || (*at == '\r' && at + 1 == end);
}

bool read_csv_heading(struct read_csv *csv, const char *line, size_t length)
{
	struct read_shape shape = { 0 };
	const char *at = line, *end = line + length, *name;
	size_t name_length;
	bool is_ours = false, is_whole = true;

	do {
		struct read_step step;

		at = take_name(at, &name, &name_length);
		if (!at)
			break;
		step = read_shape_step(csv->ca, name, name_length);
		is_ours |= step.id != READ_STEP_OTHER;
		is_whole &= read_shape_add(&shape, &step, "", 0);
	} while (*at++ == ',');
	if (!at || !is_line_end(at - 1, end) || !is_ours || !is_whole) {
		read_shape_free(&shape);
		return false;
	}
	read_shape_free(&csv->shape);
	csv->shape = shape;
	return true;
}

/* --- lines ------------------------------------------------------------------------- */

static const char *skip_value(const char *at, bool is_quoted)
{
	if (!is_quoted) {
		while (*at != ',' && *at != '\n' && *at != '"')
			at++;
		return at;
	}
	for (;; at++) {
		if (*at == '\n')
			return NULL;
		if (*at == '"' && *++at != '"')
			return at - 1;
	}
}

static inline bool is_nothing(const char *at)
{
	return *at == ',' || *at == '\n' || *at == '\r' || *at == '"';
}

/* As a threshold that is null in JSON. */
static void lack(struct record *record, uint8_t id)
{
	if (id >= FIELD_COUNT || fields_table[id].kind != KIND_SSTHRESH)
		return;
	*(uint32_t *)((char *)record + fields_table[id].offset) = RECORD_SSTHRESH_INFINITE;
	field_set_add(&record->has, id);
}

static inline const char *take_value(struct read_csv *csv, const struct read_step *step,
				     struct record *record, const char *at)
{
	bool is_quoted = *at == '"';

	at += is_quoted;
	if (is_nothing(at)) {
		lack(record, step->id);
	} else if (step->id < FIELD_COUNT) {
		at = read_shape_value(step, csv->values, record, at);
		field_set_add(&record->has, step->id);
	} else if (step->id == FIELD_CA_ALL) {
		at = read_ca_value(csv->ca, step->member, false, at);
	} else {
		at = skip_value(at, is_quoted);
	}
	if (!at || (is_quoted && *at++ != '"'))
		return NULL;
	return at;
}

enum read_line_kind read_csv_line(struct read_csv *csv, const char *line, size_t length,
				  struct record *record)
{
	const struct read_step *step = csv->shape.steps, *last = step + csv->shape.n - 1;
	const char *at = line;

	memset(record, 0, sizeof(*record));
	record->kind = csv->default_kind;
	read_ca_begin(csv->ca);
	for (;; step++, at++) {
		at = take_value(csv, step, record, at);
		if (!at || step == last)
			break;
		if (*at != ',')
			return READ_LINE_BAD;
	}
	if (!at || !is_line_end(at, line + length))
		return READ_LINE_BAD;
	if (record->kind >= RECORD_KIND_COUNT || !(csv->kinds & RECORD_KIND_BIT(record->kind)))
		return READ_LINE_OTHER;
	read_ca_end(csv->ca, record);
	return READ_LINE_RECORD;
}
