// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * libFuzzer target: the readers of JSON Lines and CSV, line by line. Whatever a line is, no
 * byte beyond what may be looked at is, what is made of it can be written in each format,
 * as one line without a byte that would have to be escaped, and what was written says the
 * same when it is read back. And the whole as a file: its lines are all its bytes, and the
 * reader comes to its end, with each time that may be asked for.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/log.h"
#include "file/rotate.h"
#include "format/banner.h"
#include "format/format.h"
#include "read/read.h"
#include "read/read_csv.h"
#include "read/read_json.h"
#include "read/read_lines.h"
#include "read/read_record.h"
#include "read/read_set.h"
#include "read/unpack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool is_true)
{
	if (!is_true)
		abort();
}

struct readers {
	struct read_values *values;
	struct read_ca *ca;
	struct read_json json, again;
	struct read_csv csv;
	struct format *formats[FORMAT_COUNT];
};

static struct format *make_format(enum format_kind kind)
{
	struct field_list fields, base = { 0 };
	struct format_style style = { .has_header = true };
	const char *bad, *reason;
	struct format *format;

	if (kind == FORMAT_TCPPROBE)
		return format_new(kind, NULL, &style);
	require(fields_parse(&fields, kind == FORMAT_CSV ? "all,ca.a,ca.b" : "all,ca", &base, &bad,
			     &reason) == 0);
	format = format_new(kind, &fields, &style);
	require(format);
	return format;
}

static void begin(struct readers *readers)
{
	*readers = (struct readers){ .values = read_values_new(), .ca = read_ca_new() };
	require(readers->values && readers->ca);
	readers->json.values = readers->again.values = readers->csv.values = readers->values;
	readers->json.ca = readers->again.ca = readers->csv.ca = readers->ca;
	readers->json.kinds = readers->again.kinds = readers->csv.kinds = RECORD_KINDS_ALL;
	for (int kind = 0; kind < FORMAT_COUNT; kind++)
		readers->formats[kind] = make_format((enum format_kind)kind);
}

static void end(struct readers *readers)
{
	for (int kind = 0; kind < FORMAT_COUNT; kind++)
		format_free(readers->formats[kind]);
	read_json_free(&readers->json);
	read_json_free(&readers->again);
	read_csv_free(&readers->csv);
	read_values_free(readers->values);
	read_ca_free(readers->ca);
}

/* One line, of what can be seen. */
static size_t write_line(struct format *format, const struct record *record, char **line)
{
	size_t length;

	*line = malloc(format->line_max + READ_BEHIND);
	require(*line);
	length = format_record(format, record, *line);
	require(length >= 1 && length <= format->line_max && (*line)[length - 1] == '\n');
	for (size_t i = 0; i + 1 < length; i++)
		require((*line)[i] >= ' ' && (*line)[i] <= '~' && (*line)[i] != '\\');
	return length;
}

static void try_formats(struct readers *readers, struct record *record)
{
	const struct read_shape *shape;
	struct record again;
	char *line, *second;
	size_t length;

	read_record_complete(record, 0, read_record_time_ns(record, 0));
	for (int kind = 0; kind < FORMAT_COUNT; kind++) {
		write_line(readers->formats[kind], record, &line);
		free(line);
	}
	length = write_line(readers->formats[FORMAT_JSON], record, &line);
	/* Without its event a record says nothing of what it is. */
	if (field_set_has(&record->has, FIELD_event)) {
		require(read_json_line(&readers->again, line, length - 1, &again, &shape) ==
			READ_LINE_RECORD);
		require(write_line(readers->formats[FORMAT_JSON], &again, &second) == length);
		require(memcmp(line, second, length) == 0);
		free(second);
	}
	free(line);
}

static void try_line(struct readers *readers, bool is_csv, const uint8_t *bytes, size_t length)
{
	const struct read_shape *shape;
	struct record record;
	enum read_line_kind what = READ_LINE_BAD;
	char *line = malloc(length + 1 + READ_BEHIND);

	require(line);
	memcpy(line, bytes, length);
	line[length] = '\n';
	memset(line + length + 1, 'x', READ_BEHIND);
	if (!is_csv)
		what = read_json_line(&readers->json, line, length, &record, &shape);
	else if (readers->csv.shape.n)
		what = read_csv_line(&readers->csv, line, length, &record);
	if (is_csv && what == READ_LINE_BAD)
		read_csv_heading(&readers->csv, line, length);
	if (what == READ_LINE_RECORD)
		try_formats(readers, &record);
	free(line);
}

/* --- as a file ------------------------------------------------------------------------- */

static void be_silent(void *context, const char *line, size_t length)
{
	(void)context;
	(void)line;
	(void)length;
}

/* The lines of a file are its bytes, in their order. */
static void try_lines(int fd, const uint8_t *bytes, size_t size)
{
	struct read_lines lines;
	const char *line;
	size_t length, at = 0;

	require(lseek(fd, 0, SEEK_SET) == 0);
	require(read_lines_open(&lines, fd, true) == 0);
	for (;;) {
		enum read_lines_state state = read_lines_next(&lines, &line, &length);

		if (state == READ_LINES_END)
			break;
		require(state == READ_LINES_WHOLE || state == READ_LINES_TORN);
		require(length <= size - at && memcmp(line, bytes + at, length) == 0);
		require(line[length] == '\n');
		at += length + (state == READ_LINES_WHOLE);
	}
	require(at == size);
	read_lines_close(&lines);
}

/* Records until the end, which comes; returns how many. */
static uint64_t read_all(const struct read_config *config, size_t size)
{
	struct source *source = read_new(config);
	struct record record;
	enum source_state state;
	uint64_t n = 0;
	size_t turns = 0;

	require(source);
	while ((state = source->ops->next(source, &record)) != SOURCE_END) {
		n += state == SOURCE_RECORD;
		require(turns++ <= size + 10);
	}
	source->ops->stop(source);
	read_free(source);
	return n;
}

static void try_file(const uint8_t *bytes, size_t size, uint8_t how)
{
	static const struct read_names names = { .is_number = rotate_is_number,
						 .is_stamp = rotate_is_stamp };
	char path[64];
	const char *const paths[] = { path };
	struct tcc_filter filter = { 0 };
	struct read_config config = { .paths = paths, .n_paths = 1, .names = &names,
				      .kinds = RECORD_KINDS_ALL, .filter = &filter,
				      .schema = BANNER_SCHEMA };
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	uint64_t n;

	require(fd >= 0 && write(fd, bytes, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	try_lines(fd, bytes, size);
	n = read_all(&config, size);
	require(n <= size);
	require(when_parse(how & 4 ? "-1" : "2026-11-22T22:43:00Z", &config.since) == 0);
	if (how & 8)
		require(when_parse(how & 16 ? "23:00" : "-0.5", &config.until) == 0);
	require(read_all(&config, size) <= n);
	close(fd);
}

/* What is compressed takes programs. */
static bool is_packed(const uint8_t *bytes, size_t size)
{
	return unpack_format(bytes, size) >= 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct readers readers;
	const uint8_t *at = data + 1, *last = data + size;

	if (!size)
		return 0;
	begin(&readers);
	while (at < last) {
		const uint8_t *lf = memchr(at, '\n', (size_t)(last - at));
		size_t length = (size_t)((lf ? lf : last) - at);

		try_line(&readers, *data & 1, at, length);
		at += length + 1;
	}
	end(&readers);
	log_set_writer(be_silent, NULL);
	/* That takes longer: of some. */
	if (*data >> 5 == 1 && !is_packed(data + 1, size - 1))
		try_file(data + 1, size - 1, *data);
	log_set_writer(NULL, NULL);
	return 0;
}
