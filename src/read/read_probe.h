/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which times the lines of a plain file have, looked up at its end: its offset does not
 * move. Knows nothing of what is asked for.
 */
#ifndef TCC_READ_PROBE_H
#define TCC_READ_PROBE_H

#include "read/read_common.h"
#include "read/read_csv.h"
#include "read/read_json.h"
#include "read/read_set.h"

struct read_probe {
	int fd;			/* borrowed */
	uint64_t start, size;	/* of what is in the file */
	struct read_json json;
	struct read_csv csv;
	char *buffer;
};

/* A record. */
struct read_place {
	uint64_t at;		/* where its line begins */
	int64_t ns;		/* its time, since 1970 */
};

/* Of a file that is regular and plain. Returns 0, -ENOMEM, or another -errno. */
int read_probe_open(struct read_probe *probe, const struct read_common *common,
		    const struct read_file *file);
void read_probe_close(struct read_probe *probe);

/* The same for lines that come from elsewhere: read_probe_line() alone may be called. */
void read_probe_begin(struct read_probe *probe, const struct read_common *common);

/* The time of a line, as read_json.h has lines; returns whether it is a record's. */
bool read_probe_line(struct read_probe *probe, const char *line, size_t length, int64_t *ns);

/* The last record. Returns whether there is one near the end. *tail: where the last line begins. */
bool read_probe_last(struct read_probe *probe, struct read_place *place, uint64_t *tail);

#endif
