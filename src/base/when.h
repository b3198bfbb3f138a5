/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Moments as users name them, some by others that are known only later. Knows neither
 * options nor records.
 */
#ifndef TCC_WHEN_H
#define TCC_WHEN_H

#include <stdbool.h>
#include <stdint.h>

enum when_form {
	WHEN_NEVER,		/* none was named */
	WHEN_MOMENT,
	WHEN_OF_DAY,		/* of the day of another moment */
	WHEN_BEFORE,		/* so long before another moment */
};

struct when {
	enum when_form form;
	int64_t ns;		/* since 1970; since midnight, local; of the span */
};

/*
 * YYYY-MM-DD, YYYY-MM-DD HH:MM[:SS[.fraction]], the same with T between, behind either
 * Z or +HH:MM, else it is local time; HH:MM[:SS[.fraction]], local time; -TIME, as
 * parse_time() has it. Returns 0, or -EINVAL: it is none of these.
 */
int when_parse(const char *text, struct when *when);

/* Whether it takes another moment to know it. */
bool when_is_relative(const struct when *when);

/* Which moment it is, ns since 1970. `other_ns`: the other moment, if it takes one. */
int64_t when_resolve(const struct when *when, int64_t other_ns);

#endif
