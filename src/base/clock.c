// SPDX-License-Identifier: GPL-2.0-or-later
/* From kernel time to wall clock time; see clock.h. */
#include "base/clock.h"

#include <time.h>

static uint64_t read_ns(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

uint64_t clock_now_ns(void)
{
	return read_ns(CLOCK_MONOTONIC);
}

unsigned int clock_hz(void)
{
	struct timespec tick;

	if (clock_getres(CLOCK_MONOTONIC_COARSE, &tick) || tick.tv_sec || tick.tv_nsec <= 0)
		return 100;
	return (unsigned int)((NS_PER_S + (uint64_t)tick.tv_nsec / 2) / (uint64_t)tick.tv_nsec);
}

/* The narrowest of a few bracketed readings: one may be cut by preemption. */
void clock_measure(struct clock *clock)
{
	uint64_t narrowest_ns = UINT64_MAX;

	for (int i = 0; i < 4; i++) {
		uint64_t before_ns = clock_now_ns();
		uint64_t wall_ns = read_ns(CLOCK_REALTIME);
		uint64_t after_ns = clock_now_ns();

		if (after_ns - before_ns >= narrowest_ns)
			continue;
		narrowest_ns = after_ns - before_ns;
		clock->offset_ns = (int64_t)(wall_ns - before_ns - narrowest_ns / 2);
		clock->measured_ns = after_ns;
	}
}

void clock_refresh(struct clock *clock, uint64_t now_ns)
{
	if (now_ns - clock->measured_ns >= NS_PER_S)
		clock_measure(clock);
}
