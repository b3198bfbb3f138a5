/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Values as the formats JSON and CSV write them, read back: the twin of format_value()
 * (format/format.h). Knows neither lines nor what is around a value.
 *
 * A value ends where its kind's characters do; what is behind it is for the caller to
 * judge. A line ends in an LF, which belongs to no value; READ_BEHIND bytes behind it may
 * be looked at, whatever they are.
 */
#ifndef TCC_READ_VALUE_H
#define TCC_READ_VALUE_H

#include <stdint.h>

#include "record/fields.h"
#include "record/record.h"

#define READ_BEHIND 96

/* Of a record: an event of a kind that we do not know. */
#define READ_KIND_UNKNOWN RECORD_KIND_COUNT

/* What was read last, since streams repeat; and words that are none of record.c's. */
struct read_values;

struct read_values *read_values_new(void);		/* NULL: no memory */
void read_values_free(struct read_values *values);	/* accepts NULL */

/*
 * Read the value of a field at `at`, without quotes, into the record's member; its `has`
 * is the caller's. Returns the end of the value, or NULL: there is none such.
 */
const char *read_value(struct read_values *values, enum field_id id, struct record *record,
		       const char *at);

/* A host of this name, which is kept as long as `values`; NULL: it is no such name. */
const struct record_host *read_value_host(struct read_values *values, const char *text,
					  size_t length);

/* A whole number up to `max`. As read_value(). */
const char *read_value_number(const char *at, uint64_t max, uint64_t *number);

/* 0x and up to 16 digits. As read_value(). */
const char *read_value_hex(const char *at, uint64_t *number);

/* The kind of event of a name; READ_KIND_UNKNOWN if there is none. */
uint8_t read_value_kind(const char *name, size_t length);

#endif
