// SPDX-License-Identifier: GPL-2.0-or-later
/* Which fields the lines of a file have; see read_shape.h. */
#include "read/read_shape.h"

#include <stdlib.h>

void read_shape_clear(struct read_shape *shape)
{
	shape->n = 0;
	shape->is_whole = false;
	shape->named = (struct field_set){ 0 };
}

void read_shape_free(struct read_shape *shape)
{
	free(shape->steps);
	*shape = (struct read_shape){ 0 };
}

/* Of version 0.1 before the rates had one unit: bit/s. */
#define OLD_RATE "bbr_bw"

struct read_step read_shape_step(struct read_ca *ca, const char *name, size_t length)
{
	struct read_step step = { .id = READ_STEP_OTHER };

	if (length > 3 && memcmp(name, "ca.", 3) == 0) {
		step.member = read_ca_name(ca, name + 3, length - 3);
		if (step.member >= 0)
			step.id = FIELD_CA_ALL;
		return step;
	}
	if (length == strlen(OLD_RATE) && memcmp(name, OLD_RATE, length) == 0) {
		step.id = FIELD_bbr_rate;
		step.is_in_bits = true;
		return step;
	}
	for (uint8_t id = 0; id < FIELD_COUNT; id++) {
		if (strlen(fields_table[id].name) == length &&
		    memcmp(fields_table[id].name, name, length) == 0) {
			step.id = id;
			step.is_string = fields_is_string(fields_table[id].kind);
			step.is_u32 = fields_table[id].kind == KIND_U32 ||
				      fields_table[id].kind == KIND_SSTHRESH;
			step.offset = (uint16_t)fields_table[id].offset;
		}
	}
	return step;
}

static bool has_room(struct read_shape *shape)
{
	struct read_step *steps;
	size_t capacity = shape->capacity ? shape->capacity * 2 : 32;

	if (shape->n < shape->capacity)
		return true;
	if (capacity > READ_STEPS_MAX)
		return false;
	steps = realloc(shape->steps, capacity * sizeof(*steps));
	if (!steps)
		return false;
	shape->steps = steps;
	shape->capacity = capacity;
	return true;
}

bool read_shape_add(struct read_shape *shape, const struct read_step *step, const char *lead,
		    size_t length)
{
	struct read_step *added;
	char padded[8] = "", mask[8] = "";
	size_t rest;

	field_set_add(&shape->named, step->id);
	if (length > sizeof(step->lead) || !has_room(shape))
		return false;
	added = &shape->steps[shape->n++];
	*added = *step;
	added->lead_length = (uint8_t)length;
	added->lead_words = (uint8_t)(length ? (length + 7) / 8 : 1);
	rest = length - (added->lead_words - 1u) * 8u;
	memset(added->lead, 0, sizeof(added->lead));
	if (length)
		memcpy(added->lead, lead, length - rest);
	memcpy(padded, lead + length - rest, rest);
	memset(mask, 0xff, rest);
	memcpy(&added->lead[added->lead_words - 1], padded, sizeof(padded));
	memcpy(&added->last_mask, mask, sizeof(mask));
	return true;
}
