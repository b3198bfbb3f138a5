// SPDX-License-Identifier: GPL-2.0-or-later
/* The BPF programs' life; see tracer.h. */
#include "kernel/tracer.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/membarrier.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "kernel/host.h"
#include "base/clock.h"
#include "base/log.h"
#include "kernel/maps.h"
#include "kernel/missed.h"
#include "kernel/programs.h"
#include "kernel/refused.h"
#include "tcc_event.h"
#include "tcc_trace.skel.h"

/* Detaching, and counting what was missed. */
static const struct call calls[] = {
	{ .name = "membarrier" }, { .name = "clock_nanosleep" }, { .name = "nanosleep" },
	{ .name = "pread64" },
};

const struct call_set tracer_calls = CALL_SET(calls);

struct tracer {
	struct host host;
	struct tcc_trace *skel;
	struct tcc_ask ask;
	struct programs chosen;
	struct attached {		/* the same, loaded */
		struct bpf_program *program;
		struct bpf_link *link;
		int info_fd;		/* its fdinfo, kept open */
	} attached[PROGRAMS_MAX];
	uint32_t optional;	/* programs_optional(), but for what the kernel has refused */
	uint32_t lacking;	/* the same, as long as they are not attached */
	struct refused refused;
	struct maps maps;
};

/* --- loading -------------------------------------------------------------- */

static int print_libbpf(enum libbpf_print_level level, const char *format, va_list args)
{
	if (level != LIBBPF_DEBUG)
		log_verbose(format, args);
	return 0;
}

static struct programs_config choice_of(const struct tracer *tracer,
					const struct tracer_config *config)
{
	return (struct programs_config){
		.host = &tracer->host,
		.ask = &tracer->ask,
		.filter = config->filter,
		.thin = config->thin,
		.has_own = config->own_cookies[0] || config->own_cookies[1],
		.has_command = config->command.pid,
		.optional = tracer->optional,
	};
}

/* Of all programs in the skeleton those that are chosen are loaded. */
static int choose_programs(struct tracer *tracer, const struct tracer_config *config)
{
	const struct programs_config choice = choice_of(tracer, config);
	struct bpf_program *program;

	bpf_object__for_each_program(program, tracer->skel->obj)
		bpf_program__set_autoload(program, false);
	programs_choose(&tracer->chosen, &choice);
	for (size_t i = 0; i < tracer->chosen.n; i++) {
		program = bpf_object__find_program_by_name(tracer->skel->obj,
							   tracer->chosen.program[i].name);
		if (!program)
			return -EINVAL;
		tracer->attached[i].program = program;
		bpf_program__set_autoload(program, true);
	}
	return 0;
}

static void set_constants(struct tracer *tracer, const struct tracer_config *config)
{
	struct tcc_trace *skel = tracer->skel;

	memcpy((void *)&skel->rodata->tcc_filter, config->filter, sizeof(*config->filter));
	memcpy((void *)&skel->rodata->tcc_thin, config->thin, sizeof(*config->thin));
	memcpy((void *)&skel->rodata->tcc_ask, &tracer->ask, sizeof(tracer->ask));
	memcpy((void *)&skel->rodata->tcc_own_cookies, config->own_cookies,
	       sizeof(config->own_cookies));
	memcpy((void *)&skel->rodata->tcc_command, &config->command, sizeof(config->command));
	skel->rodata->tcc_has_strangers = config->has_strangers;
	skel->rodata->tcc_has_socket_storage = tracer->host.has_socket_storage;
	skel->rodata->tcc_tick_ns = 1000000000 / clock_hz();
	skel->rodata->tcc_has_cookie_helper = tracer->host.has_cookie_helper;
	/* The guard is each program's own: two of them may count at the same time. */
	skel->rodata->tcc_has_recursion_guard =
		tracer->host.has_recursion_guard && !(tracer->optional & PROGRAMS_LATE);
}

/* `bytes`: of each CPU's ring. */
static int load_skeleton(struct tracer *tracer, const struct tracer_config *config,
			 uint64_t bytes)
{
	struct tcc_trace *skel = tcc_trace__open();
	const struct maps_config sizes = {
		.ask = &tracer->ask,
		.thin = config->thin,
		.n_cpus = tracer->host.n_cpus,
		.memory_bytes = tracer->host.memory_bytes,
		.buffer_bytes = bytes,
		.is_buffer_given = config->buffer_bytes != 0,
		.has_socket_storage = tracer->host.has_socket_storage,
		.has_command = config->command.pid,
		.has_strangers = config->has_strangers,
	};
	int err;

	if (!skel)
		return -errno;
	tracer->skel = skel;
	set_constants(tracer, config);
	err = choose_programs(tracer, config);
	if (!err)
		err = maps_size(&tracer->maps, skel, &sizes);
	if (!err)
		err = tcc_trace__load(skel);
	if (err) {
		tcc_trace__destroy(skel);
		tracer->skel = NULL;
	}
	return err;
}

/* Privilege has been checked before, so EPERM is the limit of locked memory. */
static bool is_memory_refused(const struct tracer *tracer, int err)
{
	return err == -ENOMEM || err == -E2BIG ||
	       (err == -EPERM && tracer->host.counts_locked_memory);
}

static const char *memory_advice(int err, bool is_given)
{
	if (err == -EPERM)
		return "; raise the limit of locked memory (ulimit -l) or add CAP_SYS_RESOURCE";
	return is_given ? "; try a smaller --buffer" : "";
}

/* Without what is optional where the kernel refuses that; it may say ENOMEM (s390x). */
static int load_what_can_be(struct tracer *tracer, const struct tracer_config *config,
			    uint64_t bytes)
{
	static const uint32_t less[] = { PROGRAMS_CHILD, PROGRAMS_LATE, 0 };
	uint32_t wanted = tracer->optional;
	int err = load_skeleton(tracer, config, bytes);

	for (size_t i = 0; err && i < sizeof(less) / sizeof(less[0]); i++) {
		tracer->optional = less[i];
		if (less[i] != wanted && !(less[i] & ~wanted))
			err = load_skeleton(tracer, config, bytes);
	}
	if (is_memory_refused(tracer, err))
		tracer->optional = wanted;
	return err;
}

/* The default is a wish, and may shrink; what the user gave may not. */
static int load_with_buffer(struct tracer *tracer, const struct tracer_config *config)
{
	unsigned int n_cpus = tracer->host.n_cpus;
	uint64_t bytes = config->buffer_bytes;
	int err;

	if (!bytes) {
		bytes = TRACER_BUFFER_ALL_CPUS / n_cpus;
		if (bytes > TRACER_BUFFER_DEFAULT)
			bytes = TRACER_BUFFER_DEFAULT;
		if (bytes < TRACER_BUFFER_MIN)
			bytes = TRACER_BUFFER_MIN;
	}
	for (;;) {
		err = load_what_can_be(tracer, config, bytes);
		if (!is_memory_refused(tracer, err))
			return err;
		if (config->buffer_bytes || bytes / 2 < TRACER_BUFFER_MIN)
			break;
		log_warning("the kernel refused %" PRIu64 " KiB of buffer for each of %u CPUs: "
			    "trying %" PRIu64 " KiB", bytes >> 10, n_cpus, bytes >> 11);
		bytes /= 2;
	}
	log_error("the kernel refused %" PRIu64 " KiB of buffer for each of %u CPUs: %s%s",
		  bytes >> 10, n_cpus, strerror(-err),
		  memory_advice(err, config->buffer_bytes != 0));
	return err;
}

/* Memory, once refused, has been said already. */
static void explain_load(const struct tracer *tracer, int err)
{
	if (is_memory_refused(tracer, err) || host_lacks_descriptors())
		return;
	/* EACCES is the verifier's, as a rule. */
	if (err == -EPERM)
		host_refuse_privilege();
	else if (err == -ESRCH || err == -ENOENT)
		log_error("this kernel has no tracepoint tcp:tcp_probe%s: "
			  "tcc-trace needs one built with CONFIG_INET=y and CONFIG_TRACEPOINTS=y",
			  tcc_asks_for_rare(&tracer->ask) ? ", or none of --events" : "");
	else
		log_error("the kernel does not load the BPF program: %s (--verbose says why)",
			  strerror(-err));
}

static int prepare(struct tracer *tracer)
{
	int err = maps_map(&tracer->maps, tracer->skel);

	if (err) {
		log_error("cannot map the kernel's buffers: %s", strerror(-err));
		return err;
	}
	for (size_t i = 0; !err && i < tracer->chosen.n; i++) {
		struct attached *attached = &tracer->attached[i];

		attached->info_fd = missed_open(bpf_program__fd(attached->program));
		err = attached->info_fd < 0 ? attached->info_fd : 0;
	}
	if (err)
		log_error("cannot read /proc/self/fdinfo, where the kernel says what it missed: "
			  "%s%s", strerror(-err), err == -ENOENT ? "; mount /proc" : "");
	return err;
}

#define LACKS_CA_STATE \
	"--events: 'ca_state', of which 'reduction' is made, needs Linux 5.19 or later"

/* A kind that this kernel has not: an error if it is the only one. */
static int check_kinds(struct tracer *tracer)
{
	uint32_t kinds = programs_kinds(&tracer->host, tracer->ask.kinds);

	if (kinds == tracer->ask.kinds)
		return 0;
	tracer->ask.kinds = kinds;
	if (kinds) {
		log_warning(LACKS_CA_STATE ": tracing the others");
		return 0;
	}
	log_error(LACKS_CA_STATE);
	return -ENOTSUP;
}

int tracer_load(struct tracer **out, const struct tracer_config *config)
{
	struct tracer *tracer = calloc(1, sizeof(*tracer));
	struct programs_config choice;
	int err;

	if (!tracer)
		return -ENOMEM;
	for (size_t i = 0; i < PROGRAMS_MAX; i++)
		tracer->attached[i].info_fd = -1;
	tracer->ask = *config->ask;
	tracer->refused.is_thinned = tcc_thin_is_on(config->thin);
	tracer->refused.has_life = tcc_asks_for(&tracer->ask, TCC_KIND_CLOSE);
	err = host_check(&tracer->host);
	if (!err)
		err = check_kinds(tracer);
	choice = choice_of(tracer, config);
	tracer->lacking = tracer->optional = programs_optional(&choice);
	if (err) {
		tracer_free(tracer);
		return err;
	}
	libbpf_set_print(print_libbpf);
	err = load_with_buffer(tracer, config);
	if (err)
		explain_load(tracer, err);
	else
		err = prepare(tracer);
	if (err) {
		tracer_free(tracer);
		return err;
	}
	*out = tracer;
	return 0;
}

/* --- tracing -------------------------------------------------------------- */

/* Last of all the probe's: whoever waits for it knows that all are there. */
int tracer_attach(struct tracer *tracer)
{
	for (size_t i = 0; i < tracer->chosen.n; i++) {
		struct attached *attached = &tracer->attached[i];
		uint32_t optional = tracer->chosen.program[i].optional;
		int err;

		attached->link = bpf_program__attach(attached->program);
		if (attached->link)
			tracer->lacking &= ~optional;
		if (attached->link || optional)
			continue;
		err = -errno;
		log_error("cannot attach to tracepoint %s: %s",
			  bpf_program__section_name(attached->program), strerror(-err));
		return err;
	}
	if (tracer->lacking & PROGRAMS_CHILD)
		log_warning("this kernel does not tell of connections that are accepted: those of "
			    "the command's servers are not traced");
	return 0;
}

/*
 * Closing the link takes the program off the tracepoint but does not wait for
 * runs under way. membarrier(GLOBAL) is a synchronize_rcu() that needs no
 * privilege (kernel/sched/membarrier.c); where it is refused (nohz_full), the
 * grace period is waited for as a time.
 */
void tracer_detach(struct tracer *tracer)
{
	bool was_attached = false;

	for (size_t i = 0; i < tracer->chosen.n; i++) {
		was_attached |= tracer->attached[i].link != NULL;
		bpf_link__destroy(tracer->attached[i].link);
		tracer->attached[i].link = NULL;
	}
	if (!was_attached)
		return;
	if (syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0))
		usleep(100000);
}

void tracer_free(struct tracer *tracer)
{
	if (!tracer)
		return;
	for (size_t i = 0; i < tracer->chosen.n; i++) {
		bpf_link__destroy(tracer->attached[i].link);
		if (tracer->attached[i].info_fd >= 0)
			close(tracer->attached[i].info_fd);
	}
	maps_unmap(&tracer->maps);
	tcc_trace__destroy(tracer->skel);
	free(tracer);
}

const struct ring_memory *tracer_ring_memory(const struct tracer *tracer)
{
	return &tracer->maps.ring;
}

const struct rare_memory *tracer_rare_memory(const struct tracer *tracer)
{
	return &tracer->maps.rare;
}

uint32_t tracer_kinds(const struct tracer *tracer)
{
	return tracer->ask.kinds;
}

int tracer_doorbell_fd(const struct tracer *tracer)
{
	return bpf_map__fd(tracer->skel->maps.tcc_rare_ring);
}

const uint64_t *tracer_lacking(const struct tracer *tracer)
{
	return (const uint64_t *)&tracer->skel->bss->tcc_lacking;
}

const struct tcc_command_counts *tracer_command_counts(const struct tracer *tracer)
{
	return (const struct tcc_command_counts *)&tracer->skel->bss->tcc_command_counts;
}

void tracer_say_refused(struct tracer *tracer)
{
	refused_say(&tracer->refused, (const void *)&tracer->skel->bss->tcc_refused,
		    tracer_command_counts(tracer));
}

struct tcc_strangers *tracer_strangers(struct tracer *tracer)
{
	return (struct tcc_strangers *)&tracer->skel->bss->tcc_strangers;
}

uint64_t tracer_missed(const struct tracer *tracer, enum tcc_kind kind)
{
	uint64_t missed = 0;

	for (size_t i = 0; i < tracer->chosen.n; i++) {
		if (tracer->chosen.program[i].kind == kind)
			missed += missed_read(tracer->attached[i].info_fd);
	}
	return missed;
}
