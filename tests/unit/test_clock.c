// SPDX-License-Identifier: GPL-2.0-or-later
/* The kernel's clock, as seen from a time namespace; the offset to the wall clock. */
#include <errno.h>
#include <time.h>

#include "base/clock.h"
#include "tap.h"

static void offsets_are_read_of_both_signs(void)
{
	int64_t offset_ns = 1;

	check_eq(clock_parse_offsets("monotonic           0         0\n"
				     "boottime            0         0\n", &offset_ns), 0);
	check_eq(offset_ns, 0);
	check_eq(clock_parse_offsets("monotonic     1000000       500\n"
				     "boottime            7         0\n", &offset_ns), 0);
	check_eq(offset_ns, 1000000000000500);
	/* Nanoseconds are never negative. */
	check_eq(clock_parse_offsets("monotonic          -3 250000000\n"
				     "boottime            7         0\n", &offset_ns), 0);
	check_eq(offset_ns, -2750000000);
}

static void what_is_no_offset_is_none(void)
{
	int64_t offset_ns = 5;

	check_eq(clock_parse_offsets("", &offset_ns), -EINVAL);
	check_eq(clock_parse_offsets("boottime 0 0\n", &offset_ns), -EINVAL);
	check_eq(clock_parse_offsets("monotonic 3\nboottime", &offset_ns), -EINVAL);
	check_eq(offset_ns, 5);
}

static void the_wall_clock_is_the_sum(void)
{
	struct clock clock = { 0 };
	struct timespec now;
	int64_t wall_ns, difference_ns;

	check_eq(clock_start(), 0);
	clock_measure(&clock);
	wall_ns = (int64_t)clock_now_ns() + clock.offset_ns;
	clock_gettime(CLOCK_REALTIME, &now);
	difference_ns = (int64_t)now.tv_sec * (int64_t)NS_PER_S + now.tv_nsec - wall_ns;
	check(difference_ns > -(int64_t)NS_PER_S && difference_ns < (int64_t)NS_PER_S);
}

int main(void)
{
	TAP_RUN(offsets_are_read_of_both_signs);
	TAP_RUN(what_is_no_offset_is_none);
	TAP_RUN(the_wall_clock_is_the_sum);
	return tap_done();
}
