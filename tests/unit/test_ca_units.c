// SPDX-License-Identifier: GPL-2.0-or-later
/* src/ca/ca_units.h, with layouts made by hand: no BTF. */
#include <stdlib.h>

#include "ca/ca_units.h"
#include "record/fields.h"
#include "tap.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static struct ca_layout *layout;
static struct ca_units units;
static struct record record;

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
	memset(record.ca_priv, 0, sizeof(record.ca_priv));
	ca_units_init(&units, layout);
}

static void set(size_t i, uint32_t value)
{
	memcpy(record.ca_priv + i * 4, &value, sizeof(value));
}

/* As an event does that was asked for all of them. */
static void read_units(uint32_t mss)
{
	record.has = fields_of_kind(RECORD_KIND_PROBE, 0);
	record.mss = mss;
	ca_units_read(&units, &record);
}

static bool has(enum field_id id)
{
	return field_set_has(&record.has, id);
}

static bool has_mode(const char *mode)
{
	return has(FIELD_bbr_mode) && record.bbr_mode->length == strlen(mode) &&
	       memcmp(record.bbr_mode->text, mode, strlen(mode)) == 0;
}

static const enum field_id all[] = {
	FIELD_bbr_mode, FIELD_bbr_rate, FIELD_bbr_min_rtt, FIELD_bbr_pacing_gain,
	FIELD_bbr_cwnd_gain, FIELD_cubic_last_max_cwnd, FIELD_cubic_k,
};

/* And nothing is taken away that is not of this. */
static void check_all_absent(void)
{
	struct field_set expected = fields_of_kind(RECORD_KIND_PROBE, 0);

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		field_set_remove(&expected, all[i]);
	check(memcmp(&record.has, &expected, sizeof(expected)) == 0);
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
	read_units(1448);
	check(has_mode("STARTUP"));
	check_eq(record.bbr_min_rtt_us, 10000);
	check_eq(record.bbr_rate, 1448ULL * 1000000);
	check_eq(record.bbr_pacing_gain, 2887);
	check_eq(record.bbr_cwnd_gain, 2000);
	for (size_t i = 0; i < ARRAY_SIZE(all) - 2; i++)
		check(has(all[i]));
	check(!has(FIELD_cubic_k));
	set(3, 1);
	read_units(1448);
	check_eq(record.bbr_rate, 1448ULL * 500000);
	for (uint32_t i = 0; i < 4; i++) {
		set(2, i);
		read_units(1448);
		check(has_mode(modes[i]));
	}
	set(2, 4);
	set(0, UINT32_MAX);
	read_units(1448);
	check(!has(FIELD_bbr_mode));
	check(!has(FIELD_bbr_min_rtt));
}

/* As the kernel reckons, where it does not overflow; and beyond. */
static void test_bandwidth_is_the_kernels(void)
{
	use("bbr", bbr1, ARRAY_SIZE(bbr1));
	srand(1);
	for (int i = 0; i < 100000; i++) {
		uint32_t bw = (uint32_t)rand() >> rand() % 24, mss = 1 + (uint32_t)rand() % 2000;

		set(1, bw);
		read_units(mss);
		if (!check(record.bbr_rate == (uint64_t)bw * mss * 1000000 >> 24))
			return;
	}
	set(1, UINT32_MAX);
	read_units(65535);
	/* (2^32 - 1) * 65535 * 1000000 >> 24 */
	check_eq(record.bbr_rate, 16776959996093LL);
}

static void test_bbr_3(void)
{
	static const char *const names[] = { "mode", "bw_lo", "bw_hi[0]", "bw_hi[1]" };

	use("bbr", names, ARRAY_SIZE(names));
	set(1, UINT32_MAX);
	set(2, 1u << 20);
	set(3, 1u << 24);
	read_units(1000);
	check_eq(record.bbr_rate, 1000000000LL);
	set(1, 1u << 22);
	read_units(1000);
	check_eq(record.bbr_rate, 250000000LL);
	check(!has(FIELD_bbr_pacing_gain));
}

static void test_cubic(void)
{
	static const char *const names[] = { "last_max_cwnd", "bic_K" };

	use("bictcp", names, 2);
	set(0, 345);
	set(1, 1536);
	read_units(1448);
	check_eq(record.cubic_last_max_cwnd, 345);
	check_eq(record.cubic_k, 1500);
	check(!has(FIELD_bbr_mode));
	/* BIC's structure of the same name */
	use("bictcp", names, 1);
	read_units(1448);
	check_all_absent();
}

static void test_absent(void)
{
	static const char *const half[] = { "bw.s[0].v", "bw_lo", "bw_hi[0]" };

	use("toy", bbr1, ARRAY_SIZE(bbr1));
	read_units(1448);
	check_all_absent();
	use("bbr", half, ARRAY_SIZE(half));
	read_units(1448);
	check_all_absent();
	ca_units_init(&units, NULL);
	read_units(1448);
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
