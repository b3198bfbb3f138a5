/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The output fields as a table made from fields.def, and lists chosen from it.
 * Knows no format.
 */
#ifndef TCC_FIELDS_H
#define TCC_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "record/field_set.h"
#include "record/kinds.h"
#include "tcc_props.h"

/* How a member of struct record is written, and its C type there: values.def. */
enum field_kind {
#define VALUE(KIND, ...) KIND_##KIND,
#include "record/values.def"
#undef VALUE
};

/*
 * Default sets. IN_THINNED is added to the others where events are left out, and
 * IN_KIND() where that kind of event is asked for. IN_TEXT_RARE: the pairs of the
 * text line of kinds other than probe, beside those that are in the kind's own set.
 */
enum { IN_TEXT = 1, IN_DATA = 2, IN_THINNED = 4, IN_TEXT_RARE = 8 };
#define IN_KIND(kind) (16u << RECORD_KIND_##kind)
#define IN_KIND_OF(kind) (16u << (kind))

/*
 * What a field is made of, besides the state that every event has: TCC_PROP()s,
 * or ONLY() the events of some kinds.
 */
#define FIELD_KIND_SHIFT 48
#define FIELD_PROPS_MASK ((1ULL << FIELD_KIND_SHIFT) - 1)
#define ONLY(kind) (1ULL << (FIELD_KIND_SHIFT + RECORD_KIND_##kind))

_Static_assert(FIELD_KIND_SHIFT + RECORD_KIND_COUNT <= 64, "ONLY() has no bit for each kind");
_Static_assert(TCC_BIT_COUNT <= FIELD_KIND_SHIFT, "TCC_PROP()s and ONLY() share bits");

struct field {
	const char *name;
	enum field_kind kind;
	size_t offset;		/* in struct record */
	unsigned int defaults;	/* the sets it is in */
	uint64_t needs;		/* see ONLY() */
	const char *unit, *meaning, *source;
};

extern const struct field fields_table[FIELD_COUNT];

/* ca.MEMBERs that one list may name, and the longest of their names, in bytes. */
#define FIELDS_MEMBER_MAX 63
#define FIELDS_CA_MAX 64

/* In a list, those behind FIELD_CA_ALL: the list's own ca.MEMBERs. */
#define FIELD_CA (FIELD_CA_ALL + 1)
#define FIELDS_MAX (FIELD_CA + FIELDS_CA_MAX)

_Static_assert(FIELDS_MAX <= 256, "struct field_list holds ids in bytes");

/* Fields in the order they are written, each at most once. */
struct field_list {
	uint8_t id[FIELDS_MAX];
	size_t n;
	/* Of id FIELD_CA + i, without "ca."; points into the parsed text. */
	struct field_member {
		const char *name;
		size_t length;
	} ca[FIELDS_CA_MAX];
	size_t n_ca;
};

/* The fields of default sets. */
void fields_default(struct field_list *list, unsigned int set);

/*
 * The pairs of a text line of this kind of event, by default; of a probe, those of
 * the sets.
 */
void fields_default_text(struct field_list *list, uint8_t kind, unsigned int set);

/*
 * What events of a kind have: the fields that are of this kind, and are made of nothing
 * that is `lacking`, TCC_PROP()s. A single event may have less.
 */
struct field_set fields_of_kind(enum record_kind kind, uint64_t lacking);

/* The fields of default sets, and of this kind's own, that events of the kind can have. */
void fields_default_kind(struct field_list *list, uint8_t kind, unsigned int set);

/* TCC_PROP()s: all that these fields are made of. */
uint64_t fields_props(const struct field_set *fields);

/*
 * Parse --fields: names between commas. "+name" adds to the list so far,
 * "-name" takes away; when the first is one of these, `base` is what they start
 * from, else nothing. "all" adds all there are in the table, "ca" all
 * members of the algorithm's private state, "ca.MEMBER" one of them. The list
 * borrows from `text`. On -EINVAL, *bad is where the faulty name starts in `text`,
 * and *reason says why.
 */
int fields_parse(struct field_list *list, const char *text, const struct field_list *base,
		 const char **bad, const char **reason);

/*
 * Print --fields=help: name, kind in JSON, unit, meaning, in 80 columns: a line that begins
 * with a blank goes on with the meaning of the one before. The completions read it.
 */
void fields_print_help(FILE *out);

/* Whether JSON writes a kind as a string; else it is a number, either may be null. */
bool fields_is_string(enum field_kind kind);

/* The same as a word: "string", "number". */
const char *fields_json_type(enum field_kind kind);

#endif
