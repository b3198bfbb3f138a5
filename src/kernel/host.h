/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the running kernel offers and this process may do, as far as tracing
 * needs it. Says itself, on stderr, what is missing and what to do about it.
 */
#ifndef TCC_HOST_H
#define TCC_HOST_H

#include <stdbool.h>
#include <stdint.h>

struct host {
	/* Processors that keep stores in order: x86, and s390x even more so. */
	bool keeps_stores_in_order;
	/* bpf_get_socket_cookie() in tracing programs, kernel 5.12. */
	bool has_cookie_helper;
	/* bpf_sk_storage_get() in tracing programs, kernel 5.11. */
	bool has_socket_storage;
	/* BPF memory counts as locked memory, with EPERM over the limit; until 5.11. */
	bool counts_locked_memory;
	/* One program does not run twice at a time on a CPU, kernel 6.1. */
	bool has_recursion_guard;
	/* Tracepoint tcp:tcp_cong_state_set, kernel 5.19. */
	bool has_ca_state_events;
	/* CPU numbers that programs may see are below this. */
	unsigned int n_cpus;
	uint64_t memory_bytes;	/* of the machine */
};

/*
 * Find out. Returns 0, or -ENOTSUP when the kernel will not do, -EPERM when
 * the privilege will not; it has been said then.
 */
int host_check(struct host *host);

/*
 * Whether there are hardly any descriptors to be had, for which the kernel, and libbpf, have
 * many a word; it has been said then.
 */
bool host_lacks_descriptors(void);

/* Say that privilege is missing; returns -EPERM. */
int host_refuse_privilege(void);

#endif
