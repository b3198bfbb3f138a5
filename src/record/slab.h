/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Slots of one size, by number: what belongs to a thing that may move, or be gone
 * tomorrow. Slots lie in one piece of memory, which grows and never shrinks.
 */
#ifndef TCC_SLAB_H
#define TCC_SLAB_H

#include <stddef.h>
#include <stdint.h>

struct slab {
	size_t slot_bytes;	/* at least 4; 0: there are no slots */
	char *slots;
	uint32_t n, capacity;	/* slots ever taken, slots there is memory for */
	uint32_t next_free;	/* number of the one given back last; each names the next */
};

void slab_free(struct slab *slab);

/* A slot full of zeros; its number is not 0, which is returned without memory. */
uint32_t slab_take(struct slab *slab);
void slab_give_back(struct slab *slab, uint32_t number);	/* accepts 0 */

/* Valid until the next slab_take(). */
void *slab_at(const struct slab *slab, uint32_t number);

size_t slab_bytes(const struct slab *slab);

#endif
