/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What became of every event. For each kind, once the trace has ended:
 *	seen = written + filtered + lost + missed + discarded
 * `seen` is counted where events arise, the others where they end, so that a
 * fault shows as an account that does not balance.
 */
#ifndef TCC_ACCOUNT_H
#define TCC_ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct account {
	uint64_t seen;
	uint64_t written;
	uint64_t filtered;	/* turned away in the kernel */
	uint64_t lost_buffer;	/* the ring was full */
	uint64_t lost_output;	/* could not be written */
	uint64_t lost_input;	/* could not be read back */
	uint64_t missed;	/* the kernel did not run the program */
	uint64_t discarded;	/* unread when --count or a vanished reader ended it */
	uint64_t waiting;	/* recorded, not written yet; 0 at the end */
	bool is_unknown;	/* more may have been lost or missed than is known */
};

/* What is to be told when a trace has ended. */
struct trace_end {
	const struct account *accounts;	/* RECORD_KIND_COUNT, of `kinds` */
	uint32_t kinds;			/* RECORD_KIND_BIT()s */
	uint64_t connections;
	uint64_t duration_ns;
	int64_t wall_ns;		/* of the end, CLOCK_REALTIME */
};

/* Add the numbers of another account. */
void account_add(struct account *account, const struct account *other);

uint64_t account_lost(const struct account *account);

/* Whether any was lost or missed, or may have been. */
bool account_is_short(const struct account *account);
bool account_is_balanced(const struct account *account);

/* "seen 9 = written 5 + filtered 1 + ..." into text; returns text. */
const char *account_text(const struct account *account, char *text, size_t size);

#endif
