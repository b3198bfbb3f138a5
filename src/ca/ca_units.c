// SPDX-License-Identifier: GPL-2.0-or-later
/* Private state in units of engineering; see ca_units.h. */
#include "ca/ca_units.h"

static void find_bbr(struct ca_units *units, const struct ca_layout *layout)
{
	units->mode = ca_layout_find(layout, "mode");
	units->min_rtt_us = ca_layout_find(layout, "min_rtt_us");
	units->pacing_gain = ca_layout_find(layout, "pacing_gain");
	units->cwnd_gain = ca_layout_find(layout, "cwnd_gain");
	units->bw = ca_layout_find(layout, "bw.s[0].v");
	units->lt_use_bw = ca_layout_find(layout, "lt_use_bw");
	units->lt_bw = ca_layout_find(layout, "lt_bw");
	units->bw_lo = ca_layout_find(layout, "bw_lo");
	units->bw_hi[0] = ca_layout_find(layout, "bw_hi[0]");
	units->bw_hi[1] = ca_layout_find(layout, "bw_hi[1]");
	/* Half a formula is none. */
	if (!units->lt_use_bw || !units->lt_bw)
		units->bw = NULL;
	if (!units->bw_hi[0] || !units->bw_hi[1])
		units->bw_lo = NULL;
}

void ca_units_init(struct ca_units *units, const struct ca_layout *layout)
{
	*units = (struct ca_units){ 0 };
	if (!layout)
		return;
	if (strcmp(layout->structure, "bbr") == 0)
		find_bbr(units, layout);
	/* BIC's structure has this name as well, but no bic_K. */
	if (strcmp(layout->structure, "bictcp") == 0) {
		units->bic_k = ca_layout_find(layout, "bic_K");
		if (units->bic_k)
			units->last_max_cwnd = ca_layout_find(layout, "last_max_cwnd");
	}
}

static uint64_t value_of(const struct ca_member *member, const unsigned char *priv)
{
	return member ? ca_layout_value(member, priv) : CA_UNITS_ABSENT;
}

static const char *mode_of(const struct ca_member *member, const unsigned char *priv)
{
	static const char *const names[] = { "STARTUP", "DRAIN", "PROBE_BW", "PROBE_RTT" };
	uint64_t mode = value_of(member, priv);

	return mode < sizeof(names) / sizeof(names[0]) ? names[mode] : NULL;
}

/* Segments per microsecond << BW_SCALE, a u32 of the kernel's; or absent. */
static uint64_t bw_of(const struct ca_units *units, const unsigned char *priv)
{
	uint64_t hi[2], lo;

	if (units->bw) {
		if (ca_layout_value(units->lt_use_bw, priv))
			return ca_layout_value(units->lt_bw, priv);
		return ca_layout_value(units->bw, priv);
	}
	if (!units->bw_lo)
		return CA_UNITS_ABSENT;
	lo = ca_layout_value(units->bw_lo, priv);
	hi[0] = ca_layout_value(units->bw_hi[0], priv);
	hi[1] = ca_layout_value(units->bw_hi[1], priv);
	if (hi[0] < hi[1])
		hi[0] = hi[1];
	return hi[0] < lo ? hi[0] : lo;
}

/*
 * bw * mss * 1000000 >> 24 can pass 2^64. With the factor 2^6 that both sides share
 * taken out it does not: bw has 32 bits, mss 16, 15625 has 14.
 */
static uint64_t bits_per_second(uint64_t bw, uint32_t mss)
{
	return bw == CA_UNITS_ABSENT ? bw : ((bw * mss * 15625) >> 18) * 8;
}

/* Of a value in 1 / 2^shift, rounded. */
static uint64_t thousandths(uint64_t value, unsigned int shift)
{
	return value == CA_UNITS_ABSENT ? value : (value * 1000 + (1u << (shift - 1))) >> shift;
}

void ca_units_read(const struct ca_units *units, const unsigned char *priv, uint32_t mss,
		   struct ca_unit_values *values)
{
	values->bbr_mode = mode_of(units->mode, priv);
	values->bbr_bw = bits_per_second(bw_of(units, priv), mss);
	values->bbr_min_rtt = value_of(units->min_rtt_us, priv);
	if (values->bbr_min_rtt == UINT32_MAX)
		values->bbr_min_rtt = CA_UNITS_ABSENT;
	values->bbr_pacing_gain = thousandths(value_of(units->pacing_gain, priv), 8);
	values->bbr_cwnd_gain = thousandths(value_of(units->cwnd_gain, priv), 8);
	values->cubic_last_max_cwnd = value_of(units->last_max_cwnd, priv);
	values->cubic_k = thousandths(value_of(units->bic_k, priv), 10);
}
