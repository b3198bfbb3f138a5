/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Records that could not be written, by CPU and kind, until a line of the same says how
 * many. Knows no lines.
 */
#ifndef TCC_UNSAID_H
#define TCC_UNSAID_H

#include <stdint.h>

#include "record/record.h"

struct unsaid;

/* NULL: no memory. Records of CPUs beyond `n_cpus`, as a test's, are said nowhere. */
struct unsaid *unsaid_new(uint32_t n_cpus);
void unsaid_free(struct unsaid *unsaid);	/* accepts NULL */

/* A record is lost, and with it what it would have said itself. */
void unsaid_add(struct unsaid *unsaid, const struct record *record);

/* How many were lost just before this one, which says so: from now on they are said. */
uint32_t unsaid_take(struct unsaid *unsaid, const struct record *record);

#endif
