/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which structure is the private state of a congestion control algorithm, and
 * where the BTF is that describes it: the module's own, the kernel's, a BPF
 * program's, or a file's. Two kernels' `struct bbr` may differ, so nothing is
 * known here but names.
 *
 * Of algorithms known here (net/ipv4/tcp_*.c) the structure is looked for in the
 * BTF of module tcp_NAME, else, unless such a module is loaded, in the kernel's.
 * Of others it is `structure` of the options, or else the structure of the same
 * name in the module's own BTF. Of an algorithm that is a BPF program, whatever
 * its name, `structure`, or else as if its program were the module.
 */
#ifndef TCC_CA_SOURCE_H
#define TCC_CA_SOURCE_H

#include "ca/ca_layout.h"

/* As many algorithms are remembered, those without layout included. */
#define CA_ALGORITHMS_MAX 64

struct ca_source_options {
	/* --ca-struct: of algorithms that are not known here, and of BPF programs; or NULL. */
	const char *structure;
	/* --ca-btf: before all else for algorithms that are not known here, after all else
	 * for those that are; raw BTF or ELF, that of a module included; or NULL. */
	const char *btf_path;
	/* Elsewhere, for tests; NULL: /sys/kernel/btf, /sys/module, and
	 * /proc/sys/net/ipv4/tcp_available_congestion_control. */
	const char *btf_directory, *module_directory, *available_path;
};

struct ca_source;

/*
 * Look for what the algorithms that are there now need, those that are BPF programs
 * included, which takes CAP_SYS_ADMIN and is for later not to be found. All else
 * takes no privilege, so that ca_source_get() can find an algorithm that appears
 * after all privilege is gone; see ca_btf.h. The kernel's BTF is not kept.
 *
 * Returns 0 and a source for ca_source_free(), which borrows nothing from the options;
 * or -errno with `why` filled in, when btf_path is of no use: it cannot be read, or
 * lacks the `structure` given with it.
 */
int ca_source_new(struct ca_source **source, const struct ca_source_options *options,
		  char why[CA_WHY_MAX]);
void ca_source_free(struct ca_source *source);

/*
 * The layout of this algorithm's state, or NULL with a reason in *why: a sentence
 * without its end, to be said once for each algorithm; *why is NULL where it is
 * known to keep none. Both are the source's, and
 * stay. What was found or not is remembered: an algorithm asked for the first time
 * that was not there at the start takes the time to parse the kernel's BTF, some
 * 10 ms; else it is a comparison of short names.
 */
const struct ca_layout *ca_source_get(struct ca_source *source, const char *algorithm,
				      const char **why);

#endif
