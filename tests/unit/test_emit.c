// SPDX-License-Identifier: GPL-2.0-or-later
/* Numbers, times and addresses by hand: against snprintf() and the calendar. */
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "../tap.h"
#include "base/emit.h"

#define GUARD 0x5a
#define ROUNDS 200000

static char room[160];
static uint64_t seed;

/* xorshift64*: the same numbers everywhere. */
static uint64_t next_random(void)
{
	seed ^= seed >> 12;
	seed ^= seed << 25;
	seed ^= seed >> 27;
	return seed * 0x2545f4914f6cdd1dull;
}

/* Numbers of all lengths, not only of the greatest. */
static uint64_t random_u64(void)
{
	return next_random() >> (next_random() % 64);
}

static char *prepare(void)
{
	memset(room, GUARD, sizeof(room));
	return room;
}

/* What was written up to `end`; beyond `max` bytes nothing may have changed. */
static const char *finish(char *end, size_t max)
{
	static char text[sizeof(room)];
	size_t length = (size_t)(end - room);

	check(length <= max);
	for (size_t i = max; i < sizeof(room); i++) {
		if (!check((unsigned char)room[i] == GUARD))
			break;
	}
	memcpy(text, room, length);
	text[length] = '\0';
	return text;
}

static const char *text_u32(uint32_t number)
{
	return finish(emit_u32(prepare(), number), EMIT_U32_MAX);
}

static const char *text_u64(uint64_t number)
{
	return finish(emit_u64(prepare(), number), EMIT_U64_MAX);
}

static const char *text_i64(int64_t number)
{
	return finish(emit_i64(prepare(), number), EMIT_U64_MAX + 1);
}

static const char *text_hex(uint64_t number)
{
	return finish(emit_hex(prepare(), number), EMIT_HEX_MAX);
}

static const char *text_ms(uint64_t ns)
{
	return finish(emit_ms(prepare(), ns), EMIT_MS_MAX);
}

/* --- numbers ---------------------------------------------------------------- */

static void check_unsigned(uint64_t number)
{
	char expected[40];

	snprintf(expected, sizeof(expected), "%" PRIu64, number);
	check_str(text_u64(number), expected);
	if (number <= UINT32_MAX) {
		check_str(text_u32((uint32_t)number), expected);
		check_eq(emit_u32_digits((uint32_t)number), strlen(expected));
	}
}

static void unsigned_numbers_of_each_length(void)
{
	uint64_t power = 1;

	check_str(text_u64(0), "0");
	check_str(text_u32(0), "0");
	for (int digits = 1; digits <= 20; digits++) {
		check_unsigned(power - 1);
		check_unsigned(power);
		check_unsigned(power + 1);
		check_unsigned(power * 9 + (power - 1) / 9);
		if (digits < 20)
			power *= 10;
	}
	for (int bits = 0; bits < 64; bits++) {
		check_unsigned((uint64_t)1 << bits);
		check_unsigned(((uint64_t)1 << bits) - 1);
	}
	check_str(text_u32(UINT32_MAX), "4294967295");
	check_str(text_u64(UINT64_MAX), "18446744073709551615");
	/* The parts that emit_u64() is made of, all zero. */
	check_str(text_u64(4300000000), "4300000000");
	check_str(text_u64(10000000000000000000u), "10000000000000000000");
}

static void small_numbers_one_by_one(void)
{
	char expected[8];

	for (uint32_t n = 0; n < 100000; n++) {
		snprintf(expected, sizeof(expected), "%u", n);
		if (!check(strcmp(text_u32(n), expected) == 0))
			break;
	}
}

static void signed_numbers(void)
{
	static const struct {
		int64_t number;
		const char *text;
	} cases[] = {
		{ 0, "0" }, { -1, "-1" }, { 9, "9" }, { -10, "-10" },
		{ INT32_MIN, "-2147483648" }, { -4294967296, "-4294967296" },
		{ INT64_MAX, "9223372036854775807" }, { INT64_MIN, "-9223372036854775808" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check_str(text_i64(cases[i].number), cases[i].text);
}

static void hexadecimal_of_each_length(void)
{
	char expected[40];

	check_str(text_hex(0), "0x0");
	check_str(text_hex(UINT64_MAX), "0xffffffffffffffff");
	check_str(text_hex(0x123456789abcdef0), "0x123456789abcdef0");
	for (int bits = 0; bits < 64; bits++) {
		snprintf(expected, sizeof(expected), "0x%" PRIx64, (uint64_t)1 << bits);
		check_str(text_hex((uint64_t)1 << bits), expected);
	}
}

static void milliseconds_are_cut_off_not_rounded(void)
{
	static const struct {
		uint64_t ns;
		const char *text;
	} cases[] = {
		{ 0, "0.000" }, { 1, "0.000" }, { 999, "0.000" }, { 1000, "0.001" },
		{ 1999, "0.001" }, { 99999, "0.099" }, { 100000, "0.100" },
		{ 999999, "0.999" }, { 1000000, "1.000" }, { 1234567890, "1234.567" },
		{ 10007000, "10.007" }, { 10070000, "10.070" },
		{ UINT64_MAX, "18446744073709.551" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check_str(text_ms(cases[i].ns), cases[i].text);
}

static void random_numbers_are_as_snprintf_writes_them(void)
{
	char expected[48];

	seed = 1;
	for (int i = 0; i < ROUNDS && tap_ok; i++) {
		uint64_t number = random_u64();

		check_unsigned(number);
		snprintf(expected, sizeof(expected), "0x%" PRIx64, number);
		check_str(text_hex(number), expected);
		snprintf(expected, sizeof(expected), "%" PRId64, (int64_t)next_random());
		check_str(text_i64((int64_t)strtoll(expected, NULL, 10)), expected);
		snprintf(expected, sizeof(expected), "%" PRIu64 ".%03u", number / 1000000,
			 (unsigned int)(number / 1000 % 1000));
		check_str(text_ms(number), expected);
	}
}

static void pairs_and_padded_numbers(void)
{
	char expected[16];

	for (uint32_t n = 0; n < 100; n++) {
		snprintf(expected, sizeof(expected), "%02u", n);
		check_str(finish(emit_pair(prepare(), n), 2), expected);
		check_str(finish(emit_padded(prepare(), n, 2), 2), expected);
		snprintf(expected, sizeof(expected), "%08u", n * 1010101);
		check_str(finish(emit_padded(prepare(), n * 1010101, 8), 8), expected);
	}
	check_str(finish(emit_padded(prepare(), 0, 8), 8), "00000000");
	check_str(finish(emit_padded(prepare(), 1, 4), 4), "0001");
	check_str(finish(emit_padded(prepare(), 99999999, 8), 8), "99999999");
}

static void short_text_of_each_length(void)
{
	static const char text[EMIT_SHORT_MAX] = "abcdefghijklmnopqrstuvwxyz01234";

	for (size_t length = 0; length <= EMIT_SHORT_MAX; length++) {
		char *end = emit_short(prepare(), text, length);

		check_eq(end - room, length);
		check(memcmp(room, text, length) == 0);
		check_eq((unsigned char)room[EMIT_SHORT_MAX], GUARD);
	}
	check_str(finish(EMIT_LITERAL(prepare(), " ms | "), 6), " ms | ");
	check_str(finish(emit_bytes(prepare(), "abc", 2), 2), "ab");
}

/* --- times ------------------------------------------------------------------ */

#define S(seconds, below) ((int64_t)(seconds) * 1000000000 + (below))

static struct emit_second cache;

static const char *text_time(int64_t ns, int is_local)
{
	return finish(emit_time(prepare(), &cache, ns, is_local), EMIT_TIME_MAX);
}

static void start_in_zone(const char *zone)
{
	setenv("TZ", zone, 1);
	tzset();
	cache = (struct emit_second){ 0 };
}

static void utc_at_the_edges(void)
{
	static const struct {
		int64_t ns;
		const char *text;
	} cases[] = {
		{ 0, "1970-01-01T00:00:00.000000000Z" },
		{ 1, "1970-01-01T00:00:00.000000001Z" },
		{ 999999999, "1970-01-01T00:00:00.999999999Z" },
		{ 1000000000, "1970-01-01T00:00:01.000000000Z" },
		{ -1, "1969-12-31T23:59:59.999999999Z" },
		{ -999999999, "1969-12-31T23:59:59.000000001Z" },
		{ -1000000000, "1969-12-31T23:59:59.000000000Z" },
		{ -1000000001, "1969-12-31T23:59:58.999999999Z" },
		{ S(951782400, 0), "2000-02-29T00:00:00.000000000Z" },
		{ S(1709251199, 999999999), "2024-02-29T23:59:59.999999999Z" },
		{ S(1709251200, 0), "2024-03-01T00:00:00.000000000Z" },
		{ S(1772323199, 100000000), "2026-02-28T23:59:59.100000000Z" },
		{ S(1772323200, 10), "2026-03-01T00:00:00.000000010Z" },
		{ S(2147483648, 7), "2038-01-19T03:14:08.000000007Z" },
		{ S(4107542399, 0), "2100-02-28T23:59:59.000000000Z" },
		{ S(4107542400, 0), "2100-03-01T00:00:00.000000000Z" },
		{ S(1483228800, 0), "2017-01-01T00:00:00.000000000Z" },
		{ INT64_MAX, "2262-04-11T23:47:16.854775807Z" },
		{ INT64_MIN, "1677-09-21T00:12:43.145224192Z" },
	};

	start_in_zone("XXX-5:30");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check_str(text_time(cases[i].ns, 0), cases[i].text);
	/* A fresh cache each: none may hold what was not asked for. */
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cache = (struct emit_second){ 0 };
		check_str(text_time(cases[i].ns, 0), cases[i].text);
		check_str(text_time(cases[i].ns, 0), cases[i].text);
	}
}

/* Days since 1970 to a date, without the C library (Hinnant's civil_from_days). */
static void print_utc(char *text, size_t size, int64_t ns)
{
	int64_t second = ns / 1000000000 - (ns % 1000000000 < 0);
	int64_t days = second / 86400 - (second % 86400 < 0);
	int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
	int64_t month = mp < 10 ? mp + 3 : mp - 9;
	int64_t of_day = second - days * 86400;

	snprintf(text, size,
		 "%04" PRId64 "-%02" PRId64 "-%02" PRId64 "T%02" PRId64 ":%02" PRId64 ":%02" PRId64
		 ".%09" PRId64 "Z",
		 yoe + era * 400 + (month <= 2), month, doy - (153 * mp + 2) / 5 + 1,
		 of_day / 3600, of_day / 60 % 60, of_day % 60, ns - second * 1000000000);
}

static void random_times_are_as_the_calendar_has_them(void)
{
	char expected[256];

	start_in_zone("UTC0");
	seed = 2;
	for (int i = 0; i < ROUNDS / 4 && tap_ok; i++) {
		int64_t ns = (int64_t)next_random();

		print_utc(expected, sizeof(expected), ns);
		check_str(text_time(ns, 0), expected);
	}
	/* Forward in small steps and now and then back: seconds change and repeat. */
	for (int64_t i = 0, ns = S(1735689597, 0); i < ROUNDS / 4 && tap_ok; i++) {
		ns += (int64_t)(next_random() % 400000000) - 100000000;
		print_utc(expected, sizeof(expected), ns);
		check_str(text_time(ns, 0), expected);
	}
}

/* Zones as POSIX writes them, so that no zone files are needed. */
static void local_time_has_the_zones_offset(void)
{
	static const struct {
		const char *zone;
		int64_t ns;
		const char *text;
	} cases[] = {
		{ "UTC0", S(1700000000, 1), "2023-11-14T22:13:20.000000001+00:00" },
		{ "IST-5:30", S(1700000000, 1), "2023-11-15T03:43:20.000000001+05:30" },
		{ "NST3:30", S(1700000000, 1), "2023-11-14T18:43:20.000000001-03:30" },
		{ "CHAST-12:45", S(1700000000, 1), "2023-11-15T10:58:20.000000001+12:45" },
		{ "LINT-14", S(-1, 999999999), "1970-01-01T13:59:59.999999999+14:00" },
		{ "AOE12", S(-1, 999999999), "1969-12-31T11:59:59.999999999-12:00" },
		{ "XXX0:01", S(1700000000, 0), "2023-11-14T22:12:20.000000000-00:01" },
		/* Into summer time, out of it: an hour that is not, and one twice. */
		{ "CET-1CEST,M3.5.0,M10.5.0/3", S(1774745999, 999999999),
		  "2026-03-29T01:59:59.999999999+01:00" },
		{ "CET-1CEST,M3.5.0,M10.5.0/3", S(1774746000, 0),
		  "2026-03-29T03:00:00.000000000+02:00" },
		{ "CET-1CEST,M3.5.0,M10.5.0/3", S(1792889999, 0),
		  "2026-10-25T02:59:59.000000000+02:00" },
		{ "CET-1CEST,M3.5.0,M10.5.0/3", S(1792890000, 0),
		  "2026-10-25T02:00:00.000000000+01:00" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		start_in_zone(cases[i].zone);
		check_str(text_time(cases[i].ns, 1), cases[i].text);
		check_str(text_time(cases[i].ns, 1), cases[i].text);
	}
	/* In one cache, across the change and back. */
	start_in_zone("CET-1CEST,M3.5.0,M10.5.0/3");
	check_str(text_time(S(1774745999, 5), 1), "2026-03-29T01:59:59.000000005+01:00");
	check_str(text_time(S(1774746000, 6), 1), "2026-03-29T03:00:00.000000006+02:00");
	check_str(text_time(S(1774745999, 7), 1), "2026-03-29T01:59:59.000000007+01:00");
}

static void two_caches_do_not_disturb_each_other(void)
{
	struct emit_second utc = { 0 }, local = { 0 };

	start_in_zone("IST-5:30");
	for (int64_t i = 0; i < 4; i++) {
		int64_t ns = S(1700000000 + i / 2, i);
		char expected[256];

		print_utc(expected, sizeof(expected), ns);
		check_str(finish(emit_time(prepare(), &utc, ns, 0), EMIT_TIME_MAX), expected);
		print_utc(expected, sizeof(expected), ns + S(19800, 0));
		strcpy(strchr(expected, 'Z'), "+05:30");
		check_str(finish(emit_time(prepare(), &local, ns, 1), EMIT_TIME_MAX), expected);
	}
}

int main(void)
{
	TAP_RUN(unsigned_numbers_of_each_length);
	TAP_RUN(small_numbers_one_by_one);
	TAP_RUN(signed_numbers);
	TAP_RUN(hexadecimal_of_each_length);
	TAP_RUN(milliseconds_are_cut_off_not_rounded);
	TAP_RUN(random_numbers_are_as_snprintf_writes_them);
	TAP_RUN(pairs_and_padded_numbers);
	TAP_RUN(short_text_of_each_length);
	TAP_RUN(utc_at_the_edges);
	TAP_RUN(random_times_are_as_the_calendar_has_them);
	TAP_RUN(local_time_has_the_zones_offset);
	TAP_RUN(two_caches_do_not_disturb_each_other);
	return tap_done();
}
