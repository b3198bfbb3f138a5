/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of CSV made records, by their heading. Knows nothing of files. */
#ifndef TCC_READ_CSV_H
#define TCC_READ_CSV_H

#include "read/read_json.h"

struct read_csv {
	struct read_values *values;	/* borrowed, as */
	struct read_ca *ca;
	uint32_t kinds;			/* RECORD_KIND_BIT()s: of others no more is looked at */
	uint8_t default_kind;		/* of records that do not say */
	struct read_shape shape;	/* its columns; none: there was no heading yet */
};

void read_csv_free(struct read_csv *csv);

/*
 * Take a line for the heading, if it is one: names, of which one at least is a field's.
 * Line as in read_json.h.
 */
bool read_csv_heading(struct read_csv *csv, const char *line, size_t length);

/* Read a line behind a heading. A heading in its place is for the caller to try. */
enum read_line_kind read_csv_line(struct read_csv *csv, const char *line, size_t length,
				  struct record *record);

#endif
