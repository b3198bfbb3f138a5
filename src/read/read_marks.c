// SPDX-License-Identifier: GPL-2.0-or-later
/* Marks of records that are left out; see read_marks.h. */
#include "read/read_marks.h"

#include <stdlib.h>

#define PLACES 4096	/* a power of two; more CPUs of more hosts share some */
#define PROBED 16

struct mark {
	uint64_t origin;
	uint32_t cpu;
	uint32_t lost;		/* 0: the place is free */
	uint8_t kind;
};

struct read_marks {
	size_t n;		/* places that are not free */
	struct mark places[PLACES];
};

struct read_marks *read_marks_new(void)
{
	return calloc(1, sizeof(struct read_marks));
}

void read_marks_free(struct read_marks *marks)
{
	free(marks);
}

static size_t first_place(uint64_t origin, const struct record *record)
{
	uint64_t hash = (origin ^ record->cpu ^ (uint64_t)record->kind << 32) *
			0x9e3779b97f4a7c15ULL;

	return (hash >> 40) % PLACES;
}

static bool is_of(const struct mark *mark, uint64_t origin, const struct record *record)
{
	return mark->lost && mark->origin == origin && mark->cpu == record->cpu &&
	       mark->kind == record->kind;
}

/* The record's own place, if it has one. */
static struct mark *find(struct read_marks *marks, uint64_t origin, const struct record *record)
{
	size_t first = first_place(origin, record);

	for (size_t i = 0; i < PROBED; i++) {
		struct mark *mark = &marks->places[(first + i) % PLACES];

		if (is_of(mark, origin, record))
			return mark;
	}
	return NULL;
}

/* A free one, or where there is none, another's: no mark vanishes. */
static struct mark *find_free(struct read_marks *marks, uint64_t origin,
			      const struct record *record)
{
	size_t first = first_place(origin, record);

	for (size_t i = 0; i < PROBED; i++) {
		if (!marks->places[(first + i) % PLACES].lost)
			return &marks->places[(first + i) % PLACES];
	}
	return &marks->places[first];
}

static uint32_t add(uint32_t a, uint32_t b)
{
	uint32_t sum;

	return __builtin_add_overflow(a, b, &sum) ? UINT32_MAX : sum;
}

void read_marks_keep(struct read_marks *marks, uint64_t origin, const struct record *record)
{
	struct mark *mark;

	if (!record->lost)
		return;
	mark = find(marks, origin, record);
	if (!mark)
		mark = find_free(marks, origin, record);
	if (!mark->lost) {
		*mark = (struct mark){ .origin = origin, .cpu = record->cpu, .kind = record->kind };
		marks->n++;
	}
	mark->lost = add(mark->lost, record->lost);
}

void read_marks_give(struct read_marks *marks, uint64_t origin, struct record *record)
{
	struct mark *mark = marks->n ? find(marks, origin, record) : NULL;

	if (!mark)
		return;
	record->lost = add(record->lost, mark->lost);
	field_set_add(&record->has, FIELD_lost);
	mark->lost = 0;
	marks->n--;
}
