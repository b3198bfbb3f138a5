// SPDX-License-Identifier: GPL-2.0-or-later
/* The steps of a rotation, and when; see rotation.h. */
#include "file/rotation.h"

#include "base/clock.h"

#define RETRY_NS (1 * (uint64_t)NS_PER_S)

void rotation_begin(struct rotation *rotation)
{
	if (rotation->step != ROTATION_NONE)
		return;
	rotation->step = ROTATION_MAKE_ROOM;
	rotation->is_reopening = false;
}

void rotation_begin_reopening(struct rotation *rotation)
{
	rotation->step = ROTATION_OPEN;
	rotation->is_reopening = true;
}

bool rotation_is_under_way(const struct rotation *rotation)
{
	return rotation->step != ROTATION_NONE;
}

static enum rotation_step next_step(enum rotation_step step)
{
	return step == ROTATION_OPEN ? ROTATION_NONE : step + 1;
}

int rotation_go_on(struct rotation *rotation, uint64_t now_ns, rotation_take *take,
		   void *context, bool *is_news)
{
	*is_news = false;
	while (rotation->step != ROTATION_NONE) {
		int result = take(context, rotation->step);

		if (result < 0) {
			rotation->retry_ns = now_ns + RETRY_NS;
			*is_news = trouble_begins(&rotation->trouble, result);
			return result;
		}
		rotation->step = result ? ROTATION_NONE : next_step(rotation->step);
	}
	return 0;
}

bool rotation_works_again(struct rotation *rotation, uint64_t now_ns)
{
	return rotation->step == ROTATION_NONE && trouble_is_over(&rotation->trouble, now_ns);
}

uint64_t rotation_due_ns(const struct rotation *rotation)
{
	if (rotation->step != ROTATION_NONE)
		return rotation->retry_ns;
	return trouble_due_ns(&rotation->trouble, false);
}
