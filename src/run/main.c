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
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/privilege.h"
#include "ca/ca_decode.h"
#include "kernel/live.h"
#include "kernel/own.h"
#include "kernel/tracer.h"
#include "options/netns_watch.h"
#include "options/options.h"
#include "record/fields.h"
#include "run/output.h"
#include "run/pipeline.h"
#include "run/session.h"

/* All that one trace needs, released together. */
struct parts {
	struct output output;
	struct tracer *tracer;
	struct netns_watch netns;
	struct source *source;
	struct ca_decode *decode;
	struct pipeline *pipeline;
	struct loop *loop;
	struct watch bell;
	uint64_t start_ns;
	struct session session;
};

static int fail(const char *what, int err)
{
	log_error("cannot %s: %s", what, strerror(-err));
	return EXIT_FAILED;
}

/* --- standard output ---------------------------------------------------------- */

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
		return fail("write to standard output", errno ? -errno : -EIO);
	return EXIT_DONE;
}

/* --- one trace ---------------------------------------------------------------- */

static void detach(void *context)
{
	struct parts *parts = context;

	tracer_detach(parts->tracer);
}

static uint64_t missed(void *context, enum tcc_kind kind)
{
	const struct parts *parts = context;

	return tracer_missed(parts->tracer, kind);
}

/* What is said once, and may come at any time. */
static void say_news(void *context)
{
	struct parts *parts = context;

	tracer_say_refused(parts->tracer);
	netns_watch_look(&parts->netns, clock_now_ns());
}

/* A line for each kind of event that is traced; a copy has its own. */
static void print_accounts(const struct session *session, size_t i)
{
	char text[256];

	for (uint8_t kind = 0; kind < RECORD_KIND_COUNT; kind++) {
		struct account account;

		if (!(session->kinds & RECORD_KIND_BIT(kind)))
			continue;
		account = session_account(session, i, kind);
		log_status("%s%s: %s", i ? "copy: " : "", record_kinds[kind].name,
			   account_text(&account, text, sizeof(text)));
	}
}

static void print_summary(const struct session *session)
{
	const struct conn_table *conns = pipeline_conns(session->pipeline);
	uint64_t elapsed_ms = (clock_now_ns() - session->start_ns) / NS_PER_MS;

	for (size_t i = 0; i < session->n_consumers; i++)
		print_accounts(session, i);
	log_status("%" PRIu64 " connection%s in %" PRIu64 ".%03" PRIu64 " s",
		   conn_table_count(conns), conn_table_count(conns) == 1 ? "" : "s",
		   elapsed_ms / 1000, elapsed_ms % 1000);
	if (conn_table_forgotten(conns))
		log_status("forgotten to make room for other connections: %" PRIu64
			   "; their timers began anew", conn_table_forgotten(conns));
	if (session_account_all(session).lost_buffer)
		log_status("the buffer was full at times: a larger --buffer, "
			   "or a filter, loses less");
}

static void say_started(const struct options *options, uint64_t before_ns)
{
	log_status("tracing %s (attached in %" PRIu64 " ms); Ctrl-C stops",
		   *options->filter_text ? options->filter_text : "all TCP connections",
		   (clock_now_ns() - before_ns) / NS_PER_MS);
}

static int become_user(const char *name)
{
	int err = name ? privilege_become(name) : 0;

	if (err == -ENOENT) {
		log_error("--user: '%s': expected the name or number of a user of this machine",
			  name);
		return EXIT_USAGE;
	}
	if (err)
		log_error("--user: cannot become '%s': %s", name, strerror(-err));
	return err ? EXIT_FAILED : EXIT_DONE;
}

/* The bell is heard when it rings; what is to be done then is the source's. */
static void hear_bell(void *context, uint32_t events)
{
	(void)context;
	(void)events;
}

static int watch(struct parts *parts, const struct options *options)
{
	int err = loop_new(&parts->loop, options->log_file);

	parts->bell = (struct watch){ .fd = tracer_doorbell_fd(parts->tracer),
				      .events = EPOLLIN | EPOLLET, .ready = hear_bell };
	if (!err)
		err = loop_add(parts->loop, &parts->bell);
	for (size_t i = 0; i < parts->output.n && !err; i++)
		err = lines_watch(parts->output.lines[i], parts->loop);
	return err ? fail("wait for events", err) : EXIT_DONE;
}

/* What the kernel side has to copy, for the fields that are chosen. */
static struct tcc_ask ask_for(const struct output *output)
{
	struct tcc_ask ask = { .kinds = derive_takes(output_kinds(output)) & TCC_KINDS_ALL,
			       .probe_props = output_needs(output, TCC_KIND_PROBE) };

	for (uint8_t kind = TCC_KIND_PROBE + 1; kind < TCC_KIND_COUNT; kind++)
		ask.rare_props |= output_needs(output, kind);
	return ask;
}

/* Before privilege is given away: what is a BPF program takes it to be found. */
static int start_decoder(struct parts *parts, const struct tcc_ask *ask,
			 const struct options *options)
{
	struct ca_source_options source = { .structure = options->ca_struct,
					    .btf_path = options->ca_btf };

	if (!((ask->probe_props | ask->rare_props) & TCC_PROP(CA_PRIV))) {
		if (!options->ca_struct && !options->ca_btf)
			return EXIT_DONE;
		log_error("--ca-%s: expected ca, or a member of it, among --fields",
			  options->ca_struct ? "struct" : "btf");
		return EXIT_USAGE;
	}
	return ca_decode_new(&parts->decode, &source) ? EXIT_FAILED : EXIT_DONE;
}

/* What reads the kernel's memory, and what knows the connections. */
static int make_readers(struct parts *parts)
{
	struct tracer *tracer = parts->tracer;
	struct pipeline_config pipeline = {
		.start_ns = parts->start_ns = clock_now_ns(),
		.kinds = output_kinds(&parts->output),
		.n_cpus = tracer_ring_memory(tracer)->n_cpus,
		.watches_cwnd = output_watches_cwnd(&parts->output),
	};
	struct live_config live = {
		.tracer = { parts, detach, missed, say_news },
		.ring = tracer_ring_memory(tracer),
		.rare = tracer_rare_memory(tracer),
		.has_rare = tracer_kinds(tracer) & ~TCC_KIND_BIT(TCC_KIND_PROBE),
		.reader = { .hz = clock_hz(), .lacking = tracer_lacking(tracer),
			    .decode = parts->decode },
	};

	for (uint8_t kind = 0; kind < TCC_KIND_COUNT; kind++)
		live.reader.props[kind] = output_needs(&parts->output, kind);
	parts->source = live_new(&live);
	parts->pipeline = pipeline_new(&pipeline);
	return parts->source && parts->pipeline ? 0 : -ENOMEM;
}

/* Each part goes on with what it states, and with nothing else. */
static int lock_down(const struct parts *parts)
{
	static const struct call_set *const calls[] = { &log_calls, &loop_calls, &tracer_calls };
	struct privilege_wants wants = { 0 };
	int err = 0;

	for (size_t i = 0; !err && i < parts->output.n; i++)
		err = lines_want(parts->output.lines[i], &wants);
	for (size_t i = 0; !err && i < sizeof(calls) / sizeof(calls[0]); i++)
		err = privilege_want_calls(&wants, calls[i]);
	return err ? err : privilege_drop(&wants);
}

/* Load and attach; the trace begins. */
static int start(struct parts *parts, const struct options *options)
{
	struct tcc_ask ask = ask_for(&parts->output);
	struct tracer_config config = {
		.filter = &options->filter,
		.thin = &options->thin,
		.ask = &ask,
		.own_cookies = { own_tcp_cookie(STDOUT_FILENO, "standard output"),
				 own_tcp_cookie(STDERR_FILENO, "standard error") },
		.buffer_bytes = options->buffer_bytes,
	};
	uint64_t before_ns = clock_now_ns();
	int err, status = start_decoder(parts, &ask, options);

	if (!status)
		status = become_user(options->user);

	if (!status)
		status = output_start_compressor(&parts->output, options);
	if (status)
		return status;
	if (tracer_load(&parts->tracer, &config))
		return EXIT_FAILED;
	status = output_open(&parts->output, tracer_ring_memory(parts->tracer)->n_cpus);
	if (status)
		return status;
	status = watch(parts, options);
	if (status)
		return status;
	err = make_readers(parts);
	if (err)
		return fail("start", err);
	log_set_patience(0);
	if (tracer_attach(parts->tracer))
		return EXIT_FAILED;
	if (options->duration_ns) {
		err = loop_set_duration(parts->loop, options->duration_ns);
		if (err)
			return fail("set the duration", err);
	}
	tzset();	/* reads a file, and what follows needs none */
	err = lock_down(parts);
	if (err)
		return fail("drop privileges", err);
	say_started(options, before_ns);
	return EXIT_DONE;
}

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
	end.duration_ns = clock.measured_ns - parts->start_ns;
	end.wall_ns = (int64_t)clock.measured_ns + clock.offset_ns;
	return session_finish(session, &end);
}

static int run(struct parts *parts, const struct options *options)
{
	struct session *session = &parts->session;
	struct account account;
	int err, end_err;

	*session = (struct session){
		.source = parts->source,
		.pipeline = parts->pipeline,
		.loop = parts->loop,
		.n_consumers = parts->output.n,
		.kinds = derive_possible(output_kinds(&parts->output),
					 tracer_kinds(parts->tracer)),
		.count_limit = options->count,
		.reopens = options->log_file,
		.start_ns = parts->start_ns,
		.summarise = print_summary,
	};
	for (size_t i = 0; i < parts->output.n; i++)
		session->consumers[i] = parts->output.lines[i];
	err = session_run(session);
	log_set_patience(LOG_PATIENCE_MS);
	end_err = err ? 0 : finish(parts);
	print_summary(session);
	session_await_work(session);
	if (err)
		return fail("wait for events", err);
	if (session->output_err || end_err) {
		lines_say_failed(parts->output.lines[0],
				 session->output_err ? session->output_err : end_err);
		return EXIT_FAILED;
	}
	if (parts->output.n > 1 && lines_has_failed(parts->output.lines[1]))
		return EXIT_FAILED;
	account = session_account_all(session);
	if (options->is_strict && account_lost(&account) + account.missed)
		return EXIT_LOST;
	return EXIT_DONE;
}

static int trace(const struct options *options)
{
	struct parts parts = { .netns.filter = &options->filter };
	int status = output_open_format(&parts.output, options), close_status;

	if (!status && clock_start()) {
		log_error("cannot read the kernel's clock from inside this time namespace: "
			  "run tcc-trace outside of it");
		status = EXIT_FAILED;
	}
	if (status == EXIT_DONE)
		status = start(&parts, options);
	if (status == EXIT_DONE)
		status = run(&parts, options);
	pipeline_free(parts.pipeline);
	live_free(parts.source);
	ca_decode_free(parts.decode);
	loop_free(parts.loop);
	tracer_free(parts.tracer);
	close_status = output_close(&parts.output);
	return status ? status : close_status;
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

	log_start();
	if (options_parse(&options, argc, argv))
		return EXIT_USAGE;
	if (err && !(options.action == ACTION_TRACE && options.log_file))
		return fail("write to standard output", err);
	log_set_level(options.is_quiet ? LOG_QUIET
				       : options.is_verbose ? LOG_VERBOSE : LOG_NORMAL);
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
	return trace(&options);
}
