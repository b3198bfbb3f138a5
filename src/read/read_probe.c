// SPDX-License-Identifier: GPL-2.0-or-later
/* The times of a plain file's lines; see read_probe.h. */
#include "read/read_probe.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "read/read_record.h"

/* What is looked at first, of which most lines are a small part, and at most. */
#define NEAR_BYTES ((size_t)8 << 10)
#define FAR_BYTES ((size_t)256 << 10)

void read_probe_begin(struct read_probe *probe, const struct read_common *common)
{
	*probe = (struct read_probe){ .fd = -1 };
	probe->json.values = probe->csv.values = common->values;
	probe->json.ca = probe->csv.ca = common->ca;
	probe->json.kinds = probe->csv.kinds = RECORD_KINDS_ALL;
	probe->json.default_kind = probe->csv.default_kind = common->default_kind;
}

bool read_probe_line(struct read_probe *probe, const char *line, size_t length, int64_t *ns)
{
	const struct read_shape *shape;
	enum read_line_kind what = READ_LINE_BAD;
	struct record record;

	if (!probe->csv.shape.n)
		what = read_json_line(&probe->json, line, length, &record, &shape);
	else
		what = read_csv_line(&probe->csv, line, length, &record);
	if (what == READ_LINE_BAD)
		read_csv_heading(&probe->csv, line, length);
	return what == READ_LINE_RECORD && read_record_wall_ns(&record, ns);
}

/* Whole lines of the buffer from `at` on, up to its `end`; returns where the next begins, or 0. */
static size_t next_line(const struct read_probe *probe, size_t at, size_t end)
{
	const char *lf = at < end ? memchr(probe->buffer + at, '\n', end - at) : NULL;

	return lf ? (size_t)(lf - probe->buffer) + 1 : 0;
}

static size_t read_at(struct read_probe *probe, uint64_t at, size_t n)
{
	ssize_t got = pread(probe->fd, probe->buffer, n, (off_t)at);

	return got > 0 ? (size_t)got : 0;
}

static bool find_last(struct read_probe *probe, uint64_t at, size_t end, struct read_place *place,
		      uint64_t *tail)
{
	size_t from = at > probe->start ? next_line(probe, 0, end) : 0, next;
	bool is_found = false;

	if (at > probe->start && !from)
		return false;
	for (; (next = next_line(probe, from, end)); from = next) {
		*tail = at + from;
		if (read_probe_line(probe, probe->buffer + from, next - 1 - from, &place->ns)) {
			place->at = at + from;
			is_found = true;
		}
	}
	return is_found;
}

bool read_probe_last(struct read_probe *probe, struct read_place *place, uint64_t *tail)
{
	*tail = probe->start + probe->size;
	for (size_t n = NEAR_BYTES;; n = FAR_BYTES) {
		uint64_t at = probe->start + (probe->size > n ? probe->size - n : 0);

		if (find_last(probe, at, read_at(probe, at, n), place, tail))
			return true;
		if (n == FAR_BYTES || n >= probe->size)
			return false;
	}
}

/* Where a file of CSV has its heading, which all its lines are read by. */
static void find_heading(struct read_probe *probe)
{
	size_t end = read_at(probe, probe->start, FAR_BYTES), from = 0, next;
	int64_t ns;

	for (; !probe->csv.shape.n && (next = next_line(probe, from, end)); from = next) {
		if (probe->buffer[from] == '{')
			return;
		read_probe_line(probe, probe->buffer + from, next - 1 - from, &ns);
	}
}

int read_probe_open(struct read_probe *probe, const struct read_common *common,
		    const struct read_file *file)
{
	struct stat st;
	int err = 0;

	read_probe_begin(probe, common);
	probe->fd = file->fd;
	if (fstat(probe->fd, &st))
		err = -errno;
	probe->start = file->start;
	probe->size = (uint64_t)st.st_size > probe->start ? (uint64_t)st.st_size - probe->start : 0;
	probe->buffer = err ? NULL : calloc(1, FAR_BYTES + READ_BEHIND);
	if (!probe->buffer)
		return err ? err : -ENOMEM;
	find_heading(probe);
	return 0;
}

void read_probe_close(struct read_probe *probe)
{
	free(probe->buffer);
	read_json_free(&probe->json);
	read_csv_free(&probe->csv);
}
