// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The program: joins the parts for one trace and says how it went.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/watchdog.h"
#include "options/options.h"
#include "record/derive.h"
#include "record/fields.h"
#include "run/parts.h"
#include "run/reading.h"
#include "run/session.h"
#include "run/summary.h"

/* --- standard output ---------------------------------------------------------- */

/*
 * A descriptor that is closed would be taken by the next file opened. *closed: those that
 * were, bit n for descriptor n. Returns 0 or -errno.
 */
static int fill_standard_files(unsigned int *closed)
{
	*closed = 0;
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			continue;
		*closed |= 1u << fd;
		if (open("/dev/null", O_RDWR) < 0)
			return -errno;
	}
	return 0;
}

/*
 * What was printed to stdout must have arrived. All of it at once, at the end:
 * of a write that failed before, errno would be gone.
 */
static void buffer_stdout(void)
{
	static char buffer[64 << 10];

	setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
}

static int finish_stdout(void)
{
	errno = 0;
	if (fflush(stdout) || ferror(stdout) || close(STDOUT_FILENO))
		return parts_fail("write to standard output", errno ? -errno : -EIO);
	return EXIT_DONE;
}

/* --- one trace ---------------------------------------------------------------- */

/* What the reader of the output alone must know. */
static int finish(struct parts *parts)
{
	struct session *session = &parts->session;
	struct clock clock;
	struct trace_end end = {
		.kinds = session->kinds,
		.connections = conn_table_count(pipeline_conns(parts->pipeline)),
	};

	clock_measure(&clock);
	end.duration_ns = session_duration_ns(session);
	end.wall_ns = (int64_t)session->end_ns + clock.offset_ns;
	return session_finish(session, &end);
}

/* Whoever asks for it is answered, also where nothing is said unasked. */
static void summarise_on_request(const struct session *session)
{
	enum log_level before = log_set_level(LOG_NORMAL);

	summary_print(session);
	log_set_level(before);
}

static void begin(struct parts *parts, const struct options *options)
{
	struct session *session = &parts->session;

	*session = (struct session){
		.source = parts->source,
		.pipeline = parts->pipeline,
		.loop = parts->loop,
		.n_consumers = parts->output.n,
		.kinds = derive_possible(output_kinds(&parts->output),
					 parts->kinds),
		.count_limit = options->count,
		.reopens = options->log_file && !parts->command,
		.start_ns = parts->start_ns,
		.summarise = options->command && !options->is_quiet ? summarise_on_request
								    : summary_print,
		.watchdog = parts->watchdog,
		.look = summary_look,
		.reads_back = parts->files,
	};
	for (size_t i = 0; i < parts->output.n; i++)
		session->consumers[i] = parts->output.lines[i];
	if (parts_looks_on(options))
		session->look_ns = parts->start_ns + SUMMARY_LOOK_NS;
	__atomic_store_n(&parts->has_session, true, __ATOMIC_RELEASE);
}

/* Events that are not there are never passed over in silence. */
static bool has_lost(const struct session *session)
{
	struct account account = session_account_all(session);

	return account_is_short(&account);
}

/*
 * Among what is there of the command. A miss may be one of anybody's on this machine, and
 * matters where it decides the status.
 */
static bool is_loss_to_be_told(const struct session *session, const struct options *options)
{
	struct account account = session_account_all(session);

	return account_lost(&account) || (options->is_strict && account.missed);
}

static int run(struct parts *parts, const struct options *options)
{
	struct session *session = &parts->session;
	int err, end_err;

	begin(parts, options);
	err = session_run(session);
	log_set_patience(session_patience_ms(session, LOG_PATIENCE_MS));
	end_err = err ? 0 : finish(parts);
	watchdog_beat(parts->watchdog);
	if (options->command && !options->is_quiet && is_loss_to_be_told(session, options))
		log_set_level(LOG_NORMAL);
	if (reading_status(parts) == EXIT_DONE)
		summary_print(session);
	parts->is_summed_up = true;
	session_await_work(session);
	watchdog_beat(parts->watchdog);
	if (err)
		return parts_fail("wait for events", err);
	if (reading_status(parts))
		return reading_status(parts);
	if (session->output_err || end_err) {
		lines_say_failed(parts->output.lines[0],
				 session->output_err ? session->output_err : end_err);
		return EXIT_FAILED;
	}
	if (parts->output.n > 1 && lines_has_failed(parts->output.lines[1]))
		return EXIT_FAILED;
	return options->is_strict && has_lost(session) ? EXIT_LOST : EXIT_DONE;
}

/* What hangs: a copy, if it is one that is amidst a write; else the first, by whatever call. */
static const struct consumer *stuck_consumer(const struct session *session)
{
	for (size_t i = 1; i < session->n_consumers; i++) {
		if (lines_is_writing(session->consumers[i]))
			return session->consumers[i];
	}
	return session->consumers[0];
}

/* Called by the watchdog: a system call of the program's own thread does not return. */
static void give_up(void *context)
{
	struct parts *parts = context;
	struct session *session = &parts->session;

	/* If it is a message that hangs, the next one would as well. */
	if (__atomic_load_n(&parts->has_session, __ATOMIC_ACQUIRE) && !log_is_writing()) {
		session_give_up(session);
		lines_say_stuck(stuck_consumer(session));
		if (!parts->is_summed_up)
			summary_print(session);
	}
	_exit(parts->command ? EXIT_FAILED_BESIDE : EXIT_FAILED);
}

static int trace(const struct options *options, unsigned int closed)
{
	struct parts parts = { .netns.filter = &options->filter, .give_up = give_up,
			       .closed = closed };
	int status = output_open_format(&parts.output, options), close_status;

	if (!status && clock_start()) {
		log_error("cannot read the kernel's clock from inside this time namespace: "
			  "run tcc-trace outside of it");
		status = EXIT_FAILED;
	}
	if (status == EXIT_DONE)
		status = parts_start(&parts, options);
	if (status == EXIT_DONE)
		status = run(&parts, options);
	if (options->command)
		status = parts_end_command(&parts, status);
	close_status = parts_free(&parts);
	if (close_status && options->command)
		return EXIT_FAILED_BESIDE;
	return status ? status : close_status;
}

/* What it is to write to was closed. */
static bool lacks_output(const struct options *options, unsigned int closed)
{
	bool is_trace = options->action == ACTION_TRACE;
	int fd = is_trace && options_is_to_stderr(options) ? STDERR_FILENO : STDOUT_FILENO;

	return closed & 1u << fd && !(is_trace && options->log_file);
}

/* Of a command's trace less is said: what is on stderr is the command's as well. */
static enum log_level level_of(const struct options *options)
{
	if (options->is_quiet)
		return LOG_QUIET;
	if (options->is_verbose)
		return LOG_VERBOSE;
	return options->command ? LOG_QUIET : LOG_NORMAL;
}

static void print_version(void)
{
	printf("%s\n", PACKAGE_STRING);
	printf("License GPLv2+: GNU GPL version 2 or later.\n"
	       "This is free software; there is NO WARRANTY, to the extent permitted by law.\n");
}

int main(int argc, char **argv)
{
	struct options options;
	unsigned int closed;
	int err = fill_standard_files(&closed);

	log_start();
	if (options_parse(&options, argc, argv))
		return EXIT_USAGE;
	if (err) {
		parts_fail("open /dev/null", err);
		return options.command ? EXIT_FAILED_BESIDE : EXIT_FAILED;
	}
	if (lacks_output(&options, closed)) {
		parts_fail(options_is_to_stderr(&options) ? "write to standard error"
							  : "write to standard output", -EBADF);
		return options.command ? EXIT_FAILED_BESIDE : EXIT_FAILED;
	}
	log_set_level(level_of(&options));
	buffer_stdout();
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
	case ACTION_EVENTS_HELP:
		record_print_kinds(stdout);
		return finish_stdout();
	case ACTION_TRACE:
		options_warn(&options);
		break;
	}
	return trace(&options, closed);
}
