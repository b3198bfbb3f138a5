/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which of the BPF programs a trace needs, by name: what is asked for, on this host.
 * Knows neither BPF nor how programs are loaded.
 */
#ifndef TCC_PROGRAMS_H
#define TCC_PROGRAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/host.h"
#include "tcc_ask.h"
#include "tcc_event.h"
#include "tcc_filter.h"
#include "tcc_thin.h"

#define PROGRAMS_MAX 14

/* Programs that not every kernel can have, and what is lost without. */
enum programs_optional {
	PROGRAMS_LATE = 1 << 0,	/* segments after the close, where states are asked for, too */
	PROGRAMS_CHILD = 1 << 1,	/* what a command accepts, where sockets have no storage */
};

struct programs_config {
	const struct host *host;
	const struct tcc_ask *ask;
	const struct tcc_filter *filter;
	const struct tcc_thin *thin;
	bool has_own;		/* connections of its own to leave out */
	bool has_command;	/* whose connections alone are traced */
	uint32_t optional;	/* of programs_optional() those that are to be there */
};

struct program {
	const char *name;	/* of its function, in bpf/ */
	enum tcc_kind kind;	/* whose events it takes; TCC_KIND_COUNT: none's */
	uint32_t optional;	/* of enum programs_optional; 0: there is no trace without it */
};

/* In the order in which they are attached: the probe's is the last. */
struct programs {
	struct program program[PROGRAMS_MAX];
	size_t n;
};

/* Of the kinds asked for, TCC_KIND_BIT()s, those that this host can have. */
uint32_t programs_kinds(const struct host *host, uint32_t kinds);

/* Which programs the trace can do without, of those it would have. */
uint32_t programs_optional(const struct programs_config *config);

/* `config->ask->kinds` are such as the host can have, and not none. */
void programs_choose(struct programs *programs, const struct programs_config *config);

#endif
