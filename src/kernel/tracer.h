/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The BPF programs' life: load, attach, detach, what the kernel missed. With
 * maps.c alone knows the skeleton. Says itself, on stderr, what is wrong: no
 * caller would know the words.
 */
#ifndef TCC_TRACER_H
#define TCC_TRACER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/calls.h"
#include "kernel/rare.h"
#include "kernel/ring.h"
#include "tcc_ask.h"
#include "tcc_command.h"
#include "tcc_filter.h"
#include "tcc_strangers.h"
#include "tcc_thin.h"

/* --buffer: what is asked by default, and the least that is tried. */
#define TRACER_BUFFER_DEFAULT (1u << 20)
#define TRACER_BUFFER_MIN (64u << 10)
#define TRACER_BUFFER_ALL_CPUS (64u << 20)

struct tracer_config {
	const struct tcc_filter *filter;
	const struct tcc_thin *thin;
	/* The kinds of event, of which the kernel may lack some, and what goes with them. */
	const struct tcc_ask *ask;
	struct tcc_command command;	/* pid 0: none */
	bool has_strangers;		/* tracer_strangers() will be asked */
	/* SO_COOKIE of sockets that are left out, as if filtered; 0: none. */
	uint64_t own_cookies[2];
	/*
	 * The ring of each CPU; 0 asks for the default, which is halved, with a
	 * warning, where the kernel refuses it.
	 */
	uint64_t buffer_bytes;
};

struct tracer;

/* What it takes once the program is locked down. */
extern const struct call_set tracer_calls;

/* Load the programs. Returns 0, or -errno when it has been said what is wrong. */
int tracer_load(struct tracer **tracer, const struct tracer_config *config);

/* Returns 0, or -errno when it has been said what is wrong. */
int tracer_attach(struct tracer *tracer);

/* Detach, and wait until no program runs any more: all counts are final. */
void tracer_detach(struct tracer *tracer);

void tracer_free(struct tracer *tracer);	/* accepts NULL; detaches */

const struct ring_memory *tracer_ring_memory(const struct tracer *tracer);

/* TCC_KIND_BIT()s: the kinds that are traced, of those asked for. */
uint32_t tracer_kinds(const struct tracer *tracer);

/* The rare kinds' memory: of the doorbell alone, if none is asked for. */
const struct rare_memory *tracer_rare_memory(const struct tracer *tracer);

/* Readable when a producer has rung. */
int tracer_doorbell_fd(const struct tracer *tracer);

/* Properties, TCC_PROP()s, that this kernel turned out not to have. */
const uint64_t *tracer_lacking(const struct tracer *tracer);

/* What the command is at; changes at any time until tracer_detach(). */
const struct tcc_command_counts *tracer_command_counts(const struct tracer *tracer);

/* Those that the filter turns away; changes at any time, until `is_over` is set. */
struct tcc_strangers *tracer_strangers(struct tracer *tracer);

/*
 * Say, once, that there were connections which the kernel could not remember. Cheap:
 * for each look at the events.
 */
void tracer_say_refused(struct tracer *tracer);

/*
 * Events of a kind for which the kernel did not run its program, since it was
 * already running on that CPU (recursion_misses, kernel/bpf/trampoline.c and
 * kernel/trace/bpf_trace.c). Runs that found the ring busy are not in here.
 */
uint64_t tracer_missed(const struct tracer *tracer, enum tcc_kind kind);

#endif
