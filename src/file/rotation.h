/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When the steps of a rotation, or of a reopening, are to be taken: one after the
 * other, each again after a while when it failed, so that one under way is ended
 * before the next begins. Knows not how a step is taken: that is the owner's.
 */
#ifndef TCC_ROTATION_H
#define TCC_ROTATION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/trouble.h"

enum rotation_step { ROTATION_NONE, ROTATION_MAKE_ROOM, ROTATION_MOVE, ROTATION_OPEN };

/* Zero at the start. */
struct rotation {
	enum rotation_step step;	/* still to be taken */
	bool is_reopening;		/* what it serves, if not a rotation */
	uint64_t retry_ns;		/* not before, after a failure */
	struct trouble trouble;
};

/*
 * Take one step. Returns 0, 1 when those that follow are not needed, or -errno;
 * then it is tried again.
 */
typedef int rotation_take(void *context, enum rotation_step step);

/* From the first step on, unless one is under way. */
void rotation_begin(struct rotation *rotation);
/* The last step alone; also in place of a rotation that is under way. */
void rotation_begin_reopening(struct rotation *rotation);
bool rotation_is_under_way(const struct rotation *rotation);

/*
 * Take the steps that are left, as far as they go. Returns 0 when all are taken,
 * or -errno; then *is_news says whether that is to be said.
 */
int rotation_go_on(struct rotation *rotation, uint64_t now_ns, rotation_take *take,
		   void *context, bool *is_news);

/* Whether it is news that it works again. */
bool rotation_works_again(struct rotation *rotation, uint64_t now_ns);

/* When one of the two above has something to do, CLOCK_MONOTONIC; or TROUBLE_NEVER. */
uint64_t rotation_due_ns(const struct rotation *rotation);

#endif
