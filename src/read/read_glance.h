/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When the record of a line was, without reading the rest of it: of lines that are not
 * asked for no more is to be known. Of lines as tcc-trace itself writes them.
 */
#ifndef TCC_READ_GLANCE_H
#define TCC_READ_GLANCE_H

#include "read/read_csv.h"

/*
 * Of JSON and of CSV behind its heading; lines as in read_json.h. Return whether the line
 * begins as a record that says its time: *ns, since 1970. The rest may be anything.
 */
bool read_glance_json(struct read_values *values, const char *line, int64_t *ns);
bool read_glance_csv(const struct read_csv *csv, const char *line, int64_t *ns);

#endif
