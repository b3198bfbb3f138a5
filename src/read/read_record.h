/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a record that was read lacks of one that the kernel's event is made. Knows no files. */
#ifndef TCC_READ_RECORD_H
#define TCC_READ_RECORD_H

#include "record/record.h"

/* Its time by the wall clock, since 1970; returns whether it has one. */
bool read_record_wall_ns(const struct record *record, int64_t *ns);

/* Its time by the wall clock, else by the kernel's; not before `before_ns`, which it is without. */
uint64_t read_record_time_ns(const struct record *record, uint64_t before_ns);

/*
 * Set what is no field, or is to be known though the field is absent. `origin` tells the
 * cookies of its host from those of others.
 */
void read_record_complete(struct record *record, uint64_t origin, uint64_t time_ns);

void read_record_set_host(struct record *record, const struct record_host *host);

/* Take out what had another meaning before limited_side came: limited_by and the shares. */
void read_record_drop_limits(struct record *record);

#endif
