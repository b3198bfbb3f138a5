// SPDX-License-Identifier: GPL-2.0-or-later
/* The BPF programs' life; see tracer.h. */
#include "tracer.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/membarrier.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "host.h"
#include "log.h"
#include "tcc_event.h"
#include "tcc_trace.skel.h"

#define PROGRAMS_MAX 9

struct mapping {
	void *memory;
	size_t bytes;
};

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
	struct ring_memory ring;
	struct rare_memory rare;
	struct mapping slots, producers, consumers, counts;
	struct mapping rare_producer, rare_consumer;
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
	return tracer->ask.kinds & TCC_KIND_BIT(kind);
}

/* A slot holds what goes with a probe, no more. */
static size_t slot_bytes(const struct tcc_ask *ask)
{
	if (ask->probe_props & TCC_PROP(CA_PRIV))
		return sizeof(struct tcc_sample);
	return ask->probe_props ? offsetof(struct tcc_sample, ca_priv) : sizeof(struct tcc_probe);
}

static bool has_rare_kinds(const struct tcc_ask *ask)
{
	return ask->kinds & ~TCC_KIND_BIT(TCC_KIND_PROBE);
}

/*
 * As large as the rings of all CPUs, a power of two; by default no larger than
 * this. The doorbell alone is content with a page.
 */
#define RARE_BYTES_DEFAULT (4u << 20)
#define RARE_BYTES_MAX (1u << 30)	/* of a BPF ring buffer, more or less */

static int size_rare(struct tracer *tracer, uint64_t all_bytes, bool is_given)
{
	uint32_t most = is_given ? RARE_BYTES_MAX : RARE_BYTES_DEFAULT;
	struct bpf_map *map = tracer->skel->maps.tcc_rare_ring;
	long page = sysconf(_SC_PAGESIZE);
	uint32_t bytes = (uint32_t)page;

	while (has_rare_kinds(&tracer->ask) && bytes * 2 <= all_bytes && bytes < most)
		bytes *= 2;
	tracer->rare.bytes = bytes;
	tracer->rare.n_cpus = tracer->host.n_cpus;
	return bpf_map__set_max_entries(map, bytes);
}

static int set_sizes(struct tracer *tracer, uint64_t buffer_bytes, bool is_given)
{
	struct tcc_trace *skel = tracer->skel;
	struct ring_memory *ring = &tracer->ring;
	uint64_t n_slots;
	int err;

	ring->slot_bytes = slot_bytes(&tracer->ask);
	n_slots = (is_asked(tracer, TCC_KIND_PROBE) ? buffer_bytes : TRACER_BUFFER_MIN) /
		  ring->slot_bytes;

	ring->n_cpus = tracer->host.n_cpus;
	if (n_slots * ring->n_cpus > UINT32_MAX)
		return -E2BIG;
	ring->n_slots = (uint32_t)n_slots;
	err = bpf_map__set_value_size(skel->maps.tcc_slots, (uint32_t)ring->slot_bytes);
	if (!err)
		err = bpf_map__set_max_entries(skel->maps.tcc_slots, ring->n_slots * ring->n_cpus);
	if (!err)
		err = bpf_map__set_max_entries(skel->maps.tcc_producers, ring->n_cpus);
	if (!err)
		err = bpf_map__set_max_entries(skel->maps.tcc_consumers, ring->n_cpus);
	if (!err)
		err = bpf_map__set_max_entries(skel->maps.tcc_rare_counters, ring->n_cpus);
	if (!err)
		err = size_rare(tracer, buffer_bytes * ring->n_cpus, is_given);
	return err;
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

/* Without socket storage as many connections are remembered as conn.h's table has. */
#define SOCK_TABLE_ENTRIES 65536

static int size_sock_tables(struct tracer *tracer, const struct tcc_thin *thin)
{
	const struct tcc_trace *skel = tracer->skel;
	int err = 0;

	if (tracer->host.has_socket_storage)
		return 0;
	if (tcc_thin_is_on(thin))
		err = bpf_map__set_max_entries(skel->maps.tcc_thin_table, SOCK_TABLE_ENTRIES);
	if (!err && is_asked(tracer, TCC_KIND_CLOSE))
		err = bpf_map__set_max_entries(skel->maps.tcc_life_table, SOCK_TABLE_ENTRIES);
	return err;
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
	int err;

	if (!skel)
		return -errno;
	tracer->skel = skel;
	choose_programs(tracer, is_plain(tracer, config));
	set_constants(tracer, config);
	err = set_sizes(tracer, bytes, config->buffer_bytes != 0);
	if (!err)
		err = size_sock_tables(tracer, config->thin);
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
 * says then may look like want of memory.
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
			  has_rare_kinds(&tracer->ask) ? ", or none of --events" : "");
	else
		log_error("the kernel does not load the BPF program: %s (--verbose says why)",
			  strerror(-err));
}

static int map_fd(struct mapping *mapping, int fd, size_t bytes, off_t offset, int protection)
{
	void *memory = mmap(NULL, bytes, protection, MAP_SHARED, fd, offset);

	if (memory == MAP_FAILED)
		return -errno;
	mapping->memory = memory;
	mapping->bytes = bytes;
	return 0;
}

static int map_memory(struct mapping *mapping, const struct bpf_map *map, size_t element_bytes,
		      uint32_t n, int protection)
{
	long page = sysconf(_SC_PAGESIZE);
	size_t bytes = element_bytes * n;

	bytes = (bytes + (size_t)page - 1) / (size_t)page * (size_t)page;
	return map_fd(mapping, bpf_map__fd(map), bytes, 0, protection);
}

/* Each producer starts with where its slots are. */
static int lay_out_rings(const struct tracer *tracer)
{
	int fd = bpf_map__fd(tracer->skel->maps.tcc_producers);
	const struct ring_memory *ring = &tracer->ring;

	for (uint32_t cpu = 0; cpu < ring->n_cpus; cpu++) {
		struct tcc_ring_producer producer = {
			.first = cpu * ring->n_slots,
			.end = (cpu + 1) * ring->n_slots,
			.index = cpu * ring->n_slots,
			.full_at = ring->n_slots,
		};

		if (bpf_map_update_elem(fd, &cpu, &producer, BPF_ANY))
			return -errno;
	}
	return 0;
}

/* What the kernel writes is read-only here, and frozen for everybody else. */
static int map_rings(struct tracer *tracer)
{
	struct tcc_trace *skel = tracer->skel;
	struct ring_memory *ring = &tracer->ring;
	int err = lay_out_rings(tracer);

	if (err)
		return err;
	if (bpf_map_freeze(bpf_map__fd(skel->maps.tcc_slots)) ||
	    bpf_map_freeze(bpf_map__fd(skel->maps.tcc_producers)) ||
	    bpf_map_freeze(bpf_map__fd(skel->maps.tcc_rare_counters)))
		return -errno;
	err = map_memory(&tracer->slots, skel->maps.tcc_slots, ring->slot_bytes,
			 ring->n_slots * ring->n_cpus, PROT_READ);
	if (!err)
		err = map_memory(&tracer->producers, skel->maps.tcc_producers,
				 sizeof(struct tcc_ring_producer), ring->n_cpus, PROT_READ);
	if (!err)
		err = map_memory(&tracer->consumers, skel->maps.tcc_consumers,
				 sizeof(struct tcc_ring_consumer), ring->n_cpus,
				 PROT_READ | PROT_WRITE);
	ring->slots = tracer->slots.memory;
	ring->producers = tracer->producers.memory;
	ring->consumers = tracer->consumers.memory;
	ring->asleep = &skel->bss->tcc_asleep;
	return err;
}

/*
 * A BPF ring buffer (kernel/bpf/ringbuf.c, ringbuf_map_mmap_kern()): the reader's
 * position on a page of its own, then the producers' on one, then the records,
 * twice, so that none is cut where they begin anew.
 */
static int map_rare(struct tracer *tracer)
{
	int fd = bpf_map__fd(tracer->skel->maps.tcc_rare_ring);
	struct rare_memory *rare = &tracer->rare;
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	int err;

	err = map_fd(&tracer->rare_consumer, fd, page, 0, PROT_READ | PROT_WRITE);
	if (!err)
		err = map_fd(&tracer->rare_producer, fd, page + 2 * rare->bytes, (off_t)page,
			     PROT_READ);
	if (!err)
		err = map_memory(&tracer->counts, tracer->skel->maps.tcc_rare_counters,
				 sizeof(struct tcc_rare_counts), rare->n_cpus, PROT_READ);
	if (err)
		return err;
	rare->consumer = tracer->rare_consumer.memory;
	rare->producer = tracer->rare_producer.memory;
	rare->data = (const unsigned char *)tracer->rare_producer.memory + page;
	rare->counts = tracer->counts.memory;
	return 0;
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
	int err = map_rings(tracer);

	if (!err)
		err = map_rare(tracer);
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
	tracer->wants_late = (tracer->ask.kinds & TCC_KIND_BIT(TCC_KIND_STATE)) &&
			     (tracer->ask.kinds & TCC_KIND_BIT(TCC_KIND_PROBE));
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

static void unmap(const struct mapping *mapping)
{
	if (mapping->memory)
		munmap(mapping->memory, mapping->bytes);
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
	unmap(&tracer->slots);
	unmap(&tracer->producers);
	unmap(&tracer->consumers);
	unmap(&tracer->counts);
	unmap(&tracer->rare_producer);
	unmap(&tracer->rare_consumer);
	tcc_trace__destroy(tracer->skel);
	free(tracer);
}

const struct ring_memory *tracer_ring_memory(const struct tracer *tracer)
{
	return &tracer->ring;
}

const struct rare_memory *tracer_rare_memory(const struct tracer *tracer)
{
	return &tracer->rare;
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
