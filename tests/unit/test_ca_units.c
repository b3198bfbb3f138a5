// SPDX-License-Identifier: GPL-2.0-or-later
/* src/ca/ca_units.h, with layouts made by hand: no BTF. */
#include <stdlib.h>

#include "ca/ca_units.h"
#include "tap.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static unsigned char priv[CA_PRIV_BYTES];
static struct ca_layout *layout;
static struct ca_units units;
static struct ca_unit_values values;

/* Each member is a u32 of its own, in this order. */
static void use(const char *structure, const char *const *names, size_t n)
{
	free(layout);
	layout = calloc(1, sizeof(*layout) + n * sizeof(layout->members[0]));
	snprintf(layout->structure, sizeof(layout->structure), "%s", structure);
	layout->n_members = (uint32_t)n;
	for (size_t i = 0; i < n; i++) {
		struct ca_member *member = &layout->members[i];

		snprintf(member->name, sizeof(member->name), "%s", names[i]);
		member->load_at = (uint8_t)(i * 4);
		member->bit_offset = (uint16_t)(i * 32);
		member->bit_width = 32;
		member->shift_right = 32;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
		member->shift_left = 32;
#endif
	}
	memset(priv, 0, sizeof(priv));
	ca_units_init(&units, layout);
}

static void set(size_t i, uint32_t value)
{
	memcpy(priv + i * 4, &value, sizeof(value));
}

static void check_all_absent(void)
{
	check(values.bbr_mode == NULL);
	check(values.bbr_bw == CA_UNITS_ABSENT);
	check(values.bbr_min_rtt == CA_UNITS_ABSENT);
	check(values.bbr_pacing_gain == CA_UNITS_ABSENT);
	check(values.bbr_cwnd_gain == CA_UNITS_ABSENT);
	check(values.cubic_last_max_cwnd == CA_UNITS_ABSENT);
	check(values.cubic_k == CA_UNITS_ABSENT);
}

static const char *const bbr1[] = { "min_rtt_us", "bw.s[0].v", "mode", "lt_use_bw", "lt_bw",
				    "pacing_gain", "cwnd_gain" };

static void test_bbr_1(void)
{
	static const char *const modes[] = { "STARTUP", "DRAIN", "PROBE_BW", "PROBE_RTT" };

	use("bbr", bbr1, ARRAY_SIZE(bbr1));
	set(0, 10000);
	set(1, 1u << 24);		/* one segment a microsecond */
	set(4, 1u << 23);
	set(5, 739);			/* bbr_high_gain, 2885 / 1000 */
	set(6, 512);
	ca_units_read(&units, priv, 1448, &values);
	check_str(values.bbr_mode, "STARTUP");
	check_eq(values.bbr_min_rtt, 10000);
	check_eq(values.bbr_bw, 1448ULL * 8 * 1000000);
	check_eq(values.bbr_pacing_gain, 2887);
	check_eq(values.bbr_cwnd_gain, 2000);
	check(values.cubic_k == CA_UNITS_ABSENT);
	set(3, 1);
	ca_units_read(&units, priv, 1448, &values);
	check_eq(values.bbr_bw, 1448ULL * 4 * 1000000);
	for (uint32_t i = 0; i < 4; i++) {
		set(2, i);
		ca_units_read(&units, priv, 1448, &values);
		check_str(values.bbr_mode, modes[i]);
	}
	set(2, 4);
	set(0, UINT32_MAX);
	ca_units_read(&units, priv, 1448, &values);
	check(values.bbr_mode == NULL);
	check(values.bbr_min_rtt == CA_UNITS_ABSENT);
}

/* As the kernel reckons, where it does not overflow; and beyond. */
static void test_bandwidth_is_the_kernels(void)
{
	use("bbr", bbr1, ARRAY_SIZE(bbr1));
	srand(1);
	for (int i = 0; i < 100000; i++) {
		uint32_t bw = (uint32_t)rand() >> rand() % 24, mss = 1 + (uint32_t)rand() % 2000;

		set(1, bw);
		ca_units_read(&units, priv, mss, &values);
		if (!check(values.bbr_bw == ((uint64_t)bw * mss * 1000000 >> 24) * 8))
			return;
	}
	set(1, UINT32_MAX);
	ca_units_read(&units, priv, 65535, &values);
	/* (2^32 - 1) * 65535 * 1000000 >> 24, times 8 */
	check_eq(values.bbr_bw, 134215679968744LL);
}

static void test_bbr_3(void)
{
	static const char *const names[] = { "mode", "bw_lo", "bw_hi[0]", "bw_hi[1]" };

	use("bbr", names, ARRAY_SIZE(names));
	set(1, UINT32_MAX);
	set(2, 1u << 20);
	set(3, 1u << 24);
	ca_units_read(&units, priv, 1000, &values);
	check_eq(values.bbr_bw, 8000000000LL);
	set(1, 1u << 22);
	ca_units_read(&units, priv, 1000, &values);
	check_eq(values.bbr_bw, 2000000000LL);
	check(values.bbr_pacing_gain == CA_UNITS_ABSENT);
}

static void test_cubic(void)
{
	static const char *const names[] = { "last_max_cwnd", "bic_K" };

	use("bictcp", names, 2);
	set(0, 345);
	set(1, 1536);
	ca_units_read(&units, priv, 1448, &values);
	check_eq(values.cubic_last_max_cwnd, 345);
	check_eq(values.cubic_k, 1500);
	check(values.bbr_mode == NULL);
	/* BIC's structure of the same name */
	use("bictcp", names, 1);
	ca_units_read(&units, priv, 1448, &values);
	check_all_absent();
}

static void test_absent(void)
{
	static const char *const half[] = { "bw.s[0].v", "bw_lo", "bw_hi[0]" };

	use("toy", bbr1, ARRAY_SIZE(bbr1));
	ca_units_read(&units, priv, 1448, &values);
	check_all_absent();
	use("bbr", half, ARRAY_SIZE(half));
	ca_units_read(&units, priv, 1448, &values);
	check_all_absent();
	ca_units_init(&units, NULL);
	ca_units_read(&units, priv, 1448, &values);
	check_all_absent();
}

int main(void)
{
	TAP_RUN(test_bbr_1);
	TAP_RUN(test_bandwidth_is_the_kernels);
	TAP_RUN(test_bbr_3);
	TAP_RUN(test_cubic);
	TAP_RUN(test_absent);
	free(layout);
	return tap_done();
}
