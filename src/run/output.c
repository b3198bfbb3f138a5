// SPDX-License-Identifier: GPL-2.0-or-later
/* The output as the user asked for it; see output.h. */
#include "run/output.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "format/banner.h"
#include "base/clock.h"
#include "base/log.h"
#include "file/rotate.h"

int output_fail(const struct output *output, int err)
{
	log_error("cannot write to %s: %s", output->name, strerror(-err));
	return EXIT_FAILED;
}

int output_fail_write(const struct output *output, int err)
{
	return logfile_is_regular(output->log) ? EXIT_FAILED : output_fail(output, err);
}

/* --- the format -------------------------------------------------------------- */

static enum format_kind choose_kind(const struct options *options)
{
	if (options->format >= 0)
		return (enum format_kind)options->format;
	return options->log_file ? format_from_suffix(options->log_file) : FORMAT_TEXT;
}

static bool wants_color(const struct options *options)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	if (options->color != COLOR_AUTO)
		return options->color == COLOR_ALWAYS;
	return !options->log_file && isatty(STDOUT_FILENO) && !(no_color && *no_color) &&
	       !(term && strcmp(term, "dumb") == 0);
}

static int refuse_format(enum format_kind kind, const char *option)
{
	log_error("--%s: the format '%s' has fixed columns", option, format_names[kind]);
	return EXIT_USAGE;
}

/* What the kinds of event, and --changes, add to the default set. */
static unsigned int added_sets(const struct options *options)
{
	unsigned int sets = tcc_thin_is_on(&options->thin) ? IN_THINNED : 0;

	for (int kind = 0; kind < TCC_KIND_COUNT; kind++) {
		if (options->kinds & TCC_KIND_BIT(kind))
			sets |= IN_KIND_OF(kind);
	}
	return sets;
}

/* The default fields of a kind of event. */
static void choose_defaults(struct field_list *list, enum format_kind format,
			    const struct options *options, uint8_t kind)
{
	unsigned int sets = added_sets(options);

	if (format == FORMAT_TEXT)
		fields_default_text(list, kind, IN_TEXT | (sets & IN_THINNED));
	else if (format_field_set(format))
		fields_default(list, format_field_set(format) | sets);
	else
		fields_default(list, 0);
}

static bool has_member(const struct field_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		if (list->id[i] >= FIELD_CA)
			return true;
	}
	return false;
}

static bool has_field(const struct field_list *list, uint8_t id)
{
	return memchr(list->id, id, list->n) != NULL;
}

static int choose_fields(struct field_list *list, enum format_kind format,
			 const struct options *options, uint8_t kind)
{
	const char *bad, *reason;
	struct field_list base;

	choose_defaults(list, format, options, kind);
	if (!options->fields)
		return EXIT_DONE;
	base = *list;
	if (fields_parse(list, options->fields, &base, &bad, &reason)) {
		log_error("--fields: '%.*s': %s", (int)strcspn(bad, ","), bad, reason);
		return EXIT_USAGE;
	}
	if (has_field(list, FIELD_CA_ALL) && has_member(list)) {
		log_error("--fields: 'ca': has all members: expected it, or some of them");
		return EXIT_USAGE;
	}
	if (format == FORMAT_CSV && has_field(list, FIELD_CA_ALL)) {
		log_error("--fields: 'ca': the columns of CSV are the same in all lines: "
			  "expected members of it, as ca.MEMBER");
		return EXIT_USAGE;
	}
	return EXIT_DONE;
}

/* `lists`: TCC_KIND_COUNT. */
static int choose_all(struct field_list *lists, enum format_kind format,
		      const struct options *options)
{
	int status = EXIT_DONE;

	if (!format_field_set(format) && options->fields)
		return refuse_format(format, "fields");
	if (!format_field_set(format) && options->kinds != TCC_KIND_BIT(TCC_KIND_PROBE))
		return refuse_format(format, "events");
	/* What a kind that is not asked for has by default is no concern of --fields. */
	for (uint8_t kind = 0; kind < TCC_KIND_COUNT && !status; kind++)
		status = choose_fields(&lists[kind], format, options,
				       options->kinds & TCC_KIND_BIT(kind) ? kind
									   : TCC_KIND_PROBE);
	return status;
}

int output_open_format(struct output *output, const struct options *options)
{
	struct format_style style = {
		.time_style = options->time_style,
		.has_color = wants_color(options),
		.has_header = options->has_header,
	};
	struct field_list *lists = calloc(TCC_KIND_COUNT, sizeof(*lists));
	int status;

	*output = (struct output){ .kind = choose_kind(options), .name = "standard output",
				   .has_header = options->has_header,
				   .filter_text = options->filter_text };
	if (!lists)
		return output_fail(output, -ENOMEM);
	status = choose_all(lists, output->kind, options);
	if (!status) {
		output->format = format_new_kinds(output->kind, lists, &style);
		status = output->format ? EXIT_DONE : output_fail(output, -ENOMEM);
	}
	free(lists);
	return status;
}

/* --- where it goes ------------------------------------------------------------ */

int output_start_compressor(struct output *output, const struct options *options)
{
	const char *name;
	int err;

	if (options->compress < 0)
		return EXIT_DONE;
	name = compress_names[options->compress];
	err = compress_start(&output->compressor, (enum compress_kind)options->compress,
			     options->log_file, options->rotate_keep);
	if (err == -ENOENT)
		log_error("--compress: the program '%s' is not in $PATH; install it, or choose "
			  "another", name);
	else if (err)
		log_error("--compress: cannot start '%s': %s", name, strerror(-err));
	return err ? EXIT_FAILED : EXIT_DONE;
}

static int refuse_file(const struct output *output, int err)
{
	if (err == -EEXIST)
		log_error("--log-file: '%s': its heading differs from the one to be written; "
			  "choose another file, or the same format and fields", output->name);
	else if (err == -EINVAL)
		log_error("--log-file: '%s' is no log of tcc-trace: its last line never ends",
			  output->name);
	else if (err == -EBUSY)
		log_error("--log-file: '%s': another tcc-trace is writing it", output->name);
	else if (err == -ELOOP)
		log_error("--log-file: '%s' is, or leads to, a symbolic link of another user; "
			  "name the file itself", output->name);
	else if (err == -ENXIO)
		log_error("--log-file: '%s' cannot be rotated: it is not a regular file",
			  output->name);
	else
		log_error("cannot open '%s': %s", output->name, strerror(-err));
	return EXIT_FAILED;
}

/* What a file that is appended to must begin with. NULL: no memory. */
static char *required_start(const struct output *output)
{
	char *start = calloc(1, output->format->line_max + 1);

	if (start && output->kind == FORMAT_JSON)
		start[0] = '{';
	else if (start)
		start[format_heading(output->format, start)] = '\0';
	return start;
}

/* The opening record, now. */
static char *opening_record(const struct output *output)
{
	struct banner_start start = { .format = output->format, .filter = output->filter_text };
	struct clock clock;

	clock_measure(&clock);
	start.ktime_ns = clock.measured_ns;
	start.wall_ns = (int64_t)clock.measured_ns + clock.offset_ns;
	return banner_start(&start);
}

/* The first lines of a log file; a heading only where there is none. */
static char *write_file_start(void *context, bool is_empty)
{
	const struct output *output = context;

	if (!output->has_header)
		return NULL;
	if (output->kind == FORMAT_JSON)
		return opening_record(output);
	return is_empty && *output->heading ? strdup(output->heading) : NULL;
}

static int open_file(struct output *output, const struct options *options)
{
	struct logfile_config config = {
		.path = options->log_file,
		.heading = output->heading,
		.heading_length = strlen(output->heading),
		.start = write_file_start,
		.context = output,
		.limit_bytes = options->rotate_bytes,
		.period_ns = options->rotate_ns,
		.keep = options->rotate_keep,
		.compressor = output->compressor,
	};
	struct append_state state;
	int err;

	output->name = options->log_file;
	err = logfile_open(&output->log, &config, &state);
	if (err)
		return refuse_file(output, err);
	if (state.torn_bytes)
		log_warning("'%s' ended in half a line, left by a crash: %" PRIu64
			    " bytes cut off", output->name, state.torn_bytes);
	return EXIT_DONE;
}

static int write_line(struct output *output, char *line)
{
	size_t length;
	char *room;

	if (!line)
		return -ENOMEM;
	length = strlen(line);
	room = sink_room(output->sink, length);
	if (room) {
		memcpy(room, line, length);
		sink_commit_heading(output->sink, length);
	}
	free(line);
	return room ? 0 : -ENOBUFS;
}

/* A pipe or a terminal has one start; --log-file=FIFO too gets the opening record. */
static int write_stream_start(struct output *output, const struct options *options)
{
	if (!output->has_header)
		return 0;
	if (output->kind == FORMAT_JSON)
		return options->log_file ? write_line(output, opening_record(output)) : 0;
	return *output->heading ? write_line(output, strdup(output->heading)) : 0;
}

int output_open(struct output *output, const struct options *options)
{
	int status = EXIT_DONE;
	int err;

	output->heading = required_start(output);
	if (!output->heading)
		return output_fail(output, -ENOMEM);
	if (options->log_file)
		status = open_file(output, options);
	else
		output->log = logfile_borrow(STDOUT_FILENO, output->name);
	if (status)
		return status;
	err = output->log ? sink_new(&output->sink, output->log, output->format->line_max)
			  : -ENOMEM;
	if (!err && !logfile_is_regular(output->log))
		err = write_stream_start(output, options);
	return err ? output_fail(output, err) : EXIT_DONE;
}

int output_write_end(struct output *output, const struct options *options,
		     const struct banner_end *end, bool has_unmarked_loss)
{
	if (output->kind != FORMAT_JSON || !options->has_header ||
	    !(options->log_file || has_unmarked_loss))
		return 0;
	return write_line(output, banner_end(end));
}

int output_close(struct output *output)
{
	int err;

	sink_free(output->sink);
	compress_stop(output->compressor);
	err = logfile_close(output->log);
	format_free(output->format);
	free(output->heading);
	return err ? output_fail(output, err) : EXIT_DONE;
}
