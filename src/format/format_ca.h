/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Members of an algorithm's private state in a line: `ca.MEMBER`. Which members
 * there are depends on the algorithm of the event, so what a list of fields
 * names is looked up for each layout once.
 */
#ifndef TCC_FORMAT_CA_H
#define TCC_FORMAT_CA_H

#include "base/emit.h"
#include "ca/ca_layout.h"
#include "record/fields.h"
#include "record/record.h"

/* The longest `,"ca.MEMBER":"VALUE"`, and all of them. */
#define CA_TEXT_MAX (sizeof(",\"ca.\":\"\"") - 1 + CA_NAME_MAX + EMIT_I64_MAX)
#define CA_ALL_TEXT_MAX (CA_MEMBERS_MAX * CA_TEXT_MAX)

struct ca_columns;

/* `lead` is a format's, see struct format_ops. NULL: no memory. */
struct ca_columns *ca_columns_new(const struct field_list *list, const char *lead);
void ca_columns_free(struct ca_columns *columns);	/* accepts NULL */

/* The name of member i, with "ca." before it. */
const char *ca_columns_name(const struct ca_columns *columns, size_t i);

/* How a format writes a member. */
struct ca_style {
	const char *before, *between;	/* around a member's name, if all are written */
	const char *absent;		/* what the algorithm has no member for */
	bool is_json;			/* quotes where a value is too wide for a double */
};

/*
 * Write what the field `id` says, FIELD_CA_ALL or FIELD_CA + i; the lead first,
 * if the format has one. Nothing where all are asked for and none is known.
 */
char *ca_columns_put(struct ca_columns *columns, uint8_t id, const struct record *record,
		     const struct ca_style *style, char *out);

#endif
