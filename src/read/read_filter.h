/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Filters on records: the same function that the kernel side applies to sockets, on what
 * a record says of its own. Knows no files.
 */
#ifndef TCC_READ_FILTER_H
#define TCC_READ_FILTER_H

#include <stdbool.h>

#include "record/record.h"
#include "tcc_filter.h"
#include "tcc_thin.h"

/* What the records of a kind must have. An option's name for messages, for each. */
const char *read_filter_lacks(const struct tcc_filter *filter, const struct tcc_thin *thin,
			      uint8_t kind, const struct field_set *there, enum field_id *lacking);

bool read_filter_passes(const struct tcc_filter *filter, const struct record *record);

/* Of a probe: as tcc_thin_decide(), and what is then to be remembered and said. */
bool read_filter_thins(const struct tcc_thin *thin, struct tcc_thin_state *state,
		       struct record *record);

#endif
