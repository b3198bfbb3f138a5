// SPDX-License-Identifier: GPL-2.0-or-later
/* Where lines are that cannot be read; see read_bad.h. */
#include "read/read_bad.h"

#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "read/read_value.h"

/* Of so many runs it is said where they are. */
#define RUNS_SAID_MAX 10

uint8_t read_bad_kind(const char *line, size_t length, uint8_t otherwise)
{
	static const char lead[] = "{\"event\":\"";
	size_t name = sizeof(lead) - 1, end = name;

	if (line && length > name && memcmp(line, lead, name) == 0) {
		while (end < length && line[end] != '"')
			end++;
		if (read_value_kind(line + name, end - name) < RECORD_KIND_COUNT)
			return read_value_kind(line + name, end - name);
	}
	return otherwise;
}

void read_bad_end_run(struct read_bad *bad, const char *path)
{
	uint64_t n = bad->last - bad->first + 1;

	if (!bad->first)
		return;
	if (bad->runs++ >= RUNS_SAID_MAX)
		bad->unsaid += n;
	else if (n == 1)
		log_warning("'%s': line %" PRIu64 " cannot be read", path, bad->first);
	else
		log_warning("'%s': lines %" PRIu64 " to %" PRIu64 " cannot be read", path,
			    bad->first, bad->last);
	bad->first = 0;
}

void read_bad_line(struct read_bad *bad, const char *path, uint64_t number)
{
	if (bad->first && number == bad->last + 1) {
		bad->last = number;
		return;
	}
	read_bad_end_run(bad, path);
	bad->first = bad->last = number;
}

void read_bad_end_file(struct read_bad *bad, const char *path)
{
	read_bad_end_run(bad, path);
	if (bad->unsaid)
		log_warning("'%s': %" PRIu64 " more line%s cannot be read", path, bad->unsaid,
			    bad->unsaid == 1 ? "" : "s");
}
