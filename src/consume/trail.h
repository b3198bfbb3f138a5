/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Of which kinds the latest lines are: whoever writes them knows lines only, and has to
 * tell of each kind how many are not written yet.
 */
#ifndef TCC_TRAIL_H
#define TCC_TRAIL_H

#include <stdint.h>

#include "record/record.h"

struct trail {
	uint32_t kinds;
	uint64_t n;				/* lines, in all */
	uint64_t of[RECORD_KIND_COUNT];		/* the same of each kind */
	uint8_t *circle;	/* the kinds of the latest; NULL where there is but one */
};

/* For lines of these kinds, RECORD_KIND_BIT()s. Returns 0 or -ENOMEM. */
int trail_init(struct trail *trail, uint32_t kinds);
void trail_release(struct trail *trail);	/* all zeros will do */

void trail_add(struct trail *trail, uint8_t kind);

/* How many of the last `n` lines, at most a block of a sink, are of a kind. */
uint64_t trail_last_of(const struct trail *trail, uint64_t n, uint8_t kind);

#endif
