/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is said of a trace in numbers, at its end and whenever it is asked for. */
#ifndef TCC_SUMMARY_H
#define TCC_SUMMARY_H

#include <stdint.h>

#include "base/clock.h"

struct session;

/* A line for each kind of event, of the connections, and what could be done about losses. */
void summary_print(const struct session *session);

/* When the one who looks on has waited for long enough to be told that nothing passes. */
#define SUMMARY_LOOK_NS (5 * (uint64_t)NS_PER_S)

/*
 * Of a trace with a filter: if events have been seen, and none of them passes, say so.
 * Returns when to look again, or 0, as session.h asks.
 */
uint64_t summary_look(const struct session *session, uint64_t now_ns);

#endif
