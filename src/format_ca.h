/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Members of an algorithm's private state in a line: `ca.MEMBER`. Which members
 * there are depends on the algorithm of the event, so what a list of fields
 * names is looked up for each layout once.
 */
#ifndef TCC_FORMAT_CA_H
#define TCC_FORMAT_CA_H

#include "ca_layout.h"
#include "fields.h"
#include "record.h"

/* The longest `,"ca.MEMBER":"VALUE"`, and all of them. */
#define CA_TEXT_MAX (CA_NAME_MAX + 40)
#define CA_ALL_TEXT_MAX (CA_MEMBERS_MAX * CA_TEXT_MAX)

struct ca_columns;

/* `lead` is a format's, see struct format_ops. NULL: no memory. */
struct ca_columns *ca_columns_new(const struct field_list *list, const char *lead);
void ca_columns_free(struct ca_columns *columns);	/* accepts NULL */

/* The lead of member i, and its name with "ca." before it. */
char *ca_columns_put_lead(const struct ca_columns *columns, size_t i, char *out);
const char *ca_columns_name(const struct ca_columns *columns, size_t i);

/* Member i of the record's algorithm; NULL where that has none of the name. */
const struct ca_member *ca_columns_find(struct ca_columns *columns, const struct record *record,
					size_t i);

/* The value of a member; in JSON with quotes where it is too wide for a double. */
char *ca_columns_put_value(const struct ca_member *member, const struct record *record,
			   bool is_json, char *out);

#endif
