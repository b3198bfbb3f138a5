// SPDX-License-Identifier: GPL-2.0-or-later
/* The records of one set of files; see read_input.h. */
#include "read/read_input.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "read/read_bad.h"
#include "read/read_banner.h"
#include "read/read_check.h"
#include "read/read_csv.h"
#include "read/read_filter.h"
#include "read/read_record.h"
#include "read/read_stream.h"

/* The first schema in which limited_by and the shares have the meaning that they have now. */
#define SCHEMA_OF_LIMITS 2

/* Until a slow writer is looked at again, who has not said yet what it is. */
#define PART_MS 20

enum form { FORM_UNKNOWN, FORM_JSON, FORM_CSV };

struct read_input {
	struct read_set set;
	size_t at;			/* the file that is read */
	bool is_open;
	struct read_stream stream;
	enum form form;
	struct read_json json;
	struct read_csv csv;
	uint32_t kinds;			/* RECORD_KIND_BIT()s: those that the file has */
	uint32_t checked;		/* CSV: RECORD_KIND_BIT()s of kinds whose fields were */
	struct read_bad bad;
	bool is_old;			/* the schema is of before SCHEMA_OF_LIMITS */
	bool is_ended;			/* the last line was an end record */
	bool has_lines;			/* since the file was opened */
	bool has_any;			/* ever */
	bool is_pausing;		/* it could go on at once */
	bool is_remade;			/* the record before: what is made of it is made anew */
	uint64_t origin;		/* what tells its cookies from those of other hosts */
	uint64_t time_ns;
};

static const char *path_of(const struct read_input *input)
{
	const char *path = input->set.files[input->at].path;

	return strcmp(path, "-") == 0 ? "standard input" : path;
}

/* --- lines that are none --------------------------------------------------------------- */

static void lose(struct read_input *input, struct read_common *common, const char *line,
		 size_t length)
{
	input->has_any = true;
	common->counts[read_bad_kind(line, length, common->default_kind)].unreadable++;
	read_bad_line(&input->bad, path_of(input), input->stream.lines.number);
}

/* --- the opening and the end record -------------------------------------------------------- */

/*
 * A host begins its cookies anew when it boots. Those of the first boot of the first host
 * stay as they are.
 */
static void set_origin(struct read_input *input, struct read_common *common,
		       const struct read_trace *trace)
{
	uint64_t origin = read_banner_origin(trace);

	if (!common->first_origin)
		common->first_origin = origin;
	input->origin = origin ^ common->first_origin;
}

/* Of what was before it in its file nobody knows how it ended. */
static void take_trace(struct read_input *input, struct read_common *common, const char *line,
		       size_t length)
{
	struct read_trace trace;

	if (!read_banner_trace(line, length, &trace)) {
		lose(input, common, line, length);
		return;
	}
	if (trace.schema > common->config.schema) {
		log_error("'%s': line %" PRIu64 ": schema number %" PRIu64 ": expected at most %u; "
			  "a later tcc-trace reads it", path_of(input), input->stream.lines.number,
			  trace.schema, common->config.schema);
		common->outcome = READ_REFUSED;
		return;
	}
	if (input->has_lines && !input->is_ended)
		common->is_unknown = true;
	input->is_ended = false;
	input->is_old = trace.schema < SCHEMA_OF_LIMITS && common->config.schema >= SCHEMA_OF_LIMITS;
	set_origin(input, common, &trace);
}

static void take_end(struct read_input *input, struct read_common *common, const char *line,
		     size_t length)
{
	struct read_end end;

	if (!read_banner_end(line, length, &end)) {
		lose(input, common, line, length);
		return;
	}
	for (uint8_t kind = 0; kind < RECORD_KIND_COUNT; kind++) {
		common->counts[kind].lost += end.of[kind].lost;
		common->counts[kind].unwritten += end.of[kind].unwritten;
		common->counts[kind].unreadable += end.of[kind].unreadable;
		common->counts[kind].missed += end.of[kind].missed;
		common->is_unknown |= end.of[kind].is_unknown;
	}
	input->is_ended = true;
}

/* --- records ---------------------------------------------------------------------------------- */

/* What the line does not say, but others need. */
static void complete(struct read_input *input, struct read_common *common, struct record *record)
{
	if (input->is_old)
		read_record_drop_limits(record);
	input->time_ns = read_record_time_ns(record, input->time_ns);
	if (!common->first_ns || input->time_ns < common->first_ns)
		common->first_ns = input->time_ns;
	if (input->time_ns > common->last_ns)
		common->last_ns = input->time_ns;
	read_record_complete(record, input->origin, input->time_ns);
}

static const struct field_set *named_in(const struct read_input *input, uint8_t kind)
{
	return input->form == FORM_CSV ? &input->csv.shape.named : &input->json.shapes[kind].named;
}

/*
 * A record of a derived kind stands behind the one that it was made of. Where that has all
 * that is needed, it is made anew, and this one is not another; else it is as it was.
 */
static bool is_made_anew(struct read_input *input, const struct read_common *common,
			 struct record *record)
{
	input->kinds |= RECORD_KIND_BIT(record->kind);
	if (record_kinds[record->kind].is_derived)
		return input->is_remade;
	input->is_remade = common->config.kinds & ~RECORD_KINDS_KERNEL &&
			   field_set_has_all(named_in(input, record->kind),
					     &common->derive_needs);
	record->has_derived = !input->is_remade;
	return false;
}

/* Returns whether it is to be handed out. */
static bool take_record(struct read_input *input, struct read_common *common,
			struct record *record)
{
	struct source_counts *counts = &common->counts[record->kind];

	if (is_made_anew(input, common, record))
		return false;
	complete(input, common, record);
	if (!read_filter_passes(common->config.filter, record)) {
		counts->filtered++;
		read_marks_keep(common->marks, input->origin, record);
		return false;
	}
	return true;
}

/* --- lines -------------------------------------------------------------------------------------- */

static enum read_line_kind read_csv(struct read_input *input, struct read_common *common,
				    const char *line, size_t length, struct record *record)
{
	enum read_line_kind what = READ_LINE_BAD;

	if (input->csv.shape.n)
		what = read_csv_line(&input->csv, line, length, record);
	if (what == READ_LINE_BAD && read_csv_heading(&input->csv, line, length)) {
		input->checked = 0;
		return READ_LINE_OTHER;
	}
	if (what == READ_LINE_RECORD && !(input->checked & RECORD_KIND_BIT(record->kind))) {
		input->checked |= RECORD_KIND_BIT(record->kind);
		if (!read_check(common, path_of(input), record->kind, &input->csv.shape.named))
			return READ_LINE_OTHER;
	}
	return what;
}

static enum read_line_kind read_json(struct read_input *input, struct read_common *common,
				     const char *line, size_t length, struct record *record)
{
	const struct read_shape *shape;
	enum read_line_kind what = read_json_line(&input->json, line, length, record, &shape);

	if (what == READ_LINE_RECORD && shape &&
	    !read_check(common, path_of(input), record->kind, &shape->named))
		return READ_LINE_OTHER;
	return what;
}

/* A file is what its first line is that can be read: what a crash left may be before it. */
static enum read_line_kind read_line(struct read_input *input, struct read_common *common,
				     const char *line, size_t length, struct record *record)
{
	enum read_line_kind what;

	if (input->form == FORM_CSV || (input->form == FORM_UNKNOWN && *line != '{')) {
		what = read_csv(input, common, line, length, record);
		if (what != READ_LINE_BAD)
			input->form = FORM_CSV;
		return what;
	}
	what = read_json(input, common, line, length, record);
	if (what != READ_LINE_BAD)
		input->form = FORM_JSON;
	return what;
}

/* Some programs put it before all they write. */
static void skip_byte_order_mark(const struct read_input *input, const char **line, size_t *length)
{
	static const char mark[] = "\xef\xbb\xbf";
	size_t n = sizeof(mark) - 1;

	if (input->stream.lines.number != 1 || *length < n || memcmp(*line, mark, n) != 0)
		return;
	*line += n;
	*length -= n;
}

/* Returns whether there is a record to be handed out. */
static bool take_line(struct read_input *input, struct read_common *common, const char *line,
		      size_t length, struct record *record)
{
	enum read_line_kind what;

	skip_byte_order_mark(input, &line, &length);
	what = read_line(input, common, line, length, record);
	if (what == READ_LINE_BAD)
		lose(input, common, line, length);
	else if (input->bad.first)
		read_bad_end_run(&input->bad, path_of(input));
	if (what == READ_LINE_TRACE)
		take_trace(input, common, line, length);
	else if (what == READ_LINE_END)
		take_end(input, common, line, length);
	else
		input->is_ended = false;
	input->has_lines = input->has_any = true;
	return what == READ_LINE_RECORD && take_record(input, common, record);
}

/* --- files -------------------------------------------------------------------------------------- */

static void begin_file(struct read_input *input, struct read_common *common)
{
	input->form = FORM_UNKNOWN;
	input->has_lines = false;
	input->kinds = 0;
	input->bad = (struct read_bad){ 0 };
	read_shape_clear(&input->csv.shape);
	input->json.values = input->csv.values = common->values;
	input->json.ca = input->csv.ca = common->ca;
	input->json.kinds = input->csv.kinds = common->config.kinds;
	input->json.default_kind = input->csv.default_kind = common->default_kind;
	input->is_open = true;
}

/* Of a stream that failed: whatever was behind is lost, and is counted as one. */
static void say_failed(struct read_input *input, struct read_common *common, int err,
		       bool is_torn)
{
	if (err == -ECHILD)
		log_warning("'%s': cut off or damaged: %s gives up", path_of(input),
			    unpack_name(input->stream.format));
	else if (err == -ENOENT)
		log_warning("'%s': cannot be read: the program '%s' is not in $PATH",
			    path_of(input), unpack_name(input->stream.format));
	else if (err == -EFBIG)
		log_warning("'%s': is no text; given up", path_of(input));
	else
		log_warning("'%s': cannot be read: %s", path_of(input), strerror(-err));
	if (!is_torn)
		common->counts[common->default_kind].unreadable++;
}

static void end_file(struct read_input *input, struct read_common *common, int err)
{
	bool is_torn = input->bad.first && input->bad.last == input->stream.lines.number;
	int end_err = read_stream_close(&input->stream);

	if (input->form == FORM_UNKNOWN && input->stream.lines.number)
		log_warning("'%s': neither JSON Lines nor CSV with its heading", path_of(input));
	read_bad_end_file(&input->bad, path_of(input));
	if (!err)
		err = end_err;
	if (err)
		say_failed(input, common, err, is_torn);
	for (uint8_t kind = 0; kind < RECORD_KIND_COUNT; kind++) {
		if (input->kinds & RECORD_KIND_BIT(kind) && !(input->kinds & ~RECORD_KINDS_KERNEL))
			read_check_made(common, path_of(input), kind, named_in(input, kind));
	}
	input->is_open = false;
	input->at++;
}

/* A line of CSV without its end may lack a part of its last number. */
static bool is_cut_off(const struct read_input *input, const char *line)
{
	return input->form == FORM_CSV || (input->form == FORM_UNKNOWN && *line != '{');
}

enum source_state read_input_next(struct read_input *input, struct read_common *common,
				  struct record *record)
{
	while (input->at < input->set.n && common->outcome == READ_GOES_ON) {
		const char *line;
		size_t length;
		enum read_lines_state state;

		input->is_pausing = common->lines_left == 0;
		if (input->is_pausing)
			return SOURCE_IDLE;
		common->lines_left--;
		if (!input->is_open) {
			begin_file(input, common);
			read_stream_open(&input->stream, &input->set.files[input->at]);
		}
		state = read_stream_next(&input->stream, common->config.unpacker, &line, &length);
		if (state == READ_LINES_WAIT)
			return SOURCE_IDLE;
		if (state == READ_LINES_END || state == READ_LINES_FAILED)
			end_file(input, common, state == READ_LINES_FAILED ? input->stream.err : 0);
		else if (state == READ_LINES_LONG ||
			 (state == READ_LINES_TORN && is_cut_off(input, line)))
			lose(input, common, NULL, 0);
		else if (length && take_line(input, common, line, length, record))
			return SOURCE_RECORD;
	}
	if (input->has_any && !input->is_ended && common->outcome == READ_GOES_ON)
		common->is_unknown = true;
	return SOURCE_END;
}

uint64_t read_input_time_ns(const struct read_input *input)
{
	return input->time_ns;
}

uint64_t read_input_origin(const struct read_input *input)
{
	return input->origin;
}

int read_input_wait(const struct read_input *input, int *fd)
{
	*fd = input->is_pausing ? -1 : read_stream_fd(&input->stream);
	if (input->is_pausing)
		return 0;
	return *fd < 0 ? PART_MS : LOOP_FOREVER;
}

bool read_input_has(const struct read_input *input, dev_t device, ino_t inode)
{
	for (size_t i = 0; i < input->set.n; i++) {
		if (input->set.files[i].device == device && input->set.files[i].inode == inode)
			return true;
	}
	return false;
}

void read_input_leave_out(struct read_input *input, const struct read_input *other)
{
	for (size_t i = input->set.n; i > 0; i--) {
		const struct read_file *file = &input->set.files[i - 1];

		if (read_input_has(other, file->device, file->inode))
			read_set_remove(&input->set, i - 1);
	}
}

int read_input_open(struct read_input **out, const char *path, const struct read_names *names)
{
	struct read_input *input = calloc(1, sizeof(*input));
	int err = input ? read_set_open(&input->set, path, names) : -ENOMEM;

	if (err) {
		free(input);
		return err;
	}
	*out = input;
	return 0;
}

void read_input_close(struct read_input *input)
{
	if (!input)
		return;
	if (input->is_open)
		read_stream_close(&input->stream);
	read_set_close(&input->set);
	read_json_free(&input->json);
	read_csv_free(&input->csv);
	free(input);
}
