// SPDX-License-Identifier: GPL-2.0-or-later
/* What the lines of one set of files say; see read_take.h. */
#include "read/read_take.h"

#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "read/read_banner.h"
#include "read/read_check.h"
#include "read/read_filter.h"
#include "read/read_glance.h"
#include "read/read_record.h"

/* The first schema in which limited_by and the shares have the meaning that they have now. */
#define SCHEMA_OF_LIMITS 2

/* --- lines that are none --------------------------------------------------------------- */

static void lose(struct read_take *take, struct read_common *common, const char *line,
		 size_t length)
{
	/* What cannot be read has the time of what was before it. */
	if (take->is_outside)
		return;
	take->has_any = true;
	common->counts[read_bad_kind(line, length, common->default_kind)].unreadable++;
	read_bad_line(&take->bad, take->path, take->number);
}

/* --- the opening and the end record -------------------------------------------------------- */

/*
 * A host begins its cookies anew when it boots. Those of the first boot of the first host
 * stay as they are.
 */
static void set_origin(struct read_take *take, struct read_common *common,
		       const struct read_trace *trace)
{
	uint64_t origin = read_banner_origin(trace);

	if (!common->first_origin)
		common->first_origin = origin;
	take->origin = origin ^ common->first_origin;
}

/* Whether the user asked for whose each record is. */
static bool shows_host(const struct read_common *common)
{
	for (uint8_t kind = 0; kind < RECORD_KIND_COUNT; kind++) {
		if (field_set_has(&common->config.chosen[kind], FIELD_host))
			return true;
	}
	return false;
}

static void set_host(struct read_take *take, struct read_common *common, const char *name)
{
	take->host = read_value_host(common->values, name, strlen(name));
	if (!common->first_host)
		common->first_host = take->host;
	if (!take->host || take->host == common->first_host || common->has_said_hosts)
		return;
	common->has_said_hosts = true;
	if (!shows_host(common))
		log_status("'%s' is of another host than what was read before: --fields=+host tells "
			   "them apart", take->path);
}

static void see_time(struct read_take *take, int64_t ns)
{
	if (!take->first_ns)
		take->first_ns = ns;
}

/* Of a trace without its end record nobody knows how it ended. */
static void leave_trace(struct read_take *take, struct read_common *common)
{
	common->is_unknown |= take->has_any && !take->is_ended;
	take->has_any = false;
}

/* Each file of a set that is rotated begins with one: its trace may be that of the file before. */
static void begin_trace(struct read_take *take, struct read_common *common,
			const struct read_trace *trace)
{
	uint64_t before = take->origin;

	set_origin(take, common, trace);
	if (!take->has_trace || take->has_lines || take->is_ended || take->origin != before) {
		leave_trace(take, common);
		take->is_later = common->range.has_until && trace->wall_ns > common->range.until_ns;
	}
	take->has_trace = true;
	take->is_ended = false;
}

static void take_trace(struct read_take *take, struct read_common *common, const char *line,
		       size_t length)
{
	struct read_trace trace;

	if (!read_banner_trace(line, length, &trace)) {
		lose(take, common, line, length);
		return;
	}
	if (trace.schema > common->config.schema) {
		log_error("'%s': line %" PRIu64 ": schema number %" PRIu64 ": expected at most %u; "
			  "a later tcc-trace reads it", take->path, take->number,
			  trace.schema, common->config.schema);
		common->outcome = READ_REFUSED;
		return;
	}
	begin_trace(take, common, &trace);
	see_time(take, trace.wall_ns);
	take->is_old = trace.schema < SCHEMA_OF_LIMITS && common->config.schema >= SCHEMA_OF_LIMITS;
	set_host(take, common, trace.host);
}

static void take_end(struct read_take *take, struct read_common *common, const char *line,
		     size_t length)
{
	struct read_end end;

	if (!read_banner_end(line, length, &end)) {
		lose(take, common, line, length);
		return;
	}
	take->is_ended = true;
	if (take->is_later || (common->range.has_since && end.wall_ns &&
				  end.wall_ns < common->range.since_ns))
		return;
	for (uint8_t kind = 0; kind < RECORD_KIND_COUNT; kind++) {
		common->counts[kind].lost += end.of[kind].lost;
		common->counts[kind].unwritten += end.of[kind].unwritten;
		common->counts[kind].unreadable += end.of[kind].unreadable;
		common->counts[kind].missed += end.of[kind].missed;
		common->is_unknown |= end.of[kind].is_unknown;
	}
}

/* --- records ---------------------------------------------------------------------------------- */

/* What the line does not say, but others need. */
static void complete(struct read_take *take, struct read_common *common, struct record *record)
{
	uint64_t origin = take->origin;

	if (take->is_old)
		read_record_drop_limits(record);
	take->time_ns = read_record_time_ns(record, take->time_ns);
	if (!common->first_ns || take->time_ns < common->first_ns)
		common->first_ns = take->time_ns;
	if (take->time_ns > common->last_ns)
		common->last_ns = take->time_ns;
	/* A record that says its host may be anybody's, whoever wrote the file. */
	if (!field_set_has(&record->has, FIELD_host)) {
		if (take->host)
			read_record_set_host(record, take->host);
	} else if (record->host != take->host) {
		origin ^= read_banner_host_origin(record->host);
	}
	take->record_origin = origin;
	read_record_complete(record, origin, take->time_ns);
}

static const struct field_set *named_in(const struct read_take *take, uint8_t kind)
{
	return take->form == FORM_CSV ? &take->csv.shape.named : &take->json.shapes[kind].named;
}

/*
 * A record of a derived kind stands behind the one that it was made of. Where that has all
 * that is needed, it is made anew, and this one is not another; else it is as it was.
 */
static bool is_made_anew(struct read_take *take, const struct read_common *common,
			 struct record *record)
{
	take->kinds |= RECORD_KIND_BIT(record->kind);
	if (record_kinds[record->kind].is_derived)
		return take->is_remade;
	take->is_remade = common->config.kinds & ~RECORD_KINDS_KERNEL &&
			   field_set_has_all(named_in(take, record->kind),
					     &common->derive_needs);
	record->has_derived = !take->is_remade;
	return false;
}

/* By its own time, which may go back; one that has none is where the one before it is. */
static void place(struct read_take *take, const struct read_range *range, int64_t ns)
{
	see_time(take, ns);
	take->is_outside = (range->has_since && ns < range->since_ns) ||
			   (range->has_until && ns > range->until_ns);
}

static bool is_outside(struct read_take *take, const struct read_common *common,
		       const struct record *record)
{
	int64_t ns;

	if (read_record_wall_ns(record, &ns))
		place(take, &common->range, ns);
	return take->is_outside;
}

/* Whether a line is a record that is not asked for, of which no more is to be known. */
static bool is_passed_over(struct read_take *take, const struct read_common *common,
			   const char *line)
{
	int64_t ns;

	if (!read_range_is_any(&common->range) || take->form == FORM_UNKNOWN ||
	    !(take->form == FORM_CSV ? read_glance_csv(&take->csv, line, &ns)
				     : read_glance_json(common->values, line, &ns)))
		return false;
	place(take, &common->range, ns);
	return take->is_outside;
}

/* Returns whether it is to be handed out. */
static bool take_record(struct read_take *take, struct read_common *common,
			struct record *record)
{
	struct source_counts *counts = &common->counts[record->kind];

	if (read_range_is_any(&common->range) && is_outside(take, common, record))
		return false;
	if (is_made_anew(take, common, record))
		return false;
	complete(take, common, record);
	if (!read_filter_passes(common->config.filter, record)) {
		counts->filtered++;
		read_marks_keep(common->marks, take->record_origin, record);
		return false;
	}
	return true;
}

/* --- lines -------------------------------------------------------------------------------------- */

/* What the opening record says each record has. */
static bool check_fields(const struct read_take *take, struct read_common *common, uint8_t kind,
			 const struct field_set *named)
{
	struct field_set there = *named;

	if (take->host)
		field_set_add(&there, FIELD_host);
	return read_check(common, take->path, kind, &there);
}

static enum read_line_kind read_csv(struct read_take *take, struct read_common *common,
				    const char *line, size_t length, struct record *record)
{
	enum read_line_kind what = READ_LINE_BAD;

	if (take->csv.shape.n)
		what = read_csv_line(&take->csv, line, length, record);
	if (what == READ_LINE_BAD && read_csv_heading(&take->csv, line, length)) {
		take->checked = 0;
		return READ_LINE_OTHER;
	}
	if (what == READ_LINE_RECORD && !(take->checked & RECORD_KIND_BIT(record->kind))) {
		take->checked |= RECORD_KIND_BIT(record->kind);
		if (!check_fields(take, common, record->kind, &take->csv.shape.named))
			return READ_LINE_OTHER;
	}
	return what;
}

static enum read_line_kind read_json(struct read_take *take, struct read_common *common,
				     const char *line, size_t length, struct record *record)
{
	const struct read_shape *shape;
	enum read_line_kind what = read_json_line(&take->json, line, length, record, &shape);

	if (what == READ_LINE_RECORD && shape &&
	    !check_fields(take, common, record->kind, &shape->named))
		return READ_LINE_OTHER;
	return what;
}

/* A file is what its first line is that can be read: what a crash left may be before it. */
static enum read_line_kind read_line(struct read_take *take, struct read_common *common,
				     const char *line, size_t length, struct record *record)
{
	enum read_line_kind what;

	if (take->form == FORM_CSV || (take->form == FORM_UNKNOWN && *line != '{')) {
		what = read_csv(take, common, line, length, record);
		if (what != READ_LINE_BAD)
			take->form = FORM_CSV;
		return what;
	}
	what = read_json(take, common, line, length, record);
	if (what != READ_LINE_BAD)
		take->form = FORM_JSON;
	return what;
}

/* Some programs put it before all they write. */
static void skip_byte_order_mark(const struct read_take *take, const char **line, size_t *length)
{
	static const char mark[] = "\xef\xbb\xbf";
	size_t n = sizeof(mark) - 1;

	if (take->number != 1 || *length < n || memcmp(*line, mark, n) != 0)
		return;
	*line += n;
	*length -= n;
}

/* A line of CSV without its end may lack a part of its last number. */
static bool is_cut_off(const struct read_take *take, const char *line)
{
	return take->form == FORM_CSV || (take->form == FORM_UNKNOWN && *line != '{');
}

/* Whether it shows that its trace has something of the times that are asked for. */
static bool is_of_range(const struct read_take *take, const struct read_common *common,
			enum read_line_kind what)
{
	if (take->is_outside || (what == READ_LINE_TRACE && take->is_later))
		return false;
	/* A heading. */
	return what != READ_LINE_OTHER || take->form != FORM_CSV ||
	       !read_range_is_any(&common->range);
}

bool read_take_line(struct read_take *take, struct read_common *common, const char *line,
		    size_t length, bool is_torn, struct record *record)
{
	enum read_line_kind what = READ_LINE_OTHER;
	bool is_wanted, is_passed;

	if (is_torn && is_cut_off(take, line)) {
		lose(take, common, NULL, 0);
		return false;
	}
	skip_byte_order_mark(take, &line, &length);
	is_passed = !is_torn && is_passed_over(take, common, line);
	if (!is_passed)
		what = read_line(take, common, line, length, record);
	if (what == READ_LINE_BAD)
		lose(take, common, line, length);
	else if (take->bad.first)
		read_bad_end_run(&take->bad, take->path);
	if (what == READ_LINE_TRACE)
		take_trace(take, common, line, length);
	else if (what == READ_LINE_END)
		take_end(take, common, line, length);
	else
		take->is_ended = false;
	take->has_lines = true;
	is_wanted = what == READ_LINE_RECORD && take_record(take, common, record);
	take->has_any |= !is_passed && is_of_range(take, common, what);
	return is_wanted;
}

void read_take_lose(struct read_take *take, struct read_common *common)
{
	lose(take, common, NULL, 0);
}

/* --- files -------------------------------------------------------------------------------------- */

void read_take_begin(struct read_take *take, struct read_common *common, const char *path)
{
	bool is_first = !take->path;

	take->path = strcmp(path, "-") == 0 ? "standard input" : path;
	take->number = 0;
	take->form = FORM_UNKNOWN;
	take->has_lines = false;
	take->first_ns = 0;
	take->kinds = 0;
	take->bad = (struct read_bad){ 0 };
	if (is_first)
		take->is_outside = common->range.has_since;
	read_shape_clear(&take->csv.shape);
	take->json.values = take->csv.values = common->values;
	take->json.ca = take->csv.ca = common->ca;
	take->json.kinds = take->csv.kinds = common->config.kinds;
	take->json.default_kind = take->csv.default_kind = common->default_kind;
}

void read_take_leave(struct read_take *take, struct read_common *common)
{
	leave_trace(take, common);
	/* What is behind it may be of others. */
	take->has_trace = false;
}

bool read_take_finish(struct read_take *take, struct read_common *common)
{
	bool is_torn = take->bad.first && take->bad.last == take->number;

	if (take->form == FORM_UNKNOWN && take->number)
		log_warning("'%s': neither JSON Lines nor CSV with its heading", take->path);
	read_bad_end_file(&take->bad, take->path);
	for (uint8_t kind = 0; kind < RECORD_KIND_COUNT; kind++) {
		if (take->kinds & RECORD_KIND_BIT(kind) && !(take->kinds & ~RECORD_KINDS_KERNEL))
			read_check_made(common, take->path, kind, named_in(take, kind));
	}
	return is_torn;
}

bool read_take_lacks_end(const struct read_take *take)
{
	return take->has_any && !take->is_ended;
}

void read_take_free(struct read_take *take)
{
	read_json_free(&take->json);
	read_csv_free(&take->csv);
}
