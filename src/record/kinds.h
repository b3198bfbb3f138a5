/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kinds of event that a record can be of: those of the kernel first, with the
 * same numbers, then what user space makes out of them. Made from kinds.def.
 */
#ifndef TCC_KINDS_H
#define TCC_KINDS_H

#include <stdbool.h>
#include <stdint.h>

enum record_kind {
#define KIND(NAME, ...) RECORD_KIND_##NAME,
#include "record/kinds.def"
#undef KIND
	RECORD_KIND_COUNT
};

/* A set of kinds is the sum of these. */
#define RECORD_KIND_BIT(kind) (1u << (kind))
#define RECORD_KINDS_ALL (RECORD_KIND_BIT(RECORD_KIND_COUNT) - 1)

/* Those that are not made in user space. */
#define KERNEL(bit) (bit)
#define DERIVED(bit) 0
#define KIND(NAME, name, whose, ...) | whose(RECORD_KIND_BIT(RECORD_KIND_##NAME))
enum { RECORD_KINDS_KERNEL = 0
#include "record/kinds.def"
};
#undef KIND
#undef KERNEL
#undef DERIVED

/* The longest name, bytes; and the room of one, which emit_short() copies whole. */
union record_kind_longest {
#define KIND(NAME, name, ...) char of_##name[sizeof(#name) - 1];
#include "record/kinds.def"
#undef KIND
};
#define RECORD_KIND_LONGEST sizeof(union record_kind_longest)
#define RECORD_KIND_MAX 32

struct record_kind_entry {
	char name[RECORD_KIND_MAX];	/* as --events knows it; terminated */
	uint8_t length;
	bool is_derived;		/* user space makes it */
	const char *sentence;		/* what happened, without its end */
};

#endif
