// SPDX-License-Identifier: GPL-2.0-or-later
/* The output fields and lists of them; see fields.h. */
#include "record/fields.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "record/record.h"

enum json_type { STRING, INTEGER, NUMBER };
enum { ALWAYS, MAYBE };

typedef const struct word *word_pointer;
typedef const struct record_host *host_pointer;

static const enum json_type json_types[] = {
#define VALUE(KIND, type, longest, json, presence) [KIND_##KIND] = json,
#include "record/values.def"
#undef VALUE
};

/* The C type that each kind reads. */
#define VALUE(KIND, type, ...) typedef type value_##KIND;
#include "record/values.def"
#undef VALUE

/* Whether a kind may be absent. */
enum {
#define VALUE(KIND, type, longest, json, presence) PRESENCE_##KIND = presence,
#include "record/values.def"
#undef VALUE
};

/* A kind that does not fit its member does not compile. */
#define FIELD(name, kind, member, defaults, needs, ...)                                      \
	_Static_assert(_Generic(((struct record *)0)->member, value_##kind: 1, default: 0), \
		       "fields.def: " #name " is not of kind " #kind);                     \
	_Static_assert(!((needs) & FIELD_PROPS_MASK) || PRESENCE_##kind,           \
		       "fields.def: a kernel may lack " #name ", but " #kind " is always there");
#include "record/fields.def"
#undef FIELD

const struct field fields_table[FIELD_COUNT] = {
#define FIELD(name, kind, member, defaults, needs, unit, meaning, source)                  \
	[FIELD_##name] = { #name, KIND_##kind, offsetof(struct record, member), defaults, needs, \
			   unit, meaning, source },
#include "record/fields.def"
#undef FIELD
};

/* What private state is made of, as a field. */
#define CA_PROPS (TCC_PROP(CA_PRIV) | TCC_PROP(CC))

struct field_set fields_of_kind(enum record_kind kind, uint64_t lacking)
{
	struct field_set fields = { 0 };

	for (unsigned int id = 0; id < FIELD_COUNT; id++) {
		uint64_t needs = fields_table[id].needs, kinds = needs >> FIELD_KIND_SHIFT;

		if ((!kinds || kinds >> kind & 1) && !(needs & FIELD_PROPS_MASK & lacking))
			field_set_add(&fields, id);
	}
	if (!(CA_PROPS & lacking))
		field_set_add(&fields, FIELD_CA_ALL);
	return fields;
}

uint64_t fields_props(const struct field_set *fields)
{
	uint64_t props = field_set_has(fields, FIELD_CA_ALL) ? CA_PROPS : 0;

	for (unsigned int id = 0; id < FIELD_COUNT; id++) {
		if (field_set_has(fields, id))
			props |= fields_table[id].needs & FIELD_PROPS_MASK;
	}
	return props;
}

static bool list_has(const struct field_list *list, uint8_t id)
{
	return memchr(list->id, id, list->n) != NULL;
}

static void list_add(struct field_list *list, uint8_t id)
{
	if (!list_has(list, id))
		list->id[list->n++] = id;
}

static void list_remove(struct field_list *list, uint8_t id)
{
	uint8_t *at = memchr(list->id, id, list->n);

	if (!at)
		return;
	list->n--;
	memmove(at, at + 1, (size_t)(list->id + list->n - at));
}

void fields_default(struct field_list *list, unsigned int set)
{
	list->n = list->n_ca = 0;
	for (uint8_t id = 0; id < FIELD_COUNT; id++) {
		if (fields_table[id].defaults & set)
			list_add(list, id);
	}
}

void fields_default_text(struct field_list *list, uint8_t kind, unsigned int set)
{
	fields_default(list, kind == RECORD_KIND_PROBE ? set : IN_KIND_OF(kind));
	for (uint8_t id = 0; id < FIELD_COUNT && kind != RECORD_KIND_PROBE; id++) {
		if (fields_table[id].defaults & IN_TEXT_RARE)
			list_add(list, id);
	}
}

void fields_default_kind(struct field_list *list, uint8_t kind, unsigned int set)
{
	struct field_set can_have = fields_of_kind((enum record_kind)kind, 0);

	list->n = list->n_ca = 0;
	for (uint8_t id = 0; id < FIELD_COUNT; id++) {
		if (fields_table[id].defaults & (set | IN_KIND_OF(kind)) &&
		    field_set_has(&can_have, id))
			list_add(list, id);
	}
}

static int find_field(const char *name, size_t length, uint8_t *id)
{
	for (uint8_t i = 0; i < FIELD_COUNT; i++) {
		if (strlen(fields_table[i].name) == length &&
		    memcmp(fields_table[i].name, name, length) == 0) {
			*id = i;
			return 0;
		}
	}
	return -EINVAL;
}

static bool is_member_name(const char *name, size_t length)
{
	return length > 0 && length <= FIELDS_MEMBER_MAX &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "0123456789_.[]") >= length;
}

/* The id of ca.MEMBER, known to the list from now on; or why it is faulty. */
static const char *find_member(struct field_list *list, const char *name, size_t length,
			       uint8_t *id)
{
	size_t i = 0;

	if (!is_member_name(name, length))
		return "expected ca.MEMBER, the member as in C";
	while (i < list->n_ca && (list->ca[i].length != length ||
				  memcmp(list->ca[i].name, name, length) != 0))
		i++;
	if (i == FIELDS_CA_MAX)
		return "too many members of ca; +ca has them all";
	if (i == list->n_ca)
		list->ca[list->n_ca++] = (struct field_member){ name, length };
	*id = (uint8_t)(FIELD_CA + i);
	return NULL;
}

static const char *find(struct field_list *list, const char *name, size_t length, uint8_t *id)
{
	*id = FIELD_CA_ALL;
	if (length == 2 && memcmp(name, "ca", 2) == 0)
		return NULL;
	if (length >= 3 && memcmp(name, "ca.", 3) == 0)
		return find_member(list, name + 3, length - 3, id);
	return find_field(name, length, id) ? "no such field; --fields=help lists them" : NULL;
}

/* One item of the list; returns why it is faulty, or NULL. */
static const char *apply(struct field_list *list, const char *item, size_t length)
{
	char sign = *item == '+' || *item == '-' ? *item : 0;
	const char *name = sign ? item + 1 : item;
	size_t name_length = length - (sign ? 1 : 0);
	const char *reason;
	uint8_t id;

	if (name_length == 3 && memcmp(name, "all", 3) == 0 && sign != '-') {
		for (id = 0; id < FIELD_COUNT; id++)
			list_add(list, id);
		return NULL;
	}
	if (name_length == 0)
		return "an empty name";
	reason = find(list, name, name_length, &id);
	if (reason)
		return reason;
	if (!sign && list_has(list, id))
		return "named twice";
	if (sign == '-')
		list_remove(list, id);
	else
		list_add(list, id);
	return NULL;
}

int fields_parse(struct field_list *list, const char *text, const struct field_list *base,
		 const char **bad, const char **reason)
{
	const char *item = text;

	list->n = list->n_ca = 0;
	if (*text == '+' || *text == '-')
		*list = *base;
	for (;;) {
		size_t length = strcspn(item, ",");

		*bad = item;
		*reason = apply(list, item, length);
		if (*reason)
			return -EINVAL;
		item += length;
		if (!*item)
			break;
		item++;
	}
	*bad = text;
	*reason = "leaves no field";
	return list->n ? 0 : -EINVAL;
}

bool fields_is_string(enum field_kind kind)
{
	return json_types[kind] == STRING;
}

const char *fields_json_type(enum field_kind kind)
{
	return fields_is_string(kind) ? "string" : "number";
}

/* A terminal's lines; so is the layout: the widest name, type and unit. */
#define HELP_WIDTH 80
#define HELP_LAYOUT "%-22s %-6s %-17s  "
#define HELP_MEANING (22 + 1 + 6 + 1 + 17 + 2)

/* The last column: further lines of it begin with blanks. */
static void print_meaning(FILE *out, const char *text)
{
	const int width = HELP_WIDTH - HELP_MEANING;

	while ((int)strlen(text) > width) {
		int length = width;

		while (length && text[length] != ' ')
			length--;
		if (!length)
			length = (int)strcspn(text, " ");
		fprintf(out, "%.*s\n%*s", length, text, HELP_MEANING, "");
		text += length;
		text += strspn(text, " ");
	}
	fprintf(out, "%s\n", text);
}

void fields_print_help(FILE *out)
{
	fprintf(out, HELP_LAYOUT "%s\n", "FIELD", "TYPE", "UNIT", "MEANING");
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		const struct field *field = &fields_table[i];

		fprintf(out, HELP_LAYOUT, field->name, fields_json_type(field->kind),
			*field->unit ? field->unit : "-");
		print_meaning(out, field->meaning);
	}
	fputs("\nBesides: ca.MEMBER, a member of the private state of the connection's congestion\n"
	      "control algorithm, named as in C (ca.bw.s[0].v); ca, all of its members.\n", out);
}
