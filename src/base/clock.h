/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From kernel time to wall clock time. Events carry CLOCK_MONOTONIC; the
 * offset to CLOCK_REALTIME moves as the clock is slewed, and jumps when it is
 * set, so it is measured anew each second and whenever asked.
 */
#ifndef TCC_CLOCK_H
#define TCC_CLOCK_H

#include <stdint.h>

#define NS_PER_S ((uint64_t)1000000000)
#define NS_PER_MS ((uint64_t)1000000)
#define NS_PER_US ((uint64_t)1000)

struct clock {
	int64_t offset_ns;	/* CLOCK_REALTIME - CLOCK_MONOTONIC */
	uint64_t measured_ns;	/* CLOCK_MONOTONIC at the last measurement */
};

/*
 * The kernel's jiffies a second: a coarse clock's resolution is one (TICK_NSEC,
 * posix_get_coarse_res() in kernel/time/posix-timers.c).
 */
unsigned int clock_hz(void);

uint64_t clock_now_ns(void);			/* CLOCK_MONOTONIC */
void clock_measure(struct clock *clock);	/* the offset, at once */

/* The offset for events read about `now_ns`; measured anew when over 1 s old. */
void clock_refresh(struct clock *clock, uint64_t now_ns);

#endif
