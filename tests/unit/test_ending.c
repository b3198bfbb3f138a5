// SPDX-License-Identifier: GPL-2.0-or-later
/* How long the end may take: bounds by what is taken, and by signals. */
#include "../tap.h"
#include "base/clock.h"
#include "run/ending.h"

#define MS (uint64_t)NS_PER_MS
#define START (1000 * NS_PER_S)

static void what_takes_nothing_is_given_up(void)
{
	struct ending ending = { 0 };

	ending_begin(&ending, 5, START);
	check(ending_goes_on(&ending, 5, START + 1999 * MS));
	check(!ending_goes_on(&ending, 5, START + 2000 * MS));
	/* It took something after all: from there anew. */
	check(ending_goes_on(&ending, 6, START + 2100 * MS));
	check(ending_goes_on(&ending, 6, START + 4099 * MS));
	check(!ending_goes_on(&ending, 6, START + 4100 * MS));
}

static void what_goes_on_is_waited_for(void)
{
	struct ending ending = { 0 };
	uint64_t now_ns = START;

	ending_begin(&ending, 0, now_ns);
	for (uint64_t i = 1; i < 1000; i++)
		check(ending_goes_on(&ending, i, now_ns += 1500 * MS));
}

static void a_signal_bounds_all_of_it(void)
{
	struct ending ending = { 0 };

	ending_begin(&ending, 0, START);
	check(ending_goes_on(&ending, 1, START + 60000 * MS));
	ending_signal(&ending, 1, START + 60000 * MS);
	check(ending_goes_on(&ending, 2, START + 63999 * MS));
	check(!ending_goes_on(&ending, 3, START + 64000 * MS));
	/* What is waited for next has no more of it. */
	ending_begin(&ending, 3, START + 64000 * MS);
	check(!ending_goes_on(&ending, 4, START + 64100 * MS));
	check_eq(ending_left_ms(&ending, 2000, START + 61500 * MS), 2000);
	check_eq(ending_left_ms(&ending, 2000, START + 63000 * MS), 1000);
	check_eq(ending_left_ms(&ending, 2000, START + 65000 * MS), 0);
}

static void a_second_signal_ends_at_once(void)
{
	struct ending ending = { 0 };

	ending_signal(&ending, 1, START);
	ending_begin(&ending, 0, START);
	check(ending_goes_on(&ending, 1, START + 10 * MS));
	ending_signal(&ending, 1, START + 20 * MS);
	check(!ending_goes_on(&ending, 2, START + 30 * MS));
	check_eq(ending_left_ms(&ending, 2000, START + 30 * MS), 0);
	/* Two at the same time are two. */
	ending = (struct ending){ 0 };
	ending_signal(&ending, 2, START);
	ending_begin(&ending, 0, START);
	check(!ending_goes_on(&ending, 1, START + 1 * MS));
}

static void without_a_signal_others_have_what_they_want(void)
{
	const struct ending ending = { 0 };

	check_eq(ending_left_ms(&ending, 2000, START), 2000);
}

static void it_is_said_each_second_until_a_signal(void)
{
	struct ending ending = { 0 };

	ending_begin(&ending, 0, START);
	check(!ending_should_say(&ending, START + 999 * MS));
	check_eq(ending_wait_ms(&ending, START + 900 * MS), 101);
	check(ending_should_say(&ending, START + 1000 * MS));
	check(!ending_should_say(&ending, START + 1500 * MS));
	check(ending_should_say(&ending, START + 2000 * MS));
	ending_signal(&ending, 1, START + 2500 * MS);
	check(!ending_should_say(&ending, START + 4000 * MS));
}

static void waiting_is_asked_again_in_time(void)
{
	struct ending ending = { 0 };

	ending_begin(&ending, 0, START);
	check_eq(ending_wait_ms(&ending, START), 1001);
	ending_signal(&ending, 1, START);
	check_eq(ending_wait_ms(&ending, START + 1900 * MS), 101);
	check_eq(ending_wait_ms(&ending, START + 5000 * MS), 1);
}

int main(void)
{
	TAP_RUN(what_takes_nothing_is_given_up);
	TAP_RUN(what_goes_on_is_waited_for);
	TAP_RUN(a_signal_bounds_all_of_it);
	TAP_RUN(a_second_signal_ends_at_once);
	TAP_RUN(without_a_signal_others_have_what_they_want);
	TAP_RUN(it_is_said_each_second_until_a_signal);
	TAP_RUN(waiting_is_asked_again_in_time);
	return tap_done();
}
