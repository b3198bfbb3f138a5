// SPDX-License-Identifier: GPL-2.0-or-later
/* Slots of one size; see slab.h. */
#include "record/slab.h"

#include <stdlib.h>
#include <string.h>

#define SLAB_MIN 256u

void slab_free(struct slab *slab)
{
	free(slab->slots);
}

/* As the table of connections: doubled, so that each slot is copied but once or twice. */
static int grow(struct slab *slab)
{
	uint32_t capacity = slab->capacity ? slab->capacity * 2 : SLAB_MIN;
	char *slots = reallocarray(slab->slots, capacity, slab->slot_bytes);

	if (!slots)
		return -1;
	slab->slots = slots;
	slab->capacity = capacity;
	return 0;
}

uint32_t slab_take(struct slab *slab)
{
	uint32_t number = slab->next_free;

	if (!slab->slot_bytes)
		return 0;
	if (number) {
		memcpy(&slab->next_free, slab_at(slab, number), sizeof(slab->next_free));
	} else {
		if (slab->n == slab->capacity && grow(slab))
			return 0;
		number = ++slab->n;
	}
	memset(slab_at(slab, number), 0, slab->slot_bytes);
	return number;
}

void slab_give_back(struct slab *slab, uint32_t number)
{
	if (!number)
		return;
	memcpy(slab_at(slab, number), &slab->next_free, sizeof(slab->next_free));
	slab->next_free = number;
}

void *slab_at(const struct slab *slab, uint32_t number)
{
	return slab->slots + (number - 1) * slab->slot_bytes;
}

size_t slab_bytes(const struct slab *slab)
{
	return slab->capacity * slab->slot_bytes;
}
