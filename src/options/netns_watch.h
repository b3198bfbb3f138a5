/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether what --netns named is still called so: a namespace that comes under the name
 * of another later is another one, and not followed, which is said.
 */
#ifndef TCC_NETNS_WATCH_H
#define TCC_NETNS_WATCH_H

#include <stdint.h>

#include "tcc_filter.h"

/* All zeros at first, but for the filter. */
struct netns_watch {
	const struct tcc_filter *filter;	/* borrowed */
	uint64_t next_ns;
	uint32_t said;		/* a bit for each of its namespaces */
};

/* Look, at most once a second, and say of each once that it is gone. */
void netns_watch_look(struct netns_watch *watch, uint64_t now_ns);

#endif
