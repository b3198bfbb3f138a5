// SPDX-License-Identifier: GPL-2.0-or-later
/* The output fields and lists of them; see fields.h. */
#include "fields.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "record.h"

/* The C type that each kind reads. */
typedef const struct addr_pair *addrs_pointer;
#define TYPE_EVENT uint8_t
#define TYPE_TIME int64_t
#define TYPE_I64 int64_t
#define TYPE_MS uint64_t
#define TYPE_SADDR addrs_pointer
#define TYPE_DADDR addrs_pointer
#define TYPE_U16 uint16_t
#define TYPE_U32 uint32_t
#define TYPE_U64 uint64_t
#define TYPE_SSTHRESH uint32_t
#define TYPE_COOKIE uint64_t
#define TYPE_FAMILY uint8_t

/* A kind that does not fit its member does not compile. */
#define FIELD(name, kind, member, ...)                                                     \
	_Static_assert(_Generic(((struct record *)0)->member, TYPE_##kind: 1, default: 0), \
		       "fields.def: " #name " is not of kind " #kind);
#include "fields.def"
#undef FIELD

const struct field fields_table[FIELD_COUNT] = {
#define FIELD(name, kind, member, defaults, unit, meaning, source)                         \
	[FIELD_##name] = { #name, KIND_##kind, offsetof(struct record, member), defaults, unit, \
			   meaning, source },
#include "fields.def"
#undef FIELD
};

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
	list->n = 0;
	for (uint8_t id = 0; id < FIELD_COUNT; id++) {
		if (fields_table[id].defaults & set)
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

/* One item of the list; returns why it is faulty, or NULL. */
static const char *apply(struct field_list *list, const char *item, size_t length)
{
	char sign = *item == '+' || *item == '-' ? *item : 0;
	const char *name = sign ? item + 1 : item;
	size_t name_length = length - (sign ? 1 : 0);
	uint8_t id;

	if (name_length == 3 && memcmp(name, "all", 3) == 0 && sign != '-') {
		for (id = 0; id < FIELD_COUNT; id++)
			list_add(list, id);
		return NULL;
	}
	if (name_length == 0)
		return "an empty name";
	if (find_field(name, name_length, &id))
		return "no such field; --fields=help lists them";
	if (!sign && list_has(list, id))
		return "named twice";
	if (sign == '-')
		list_remove(list, id);
	else
		list_add(list, id);
	return NULL;
}

int fields_parse(struct field_list *list, const char *text, unsigned int set, const char **bad,
		 const char **reason)
{
	const char *item = text;

	list->n = 0;
	if (*text == '+' || *text == '-')
		fields_default(list, set);
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
	switch (kind) {
	case KIND_I64:
	case KIND_MS:
	case KIND_U16:
	case KIND_U32:
	case KIND_SSTHRESH:
		return false;
	case KIND_EVENT:
	case KIND_TIME:
	case KIND_SADDR:
	case KIND_DADDR:
	case KIND_U64:
	case KIND_COOKIE:
	case KIND_FAMILY:
		break;
	}
	return true;
}

const char *fields_json_type(enum field_kind kind)
{
	return fields_is_string(kind) ? "string" : "number";
}

void fields_print_help(FILE *out)
{
	fprintf(out, "%-10s %-7s %-18s %s\n", "FIELD", "TYPE", "UNIT", "MEANING");
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		const struct field *field = &fields_table[i];

		fprintf(out, "%-10s %-7s %-18s %s\n", field->name, fields_json_type(field->kind),
			*field->unit ? field->unit : "-", field->meaning);
	}
}
