/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which parts of a file have the times that are asked for, so that the rest is not read. */
#ifndef TCC_READ_SPAN_H
#define TCC_READ_SPAN_H

#include "read/read_common.h"
#include "read/read_set.h"

struct read_span {
	uint64_t from;		/* where to go on behind the file's beginning; 0: where it is */
	uint64_t to;		/* up to where; UINT64_MAX: to the end */
	uint64_t tail;		/* and then the last line, which tells how its trace ended */
};

/*
 * Of a plain file, from looks at some of its lines. All of it is looked at so: a clock
 * that was set back is seen, unless it was set forward before, and all within a step.
 * Where nothing can be told, all is to be read.
 */
struct read_span read_span_find(const struct read_common *common, const struct read_file *file);

/*
 * Whether none of a file's records are asked for, by its name and by when it was written
 * last; `older` is the one before it in its set, or NULL. Of a plain file its lines
 * say more.
 */
bool read_span_is_outside(const struct read_range *range, const struct read_file *file,
			  const struct read_file *older);

/* Whether none are from here on, by the first time that a file says that is read to its end. */
bool read_span_is_over(const struct read_range *range, const struct read_file *file,
		       int64_t first_ns);

#endif
