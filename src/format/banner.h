/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The opening and the end record of JSON output: what a reader must know to
 * trust the lines between them. Made with jansson; nothing here is hot.
 */
#ifndef TCC_BANNER_H
#define TCC_BANNER_H

#include <stddef.h>
#include <stdint.h>

#include "record/account.h"
#include "format/format.h"

/*
 * The schema number of all JSON output. A new field, a new kind of event or a
 * new member of these two records keeps it; it grows when a field changes its
 * type, unit or meaning, or goes.
 */
#define BANNER_SCHEMA 2

struct banner_start {
	const struct format *format;	/* whose fields it has */
	const char *filter;		/* in words; empty when all is traced */
	uint64_t ktime_ns;		/* a moment, CLOCK_MONOTONIC */
	int64_t wall_ns;		/* the same, CLOCK_REALTIME */
};

/*
 * One line of JSON, its LF included, allocated: free() it. NULL when there is
 * no memory.
 */
char *banner_start(const struct banner_start *start);
char *banner_end(const struct trace_end *end);

#endif
