/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which compressed files have none of the times that are asked for, and need no unpacking. */
#ifndef TCC_READ_SPAN_H
#define TCC_READ_SPAN_H

#include "read/read_common.h"
#include "read/read_set.h"

enum read_span_place { READ_SPAN_MAY_BE, READ_SPAN_BEFORE, READ_SPAN_BEHIND };

/*
 * Where a file's records are, of the times that are asked for: by the first time that it
 * says, or 0, and by its name and when it was written last, unless that contradicts it.
 */
enum read_span_place read_span_place(const struct read_range *range, const struct read_file *file,
				     int64_t first_ns);

#endif
