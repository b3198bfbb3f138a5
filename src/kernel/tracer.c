// SPDX-License-Identifier: GPL-2.0-or-later
/* The BPF programs' life; see tracer.h. */
#include "kernel/tracer.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/membarrier.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "kernel/host.h"
#include "base/log.h"
#include "kernel/maps.h"
#include "tcc_event.h"
#include "tcc_trace.skel.h"

#define PROGRAMS_MAX 9

struct tracer {
	struct host host;
	struct tcc_trace *skel;
	struct tcc_ask ask;
	struct attached {		/* the programs that are loaded */
		struct bpf_program *program;
		struct bpf_link *link;
		enum tcc_kind kind;	/* whose events it takes; TCC_KIND_COUNT: none's */
		int info_fd;		/* its fdinfo, kept open */
		bool is_optional;	/* the trace goes on without */
	} programs[PROGRAMS_MAX];
	size_t n_programs;
	bool wants_late;	/* until the kernel has refused it */
	struct maps maps;
};

/* --- loading -------------------------------------------------------------- */

static int print_libbpf(enum libbpf_print_level level, const char *format, va_list args)
{
	if (level != LIBBPF_DEBUG)
		log_verbose(format, args);
	return 0;
}

static bool is_asked(const struct tracer *tracer, enum tcc_kind kind)
{
	return tcc_asks_for(&tracer->ask, kind);
}

/* One of the four, see bpf/tcc_trace.bpf.c. */
static struct bpf_program *choose_probe(const struct tracer *tracer, bool is_plain)
{
	struct tcc_trace *skel = tracer->skel;

	if (tracer->host.keeps_stores_in_order)
		return is_plain ? skel->progs.tcc_probe_tso : skel->progs.tcc_match_tso;
	return is_plain ? skel->progs.tcc_probe_weak : skel->progs.tcc_match_weak;
}

static void add_program(struct tracer *tracer, struct bpf_program *program, enum tcc_kind kind)
{
	struct attached *attached = &tracer->programs[tracer->n_programs++];

	*attached = (struct attached){ .program = program, .kind = kind, .info_fd = -1 };
	bpf_program__set_autoload(program, true);
}

/* A program whose events are not asked for may be needed for a connection's life. */
static void add_if_asked(struct tracer *tracer, struct bpf_program *program, enum tcc_kind kind,
			 bool is_of_life)
{
	if (is_asked(tracer, kind))
		add_program(tracer, program, kind);
	else if (is_of_life && is_asked(tracer, TCC_KIND_CLOSE))
		add_program(tracer, program, TCC_KIND_COUNT);
}

/*
 * Segments that arrive after the close: where the kernel has functions that can be
 * attached to. Whether they are wanted is tracer_load()'s.
 */
static void add_late(struct tracer *tracer)
{
	struct tcc_trace *skel = tracer->skel;

	if (!tracer->wants_late)
		return;
	add_program(tracer, tracer->host.keeps_stores_in_order ? skel->progs.tcc_late_tso
							       : skel->progs.tcc_late_weak,
		    TCC_KIND_PROBE);
	tracer->programs[tracer->n_programs - 1].is_optional = true;
}

static void choose_programs(struct tracer *tracer, bool is_plain)
{
	struct tcc_trace *skel = tracer->skel;
	struct bpf_program *program;

	bpf_object__for_each_program(program, skel->obj)
		bpf_program__set_autoload(program, false);
	tracer->n_programs = 0;
	add_if_asked(tracer, skel->progs.tcc_close, TCC_KIND_CLOSE, false);
	add_if_asked(tracer, skel->progs.tcc_state, TCC_KIND_STATE, true);
	/* It is this program that writes closes, as a rule: what it misses is theirs. */
	if (!is_asked(tracer, TCC_KIND_STATE) && is_asked(tracer, TCC_KIND_CLOSE))
		tracer->programs[tracer->n_programs - 1].kind = TCC_KIND_CLOSE;
	if (tracer->host.has_ca_state_events)
		add_if_asked(tracer, skel->progs.tcc_ca_state, TCC_KIND_CA_STATE, true);
	add_if_asked(tracer, skel->progs.tcc_retransmit, TCC_KIND_RETRANSMIT, false);
	add_if_asked(tracer, skel->progs.tcc_reset_sent, TCC_KIND_RESET, false);
	add_if_asked(tracer, skel->progs.tcc_reset_received, TCC_KIND_RESET, false);
	add_late(tracer);
	add_if_asked(tracer, is_asked(tracer, TCC_KIND_PROBE) ? choose_probe(tracer, is_plain)
							       : skel->progs.tcc_live,
		     TCC_KIND_PROBE, true);
}

static void set_constants(struct tracer *tracer, const struct tracer_config *config)
{
	struct tcc_trace *skel = tracer->skel;

	memcpy((void *)&skel->rodata->tcc_filter, config->filter, sizeof(*config->filter));
	memcpy((void *)&skel->rodata->tcc_thin, config->thin, sizeof(*config->thin));
	memcpy((void *)&skel->rodata->tcc_ask, &tracer->ask, sizeof(tracer->ask));
	skel->rodata->tcc_has_socket_storage = tracer->host.has_socket_storage;
	skel->rodata->tcc_has_cookie_helper = tracer->host.has_cookie_helper;
	/* The guard is each program's own: two of them may count at the same time. */
	skel->rodata->tcc_has_recursion_guard =
		tracer->host.has_recursion_guard && !tracer->wants_late;
}

/* Whether the program that does the default and nothing else will do. */
static bool is_plain(const struct tracer *tracer, const struct tracer_config *config)
{
	return !config->filter->needs && !tcc_thin_is_on(config->thin) &&
	       !tracer->ask.probe_props && !is_asked(tracer, TCC_KIND_CLOSE);
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
		.buffer_bytes = bytes,
		.is_buffer_given = config->buffer_bytes != 0,
		.has_socket_storage = tracer->host.has_socket_storage,
	};
	int err;

	if (!skel)
		return -errno;
	tracer->skel = skel;
	choose_programs(tracer, is_plain(tracer, config));
	set_constants(tracer, config);
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

/*
 * Without the segments after the close if that is what the kernel refuses; what it
 * says then may look like want of memory: ENOMEM on s390x.
 */
static int load_what_can_be(struct tracer *tracer, const struct tracer_config *config,
			    uint64_t bytes)
{
	int err = load_skeleton(tracer, config, bytes);

	if (!err || !tracer->wants_late)
		return err;
	tracer->wants_late = false;
	err = load_skeleton(tracer, config, bytes);
	if (is_memory_refused(tracer, err))
		tracer->wants_late = true;
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
	if (is_memory_refused(tracer, err))
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

static int open_info(struct attached *attached)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", bpf_program__fd(attached->program));
	attached->info_fd = open(path, O_RDONLY | O_CLOEXEC);
	return attached->info_fd < 0 ? -errno : 0;
}

static int prepare(struct tracer *tracer)
{
	int err = maps_map(&tracer->maps, tracer->skel);

	for (size_t i = 0; !err && i < tracer->n_programs; i++)
		err = open_info(&tracer->programs[i]);
	if (err)
		log_error("cannot map the kernel's buffers: %s", strerror(-err));
	return err;
}

/* A kind that this kernel has not: an error if it is the only one. */
static int check_kinds(struct tracer *tracer)
{
	if (tracer->host.has_ca_state_events || !is_asked(tracer, TCC_KIND_CA_STATE))
		return 0;
	tracer->ask.kinds &= ~TCC_KIND_BIT(TCC_KIND_CA_STATE);
	if (tracer->ask.kinds) {
		log_warning("--events: 'ca_state' needs Linux 5.19 or later: tracing the others");
		return 0;
	}
	log_error("--events: 'ca_state' needs Linux 5.19 or later");
	return -ENOTSUP;
}

int tracer_load(struct tracer **out, const struct tracer_config *config)
{
	struct tracer *tracer = calloc(1, sizeof(*tracer));
	int err;

	if (!tracer)
		return -ENOMEM;
	tracer->ask = *config->ask;
	tracer->wants_late = is_asked(tracer, TCC_KIND_STATE) && is_asked(tracer, TCC_KIND_PROBE);
	err = host_check(&tracer->host);
	if (!err)
		err = check_kinds(tracer);
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
	for (size_t i = 0; i < tracer->n_programs; i++) {
		struct attached *attached = &tracer->programs[i];
		int err;

		attached->link = bpf_program__attach(attached->program);
		if (attached->link || attached->is_optional)
			continue;
		err = -errno;
		log_error("cannot attach to tracepoint %s: %s",
			  bpf_program__section_name(attached->program), strerror(-err));
		return err;
	}
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

	for (size_t i = 0; i < tracer->n_programs; i++) {
		was_attached |= tracer->programs[i].link != NULL;
		bpf_link__destroy(tracer->programs[i].link);
		tracer->programs[i].link = NULL;
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
	for (size_t i = 0; i < tracer->n_programs; i++) {
		bpf_link__destroy(tracer->programs[i].link);
		if (tracer->programs[i].info_fd >= 0)
			close(tracer->programs[i].info_fd);
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

static uint64_t read_missed(int info_fd)
{
	static const char key[] = "recursion_misses:";
	char text[1024];
	ssize_t length = pread(info_fd, text, sizeof(text) - 1, 0);
	const char *at;

	if (length <= 0)
		return 0;
	text[length] = '\0';
	at = strstr(text, key);
	return at ? strtoull(at + sizeof(key) - 1, NULL, 10) : 0;
}

uint64_t tracer_missed(const struct tracer *tracer, enum tcc_kind kind)
{
	uint64_t missed = 0;

	for (size_t i = 0; i < tracer->n_programs; i++) {
		if (tracer->programs[i].kind == kind)
			missed += read_missed(tracer->programs[i].info_fd);
	}
	return missed;
}
