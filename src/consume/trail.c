// SPDX-License-Identifier: GPL-2.0-or-later
/* Of which kinds the latest lines are; see trail.h. */
#include "consume/trail.h"

#include <errno.h>
#include <stdlib.h>

/* No block of a sink has more lines. */
#define TRAIL_LENGTH (1u << 18)

int trail_init(struct trail *trail, uint32_t kinds)
{
	*trail = (struct trail){ .kinds = kinds };
	if (!(kinds & (kinds - 1)))
		return 0;
	trail->circle = calloc(TRAIL_LENGTH, sizeof(*trail->circle));
	return trail->circle ? 0 : -ENOMEM;
}

void trail_release(struct trail *trail)
{
	free(trail->circle);
}

void trail_add(struct trail *trail, uint8_t kind)
{
	if (trail->circle)
		trail->circle[trail->n % TRAIL_LENGTH] = kind;
	trail->n++;
	trail->of[kind]++;
}

uint64_t trail_last_of(const struct trail *trail, uint64_t n, uint8_t kind)
{
	uint64_t found = 0;

	if (!trail->circle)
		return trail->kinds & RECORD_KIND_BIT(kind) ? n : 0;
	for (uint64_t i = trail->n - n; i < trail->n; i++)
		found += trail->circle[i % TRAIL_LENGTH] == kind;
	return found;
}
