// SPDX-License-Identifier: GPL-2.0-or-later
/* The BPF maps' sizes and memory; see maps.h. */
#include "kernel/maps.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "tcc_command.h"
#include "tcc_event.h"
#include "tcc_filter.h"
#include "tcc_refused.h"
#include "tcc_strangers.h"
#include "tcc_trace.skel.h"

/*
 * The rare kinds' buffer is as large as --buffer makes the rings of all CPUs together, a
 * power of two. By default it is larger, as connections may end by thousands at a time,
 * and their records are larger: a 256th of the machine's memory, within these; less only
 * where the rings had to shrink. The doorbell alone is content with a page.
 */
#define RARE_BYTES_DEFAULT_MIN (1u << 20)
#define RARE_BYTES_DEFAULT_MAX (16u << 20)
#define RARE_TIMES_RINGS 16
#define RARE_BYTES_MAX (1u << 30)	/* of a BPF ring buffer, more or less */

/* Connections that are over, whose life could not be remembered. */
#define CLOSED_TABLE_ENTRIES 4096

/* --- sizes ------------------------------------------------------------------ */

/* A slot holds what goes with a probe, no more. */
static size_t slot_bytes(const struct tcc_ask *ask)
{
	return sizeof(struct tcc_probe) + tcc_props_bytes(ask->probe_props);
}

static int size_rings(struct ring_memory *ring, struct tcc_trace *skel,
		      const struct maps_config *config)
{
	/* Without probes nothing is written to it. */
	uint64_t bytes = tcc_asks_for(config->ask, TCC_KIND_PROBE) ? config->buffer_bytes
								   : (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t n_slots;
	int err;

	ring->slot_bytes = slot_bytes(config->ask);
	ring->n_cpus = config->n_cpus;
	n_slots = bytes / ring->slot_bytes;
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
	return err;
}

static uint64_t rare_bytes_at_most(const struct maps_config *config)
{
	uint64_t rings_bytes = config->buffer_bytes * config->n_cpus;
	uint64_t bytes = config->memory_bytes / 256;

	if (config->is_buffer_given)
		return rings_bytes < RARE_BYTES_MAX ? rings_bytes : RARE_BYTES_MAX;
	if (bytes < RARE_BYTES_DEFAULT_MIN)
		bytes = RARE_BYTES_DEFAULT_MIN;
	if (bytes > RARE_BYTES_DEFAULT_MAX)
		bytes = RARE_BYTES_DEFAULT_MAX;
	return bytes < rings_bytes * RARE_TIMES_RINGS ? bytes : rings_bytes * RARE_TIMES_RINGS;
}

static int size_rare(struct rare_memory *rare, struct tcc_trace *skel,
		     const struct maps_config *config)
{
	uint64_t most = rare_bytes_at_most(config);
	uint32_t bytes = (uint32_t)sysconf(_SC_PAGESIZE);
	int err;

	while (tcc_asks_for_rare(config->ask) && bytes * 2 <= most)
		bytes *= 2;
	rare->bytes = bytes;
	rare->n_cpus = config->n_cpus;
	err = bpf_map__set_max_entries(skel->maps.tcc_rare_counters, config->n_cpus);
	return err ? err : bpf_map__set_max_entries(skel->maps.tcc_rare_ring, bytes);
}

static int size_sock_tables(struct tcc_trace *skel, const struct maps_config *config)
{
	bool has_life = tcc_asks_for(config->ask, TCC_KIND_CLOSE);
	int err = 0;

	if (has_life)
		err = bpf_map__set_max_entries(skel->maps.tcc_closed_table, CLOSED_TABLE_ENTRIES);
	if (!err && config->has_command)
		err = bpf_map__set_max_entries(skel->maps.tcc_command_processes,
					       TCC_COMMAND_PROCESSES);
	if (!err && config->has_strangers)
		err = bpf_map__set_max_entries(skel->maps.tcc_strangers_table, TCC_STRANGERS_MAX);
	if (config->has_socket_storage)
		return err;
	if (!err && tcc_thin_is_on(config->thin))
		err = bpf_map__set_max_entries(skel->maps.tcc_thin_table, TCC_SOCK_TABLE_ENTRIES);
	if (!err && has_life)
		err = bpf_map__set_max_entries(skel->maps.tcc_life_table, TCC_SOCK_TABLE_ENTRIES);
	if (!err && config->has_command)
		err = bpf_map__set_max_entries(skel->maps.tcc_command_table,
					       TCC_SOCK_TABLE_ENTRIES);
	return err;
}

int maps_size(struct maps *maps, struct tcc_trace *skel, const struct maps_config *config)
{
	int err = size_rings(&maps->ring, skel, config);

	if (!err)
		err = size_rare(&maps->rare, skel, config);
	return err ? err : size_sock_tables(skel, config);
}

/* --- memory ----------------------------------------------------------------- */

static int map_fd(struct mapping *mapping, int fd, size_t bytes, off_t offset, int protection)
{
	void *memory = mmap(NULL, bytes, protection, MAP_SHARED, fd, offset);

	if (memory == MAP_FAILED)
		return -errno;
	mapping->memory = memory;
	mapping->bytes = bytes;
	return 0;
}

static int map_array(struct mapping *mapping, const struct bpf_map *map, size_t element_bytes,
		     uint32_t n, int protection)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t bytes = (element_bytes * n + page - 1) / page * page;

	return map_fd(mapping, bpf_map__fd(map), bytes, 0, protection);
}

/* Each producer starts with where its slots are. */
static int lay_out_rings(const struct ring_memory *ring, const struct tcc_trace *skel)
{
	int fd = bpf_map__fd(skel->maps.tcc_producers);

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

static int map_rings(struct maps *maps, struct tcc_trace *skel)
{
	struct ring_memory *ring = &maps->ring;
	int err = map_array(&maps->slots, skel->maps.tcc_slots, ring->slot_bytes,
			    ring->n_slots * ring->n_cpus, PROT_READ);

	if (!err)
		err = map_array(&maps->producers, skel->maps.tcc_producers,
				sizeof(struct tcc_ring_producer), ring->n_cpus, PROT_READ);
	if (!err)
		err = map_array(&maps->consumers, skel->maps.tcc_consumers,
				sizeof(struct tcc_ring_consumer), ring->n_cpus,
				PROT_READ | PROT_WRITE);
	ring->slots = maps->slots.memory;
	ring->producers = maps->producers.memory;
	ring->consumers = maps->consumers.memory;
	ring->asleep = &skel->bss->tcc_asleep;
	return err;
}

/*
 * A BPF ring buffer (kernel/bpf/ringbuf.c, ringbuf_map_mmap_kern()): the reader's
 * position on a page of its own, then the producers' on one, then the records,
 * twice, so that none is cut where they begin anew.
 */
static int map_rare(struct maps *maps, struct tcc_trace *skel)
{
	int fd = bpf_map__fd(skel->maps.tcc_rare_ring);
	struct rare_memory *rare = &maps->rare;
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	int err = map_fd(&maps->rare_consumer, fd, page, 0, PROT_READ | PROT_WRITE);

	if (!err)
		err = map_fd(&maps->rare_producer, fd, page + 2 * rare->bytes, (off_t)page,
			     PROT_READ);
	if (!err)
		err = map_array(&maps->counts, skel->maps.tcc_rare_counters,
				sizeof(struct tcc_rare_counts), rare->n_cpus, PROT_READ);
	if (err)
		return err;
	rare->consumer = maps->rare_consumer.memory;
	rare->producer = maps->rare_producer.memory;
	rare->data = (const unsigned char *)maps->rare_producer.memory + page;
	rare->counts = maps->counts.memory;
	return 0;
}

int maps_map(struct maps *maps, struct tcc_trace *skel)
{
	int err = lay_out_rings(&maps->ring, skel);

	if (err)
		return err;
	if (bpf_map_freeze(bpf_map__fd(skel->maps.tcc_slots)) ||
	    bpf_map_freeze(bpf_map__fd(skel->maps.tcc_producers)) ||
	    bpf_map_freeze(bpf_map__fd(skel->maps.tcc_rare_counters)))
		return -errno;
	err = map_rings(maps, skel);
	return err ? err : map_rare(maps, skel);
}

static void unmap(struct mapping *mapping)
{
	if (mapping->memory)
		munmap(mapping->memory, mapping->bytes);
	mapping->memory = NULL;
}

void maps_unmap(struct maps *maps)
{
	unmap(&maps->slots);
	unmap(&maps->producers);
	unmap(&maps->consumers);
	unmap(&maps->counts);
	unmap(&maps->rare_producer);
	unmap(&maps->rare_consumer);
}
