/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What all inputs of a reader share. For the reader's own files alone. */
#ifndef TCC_READ_COMMON_H
#define TCC_READ_COMMON_H

#include <stdint.h>

#include "read/read.h"
#include "read/read_ca.h"
#include "read/read_marks.h"
#include "read/read_value.h"

/* Which times are asked for, ns since 1970: from and to these, which are among them. */
struct read_range {
	bool has_since, has_until;
	int64_t since_ns, until_ns;
};

static inline bool read_range_is_any(const struct read_range *range)
{
	return range->has_since || range->has_until;
}

struct read_common {
	struct read_config config;
	struct read_range range;
	struct read_values *values;
	struct read_ca *ca;
	struct read_marks *marks;
	struct field_set derive_needs;	/* what a record must have of which others are made */
	uint8_t default_kind;		/* of records that do not say theirs: the first asked for */
	struct field_set said;		/* fields of which it has been said that they lack */
	struct source_counts counts[RECORD_KIND_COUNT];
	uint64_t first_origin;		/* 0: none yet */
	uint64_t first_ns, last_ns;	/* of the records' times; 0: there was none */
	enum read_outcome outcome;
	unsigned int lines_left;	/* to be read before others are to be heard */
	const struct record_host *first_host;	/* NULL: none yet */
	bool has_said_hosts;		/* that there are several */
	bool has_said_members;		/* that no file has some */
	bool has_said_made;		/* that nothing is made of the records of a file */
	bool is_unknown;		/* a file does not say what was lost */
};

#endif
