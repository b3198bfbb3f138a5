// SPDX-License-Identifier: GPL-2.0-or-later
/* What one trace is made of; see parts.h. */
#include "run/parts.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/notify.h"
#include "base/privilege.h"
#include "base/watchdog.h"
#include "ca/ca_decode.h"
#include "kernel/live.h"
#include "kernel/own.h"
#include "kernel/tracer.h"
#include "record/derive.h"
#include "run/command.h"
#include "run/reading.h"

int parts_fail(const char *what, int err)
{
	log_error("cannot %s: %s", what, strerror(-err));
	return EXIT_FAILED;
}

static void detach(void *context)
{
	struct parts *parts = context;

	tracer_detach(parts->tracer);
	if (command_has_ended(parts->command))
		parts->n_left = tracer_command_counts(parts->tracer)->n_processes;
}

/* The command's connections may go on after it: for so long. */
#define CONNECTIONS_MS 1000
/* How often it is asked whether they do. */
#define ASK_MS 10

static int left_ms(void *context)
{
	const struct parts *parts = context;
	const struct tcc_command_counts *counts = tracer_command_counts(parts->tracer);

	if (!command_has_ended(parts->command))
		return LOOP_FOREVER;
	if (!__atomic_load_n(&counts->n_connections, __ATOMIC_RELAXED) ||
	    clock_now_ns() >= command_ended_ns(parts->command) +
			      CONNECTIONS_MS * (uint64_t)NS_PER_MS)
		return 0;
	return ASK_MS;
}

static uint64_t missed(void *context, enum tcc_kind kind)
{
	const struct parts *parts = context;

	return tracer_missed(parts->tracer, kind);
}

static struct source_strangers strangers(void *context)
{
	const struct parts *parts = context;
	const struct tcc_strangers *there = tracer_strangers(parts->tracer);

	return (struct source_strangers){
		.n = __atomic_load_n(&there->n, __ATOMIC_RELAXED),
		.has_more = __atomic_load_n(&there->has_more, __ATOMIC_RELAXED),
	};
}

static void ignore_strangers(void *context)
{
	const struct parts *parts = context;

	__atomic_store_n(&tracer_strangers(parts->tracer)->is_over, 1, __ATOMIC_RELAXED);
}

/* What is said once, and may come at any time. */
static void say_news(void *context)
{
	struct parts *parts = context;

	tracer_say_refused(parts->tracer);
	netns_watch_look(&parts->netns, clock_now_ns());
}

static void say_started(const struct options *options, uint64_t before_ns)
{
	log_status("tracing %s (attached in %" PRIu64 " ms)%s",
		   *options->filter_text ? options->filter_text : "all TCP connections",
		   (clock_now_ns() - before_ns) / NS_PER_MS,
		   options->command ? "" : "; Ctrl-C stops");
}

void parts_say_forgets(void)
{
	log_warning("over %u connections: those that were silent for longest are forgotten; if "
		    "they go on, conn_ms begins anew", CONN_TABLE_LIMIT / 4 * 3);
}

bool parts_looks_on(const struct options *options)
{
	return *options->filter_text && !options->command && !options->is_quiet &&
	       isatty(STDERR_FILENO);
}

int parts_become(const char *name)
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

static int watch(struct parts *parts)
{
	int err;

	parts->bell = (struct watch){ .fd = tracer_doorbell_fd(parts->tracer),
				      .events = EPOLLIN | EPOLLET, .ready = hear_bell };
	err = loop_add(parts->loop, &parts->bell);
	for (size_t i = 0; i < parts->output.n && !err; i++)
		err = lines_watch(parts->output.lines[i], parts->loop);
	if (!err && parts->command)
		err = command_watch(parts->command, parts->loop);
	return err ? parts_fail("wait for events", err) : EXIT_DONE;
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
		.forgets = parts_say_forgets,
	};
	struct live_config live = {
		.tracer = { parts, detach, missed, say_news, left_ms, strangers,
			    ignore_strangers },
		.ring = tracer_ring_memory(tracer),
		.rare = tracer_rare_memory(tracer),
		.has_rare = tracer_kinds(tracer) & ~TCC_KIND_BIT(TCC_KIND_PROBE),
		.reader = { .hz = clock_hz(), .lacking = tracer_lacking(tracer),
			    .decode = parts->decode },
	};

	for (uint8_t kind = 0; kind < TCC_KIND_COUNT; kind++)
		live.reader.props[kind] = output_needs(&parts->output, kind);
	parts->source = parts->live = live_new(&live);
	parts->kinds = tracer_kinds(tracer);
	parts->pipeline = pipeline_new(&pipeline);
	return parts->source && parts->pipeline ? 0 : -ENOMEM;
}

/* Each part goes on with what it states, and with nothing else. Returns an exit_status. */
int parts_lock_down(struct parts *parts, const struct call_set *const *calls, size_t n_calls)
{
	static const struct call_set *const of_all[] = { &log_calls, &loop_calls, &watchdog_calls };
	struct watchdog_config watchdog = {
		.loop = parts->loop, .give_up = parts->give_up, .context = parts,
		.wants = { .calls = { &log_calls }, .n_calls = 1 },
	};
	struct privilege_wants wants = { .may_signal = parts->command };
	int err = 0;

	for (size_t i = 0; !err && i < n_calls; i++)
		err = privilege_want_calls(&watchdog.wants, calls[i]);
	if (!err)
		err = watchdog_start(&parts->watchdog, &watchdog);
	if (err)
		return parts_fail("start a thread", err);
	for (size_t i = 0; !err && i < parts->output.n; i++)
		err = lines_want(parts->output.lines[i], &wants);
	for (size_t i = 0; !err && i < sizeof(of_all) / sizeof(of_all[0]); i++)
		err = privilege_want_calls(&wants, of_all[i]);
	for (size_t i = 0; !err && i < n_calls; i++)
		err = privilege_want_calls(&wants, calls[i]);
	if (!err && parts->command)
		err = privilege_want_calls(&wants, &command_calls);
	if (!err && parts->command)
		err = privilege_want_calls(&wants, command_own_calls(parts->command));
	if (!err)
		err = privilege_drop(&wants);
	return err ? parts_fail("drop privileges", err) : EXIT_DONE;
}

/* As this process was started: nothing of it has been changed yet. */
static int fork_command(struct parts *parts, const struct options *options)
{
	struct command_config config = { .argv = options->command, .user = options->user,
					 .closed = parts->closed };

	if (options->command && command_fork(&parts->command, &config))
		return EXIT_FAILED;
	return EXIT_DONE;
}

/* What takes privileges, of the user's or this process's. */
static int load(struct parts *parts, const struct options *options)
{
	struct tcc_ask ask = ask_for(&parts->output);
	struct tracer_config config = {
		.filter = &options->filter,
		.thin = &options->thin,
		.ask = &ask,
		.has_strangers = parts_looks_on(options),
		.own_cookies = { own_tcp_cookie(STDOUT_FILENO, "standard output"),
				 own_tcp_cookie(STDERR_FILENO, "standard error") },
		.buffer_bytes = options->buffer_bytes,
	};
	int status = start_decoder(parts, &ask, options);

	if (!status)
		status = parts_become(options->user);
	if (!status)
		status = output_start_compressor(&parts->output, options);
	if (status)
		return status;
	if (parts->command)
		config.command = command_identity(parts->command);
	return tracer_load(&parts->tracer, &config) ? EXIT_FAILED : EXIT_DONE;
}

static int attach(struct parts *parts, const struct options *options)
{
	int err = make_readers(parts);

	if (err)
		return parts_fail("start", err);
	log_set_patience(0);
	if (tracer_attach(parts->tracer))
		return EXIT_FAILED;
	if (options->duration_ns) {
		err = loop_set_duration(parts->loop, options->duration_ns);
		if (err)
			return parts_fail("set the duration", err);
	}
	return EXIT_DONE;
}

static int start_tracing(struct parts *parts, const struct options *options)
{
	static const struct call_set *const calls[] = { &tracer_calls };
	uint64_t before_ns = clock_now_ns();
	int notify_fd, err, status = fork_command(parts, options);

	notify_fd = notify_open();
	if (!status)
		status = load(parts, options);
	if (status)
		return status;
	/* From here on no signal ends it without an end of its output. */
	err = loop_new(&parts->loop, options->log_file && !parts->command);
	if (err)
		return parts_fail("wait for events", err);
	status = output_open(&parts->output, tracer_ring_memory(parts->tracer)->n_cpus);
	if (!status)
		status = watch(parts);
	if (!status)
		status = attach(parts, options);
	if (status)
		return status;
	tzset();	/* reads a file, and what follows needs none */
	status = parts_lock_down(parts, calls, 1);
	if (status)
		return status;
	say_started(options, before_ns);
	notify_ready(notify_fd);
	err = parts->command ? command_go(parts->command) : 0;
	return err ? parts_fail("start the command", err) : EXIT_DONE;
}

/* Of signals alone: what else there is news of concerns nobody any more. */
static int await_command(struct parts *parts)
{
	struct pollfd signals = { .fd = loop_signal_fd(parts->loop), .events = POLLIN };
	struct loop_news news = { 0 };
	int err = 0;

	/* Meanwhile nothing of this process can be stuck. */
	watchdog_rest(parts->watchdog);
	while (!err && !command_has_ended(parts->command) && !command_is_given_up(parts->command)) {
		poll(&signals, 1, -1);
		err = loop_wait(parts->loop, 0, &news);
		if (news.wants_summary)
			parts->session.summarise(&parts->session);
	}
	watchdog_end(parts->watchdog, 0);
	return err ? parts_fail("wait for the command", err) : EXIT_DONE;
}

static void say_left(const struct parts *parts)
{
	if (parts->n_left)
		log_warning("%" PRIu64 " process%s that '%s' started still run%s: left alone, and "
			    "traced no longer", parts->n_left, parts->n_left == 1 ? "" : "es",
			    command_name(parts->command), parts->n_left == 1 ? "s" : "");
}

int parts_end_command(struct parts *parts, int status)
{
	int err;

	if (status == EXIT_USAGE)
		return status;
	if (!parts->command)
		return EXIT_FAILED_BESIDE;
	if (parts->has_session && await_command(parts))
		status = EXIT_FAILED;
	err = command_error(parts->command);
	if (err)
		log_error("cannot run '%s': %s", command_name(parts->command), strerror(-err));
	say_left(parts);
	return status ? EXIT_FAILED_BESIDE : command_status(parts->command);
}

int parts_start(struct parts *parts, const struct options *options)
{
	return options->n_read ? reading_start(parts, options) : start_tracing(parts, options);
}

int parts_free(struct parts *parts)
{
	int status = output_close(&parts->output);

	/* Closing a file may be what hangs; then all is there yet that is to be told. */
	watchdog_stop(parts->watchdog);
	pipeline_free(parts->pipeline);
	live_free(parts->live);
	reading_free(parts);
	ca_decode_free(parts->decode);
	loop_free(parts->loop);
	tracer_free(parts->tracer);
	command_free(parts->command);
	return status;
}
