/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The output fields as a table made from fields.def, and lists chosen from it.
 * Knows no format and no kernel.
 */
#ifndef TCC_FIELDS_H
#define TCC_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* How a member of struct record is written, and its C type there. */
enum field_kind {
	KIND_EVENT,	/* uint8_t, enum tcc_kind: its name */
	KIND_TIME,	/* int64_t, ns since 1970: ISO 8601, UTC */
	KIND_I64,	/* int64_t, under 2^53: a number */
	KIND_MS,	/* uint64_t, ns: ms with three decimals */
	KIND_SADDR,	/* const struct addr_pair *: the local address */
	KIND_DADDR,	/* const struct addr_pair *: the remote one */
	KIND_U16,	/* uint16_t: a number */
	KIND_U32,	/* uint32_t: a number */
	KIND_U64,	/* uint64_t: a number, in JSON a string: jq holds doubles */
	KIND_SSTHRESH,	/* uint32_t: a number, or infinite */
	KIND_COOKIE,	/* uint64_t: hexadecimal, in JSON a string; 0 is absent */
	KIND_FAMILY,	/* uint8_t, 4 or 6: inet, inet6 */
};

/* Default sets; IN_THINNED is added to the others where events are left out. */
enum { IN_TEXT = 1, IN_DATA = 2, IN_THINNED = 4 };

struct field {
	const char *name;
	enum field_kind kind;
	size_t offset;		/* in struct record */
	unsigned int defaults;	/* the sets it is in */
	const char *unit, *meaning, *source;
};

enum field_id {
#define FIELD(name, ...) FIELD_##name,
#include "fields.def"
#undef FIELD
	FIELD_COUNT
};

extern const struct field fields_table[FIELD_COUNT];

/* Fields in the order they are written, each at most once. */
struct field_list {
	uint8_t id[FIELD_COUNT];
	size_t n;
};

/* The fields of default sets. */
void fields_default(struct field_list *list, unsigned int set);

/*
 * Parse --fields: names between commas. "+name" adds to the set so far,
 * "-name" takes away; when the first is one of these, the default set is what
 * they start from, else nothing. "all" adds all there are. On -EINVAL, *bad is
 * where the faulty name starts in `text`, and *reason says why.
 */
int fields_parse(struct field_list *list, const char *text, unsigned int set, const char **bad,
		 const char **reason);

/* Print --fields=help: name, kind in JSON, unit, meaning. */
void fields_print_help(FILE *out);

/* Whether JSON writes a kind as a string; else it is a number, either may be null. */
bool fields_is_string(enum field_kind kind);

/* The same as a word: "string", "number". */
const char *fields_json_type(enum field_kind kind);

#endif
