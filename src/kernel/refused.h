/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel could not remember of sockets and processes, and what the trace lacks
 * then: said once each, on stderr. Knows not how it is counted.
 */
#ifndef TCC_KERNEL_REFUSED_H
#define TCC_KERNEL_REFUSED_H

#include <stdbool.h>
#include <stdint.h>

#include "tcc_command.h"
#include "tcc_refused.h"

struct refused {
	bool is_thinned, has_life;	/* for what connections are remembered */
	bool has_said_events, has_said_table, has_said_processes, has_said_sockets;
};

/* Both may change at any time. Cheap: for each look at the events. */
void refused_say(struct refused *refused, const struct tcc_refused *sockets,
		 const struct tcc_command_counts *command);

#endif
