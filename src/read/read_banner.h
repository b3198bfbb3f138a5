/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the opening and the end record of JSON say, which are no events. Nothing here is hot. */
#ifndef TCC_READ_BANNER_H
#define TCC_READ_BANNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/kinds.h"
#include "record/record.h"

#define READ_HOST_MAX 64

struct read_trace {
	uint64_t schema;
	int64_t wall_ns;		/* when it began; 0: it does not say */
	char host[READ_HOST_MAX + 1];	/* ""; it was not known */
	char boot_id[READ_HOST_MAX + 1];	/* likewise */
};

struct read_end {
	int64_t wall_ns;		/* likewise */
	/* Of each kind; of one that was not traced, 0. */
	struct {
		bool is_unknown;	/* there may be more */
		uint64_t lost, missed;
		uint64_t unwritten, unreadable;	/* beside those that are lost */
	} of[RECORD_KIND_COUNT];
};

/* Which host and boot it was, of others. */
uint64_t read_banner_origin(const struct read_trace *trace);

/* The same of a record that says its host itself. */
uint64_t read_banner_host_origin(const struct record_host *host);

/* Return whether the line is one. */
bool read_banner_trace(const char *line, size_t length, struct read_trace *trace);
bool read_banner_end(const char *line, size_t length, struct read_end *end);

#endif
