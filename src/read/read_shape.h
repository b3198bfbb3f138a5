/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which fields the lines of a file have, in which order: lines repeat, so what a line
 * says where is known before it is looked at. Knows neither JSON nor CSV.
 */
#ifndef TCC_READ_SHAPE_H
#define TCC_READ_SHAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "read/read_ca.h"
#include "read/read_number.h"
#include "read/read_value.h"

/* A line of more fields is read, but not as one that is known. */
#define READ_STEPS_MAX 512

/* Beside the fields and FIELD_CA_ALL, whose step has the number of the member. */
#define READ_STEP_OTHER (FIELD_CA_ALL + 1)	/* one that we do not know */

/* Words of what is before a value: the longest is `,"ca.`, a member, `":`. */
#define READ_LEAD_WORDS 9

_Static_assert(READ_LEAD_WORDS * 8 <= READ_BEHIND, "a lead is compared beyond a line's end");

struct read_step {
	uint8_t id;		/* FIELD_x, FIELD_CA_ALL, READ_STEP_OTHER */
	bool is_string;
	bool is_in_bits;	/* a rate that later files have in bytes, under another name */
	bool is_u32;		/* most are; then */
	uint16_t offset;	/* in struct record */
	uint8_t lead_length, lead_words;
	int member;		/* of FIELD_CA_ALL */
	uint64_t last_mask;	/* of the last word */
	uint64_t lead[READ_LEAD_WORDS];
};

struct read_shape {
	struct read_step *steps;
	size_t n, capacity;
	bool is_whole;		/* it has all of a line */
	struct field_set named;	/* those that the file has, if only as absent */
};

void read_shape_clear(struct read_shape *shape);
void read_shape_free(struct read_shape *shape);

/* What a name stands for, without lead. */
struct read_step read_shape_step(struct read_ca *ca, const char *name, size_t length);

/*
 * Add a step, which is led by these bytes. Returns false where it is not kept: it is too
 * long, there are too many, or there is no memory.
 */
bool read_shape_add(struct read_shape *shape, const struct read_step *step, const char *lead,
		    size_t length);

/* The value of a step that is a field; as read_value(). */
static inline const char *read_shape_value(const struct read_step *step,
					   struct read_values *values, struct record *record,
					   const char *at)
{
	uint64_t number;

	if (!step->is_u32) {
		at = read_value(values, (enum field_id)step->id, record, at);
		if (step->is_in_bits)
			record->bbr_rate /= 8;
		return at;
	}
	at = read_number_u64(at, &number);
	if (!at || number > UINT32_MAX)
		return NULL;
	*(uint32_t *)((char *)record + step->offset) = (uint32_t)number;
	return at;
}

/* Whether these are the bytes at `at`, of which READ_BEHIND may be looked at. */
static inline bool read_shape_is_lead(const struct read_step *step, const char *at)
{
	uint64_t word;
	unsigned int i = 0;

	for (; i + 1 < step->lead_words; i++) {
		memcpy(&word, at + i * sizeof(word), sizeof(word));
		if (word != step->lead[i])
			return false;
	}
	memcpy(&word, at + i * sizeof(word), sizeof(word));
	return (word & step->last_mask) == step->lead[i];
}

#endif
