// SPDX-License-Identifier: GPL-2.0-or-later
/* Which compressed files have none of the times that are asked for; see read_span.h. */
#include "read/read_span.h"

/* By so much a clock may be set back in a file, and what is said of all of it be beside it. */
#define SLACK_NS (600 * 1000000000LL)

/* Whether a file that ended at `ns`, which is 0 where nobody knows, is before the range. */
static bool is_before(const struct read_range *range, int64_t first_ns, int64_t ns)
{
	return ns && ns >= first_ns - SLACK_NS && range->has_since &&
	       ns < range->since_ns - SLACK_NS;
}

enum read_span_place read_span_place(const struct read_range *range, const struct read_file *file,
				     int64_t first_ns)
{
	if (!file->is_regular || !first_ns)
		return READ_SPAN_MAY_BE;
	if (is_before(range, first_ns, file->mtime_ns) ||
	    is_before(range, first_ns, file->stamp_ns))
		return READ_SPAN_BEFORE;
	/* A file that was written last before it began was so by a clock that was set back. */
	if (file->mtime_ns >= first_ns && range->has_until && first_ns > range->until_ns + SLACK_NS)
		return READ_SPAN_BEHIND;
	return READ_SPAN_MAY_BE;
}
