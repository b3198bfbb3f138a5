/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Marks of lost events whose records are left out: the next record of the same origin,
 * CPU and kind has them, as in the kernel. Knows no files.
 */
#ifndef TCC_READ_MARKS_H
#define TCC_READ_MARKS_H

#include "record/record.h"

struct read_marks;

struct read_marks *read_marks_new(void);		/* NULL: no memory */
void read_marks_free(struct read_marks *marks);		/* accepts NULL */

/* A record is left out. */
void read_marks_keep(struct read_marks *marks, uint64_t origin,
		     const struct record *record);

/* A record is handed out: give it what was kept for it. */
void read_marks_give(struct read_marks *marks, uint64_t origin, struct record *record);

#endif
