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

struct mapping {
	void *memory;
	size_t bytes;
};

struct tracer {
	struct host host;
	struct tcc_trace *skel;
	struct bpf_program *program;	/* the one that is loaded */
	struct bpf_link *link;
	struct ring_buffer *doorbell;
	struct ring_memory ring;
	struct mapping slots, producers, consumers;
	int info_fd;		/* the program's fdinfo, kept open */
};

/* --- loading -------------------------------------------------------------- */

static int print_libbpf(enum libbpf_print_level level, const char *format, va_list args)
{
	if (level != LIBBPF_DEBUG)
		log_verbose(format, args);
	return 0;
}

static int set_sizes(struct tracer *tracer, uint64_t buffer_bytes)
{
	struct tcc_trace *skel = tracer->skel;
	struct ring_memory *ring = &tracer->ring;
	uint64_t n_slots = buffer_bytes / sizeof(struct tcc_probe);
	int err;

	ring->n_cpus = tracer->host.n_cpus;
	if (n_slots * ring->n_cpus > UINT32_MAX)
		return -E2BIG;
	ring->n_slots = (uint32_t)n_slots;
	ring->slot_bytes = sizeof(struct tcc_probe);
	err = bpf_map__set_value_size(skel->maps.tcc_slots, (uint32_t)ring->slot_bytes);
	if (!err)
		err = bpf_map__set_max_entries(skel->maps.tcc_slots, ring->n_slots * ring->n_cpus);
	if (!err)
		err = bpf_map__set_max_entries(skel->maps.tcc_producers, ring->n_cpus);
	if (!err)
		err = bpf_map__set_max_entries(skel->maps.tcc_consumers, ring->n_cpus);
	return err;
}

/* One of the four, see the end of bpf/tcc_trace.bpf.c. */
static struct bpf_program *choose_program(const struct tracer *tracer, bool has_filter)
{
	struct tcc_trace *skel = tracer->skel;

	if (tracer->host.keeps_stores_in_order)
		return has_filter ? skel->progs.tcc_match_tso : skel->progs.tcc_probe_tso;
	return has_filter ? skel->progs.tcc_match_weak : skel->progs.tcc_probe_weak;
}

/* Without socket storage as many connections are remembered as conn.h's table has. */
#define THIN_TABLE_ENTRIES 65536

static int set_thinning(struct tracer *tracer, const struct tcc_thin *thin)
{
	struct tcc_trace *skel = tracer->skel;

	memcpy((void *)&skel->rodata->tcc_thin, thin, sizeof(*thin));
	skel->rodata->tcc_has_socket_storage = tracer->host.has_socket_storage;
	if (!tcc_thin_is_on(thin) || tracer->host.has_socket_storage)
		return 0;
	return bpf_map__set_max_entries(skel->maps.tcc_thin_table, THIN_TABLE_ENTRIES);
}

/* `bytes`: of each CPU's ring. */
static int load_skeleton(struct tracer *tracer, const struct tracer_config *config,
			 uint64_t bytes)
{
	const struct tcc_filter *filter = config->filter;
	struct tcc_trace *skel = tcc_trace__open();
	struct bpf_program *program;
	int err;

	if (!skel)
		return -errno;
	tracer->skel = skel;
	tracer->program = choose_program(tracer, filter->needs || tcc_thin_is_on(config->thin));
	bpf_object__for_each_program(program, skel->obj)
		bpf_program__set_autoload(program, program == tracer->program);
	memcpy((void *)&skel->rodata->tcc_filter, filter, sizeof(*filter));
	skel->rodata->tcc_has_cookie_helper = tracer->host.has_cookie_helper;
	skel->rodata->tcc_has_recursion_guard = tracer->host.has_recursion_guard;
	err = set_sizes(tracer, bytes);
	if (!err)
		err = set_thinning(tracer, config->thin);
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
		err = load_skeleton(tracer, config, bytes);
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
	if (err == -EPERM || err == -EACCES)
		host_refuse_privilege();
	else if (err == -ESRCH || err == -ENOENT)
		log_error("this kernel has no tracepoint tcp:tcp_probe: "
			  "tcc-trace needs one built with CONFIG_INET=y and CONFIG_TRACEPOINTS=y");
	else
		log_error("the kernel does not load the BPF program: %s (--verbose says why)",
			  strerror(-err));
}

static int map_memory(struct mapping *mapping, const struct bpf_map *map, size_t element_bytes,
		      uint32_t n, int protection)
{
	long page = sysconf(_SC_PAGESIZE);
	size_t bytes = element_bytes * n;

	bytes = (bytes + (size_t)page - 1) / (size_t)page * (size_t)page;
	mapping->memory = mmap(NULL, bytes, protection, MAP_SHARED, bpf_map__fd(map), 0);
	if (mapping->memory == MAP_FAILED) {
		mapping->memory = NULL;
		return -errno;
	}
	mapping->bytes = bytes;
	return 0;
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
	    bpf_map_freeze(bpf_map__fd(skel->maps.tcc_producers)))
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

/* A ring at the doorbell leaves nothing to read. */
static int take_ring(void *context, void *data, size_t size)
{
	(void)context;
	(void)data;
	(void)size;
	return 0;
}

static int open_info(struct tracer *tracer)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d",
		 bpf_program__fd(tracer->program));
	tracer->info_fd = open(path, O_RDONLY | O_CLOEXEC);
	return tracer->info_fd < 0 ? -errno : 0;
}

static int prepare(struct tracer *tracer)
{
	int err = map_rings(tracer);

	if (!err)
		err = open_info(tracer);
	if (!err) {
		tracer->doorbell = ring_buffer__new(bpf_map__fd(tracer->skel->maps.tcc_doorbell),
						    take_ring, NULL, NULL);
		if (!tracer->doorbell)
			err = -errno;
	}
	if (err)
		log_error("cannot map the kernel's buffers: %s", strerror(-err));
	return err;
}

int tracer_load(struct tracer **out, const struct tracer_config *config)
{
	struct tracer *tracer = calloc(1, sizeof(*tracer));
	int err;

	if (!tracer)
		return -ENOMEM;
	tracer->info_fd = -1;
	err = host_check(&tracer->host);
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

int tracer_attach(struct tracer *tracer)
{
	int err;

	tracer->link = bpf_program__attach(tracer->program);
	if (tracer->link)
		return 0;
	err = -errno;
	log_error("cannot attach to tracepoint tcp:tcp_probe: %s", strerror(-err));
	return err;
}

/*
 * Closing the link takes the program off the tracepoint but does not wait for
 * runs under way. membarrier(GLOBAL) is a synchronize_rcu() that needs no
 * privilege (kernel/sched/membarrier.c); where it is refused (nohz_full), the
 * grace period is waited for as a time.
 */
void tracer_detach(struct tracer *tracer)
{
	if (!tracer->link)
		return;
	bpf_link__destroy(tracer->link);
	tracer->link = NULL;
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
	bpf_link__destroy(tracer->link);
	ring_buffer__free(tracer->doorbell);
	unmap(&tracer->slots);
	unmap(&tracer->producers);
	unmap(&tracer->consumers);
	if (tracer->info_fd >= 0)
		close(tracer->info_fd);
	tcc_trace__destroy(tracer->skel);
	free(tracer);
}

const struct ring_memory *tracer_ring_memory(const struct tracer *tracer)
{
	return &tracer->ring;
}

int tracer_doorbell_fd(const struct tracer *tracer)
{
	return ring_buffer__epoll_fd(tracer->doorbell);
}

void tracer_clear_doorbell(struct tracer *tracer)
{
	ring_buffer__consume(tracer->doorbell);
}

uint64_t tracer_missed(const struct tracer *tracer)
{
	static const char key[] = "recursion_misses:";
	char text[1024];
	ssize_t length = pread(tracer->info_fd, text, sizeof(text) - 1, 0);
	const char *at;

	if (length <= 0)
		return 0;
	text[length] = '\0';
	at = strstr(text, key);
	return at ? strtoull(at + sizeof(key) - 1, NULL, 10) : 0;
}
