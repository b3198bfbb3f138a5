/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What private state says in units of engineering: rates, times, gains. Knows
 * which structures can say it; where their members lie is ca_layout.h's.
 */
#ifndef TCC_CA_UNITS_H
#define TCC_CA_UNITS_H

#include <stdint.h>

#include "ca/ca_layout.h"

/* This algorithm, or this version of it, does not have the value; or not yet. */
#define CA_UNITS_ABSENT UINT64_MAX

struct ca_unit_values {
	const char *bbr_mode;		/* STARTUP, DRAIN, PROBE_BW, PROBE_RTT; NULL: absent */
	uint64_t bbr_bw;		/* estimated bandwidth, bit/s */
	uint64_t bbr_min_rtt;		/* us */
	uint64_t bbr_pacing_gain;	/* thousandths */
	uint64_t bbr_cwnd_gain;		/* thousandths */
	uint64_t cubic_last_max_cwnd;	/* segments */
	uint64_t cubic_k;		/* thousandths of a second */
};

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

/* NULL is a layout without members: all will be absent. */
void ca_units_init(struct ca_units *units, const struct ca_layout *layout);

/*
 * The values in these CA_PRIV_BYTES bytes; `mss` is tcp_sock's mss_cache, bytes.
 *
 * net/ipv4/tcp_bbr.c: bbr_mode is enum bbr_mode, bbr_bw what bbr_get_info() tells,
 * times 8: bbr_bw() * mss_cache * USEC_PER_SEC >> BW_SCALE, cut off. bbr_bw() is
 * lt_use_bw ? lt_bw : bw.s[0].v; in versions 2 and 3 (github.com/google/bbr) the
 * larger bw_hi, at most bw_lo. Gains are in 1 / BBR_UNIT, 256; rounded. A min_rtt_us
 * of ~0 is none yet.
 *
 * net/ipv4/tcp_cubic.c: bic_K is in seconds >> BICTCP_HZ, 2^-10; rounded.
 */
void ca_units_read(const struct ca_units *units, const unsigned char *priv, uint32_t mss,
		   struct ca_unit_values *values);

#endif
