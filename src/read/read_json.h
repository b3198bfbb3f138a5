/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines of JSON made records. Knows nothing of files, nor of what the opening and the end
 * record say.
 */
#ifndef TCC_READ_JSON_H
#define TCC_READ_JSON_H

#include <stdint.h>

#include "read/read_shape.h"

/* What a line is. */
enum read_line_kind {
	READ_LINE_RECORD,
	READ_LINE_OTHER,	/* an event of no kind that is wanted, or that we know */
	READ_LINE_TRACE,	/* an opening record */
	READ_LINE_END,		/* an end record */
	READ_LINE_BAD,
};

struct read_json {
	struct read_values *values;	/* borrowed, as */
	struct read_ca *ca;
	uint32_t kinds;			/* RECORD_KIND_BIT()s: of others no more is looked at */
	uint8_t default_kind;		/* of records that do not say */
	uint8_t last_kind;		/* where lines do not begin with their kind */
	struct read_shape shapes[RECORD_KIND_COUNT];	/* of the lines of each kind */
};

void read_json_free(struct read_json *json);

/*
 * Read a line, as read_value.h has it; its LF is at line[length]. *shape is set where the
 * record has one that is new: its `named` is to be looked at, then it has been.
 */
enum read_line_kind read_json_line(struct read_json *json, const char *line, size_t length,
				   struct record *record, const struct read_shape **shape);

#endif
