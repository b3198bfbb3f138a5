// SPDX-License-Identifier: GPL-2.0-or-later
/* What was lost and is to be said; see unsaid.h. */
#include "consume/unsaid.h"

#include <stddef.h>
#include <stdlib.h>

struct unsaid {
	uint32_t n_cpus;
	struct of_cpu {
		uint32_t lost[RECORD_KIND_COUNT];
	} cpu[];
};

_Static_assert(offsetof(struct unsaid, cpu) <= sizeof(struct of_cpu), "what is before them");

struct unsaid *unsaid_new(uint32_t n_cpus)
{
	/* One more is room for what comes before them. */
	struct unsaid *unsaid = calloc((size_t)n_cpus + 1, sizeof(unsaid->cpu[0]));

	if (unsaid)
		unsaid->n_cpus = n_cpus;
	return unsaid;
}

void unsaid_free(struct unsaid *unsaid)
{
	free(unsaid);
}

void unsaid_add(struct unsaid *unsaid, const struct record *record)
{
	if (record->cpu < unsaid->n_cpus)
		unsaid->cpu[record->cpu].lost[record->kind] += 1 + record->lost;
}

uint32_t unsaid_take(struct unsaid *unsaid, const struct record *record)
{
	uint32_t *lost, n;

	if (record->cpu >= unsaid->n_cpus)
		return 0;
	lost = &unsaid->cpu[record->cpu].lost[record->kind];
	n = *lost;
	*lost = 0;
	return n;
}
