/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What private state says in units of engineering: rates, times, gains. Knows
 * which structures can say it; where their members lie is ca_layout.h's.
 */
#ifndef TCC_CA_UNITS_H
#define TCC_CA_UNITS_H

#include <stdint.h>

#include "ca/ca_layout.h"
#include "record/record.h"

/* The members it takes, found once for each layout, which has to outlive it. */
struct ca_units {
	/* struct bbr of every version; NULL: not that structure */
	const struct ca_member *mode, *min_rtt_us, *pacing_gain, *cwnd_gain;
	/* version 1 */
	const struct ca_member *bw, *lt_use_bw, *lt_bw;
	/* versions 2 and 3 */
	const struct ca_member *bw_lo, *bw_hi[2];
	/* struct bictcp of CUBIC */
	const struct ca_member *last_max_cwnd, *bic_k;
};

/* NULL is a layout without members: no record will have a value. */
void ca_units_init(struct ca_units *units, const struct ca_layout *layout);

/*
 * Set the record's values by its private state and its mss, tcp_sock's mss_cache; what
 * this algorithm, or this version of it, does not have, or not yet, it has not then.
 *
 * net/ipv4/tcp_bbr.c: bbr_mode is enum bbr_mode, bbr_rate what bbr_get_info()
 * tells: bbr_bw() * mss_cache * USEC_PER_SEC >> BW_SCALE, cut off. bbr_bw() is
 * lt_use_bw ? lt_bw : bw.s[0].v; in versions 2 and 3 (github.com/google/bbr) the
 * larger bw_hi, at most bw_lo. Gains are in 1 / BBR_UNIT, 256; rounded. A min_rtt_us
 * of ~0 is none yet.
 *
 * net/ipv4/tcp_cubic.c: bic_K is in seconds >> BICTCP_HZ, 2^-10; rounded.
 */
void ca_units_read(const struct ca_units *units, struct record *record);

#endif
