// SPDX-License-Identifier: GPL-2.0-or-later
/* How long the end may take; see ending.h. */
#include "run/ending.h"

#include "base/clock.h"

#define MS(ms) ((ms) * (uint64_t)NS_PER_MS)

void ending_signal(struct ending *ending, unsigned int n, uint64_t now_ns)
{
	if (n && !ending->n_signals)
		ending->until_ns = now_ns + MS(ENDING_SIGNAL_MS);
	ending->n_signals += n;
}

void ending_begin(struct ending *ending, uint64_t taken, uint64_t now_ns)
{
	ending->taken = taken;
	ending->taken_ns = now_ns;
	ending->say_ns = now_ns + NS_PER_S;
}

static uint64_t over_ns(const struct ending *ending)
{
	uint64_t stuck_ns = ending->taken_ns + MS(ENDING_STUCK_MS);

	return ending->until_ns && ending->until_ns < stuck_ns ? ending->until_ns : stuck_ns;
}

bool ending_goes_on(struct ending *ending, uint64_t taken, uint64_t now_ns)
{
	if (taken != ending->taken) {
		ending->taken = taken;
		ending->taken_ns = now_ns;
	}
	return ending->n_signals < 2 && now_ns < over_ns(ending);
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

int ending_wait_ms(const struct ending *ending, uint64_t now_ns)
{
	uint64_t next_ns = earlier(over_ns(ending), now_ns + NS_PER_S);

	if (!ending->until_ns)
		next_ns = earlier(next_ns, ending->say_ns);
	return next_ns > now_ns ? (int)((next_ns - now_ns) / NS_PER_MS) + 1 : 1;
}

bool ending_should_say(struct ending *ending, uint64_t now_ns)
{
	if (ending->until_ns || now_ns < ending->say_ns)
		return false;
	ending->say_ns = now_ns + NS_PER_S;
	return true;
}

unsigned int ending_left_ms(const struct ending *ending, unsigned int wanted_ms, uint64_t now_ns)
{
	uint64_t left_ms;

	if (!ending->until_ns)
		return wanted_ms;
	if (ending->n_signals > 1 || now_ns >= ending->until_ns)
		return 0;
	left_ms = (ending->until_ns - now_ns) / NS_PER_MS;
	return left_ms < wanted_ms ? (unsigned int)left_ms : wanted_ms;
}
