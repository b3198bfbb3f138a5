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

/* Without its member there is no value; returns whether there is. */
static bool read_member(struct record *record, enum field_id id, const struct ca_member *member,
			uint64_t *value)
{
	if (member)
		*value = ca_layout_value(member, record->ca_priv);
	else
		field_set_remove(&record->has, id);
	return member;
}

static void read_mode(struct record *record, const struct ca_member *member)
{
	static const struct word modes[] = {
		{ "STARTUP", 7 }, { "DRAIN", 5 }, { "PROBE_BW", 8 }, { "PROBE_RTT", 9 },
	};
	uint64_t mode;

	if (!read_member(record, FIELD_bbr_mode, member, &mode))
		return;
	if (mode < sizeof(modes) / sizeof(modes[0]))
		record->bbr_mode = &modes[mode];
	else
		field_set_remove(&record->has, FIELD_bbr_mode);
}

/* Segments per microsecond << BW_SCALE, a u32 of the kernel's. */
static uint64_t bw_1(const struct ca_units *units, const unsigned char *priv)
{
	if (ca_layout_value(units->lt_use_bw, priv))
		return ca_layout_value(units->lt_bw, priv);
	return ca_layout_value(units->bw, priv);
}

static uint64_t bw_3(const struct ca_units *units, const unsigned char *priv)
{
	uint64_t lo = ca_layout_value(units->bw_lo, priv);
	uint64_t hi[] = { ca_layout_value(units->bw_hi[0], priv),
			  ca_layout_value(units->bw_hi[1], priv) };

	if (hi[0] < hi[1])
		hi[0] = hi[1];
	return hi[0] < lo ? hi[0] : lo;
}

/*
 * bw * mss * 1000000 >> 24 can pass 2^64. With the factor 2^6 that both sides share
 * taken out it does not: bw has 32 bits, mss 16, 15625 has 14.
 */
static uint64_t bytes_per_second(uint64_t bw, uint32_t mss)
{
	return (bw * mss * 15625) >> 18;
}

static void read_bw(const struct ca_units *units, struct record *record)
{
	if (units->bw)
		record->bbr_rate = bytes_per_second(bw_1(units, record->ca_priv), record->mss);
	else if (units->bw_lo)
		record->bbr_rate = bytes_per_second(bw_3(units, record->ca_priv), record->mss);
	else
		field_set_remove(&record->has, FIELD_bbr_rate);
}

/* A value in 1 / 2^shift made thousandths, rounded. */
static void read_thousandths(struct record *record, enum field_id id,
			     const struct ca_member *member, unsigned int shift, uint64_t *value)
{
	if (read_member(record, id, member, value))
		*value = (*value * 1000 + (1u << (shift - 1))) >> shift;
}

void ca_units_read(const struct ca_units *units, struct record *record)
{
	read_mode(record, units->mode);
	read_bw(units, record);
	if (read_member(record, FIELD_bbr_min_rtt, units->min_rtt_us, &record->bbr_min_rtt_us) &&
	    record->bbr_min_rtt_us == UINT32_MAX)
		field_set_remove(&record->has, FIELD_bbr_min_rtt);
	read_thousandths(record, FIELD_bbr_pacing_gain, units->pacing_gain, 8,
			 &record->bbr_pacing_gain);
	read_thousandths(record, FIELD_bbr_cwnd_gain, units->cwnd_gain, 8,
			 &record->bbr_cwnd_gain);
	read_member(record, FIELD_cubic_last_max_cwnd, units->last_max_cwnd,
		    &record->cubic_last_max_cwnd);
	read_thousandths(record, FIELD_cubic_k, units->bic_k, 10, &record->cubic_k);
}
