// SPDX-License-Identifier: GPL-2.0-or-later
/* Records made of others; see derive.h. */
#include "record/derive.h"

/* Of each derived kind: what it is made of, and what that must have. */
static const struct {
	uint8_t parent;
	uint64_t needs;
} kinds_made[RECORD_KIND_COUNT];

uint8_t derive_parent(uint8_t kind)
{
	return kinds_made[kind].parent;
}

static bool is_wanted(uint32_t kinds, uint8_t kind)
{
	return record_kinds[kind].is_derived && kinds & RECORD_KIND_BIT(kind);
}

uint32_t derive_takes(uint32_t kinds)
{
	uint32_t takes = kinds;

	for (uint8_t kind = 0; kind < RECORD_KIND_COUNT; kind++) {
		if (is_wanted(kinds, kind))
			takes |= RECORD_KIND_BIT(kinds_made[kind].parent);
	}
	return takes;
}

uint32_t derive_possible(uint32_t kinds, uint32_t taken)
{
	uint32_t possible = kinds & taken;

	for (uint8_t kind = 0; kind < RECORD_KIND_COUNT; kind++) {
		if (is_wanted(kinds, kind) && taken & RECORD_KIND_BIT(kinds_made[kind].parent))
			possible |= RECORD_KIND_BIT(kind);
	}
	return possible;
}

uint64_t derive_needs(uint32_t kinds, uint8_t kind)
{
	uint64_t needs = 0;

	for (uint8_t made = 0; made < RECORD_KIND_COUNT; made++) {
		if (is_wanted(kinds, made) && kinds_made[made].parent == kind)
			needs |= kinds_made[made].needs;
	}
	return needs;
}

size_t derive(uint32_t kinds, struct derive_state *state, const struct record *record,
	      struct record derived[DERIVE_MAX])
{
	(void)kinds;
	(void)state;
	(void)record;
	(void)derived;
	return 0;
}
