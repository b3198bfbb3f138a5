// SPDX-License-Identifier: GPL-2.0-or-later
/* The output as the user asked for it; see output.h. */
#include "output.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "banner.h"
#include "clock.h"
#include "log.h"
#include "logfile.h"

int output_fail(const struct output *output, int err)
{
	log_error("cannot write to %s: %s", output->name, strerror(-err));
	return EXIT_FAILED;
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

static int parse_fields(enum format_kind kind, const char *text, struct field_list *list)
{
	const char *bad, *reason;

	if (!format_field_set(kind)) {
		log_error("--fields: the format '%s' has fixed columns", format_names[kind]);
		return EXIT_USAGE;
	}
	if (fields_parse(list, text, format_field_set(kind), &bad, &reason)) {
		log_error("--fields: '%.*s': %s", (int)strcspn(bad, ","), bad, reason);
		return EXIT_USAGE;
	}
	return EXIT_DONE;
}

int output_open_format(struct output *output, const struct options *options)
{
	struct format_style style = {
		.time_style = options->time_style,
		.has_color = wants_color(options),
		.has_header = options->has_header,
	};
	struct field_list list;
	int status = EXIT_DONE;

	*output = (struct output){ .kind = choose_kind(options), .name = "standard output",
				   .fd = -1 };
	if (options->fields)
		status = parse_fields(output->kind, options->fields, &list);
	if (status)
		return status;
	output->format = format_new(output->kind, options->fields ? &list : NULL, &style);
	return output->format ? EXIT_DONE : output_fail(output, -ENOMEM);
}

/* --- where it goes ------------------------------------------------------------ */

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
	else
		log_error("cannot open '%s': %s", output->name, strerror(-err));
	return EXIT_FAILED;
}

/* What a file that is appended to must begin with, at `out`; its length. */
static size_t required_start(const struct output *output, char *out)
{
	if (output->kind != FORMAT_JSON)
		return format_heading(output->format, out);
	*out = '{';
	return 1;
}

/* *has_heading: whether the file is to begin with the heading. */
static int open_file(struct output *output, const char *path, bool *has_heading)
{
	char *start = malloc(output->format->line_max);
	struct logfile_state state;

	output->name = path;
	if (!start)
		return output_fail(output, -ENOMEM);
	output->fd = logfile_open(path, start, required_start(output, start), &state);
	free(start);
	if (output->fd < 0)
		return refuse_file(output, output->fd);
	if (state.torn_bytes)
		log_warning("'%s' ended in half a line, left by a crash: %" PRIu64
			    " bytes cut off", path, state.torn_bytes);
	*has_heading = state.is_empty;
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

static int write_start(struct output *output, const struct options *options, bool has_heading)
{
	struct clock clock;
	struct banner_start start = { .format = output->format, .filter = options->filter_text };
	size_t line_max = output->format->line_max;
	int err = 0;

	if (has_heading)
		sink_commit_heading(output->sink,
				    format_heading(output->format,
						   sink_room(output->sink, line_max)));
	if (output->kind == FORMAT_JSON && options->log_file && options->has_header) {
		clock_measure(&clock);
		start.ktime_ns = clock.measured_ns;
		start.wall_ns = (int64_t)clock.measured_ns + clock.offset_ns;
		err = write_line(output, banner_start(&start));
	}
	return err ? output_fail(output, err) : EXIT_DONE;
}

int output_open(struct output *output, const struct options *options)
{
	bool has_heading = true;
	int status = EXIT_DONE;
	int err;

	if (options->log_file)
		status = open_file(output, options->log_file, &has_heading);
	if (status)
		return status;
	err = sink_new(&output->sink, output->fd >= 0 ? output->fd : STDOUT_FILENO,
		       output->format->line_max);
	if (err)
		return output_fail(output, err);
	return write_start(output, options, has_heading);
}

int output_write_end(struct output *output, const struct options *options,
		     const struct banner_end *end, bool has_unmarked_loss)
{
	if (output->kind != FORMAT_JSON || !options->has_header ||
	    !(options->log_file || has_unmarked_loss))
		return 0;
	return write_line(output, banner_end(end));
}

void output_close(struct output *output)
{
	sink_free(output->sink);
	format_free(output->format);
	if (output->fd >= 0)
		close(output->fd);
}
