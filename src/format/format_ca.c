// SPDX-License-Identifier: GPL-2.0-or-later
/* Members of private state in a line; see format_ca.h. */
#include "format/format_ca.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"

_Static_assert(FIELDS_MEMBER_MAX == CA_NAME_MAX, "fields.h: as long as a member's name may be");

/* As many algorithms are in use at a time; more are looked up anew each time. */
#define CACHED_LAYOUTS 8

struct column {
	char name[CA_NAME_MAX + 4];		/* ca.MEMBER */
	char lead[CA_NAME_MAX + 12];
	size_t lead_length;
};

struct ca_columns {
	size_t n;
	struct column columns[FIELDS_CA_MAX];
	struct cached {
		const struct ca_layout *layout;
		const struct ca_member *members[FIELDS_CA_MAX];
	} cached[CACHED_LAYOUTS];
	size_t n_met;	/* layouts looked up; the newest overwrite the oldest */
};

struct ca_columns *ca_columns_new(const struct field_list *list, const char *lead)
{
	struct ca_columns *columns = calloc(1, sizeof(*columns));

	if (!columns)
		return NULL;
	columns->n = list->n_ca;
	for (size_t i = 0; i < columns->n; i++) {
		struct column *column = &columns->columns[i];

		snprintf(column->name, sizeof(column->name), "ca.%.*s", (int)list->ca[i].length,
			 list->ca[i].name);
		column->lead_length = (size_t)snprintf(column->lead, sizeof(column->lead), lead,
						       column->name);
	}
	return columns;
}

void ca_columns_free(struct ca_columns *columns)
{
	free(columns);
}

const char *ca_columns_name(const struct ca_columns *columns, size_t i)
{
	return columns->columns[i].name;
}

static const struct cached *resolve(struct ca_columns *columns, const struct ca_layout *layout)
{
	struct cached *cached = &columns->cached[columns->n_met % CACHED_LAYOUTS];
	bool is_first = columns->n_met < CACHED_LAYOUTS;

	columns->n_met++;
	cached->layout = layout;
	for (size_t i = 0; i < columns->n; i++) {
		cached->members[i] = ca_layout_find(layout, columns->columns[i].name + 3);
		/*
		 * Once. Beyond that many layouts nothing tells which were there before. Of what
		 * was read from a file the structure is not known, nor what it has besides.
		 */
		if (!cached->members[i] && is_first && *layout->structure)
			log_warning("--fields: '%s': struct %s has no such member",
				    columns->columns[i].name, layout->structure);
	}
	return cached;
}

/* Member i of the record's algorithm; NULL where that has none of the name. */
static const struct ca_member *find(struct ca_columns *columns, const struct record *record,
				    size_t i)
{
	const struct ca_layout *layout = record->ca_layout;

	if (!field_set_has(&record->has, FIELD_CA_ALL))
		return NULL;
	for (size_t at = 0; at < CACHED_LAYOUTS; at++) {
		if (columns->cached[at].layout == layout)
			return columns->cached[at].members[i];
	}
	return resolve(columns, layout)->members[i];
}

static char *put_value(const struct ca_member *member, const struct record *record, bool is_json,
		       char *out)
{
	uint64_t value = ca_layout_value(member, record->ca_priv);
	bool has_quotes = is_json && (member->is_wide || member->kind == CA_POINTER);

	if (has_quotes)
		*out++ = '"';
	if (member->kind == CA_POINTER)
		out = emit_hex(out, value);
	else if (member->is_signed)
		out = emit_i64(out, (int64_t)value);
	else
		out = emit_u64(out, value);
	if (has_quotes)
		*out++ = '"';
	return out;
}

static char *put_string(char *out, const char *text)
{
	return emit_bytes(out, text, strlen(text));
}

static char *put_all(const struct record *record, const struct ca_style *style, char *out)
{
	const struct ca_layout *layout = record->ca_layout;

	if (!field_set_has(&record->has, FIELD_CA_ALL))
		return out;
	for (uint32_t i = 0; i < layout->n_members; i++) {
		const struct ca_member *member = &layout->members[i];

		out = put_string(out, style->before);
		out = put_string(out, member->name);
		out = put_string(out, style->between);
		out = put_value(member, record, style->is_json, out);
	}
	return out;
}

char *ca_columns_put(struct ca_columns *columns, uint8_t id, const struct record *record,
		     const struct ca_style *style, char *out)
{
	const struct ca_member *member;
	const struct column *column;

	if (id == FIELD_CA_ALL)
		return put_all(record, style, out);
	column = &columns->columns[id - FIELD_CA];
	out = emit_bytes(out, column->lead, column->lead_length);
	member = find(columns, record, id - FIELD_CA);
	return member ? put_value(member, record, style->is_json, out)
		      : put_string(out, style->absent);
}
