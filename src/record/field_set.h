/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sets of fields: those that a record has a value of, those that somebody needs.
 * Knows the fields' names and nothing of what they mean.
 */
#ifndef TCC_FIELD_SET_H
#define TCC_FIELD_SET_H

#include <stdbool.h>
#include <stdint.h>

enum field_id {
#define FIELD(name, ...) FIELD_##name,
#include "record/fields.def"
#undef FIELD
	FIELD_COUNT
};

/* Besides those of the table: all of the algorithm's private state. */
#define FIELD_CA_ALL FIELD_COUNT

struct field_set {
	uint64_t bits[2];	/* of FIELD_x, and FIELD_CA_ALL */
};

_Static_assert(FIELD_CA_ALL < 128, "struct field_set has no bit for each field");

static inline void field_set_add(struct field_set *set, unsigned int id)
{
	set->bits[id / 64] |= 1ULL << id % 64;
}

static inline void field_set_remove(struct field_set *set, unsigned int id)
{
	set->bits[id / 64] &= ~(1ULL << id % 64);
}

static inline void field_set_add_all(struct field_set *set, const struct field_set *others)
{
	set->bits[0] |= others->bits[0];
	set->bits[1] |= others->bits[1];
}

/* Of the set, those that are among the others as well. */
static inline void field_set_keep(struct field_set *set, const struct field_set *others)
{
	set->bits[0] &= others->bits[0];
	set->bits[1] &= others->bits[1];
}

static inline bool field_set_has(const struct field_set *set, unsigned int id)
{
	return set->bits[id / 64] >> id % 64 & 1;
}

static inline bool field_set_has_all(const struct field_set *set, const struct field_set *others)
{
	return !((others->bits[0] & ~set->bits[0]) | (others->bits[1] & ~set->bits[1]));
}

#endif
