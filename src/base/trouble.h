/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Something that fails again and again: said once when it begins, and once
 * when it is over. Knows not what it is.
 */
#ifndef TCC_TROUBLE_H
#define TCC_TROUBLE_H

#include <stdbool.h>
#include <stdint.h>

/* Zero at the start: no trouble. */
struct trouble {
	int err;		/* what was said, -errno; 0: none */
	uint64_t well_since_ns;	/* it works since then; 0: it does not */
};

/* When nothing need be done at any time. */
#define TROUBLE_NEVER UINT64_MAX

/* It failed. Whether that is news, to be said: no trouble was said, or another. */
bool trouble_begins(struct trouble *trouble, int err);

/*
 * It worked. Whether that is news: there was trouble, and none for TROUBLE_OVER_NS,
 * lest a disk that is full every other moment be reported each time.
 */
bool trouble_is_over(struct trouble *trouble, uint64_t now_ns);

#define TROUBLE_OVER_NS 1000000000ull

/* When trouble_is_over() should be asked, CLOCK_MONOTONIC; or TROUBLE_NEVER. */
uint64_t trouble_due_ns(const struct trouble *trouble, bool is_failing);

#endif
