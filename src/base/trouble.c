// SPDX-License-Identifier: GPL-2.0-or-later
/* Something that fails again and again; see trouble.h. */
#include "base/trouble.h"

bool trouble_begins(struct trouble *trouble, int err)
{
	bool is_news = trouble->err != err;

	trouble->err = err;
	trouble->well_since_ns = 0;
	return is_news;
}

bool trouble_is_over(struct trouble *trouble, uint64_t now_ns)
{
	if (!trouble->err)
		return false;
	if (!trouble->well_since_ns)
		trouble->well_since_ns = now_ns;
	if (now_ns - trouble->well_since_ns < TROUBLE_OVER_NS)
		return false;
	trouble->err = 0;
	trouble->well_since_ns = 0;
	return true;
}

uint64_t trouble_due_ns(const struct trouble *trouble, bool is_failing)
{
	if (!trouble->err || is_failing)
		return TROUBLE_NEVER;
	return trouble->well_since_ns ? trouble->well_since_ns + TROUBLE_OVER_NS : 0;
}
