/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The BPF maps that the kernel side and the readers share: how large they are
 * made, and where they are in this process's memory. Of the tracer's.
 */
#ifndef TCC_MAPS_H
#define TCC_MAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/rare.h"
#include "kernel/ring.h"
#include "tcc_ask.h"
#include "tcc_thin.h"

struct tcc_trace;	/* the skeleton */

/* What is mapped; `memory` NULL: nothing. */
struct mapping {
	void *memory;
	size_t bytes;
};

/* All zeros at first. */
struct maps {
	struct ring_memory ring;
	struct rare_memory rare;
	struct mapping slots, producers, consumers, counts;
	struct mapping rare_producer, rare_consumer;
};

/* What the sizes depend on. */
struct maps_config {
	const struct tcc_ask *ask;
	const struct tcc_thin *thin;
	uint32_t n_cpus;
	uint64_t memory_bytes;		/* of the machine */
	uint64_t buffer_bytes;		/* the ring of each CPU */
	bool is_buffer_given;		/* by the user: the rare kinds' may be larger then */
	bool has_socket_storage;	/* kernel 5.11 and later */
	bool has_command;
	bool has_strangers;		/* connections that are turned away are counted */
};

/*
 * Before the skeleton is loaded: set the maps' sizes. Returns 0 or -errno: -E2BIG
 * when there would be more slots than a map can have.
 */
int maps_size(struct maps *maps, struct tcc_trace *skel, const struct maps_config *config);

/*
 * Once it is loaded: lay out the rings and map all memory. What the kernel writes
 * is read-only here, and frozen for everybody else. Returns 0 or -errno; some
 * may be mapped even so.
 */
int maps_map(struct maps *maps, struct tcc_trace *skel);

void maps_unmap(struct maps *maps);

#endif
