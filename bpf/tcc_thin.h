/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Leaving out events of a connection that say little new: what is asked for, and the
 * decision, which is the same of the kernel's events and of those of a file.
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

/* Of the event written last. */
struct tcc_thin_state {
	__u64 ktime_ns;
	__u32 snd_cwnd;
	__u32 snd_ssthresh;
	__u32 skipped;		/* events left out since */
	__u32 ports;		/* the kernel side's: see tcc_sock_state.bpf.h */
	__u8 ca_state;
	__u8 is_begun;		/* there was one */
	__u8 reserved[6];
};

/* What is looked at of an event. */
struct tcc_thin_look {
	__u64 ktime_ns;		/* where there is an interval */
	__u32 snd_cwnd;
	__u32 snd_ssthresh;	/* tp->snd_ssthresh */
	__u8 ca_state;
};

#define TCC_THIN_INLINE static inline __attribute__((always_inline))

TCC_THIN_INLINE bool tcc_thin_has_changed(const struct tcc_thin_state *state,
					  const struct tcc_thin_look *look)
{
	return state->snd_cwnd != look->snd_cwnd || state->snd_ssthresh != look->snd_ssthresh ||
	       state->ca_state != look->ca_state;
}

/* Whether the event is wanted; if it is not, that is remembered. */
TCC_THIN_INLINE bool tcc_thin_decide(bool is_changes, __u64 interval_ns,
				     struct tcc_thin_state *state,
				     const struct tcc_thin_look *look)
{
	if (!state->is_begun)
		return true;
	if ((is_changes && !tcc_thin_has_changed(state, look)) ||
	    (interval_ns && look->ktime_ns - state->ktime_ns < interval_ns)) {
		state->skipped++;
		return false;
	}
	return true;
}

/* The event is written: returns how many were left out before it. */
TCC_THIN_INLINE __u32 tcc_thin_keep(struct tcc_thin_state *state,
				    const struct tcc_thin_look *look)
{
	__u32 skipped = state->skipped;

	state->snd_cwnd = look->snd_cwnd;
	state->snd_ssthresh = look->snd_ssthresh;
	state->ca_state = look->ca_state;
	state->ktime_ns = look->ktime_ns;
	state->skipped = 0;
	state->is_begun = 1;
	return skipped;
}

#endif
