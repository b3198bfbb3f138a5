// SPDX-License-Identifier: GPL-2.0-or-later
/* Lines as a consumer: what of which kind is pending, what was lost before a line. */
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

int main(void)
{
	TAP_RUN(a_lost_record_is_said_by_the_next_of_its_cpu_and_kind);
	TAP_RUN(pending_lines_are_counted_by_their_kinds);
	return tap_done();
}
