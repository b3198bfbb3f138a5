/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From kernel time to wall clock time. Events carry the kernel's own
 * CLOCK_MONOTONIC; the offset to CLOCK_REALTIME moves as the clock is slewed, and
 * jumps when it is set, so it is measured anew each second and whenever asked.
 *
 * Inside a time namespace (time_namespaces(7)) this process's CLOCK_MONOTONIC is
 * another than the kernel's: nobody else shall read it, and all that is compared
 * comes from clock_now_ns(). Times to wait are differences: the same in both.
 */
#ifndef TCC_CLOCK_H
#define TCC_CLOCK_H

#include <stddef.h>
#include <stdint.h>

#define NS_PER_S ((uint64_t)1000000000)
#define NS_PER_MS ((uint64_t)1000000)
#define NS_PER_US ((uint64_t)1000)

struct clock {
	int64_t offset_ns;	/* CLOCK_REALTIME - CLOCK_MONOTONIC */
	uint64_t measured_ns;	/* clock_now_ns() at the last measurement */
};

/*
 * The kernel's jiffies a second: a coarse clock's resolution is one (TICK_NSEC,
 * posix_get_coarse_res() in kernel/time/posix-timers.c).
 */
unsigned int clock_hz(void);

/*
 * Find out, once, how far this process's clock is from the kernel's. Returns 0, or
 * -ENOTSUP when that cannot be told: then the kernel's clock cannot be read.
 */
int clock_start(void);

/*
 * The part of clock_start() that can be tested: what /proc/self/timens_offsets says of
 * CLOCK_MONOTONIC. Returns 0, or -EINVAL when it does not say.
 */
int clock_parse_offsets(const char *text, int64_t *offset_ns);

uint64_t clock_now_ns(void);			/* the kernel's CLOCK_MONOTONIC */
void clock_measure(struct clock *clock);	/* the offset, at once */

/* The offset for events read about `now_ns`; measured anew when over 1 s old. */
void clock_refresh(struct clock *clock, uint64_t now_ns);

#endif
