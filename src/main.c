// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The program: joins the parts for one trace and says how it went.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "fields.h"
#include "format.h"
#include "log.h"
#include "loop.h"
#include "options.h"
#include "pipeline.h"
#include "ring.h"
#include "session.h"
#include "sink.h"
#include "tracer.h"

enum exit_status { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_LOST = 3 };

/* All that one trace needs, released together. */
struct parts {
	struct format *format;
	struct sink *sink;
	struct tracer *tracer;
	struct ring *ring;
	struct pipeline *pipeline;
	struct loop *loop;
	uint64_t start_ns;
	struct session session;
};

static int fail(const char *what, int err)
{
	log_error("cannot %s: %s", what, strerror(-err));
	return EXIT_FAILED;
}

/* --- output ----------------------------------------------------------------- */

/* A descriptor that is closed would be taken by the next file opened. */
static int check_standard_files(void)
{
	int stdout_flags = fcntl(STDOUT_FILENO, F_GETFD);

	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0)
			return -errno;
	}
	return stdout_flags < 0 ? -EBADF : 0;
}

/* What was printed to stdout must have arrived. */
static int finish_stdout(void)
{
	if (fflush(stdout) || ferror(stdout) || close(STDOUT_FILENO))
		return fail("write to standard output", -errno);
	return EXIT_DONE;
}

static bool wants_color(const struct options *options)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	if (options->color != COLOR_AUTO)
		return options->color == COLOR_ALWAYS;
	return isatty(STDOUT_FILENO) && !(no_color && *no_color) &&
	       !(term && strcmp(term, "dumb") == 0);
}

/* NULL, and *status set, when it cannot be. */
static struct format *open_format(const struct options *options, int *status)
{
	enum format_kind kind = options->format >= 0 ? (enum format_kind)options->format
						     : FORMAT_TEXT;
	struct format_style style = {
		.time_style = options->time_style,
		.has_color = kind == FORMAT_TEXT && wants_color(options),
		.has_header = options->has_header,
	};
	const char *bad, *reason;
	struct field_list list;
	struct format *format;

	*status = EXIT_USAGE;
	if (options->fields && !format_field_set(kind)) {
		log_error("--fields: the format '%s' has fixed columns", format_names[kind]);
		return NULL;
	}
	if (options->fields &&
	    fields_parse(&list, options->fields, format_field_set(kind), &bad, &reason)) {
		log_error("--fields: '%.*s': %s", (int)strcspn(bad, ","), bad, reason);
		return NULL;
	}
	format = format_new(kind, options->fields ? &list : NULL, &style);
	if (!format)
		*status = fail("start", -ENOMEM);
	return format;
}

static int open_output(struct parts *parts)
{
	int err = sink_new(&parts->sink, STDOUT_FILENO, parts->format->line_max);
	char *room;

	if (err)
		return fail("write to standard output", err);
	room = sink_room(parts->sink);
	sink_commit_heading(parts->sink, format_heading(parts->format, room));
	return EXIT_DONE;
}

/* --- one trace ---------------------------------------------------------------- */

static void detach(void *tracer)
{
	tracer_detach(tracer);
}

static void clear_doorbell(void *tracer)
{
	tracer_clear_doorbell(tracer);
}

static uint64_t missed(void *tracer)
{
	return tracer_missed(tracer);
}

static void print_summary(const struct session *session)
{
	const struct conn_table *conns = pipeline_conns(session->pipeline);
	uint64_t elapsed_ms = (clock_now_ns() - session->start_ns) / NS_PER_MS;
	struct account account = session_account(session);
	char text[256];

	log_status("probe: %s", account_text(&account, text, sizeof(text)));
	log_status("%" PRIu64 " connections in %" PRIu64 ".%03" PRIu64 " s",
		   conn_table_count(conns), elapsed_ms / 1000, elapsed_ms % 1000);
	if (conn_table_forgotten(conns))
		log_status("%" PRIu64 " connections were forgotten to make room for others: "
			   "their timers began anew", conn_table_forgotten(conns));
}

static void say_started(const struct options *options, uint64_t before_ns)
{
	log_status("tracing %s (attached in %" PRIu64 " ms); Ctrl-C stops",
		   *options->filter_text ? options->filter_text : "all TCP connections",
		   (clock_now_ns() - before_ns) / NS_PER_MS);
}

/* Load and attach; the trace begins. */
static int start(struct parts *parts, const struct options *options)
{
	uint64_t before_ns = clock_now_ns();
	int err;

	if (tracer_load(&parts->tracer, &options->filter, options->buffer_bytes))
		return EXIT_FAILED;
	parts->ring = ring_new(tracer_ring_memory(parts->tracer));
	if (!parts->ring)
		return fail("start", -ENOMEM);
	err = loop_new(&parts->loop);
	if (!err)
		err = loop_watch_doorbell(parts->loop, tracer_doorbell_fd(parts->tracer));
	if (err)
		return fail("wait for events", err);
	parts->start_ns = clock_now_ns();
	parts->pipeline = pipeline_new(parts->format, parts->start_ns);
	if (!parts->pipeline)
		return fail("start", -ENOMEM);
	if (tracer_attach(parts->tracer))
		return EXIT_FAILED;
	if (options->duration_ns) {
		err = loop_set_duration(parts->loop, options->duration_ns);
		if (err)
			return fail("set the duration", err);
	}
	say_started(options, before_ns);
	return EXIT_DONE;
}

static int run(struct parts *parts, const struct options *options)
{
	struct account account;
	int err;

	parts->session = (struct session){
		.tracer = { parts->tracer, detach, clear_doorbell, missed },
		.ring = parts->ring,
		.pipeline = parts->pipeline,
		.sink = parts->sink,
		.loop = parts->loop,
		.start_ns = parts->start_ns,
		.count_limit = options->count,
		.summarise = print_summary,
	};
	err = session_run(&parts->session);
	print_summary(&parts->session);
	if (err)
		return fail("wait for events", err);
	if (parts->session.output_err)
		return fail("write to standard output", parts->session.output_err);
	account = session_account(&parts->session);
	if (options->is_strict && account_lost(&account) + account.missed)
		return EXIT_LOST;
	return EXIT_DONE;
}

static int trace(const struct options *options)
{
	struct parts parts = { 0 };
	int status;

	parts.format = open_format(options, &status);
	if (parts.format)
		status = open_output(&parts);
	if (parts.format && status == EXIT_DONE)
		status = start(&parts, options);
	if (parts.format && status == EXIT_DONE)
		status = run(&parts, options);
	pipeline_free(parts.pipeline);
	loop_free(parts.loop);
	ring_free(parts.ring);
	tracer_free(parts.tracer);
	sink_free(parts.sink);
	format_free(parts.format);
	return status;
}

static void print_version(void)
{
	printf("%s\n", PACKAGE_STRING);
	printf("License GPLv2+: GNU GPL version 2 or later.\n"
	       "This is free software; there is NO WARRANTY, to the extent permitted by law.\n");
}

int main(int argc, char **argv)
{
	int err = check_standard_files();
	struct options options;

	if (options_parse(&options, argc, argv))
		return EXIT_USAGE;
	if (err)
		return fail("write to standard output", err);
	log_set_level(options.is_quiet ? LOG_QUIET
				       : options.is_verbose ? LOG_VERBOSE : LOG_NORMAL);
	switch (options.action) {
	case ACTION_HELP:
		options_print_help(stdout);
		return finish_stdout();
	case ACTION_VERSION:
		print_version();
		return finish_stdout();
	case ACTION_FIELDS_HELP:
		fields_print_help(stdout);
		return finish_stdout();
	case ACTION_TRACE:
		break;
	}
	return trace(&options);
}
