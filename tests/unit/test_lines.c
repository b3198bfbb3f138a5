// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Lines as a consumer: what of which kind is pending, what was lost before a line, and
 * what a copy has counted when a write of it does not return.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../tap.h"
#include "consume/lines.h"

static struct consumer *lines;
static struct format *format;
static char path[64];

/* Lines of the field `lost` alone, in a file. */
static void setup(void)
{
	struct format_style style = { 0 };
	struct lines_config config = { .kind = FORMAT_CSV, .kinds = RECORD_KINDS_ALL, .at_once = 1,
				       .n_cpus = 2, .path = path };
	struct field_list fields = { .id = { FIELD_lost }, .n = 1 };
	int fd;

	snprintf(path, sizeof(path), "/tmp/test_lines.XXXXXX");
	fd = mkstemp(path);
	check(fd >= 0);
	close(fd);
	format = format_new(FORMAT_CSV, &fields, &style);
	config.format = format;
	lines = lines_new(&config);
	check(lines);
}

static void teardown(void)
{
	lines_free(lines);
	format_free(format);
	unlink(path);
}

static struct record record_of(uint8_t kind, uint32_t cpu, uint32_t lost)
{
	return (struct record){ .has = fields_of_kind((enum record_kind)kind, 0), .kind = kind,
				.cpu = cpu, .lost = lost };
}

static void give(uint8_t kind, uint32_t cpu, uint32_t lost)
{
	struct record record = record_of(kind, cpu, lost);

	check_eq(lines->ops->room(lines), CONSUMER_HAS_ROOM);
	lines->ops->record(lines, &record);
}

static void lose(uint8_t kind, uint32_t cpu, uint32_t lost)
{
	struct record record = record_of(kind, cpu, lost);

	lines->ops->lost(lines, &record);
}

/* All that is in the file, LF shown as a blank. */
static const char *written(void)
{
	static char text[256];
	FILE *file = fopen(path, "r");
	size_t length;

	check_eq(lines->ops->flush(lines, false), 0);
	length = fread(text, 1, sizeof(text) - 1, file);
	text[length] = '\0';
	fclose(file);
	for (char *at = text; *at; at++)
		*at = *at == '\n' ? ' ' : *at;
	return text;
}

static void a_lost_record_is_said_by_the_next_of_its_cpu_and_kind(void)
{
	setup();
	lose(RECORD_KIND_PROBE, 0, 0);
	lose(RECORD_KIND_PROBE, 0, 41);		/* what it would have said itself */
	lose(RECORD_KIND_PROBE, 1, 0);
	lose(RECORD_KIND_STATE, 0, 7);
	lose(RECORD_KIND_PROBE, 2, 0);		/* a CPU that there is not: said nowhere */
	give(RECORD_KIND_PROBE, 0, 100);
	give(RECORD_KIND_PROBE, 0, 0);
	give(RECORD_KIND_STATE, 0, 0);
	give(RECORD_KIND_RESET, 0, 0);
	give(RECORD_KIND_PROBE, 1, 0);
	give(RECORD_KIND_PROBE, 2, 0);
	check_str(written(), "143 0 8 0 1 0 ");
	check_eq(lines->ops->count(lines, RECORD_KIND_PROBE).lost, 4);
	check_eq(lines->ops->count(lines, RECORD_KIND_STATE).lost, 1);
	check_eq(lines->ops->count(lines, RECORD_KIND_PROBE).done, 4);
	teardown();
}

static void check_pending(uint64_t probes, uint64_t states, uint64_t closes)
{
	check_eq(lines->ops->count(lines, RECORD_KIND_PROBE).pending, probes);
	check_eq(lines->ops->count(lines, RECORD_KIND_STATE).pending, states);
	check_eq(lines->ops->count(lines, RECORD_KIND_CLOSE).pending, closes);
}

/* The sink knows lines only: their kinds are remembered here. */
static void pending_lines_are_counted_by_their_kinds(void)
{
	setup();
	give(RECORD_KIND_STATE, 0, 0);
	check_pending(0, 1, 0);
	give(RECORD_KIND_PROBE, 0, 0);
	give(RECORD_KIND_PROBE, 0, 0);
	give(RECORD_KIND_CLOSE, 0, 0);
	check_pending(2, 1, 1);
	written();
	check_pending(0, 0, 0);
	give(RECORD_KIND_CLOSE, 0, 0);
	check_pending(0, 0, 1);
	check_eq(lines->ops->count(lines, RECORD_KIND_CLOSE).done, 1);
	check_eq(lines->ops->count(lines, RECORD_KIND_PROBE).done, 2);
	teardown();
}

/* --- a copy --------------------------------------------------------------------- */

static const struct consumer *watched;	/* while it is given records, `given` of them */
static uint64_t given, n_writes;

ssize_t __real_write(int fd, const void *data, size_t length);
ssize_t __wrap_write(int fd, const void *data, size_t length);

/* As the watchdog's thread sees it, should this be the one that hangs. */
ssize_t __wrap_write(int fd, const void *data, size_t length)
{
	if (watched) {
		struct consumer_counts counts = watched->ops->count(watched, RECORD_KIND_PROBE);

		n_writes++;
		check_eq(counts.done + counts.pending + counts.lost + counts.discarded, given);
		check(lines_is_writing(watched));
	}
	return __real_write(fd, data, length);
}

/* On standard output, which is a file meanwhile; of lines that fill some blocks. */
static void a_copy_that_hangs_has_counted_every_record(void)
{
	struct format_style style = { 0 };
	struct lines_config config = { .kind = FORMAT_CSV, .kinds = RECORD_KINDS_ALL, .at_once = 1,
				       .n_cpus = 2, .is_copy = true };
	struct field_list fields = { .id = { FIELD_lost }, .n = 1 };
	struct record record = record_of(RECORD_KIND_PROBE, 0, 0);
	FILE *file = tmpfile();
	int out = dup(STDOUT_FILENO);

	fflush(stdout);
	check(file && dup2(fileno(file), STDOUT_FILENO) == STDOUT_FILENO);
	config.format = format_new(FORMAT_CSV, &fields, &style);
	lines = lines_new(&config);
	check(lines && !lines_is_writing(lines));
	watched = lines;
	while (given < 400000) {
		given++;
		lines->ops->record(lines, &record);
	}
	watched = NULL;
	check(n_writes >= 3);
	check_eq(lines->ops->flush(lines, false), 0);
	check_eq(lines->ops->count(lines, RECORD_KIND_PROBE).done, 400000);
	check(!lines_is_writing(lines));
	lines_free(lines);
	format_free(config.format);
	dup2(out, STDOUT_FILENO);
	close(out);
	fclose(file);
}

int main(void)
{
	TAP_RUN(a_lost_record_is_said_by_the_next_of_its_cpu_and_kind);
	TAP_RUN(pending_lines_are_counted_by_their_kinds);
	TAP_RUN(a_copy_that_hangs_has_counted_every_record);
	return tap_done();
}
