// SPDX-License-Identifier: GPL-2.0-or-later
/* Moments as users name them: src/base/when.h. */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "base/when.h"
#include "tap.h"

#define NS_PER_S 1000000000LL
#define NOON_S 1795348800LL	/* 2026-11-22T12:00:00Z */

static int64_t moment(const char *text)
{
	struct when when = { 0 };

	if (!tap_check(when_parse(text, &when) == 0 && when.form == WHEN_MOMENT, __FILE__, __LINE__,
		       text))
		return 0;
	check(!when_is_relative(&when));
	check_eq(when_resolve(&when, 5), when.ns);
	return when.ns;
}

static void zone(const char *name)
{
	setenv("TZ", name, 1);
	tzset();
}

static void test_moment(void)
{
	static const char *const noons[] = {
		"2026-11-22T12:00:00Z", "2026-11-22T12:00Z", "2026-11-22 12:00:00Z",
		"2026-11-22T13:30:00+01:30", "2026-11-22T13:30:00+0130", "2026-11-22T07:00:00-05",
		"2026-11-22T12:00:00.000000000Z", "2026-11-22T12:00:00.0000000009Z",
		"2026-11-22 13:00", "2026-11-22T13:00:00", "2026-11-22 13:00:00.0",
	};

	zone("XXX-1");
	for (size_t i = 0; i < sizeof(noons) / sizeof(noons[0]); i++)
		tap_check(moment(noons[i]) == NOON_S * NS_PER_S, __FILE__, __LINE__, noons[i]);
	check_eq(moment("2026-11-22"), (NOON_S - 13 * 3600) * NS_PER_S);
	check_eq(moment("2026-11-22T12:00:00.123456789Z"), NOON_S * NS_PER_S + 123456789);
	check_eq(moment("2026-11-22 13:00:00.5"), NOON_S * NS_PER_S + 500000000);
	check_eq(moment("1970-01-01T00:00Z"), 0);
	check_eq(moment("2024-02-29T00:00Z"), 1709164800 * NS_PER_S);
}

static void test_of_day(void)
{
	struct when when;

	zone("XXX-1");
	check_eq(when_parse("14:05", &when), 0);
	check(when_is_relative(&when));
	/* 12:59 and 23:59 by the clock of the zone: of that day. */
	check_eq(when_resolve(&when, (NOON_S - 60) * NS_PER_S), (NOON_S + 65 * 60) * NS_PER_S);
	check_eq(when_resolve(&when, (NOON_S + 11 * 3600 - 60) * NS_PER_S),
		 (NOON_S + 65 * 60) * NS_PER_S);
	check_eq(when_resolve(&when, (NOON_S + 11 * 3600) * NS_PER_S),
		 (NOON_S + 86400 + 65 * 60) * NS_PER_S);
	check_eq(when_parse("00:00:01.25", &when), 0);
	check_eq(when_resolve(&when, NOON_S * NS_PER_S),
		 (NOON_S - 13 * 3600 + 1) * NS_PER_S + 250000000);
	/* A day of 23 hours. */
	zone("CET-1CEST,M3.5.0,M10.5.0/3");
	check_eq(when_parse("12:00", &when), 0);
	check_eq(when_resolve(&when, 1774746000 * NS_PER_S), 1774778400 * NS_PER_S);
}

static void test_before(void)
{
	struct when when;

	check_eq(when_parse("-10m", &when), 0);
	check(when_is_relative(&when));
	check_eq(when_resolve(&when, NOON_S * NS_PER_S), (NOON_S - 600) * NS_PER_S);
	check_eq(when_parse("-1.5", &when), 0);
	check_eq(when_resolve(&when, NOON_S * NS_PER_S), NOON_S * NS_PER_S - 1500000000);
}

static void test_refused(void)
{
	static const char *const junk[] = {
		"", "-", "10m", "--10m", "-10x", "- 10m", "+10m", "now", "yesterday", "14", "14:",
		"14:5", "24:00", "12:60", "12:00:60", "12:00:00.", "12:00.5", "12:00Z", "1:00", " 12:00",
		"12:00 ", "2026", "2026-11", "2026-11-2", "2026-13-01", "2026-00-01", "2026-02-29",
		"2026-11-31", "2026-11-22T", "2026-11-22T12", "2026-11-22  12:00", "2026-11-22t12:00",
		"2026-11-22T12:00z", "2026-11-22T12:00Z ", "2026-11-22T12:00+", "2026-11-22T12:00+1",
		"2026-11-22T12:00+24", "2026-11-22T12:00+01:60", "2026-11-22T12:00+01:000",
		"2026-11-22T12:00:00,5Z", "1969-12-31T23:59Z", "2263-01-01", "2026-11-22Z",
		"99999999999999999999", "-99999999999999999999d", "20261122T120000Z",
	};

	for (size_t i = 0; i < sizeof(junk) / sizeof(junk[0]); i++) {
		struct when when = { .form = WHEN_OF_DAY, .ns = 7 };

		tap_check(when_parse(junk[i], &when) == -EINVAL && when.form == WHEN_OF_DAY &&
			  when.ns == 7, __FILE__, __LINE__, junk[i]);
	}
}

int main(void)
{
	TAP_RUN(test_moment);
	TAP_RUN(test_of_day);
	TAP_RUN(test_before);
	TAP_RUN(test_refused);
	return tap_done();
}
