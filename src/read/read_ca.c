// SPDX-License-Identifier: GPL-2.0-or-later
/* Members of private state read back; see read_ca.h. */
#include "read/read_ca.h"

#include <stdlib.h>
#include <string.h>

#include "ca/ca_layout.h"
#include "read/read_value.h"

#define NAMES_MAX 1024
/* A layout is given up for one of wider members: at most so often. */
#define LAYOUTS_MAX 1024
#define WORD_BITS 64
#define WORDS (CA_PRIV_BYTES / sizeof(uint64_t))

struct value {
	int member;
	uint64_t number;
	enum ca_kind kind;
	bool is_negative, is_wide;
};

struct read_ca {
	char (*names)[CA_NAME_MAX + 1];
	size_t n_names;
	struct value values[CA_MEMBERS_MAX];	/* of the record that is read */
	size_t n_values;
	bool has_too_many;
	struct ca_layout **layouts;		/* records point to them: they stay */
	size_t n_layouts;
	struct ca_layout *layout;		/* the last one, or NULL */
};

struct read_ca *read_ca_new(void)
{
	struct read_ca *ca = calloc(1, sizeof(*ca));

	if (!ca)
		return NULL;
	ca->names = calloc(NAMES_MAX, sizeof(*ca->names));
	ca->layouts = calloc(LAYOUTS_MAX, sizeof(struct ca_layout *));
	if (!ca->names || !ca->layouts) {
		read_ca_free(ca);
		return NULL;
	}
	return ca;
}

void read_ca_free(struct read_ca *ca)
{
	if (!ca)
		return;
	for (size_t i = 0; i < ca->n_layouts; i++)
		free(ca->layouts[i]);
	free(ca->layouts);
	free(ca->names);
	free(ca);
}

static int find_name(const struct read_ca *ca, const char *name, size_t length)
{
	for (size_t i = 0; i < ca->n_names; i++) {
		if (strncmp(ca->names[i], name, length) == 0 && !ca->names[i][length])
			return (int)i;
	}
	return -1;
}

bool read_ca_has(const struct read_ca *ca, const char *name, size_t length)
{
	return length <= CA_NAME_MAX && find_name(ca, name, length) >= 0;
}

int read_ca_name(struct read_ca *ca, const char *name, size_t length)
{
	int known;

	if (!length || length > CA_NAME_MAX)
		return -1;
	for (size_t i = 0; i < length; i++) {
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.[]",
			    name[i]) || !name[i])
			return -1;
	}
	known = find_name(ca, name, length);
	if (known >= 0)
		return known;
	if (ca->n_names == NAMES_MAX)
		return -1;
	memcpy(ca->names[ca->n_names], name, length);
	return (int)ca->n_names++;
}

/* --- values --------------------------------------------------------------------- */

void read_ca_begin(struct read_ca *ca)
{
	ca->n_values = 0;
	ca->has_too_many = false;
}

const char *read_ca_value(struct read_ca *ca, int member, bool is_string, const char *at)
{
	struct value value = { .member = member, .kind = CA_INT };
	bool is_hex = at[0] == '0' && at[1] == 'x';

	value.is_negative = *at == '-';
	if (is_hex)
		at = read_value_hex(at, &value.number);
	else
		at = read_value_number(at + value.is_negative, UINT64_MAX, &value.number);
	if (!at)
		return NULL;
	if (is_hex)
		value.kind = CA_POINTER;
	/* CSV does not say. */
	value.is_wide = !is_hex && (is_string || value.number >> 53);
	if (value.is_negative)
		value.number = -value.number;
	if (ca->n_values < CA_MEMBERS_MAX)
		ca->values[ca->n_values++] = value;
	else
		ca->has_too_many = true;
	return at;
}

/* --- the layout -------------------------------------------------------------------- */

static uint8_t bits_of(const struct value *value)
{
	uint64_t number = value->is_negative ? ~value->number : value->number;
	uint8_t bits = number ? (uint8_t)(WORD_BITS - __builtin_clzll(number)) : 1;

	return (uint8_t)(bits + (value->is_negative && bits < WORD_BITS));
}

/* A member that may be negative spends a bit on that. */
static bool fits(const struct ca_member *member, const struct value *value)
{
	if (member->kind != value->kind || (value->is_negative && !member->is_signed) ||
	    (value->is_wide && !member->is_wide))
		return false;
	return bits_of(value) + (member->is_signed && !value->is_negative) <= member->bit_width;
}

static bool is_layout_of(const struct read_ca *ca, const struct ca_layout *layout)
{
	if (!layout || layout->n_members != ca->n_values)
		return false;
	for (size_t i = 0; i < ca->n_values; i++) {
		if (strcmp(layout->members[i].name, ca->names[ca->values[i].member]) != 0)
			return false;
	}
	return true;
}

static bool fit_all(const struct read_ca *ca, const struct ca_layout *layout)
{
	for (size_t i = 0; i < ca->n_values; i++) {
		if (!fits(&layout->members[i], &ca->values[i]))
			return false;
	}
	return true;
}

static void widen(struct ca_member *member, const struct value *value,
		  const struct ca_member *before)
{
	int bits = bits_of(value);

	member->kind = value->kind;
	member->is_signed = value->is_negative || (before && before->is_signed);
	member->is_wide = value->is_wide || (before && before->is_wide);
	if (member->is_signed && !value->is_negative)
		bits++;
	/* One that was not signed before needs its bit beside those that it had. */
	if (before && before->bit_width + (member->is_signed && !before->is_signed) > bits)
		bits = before->bit_width + (member->is_signed && !before->is_signed);
	member->bit_width = (uint8_t)(bits > WORD_BITS ? WORD_BITS : bits);
}

/* One behind the other, none across two words: so they lay where they came from. */
static bool place(struct ca_layout *layout)
{
	unsigned int word = 0, used = 0;

	for (uint32_t i = 0; i < layout->n_members; i++) {
		struct ca_member *member = &layout->members[i];

		if (used + member->bit_width > WORD_BITS) {
			word++;
			used = 0;
		}
		if (word == WORDS)
			return false;
		member->bit_offset = (uint16_t)(word * WORD_BITS + used);
		member->load_at = (uint8_t)(word * sizeof(uint64_t));
		member->shift_left = (uint8_t)(WORD_BITS - used - member->bit_width);
		member->shift_right = (uint8_t)(WORD_BITS - member->bit_width);
		used += member->bit_width;
	}
	return true;
}

/* For these values, and for those that `before` had room for, if it has the same members. */
static struct ca_layout *make_layout(const struct read_ca *ca, const struct ca_layout *before)
{
	struct ca_layout *layout =
		calloc(1, sizeof(*layout) + ca->n_values * sizeof(layout->members[0]));

	if (!layout)
		return NULL;
	layout->size_bytes = CA_PRIV_BYTES;
	layout->n_members = (uint32_t)ca->n_values;
	for (size_t i = 0; i < ca->n_values; i++) {
		memcpy(layout->members[i].name, ca->names[ca->values[i].member],
		       sizeof(layout->members[i].name));
		widen(&layout->members[i], &ca->values[i], before ? &before->members[i] : NULL);
	}
	if (place(layout))
		return layout;
	free(layout);
	return NULL;
}

/* Newest first: it is the widest of its members. */
static struct ca_layout *find_layout(const struct read_ca *ca)
{
	for (size_t i = ca->n_layouts; i > 0; i--) {
		if (is_layout_of(ca, ca->layouts[i - 1]))
			return ca->layouts[i - 1];
	}
	return NULL;
}

static struct ca_layout *choose_layout(struct read_ca *ca)
{
	struct ca_layout *layout = is_layout_of(ca, ca->layout) ? ca->layout : find_layout(ca);

	if (layout && fit_all(ca, layout))
		return layout;
	if (ca->n_layouts == LAYOUTS_MAX)
		return NULL;
	layout = make_layout(ca, layout);
	if (layout)
		ca->layouts[ca->n_layouts++] = layout;
	return layout;
}

void read_ca_end(struct read_ca *ca, struct record *record)
{
	uint64_t words[WORDS] = { 0 };

	if (!ca->n_values)
		return;
	ca->layout = ca->has_too_many ? NULL : choose_layout(ca);
	if (!ca->layout)
		return;
	for (size_t i = 0; i < ca->n_values; i++) {
		const struct ca_member *member = &ca->layout->members[i];

		words[member->bit_offset / WORD_BITS] |= ca->values[i].number << member->shift_right
							 >> member->shift_left;
	}
	memcpy(record->ca_priv, words, sizeof(words));
	record->ca_layout = ca->layout;
	field_set_add(&record->has, FIELD_CA_ALL);
}
