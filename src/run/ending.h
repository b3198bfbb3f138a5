/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long the end of a trace may take: what takes nothing any more is given up soon,
 * and once a signal asked for the end, all waiting together is bounded. Knows only
 * time, and a number that grows where something is taken.
 */
#ifndef TCC_ENDING_H
#define TCC_ENDING_H

#include <stdbool.h>
#include <stdint.h>

/* An output that takes nothing for so long is given up. */
#define ENDING_STUCK_MS 2000

/*
 * After a signal outputs are waited for so long. INTERFACE has 5 s for all waiting: the
 * last one is for a helper that is told to quit (compress_stop()).
 */
#define ENDING_SIGNAL_MS 4000

/* Zero at first. */
struct ending {
	uint64_t until_ns;	/* after a signal; 0: for as long as something is taken */
	uint64_t taken, taken_ns;	/* what was taken, and when that last grew; 0: unknown */
	uint64_t say_ns;	/* when it is time for the next word */
	unsigned int n_signals;
};

/* So many more signals have asked for the end. */
void ending_signal(struct ending *ending, unsigned int n, uint64_t now_ns);

/* Waiting begins; what has been taken up to now. */
void ending_begin(struct ending *ending, uint64_t taken, uint64_t now_ns);

/* Whether to go on waiting; `taken` is what has been taken up to now. */
bool ending_goes_on(struct ending *ending, uint64_t taken, uint64_t now_ns);

/* Of the same moment: how long at most, before it is asked again; in ms, not 0. */
int ending_wait_ms(const struct ending *ending, uint64_t now_ns);

/* Once a second, unless a signal came: whether it should be said what is waited for. */
bool ending_should_say(struct ending *ending, uint64_t now_ns);

/* At most `wanted_ms`: what is left for waiting for anything else. */
unsigned int ending_left_ms(const struct ending *ending, unsigned int wanted_ms, uint64_t now_ns);

#endif
