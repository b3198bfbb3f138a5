/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Leaving out events of a connection that say little new: what is asked for.
 * Both sides include it; how it is done is tcc_thin.bpf.h's.
 */
#ifndef TCC_THIN_H
#define TCC_THIN_H

#include <linux/types.h>
#include <stdbool.h>

/* With both, an event must pass both. */
struct tcc_thin {
	/* Only where cwnd, ssthresh or congestion state differ from the last written. */
	__u32 is_changes;
	__u32 reserved;
	/* Not sooner than this after the last written; 0: any. */
	__u64 interval_ns;
};

/* Whether anything is left out. */
static inline bool tcc_thin_is_on(const struct tcc_thin *thin)
{
	return thin->is_changes || thin->interval_ns;
}

#endif
