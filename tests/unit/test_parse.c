// SPDX-License-Identifier: GPL-2.0-or-later
/* The strict parsers of src/base/parse.h. */
#include <arpa/inet.h>
#include <errno.h>
#include <stddef.h>
#include <stdint.h>

#include "base/parse.h"
#include "options/parse_net.h"
#include "tap.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define NS_PER_S 1000000000ull
#define UNTOUCHED 0x5a5a5a5a5a5a5a5aull

/* What no parser takes, whatever its kind. */
static const char *const junk[] = {
	"", " ", "+1", "-1", " 1", "1 ", "\t1", "1\n", "1,", ",1", "1x", "x", "!1", "--1",
	"1e3", "1_000", "1'000", "nan", "inf", "0x", "0xg", "1.2.3", "1.", ".", "\xc2\xa0",
	"\xd9\xa1",
};

struct number_case {
	const char *text;
	int err;
	uint64_t value;
};

static void check_number(const struct number_case *c, int err, uint64_t value)
{
	bool ok = err == c->err && value == (c->err ? UNTOUCHED : c->value);

	if (!tap_check(ok, __FILE__, __LINE__, c->text))
		printf("#   %d, %llu; expected %d, %llu\n", err, (unsigned long long)value,
		       c->err, (unsigned long long)c->value);
}

static void test_uint_decimal(void)
{
	static const struct number_case cases[] = {
		{ "0", 0, 0 }, { "1", 0, 1 }, { "007", 0, 7 }, { "010", 0, 10 },
		{ "18446744073709551615", 0, UINT64_MAX },
		{ "00000000000000000000000000000000018446744073709551615", 0, UINT64_MAX },
		{ "18446744073709551616", -ERANGE, 0 },
		{ "18446744073709551625", -ERANGE, 0 },
		{ "28446744073709551615", -ERANGE, 0 },
		{ "99999999999999999999999999", -ERANGE, 0 },
		{ "99999999999999999999999999x", -EINVAL, 0 },
		{ "0x10", -EINVAL, 0 }, { "1.5", -EINVAL, 0 }, { "a", -EINVAL, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t value = UNTOUCHED;
		int err = parse_uint(cases[i].text, PARSE_DECIMAL, 0, UINT64_MAX, &value);

		check_number(&cases[i], err, value);
	}
}

static void test_uint_hex(void)
{
	static const struct number_case cases[] = {
		{ "0x0", 0, 0 }, { "0x10", 0, 16 }, { "0XfF", 0, 255 }, { "0xAbCdEf", 0, 0xabcdef },
		{ "0xaBcDeF", 0, 0xabcdef },
		{ "10", 0, 10 }, { "010", 0, 10 }, { "0", 0, 0 },
		{ "0xffffffffffffffff", 0, UINT64_MAX },
		{ "0x0000ffffffffffffffff", 0, UINT64_MAX },
		{ "0x10000000000000000", -ERANGE, 0 },
		{ "0x", -EINVAL, 0 }, { "0xg", -EINVAL, 0 }, { "0x1g", -EINVAL, 0 },
		{ "0x 1", -EINVAL, 0 }, { "0x-1", -EINVAL, 0 }, { "0x0x1", -EINVAL, 0 },
		{ "00x1", -EINVAL, 0 }, { "1x1", -EINVAL, 0 }, { "ff", -EINVAL, 0 },
		{ "x1", -EINVAL, 0 }, { "0x1.0", -EINVAL, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t value = UNTOUCHED;
		int err = parse_uint(cases[i].text, PARSE_DECIMAL_OR_HEX, 0, UINT64_MAX, &value);

		check_number(&cases[i], err, value);
	}
}

static void test_uint_range(void)
{
	static const struct number_case cases[] = {
		{ "9", -ERANGE, 0 }, { "10", 0, 10 }, { "15", 0, 15 }, { "20", 0, 20 },
		{ "21", -ERANGE, 0 }, { "18446744073709551626", -ERANGE, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t value = UNTOUCHED;
		int err = parse_uint(cases[i].text, PARSE_DECIMAL, 10, 20, &value);

		check_number(&cases[i], err, value);
	}
}

static void test_time(void)
{
	static const struct number_case cases[] = {
		{ "0", 0, 0 }, { "1", 0, NS_PER_S }, { "1s", 0, NS_PER_S },
		{ "1ms", 0, 1000000 }, { "1m", 0, 60 * NS_PER_S }, { "1h", 0, 3600 * NS_PER_S },
		{ "1d", 0, 86400 * NS_PER_S }, { "1.5", 0, 1500000000 },
		{ "1.5m", 0, 90 * NS_PER_S }, { "0.25h", 0, 900 * NS_PER_S },
		{ ".5", 0, 500000000 }, { ".5ms", 0, 500000 }, { "0.000001ms", 0, 1 },
		{ "0.000000001", 0, 1 }, { "0.0000000019", 0, 1 }, { "0.0000000009", 0, 0 },
		{ "0.1", 0, 100000000 }, { "0.3", 0, 300000000 }, { "0.7d", 0, 60480 * NS_PER_S },
		{ "2.999999999", 0, 2999999999 },
		{ "1.00000000000000000000000000000000000000000000000001", 0, NS_PER_S },
		{ "0.99999999999999999999999999999999999999999", 0, 999999999 },
		{ "18446744073.709551615", 0, UINT64_MAX },
		{ "18446744073.709551616", -ERANGE, 0 }, { "18446744074", -ERANGE, 0 },
		{ "213503.98d", 0, 18446743872ull * NS_PER_S }, { "213504d", -ERANGE, 0 },
		{ "18446744073709551615", -ERANGE, 0 }, { "18446744073709551616", -ERANGE, 0 },
		{ "36893488147419103232ms", -ERANGE, 0 },
		{ "s", -EINVAL, 0 }, { "ms", -EINVAL, 0 }, { "1.s", -EINVAL, 0 },
		{ ".s", -EINVAL, 0 }, { "1S", -EINVAL, 0 }, { "1M", -EINVAL, 0 },
		{ "1 s", -EINVAL, 0 }, { "1ss", -EINVAL, 0 }, { "1sm", -EINVAL, 0 },
		{ "1us", -EINVAL, 0 }, { "1m30s", -EINVAL, 0 }, { "1..5", -EINVAL, 0 },
		{ "1.5.5", -EINVAL, 0 }, { "1,5", -EINVAL, 0 }, { "0x10", -EINVAL, 0 },
		{ "1.-5", -EINVAL, 0 }, { "1.a", -EINVAL, 0 }, { "1.5a", -EINVAL, 0 },
		{ "99999999999999999999q", -EINVAL, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t value = UNTOUCHED;
		int err = parse_time(cases[i].text, &value);

		check_number(&cases[i], err, value);
	}
}

static void test_size(void)
{
	static const struct number_case cases[] = {
		{ "0", 0, 0 }, { "1", 0, 1 }, { "1023", 0, 1023 },
		{ "1K", 0, 1ull << 10 }, { "1M", 0, 1ull << 20 }, { "1G", 0, 1ull << 30 },
		{ "1k", 0, 1ull << 10 }, { "1m", 0, 1ull << 20 }, { "1g", 0, 1ull << 30 },
		{ "1.5K", 0, 1536 }, { ".5K", 0, 512 }, { "0.3G", 0, 322122547 },
		{ "1.5", 0, 1 }, { "1.9", 0, 1 }, { "0.0009K", 0, 0 },
		{ "18446744073709551615", 0, UINT64_MAX }, { "18446744073709551616", -ERANGE, 0 },
		{ "17179869183G", 0, 18446744072635809792ull },
		{ "17179869183.9999999999G", 0, UINT64_MAX },
		{ "17179869184G", -ERANGE, 0 }, { "18014398509481984K", -ERANGE, 0 },
		{ "K", -EINVAL, 0 }, { "1.K", -EINVAL, 0 }, { "1B", -EINVAL, 0 },
		{ "1KB", -EINVAL, 0 }, { "1KiB", -EINVAL, 0 }, { "1T", -EINVAL, 0 },
		{ "1 K", -EINVAL, 0 }, { "1KK", -EINVAL, 0 }, { "0x10K", -EINVAL, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t value = UNTOUCHED;
		int err = parse_size(cases[i].text, &value);

		check_number(&cases[i], err, value);
	}
}

static void test_port_range(void)
{
	static const struct {
		const char *text;
		int err;
		uint16_t min, max;
	} cases[] = {
		{ "1", 0, 1, 1 }, { "443", 0, 443, 443 }, { "65535", 0, 65535, 65535 },
		{ "0080", 0, 80, 80 }, { "1-65535", 0, 1, 65535 }, { "80-80", 0, 80, 80 },
		{ "8000-8999", 0, 8000, 8999 },
		{ "0", -ERANGE, 7, 7 }, { "65536", -ERANGE, 7, 7 }, { "65616", -ERANGE, 7, 7 },
		{ "99999999999999999999", -ERANGE, 7, 7 }, { "0-80", -ERANGE, 7, 7 },
		{ "80-65536", -ERANGE, 7, 7 }, { "81-80", -EINVAL, 7, 7 },
		{ "80-", -EINVAL, 7, 7 }, { "-80", -EINVAL, 7, 7 }, { "-", -EINVAL, 7, 7 },
		{ "80--90", -EINVAL, 7, 7 }, { "80-90-100", -EINVAL, 7, 7 },
		{ "80 - 90", -EINVAL, 7, 7 }, { "80-+90", -EINVAL, 7, 7 },
		{ "80:90", -EINVAL, 7, 7 }, { "http", -EINVAL, 7, 7 }, { "0x50", -EINVAL, 7, 7 },
		{ "80.0", -EINVAL, 7, 7 }, { "1K", -EINVAL, 7, 7 },
		{ "00000000000000000000000000000000000000000000000080", -EINVAL, 7, 7 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct tcc_port_range value = { 7, 7 };
		int err = parse_port_range(cases[i].text, &value);
		bool ok = err == cases[i].err && value.min == cases[i].min &&
			  value.max == cases[i].max;

		if (!tap_check(ok, __FILE__, __LINE__, cases[i].text))
			printf("#   %d, %u-%u\n", err, value.min, value.max);
	}
}

/* The expected words are in host byte order, for the reader's sake. */
struct prefix_case {
	const char *text;
	uint32_t is_ipv4;
	uint32_t addr[4], mask[4];
};

#define ONES 0xffffffff

static const struct prefix_case prefix_cases[] = {
	{ "10.1.2.3", 1, { 0, 0, 0, 0x0a010203 }, { 0, 0, 0, ONES } },
	{ "10.1.2.3/32", 1, { 0, 0, 0, 0x0a010203 }, { 0, 0, 0, ONES } },
	{ "10.1.2.3/31", 1, { 0, 0, 0, 0x0a010202 }, { 0, 0, 0, 0xfffffffe } },
	{ "10.1.2.3/8", 1, { 0, 0, 0, 0x0a000000 }, { 0, 0, 0, 0xff000000 } },
	{ "192.0.2.1/1", 1, { 0, 0, 0, 0x80000000 }, { 0, 0, 0, 0x80000000 } },
	{ "192.0.2.1/0", 1, { 0, 0, 0, 0 }, { 0, 0, 0, 0 } },
	{ "255.255.255.255", 1, { 0, 0, 0, ONES }, { 0, 0, 0, ONES } },
	{ "::", 0, { 0, 0, 0, 0 }, { ONES, ONES, ONES, ONES } },
	{ "::/0", 0, { 0, 0, 0, 0 }, { 0, 0, 0, 0 } },
	{ "ffff::/1", 0, { 0x80000000, 0, 0, 0 }, { 0x80000000, 0, 0, 0 } },
	{ "2001:db8:1:2:3:4:5:6/31", 0, { 0x20010db8, 0, 0, 0 }, { 0xfffffffe, 0, 0, 0 } },
	{ "2001:db9::1/31", 0, { 0x20010db8, 0, 0, 0 }, { 0xfffffffe, 0, 0, 0 } },
	{ "2001:db9::1/32", 0, { 0x20010db9, 0, 0, 0 }, { ONES, 0, 0, 0 } },
	{ "2001:db8:8000::1/33", 0, { 0x20010db8, 0x80000000, 0, 0 }, { ONES, 0x80000000, 0, 0 } },
	{ "2001:db8:1:2:3:4:5:6/64", 0, { 0x20010db8, 0x00010002, 0, 0 }, { ONES, ONES, 0, 0 } },
	{ "2001:db8:1:2:3:4:5:6/96", 0, { 0x20010db8, 0x00010002, 0x00030004, 0 },
	  { ONES, ONES, ONES, 0 } },
	{ "2001:db8:1:2:3:4:5:7/127", 0, { 0x20010db8, 0x00010002, 0x00030004, 0x00050006 },
	  { ONES, ONES, ONES, 0xfffffffe } },
	{ "2001:DB8::1/128", 0, { 0x20010db8, 0, 0, 1 }, { ONES, ONES, ONES, ONES } },
	/* v4-mapped is IPv4, as long as all of the prefix is. */
	{ "::ffff:10.1.2.3", 1, { 0, 0, 0, 0x0a010203 }, { 0, 0, 0, ONES } },
	{ "::ffff:0a01:0203/128", 1, { 0, 0, 0, 0x0a010203 }, { 0, 0, 0, ONES } },
	{ "::ffff:10.1.2.3/104", 1, { 0, 0, 0, 0x0a000000 }, { 0, 0, 0, 0xff000000 } },
	{ "::ffff:10.1.2.3/96", 1, { 0, 0, 0, 0 }, { 0, 0, 0, 0 } },
	{ "::ffff:10.1.2.3/95", 0, { 0, 0, 0xfffe, 0 }, { ONES, ONES, 0xfffffffe, 0 } },
	{ "::10.1.2.3", 0, { 0, 0, 0, 0x0a010203 }, { ONES, ONES, ONES, ONES } },
	{ "1::ffff:10.1.2.3", 0, { 0x00010000, 0, 0xffff, 0x0a010203 },
	  { ONES, ONES, ONES, ONES } },
};

static void test_prefix_accepted(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(prefix_cases); i++) {
		const struct prefix_case *c = &prefix_cases[i];
		struct tcc_prefix value;
		bool ok;

		memset(&value, 0x5a, sizeof(value));
		ok = parse_prefix(c->text, &value) == 0 && value.is_ipv4 == c->is_ipv4;
		for (int word = 0; word < 4; word++) {
			ok = ok && ntohl(value.addr[word]) == c->addr[word];
			ok = ok && ntohl(value.mask[word]) == c->mask[word];
		}
		tap_check(ok, __FILE__, __LINE__, c->text);
	}
}

static void test_prefix_refused(void)
{
	static const struct {
		const char *text;
		int err;
	} cases[] = {
		{ "10.0.0.0/33", -ERANGE }, { "::/129", -ERANGE },
		{ "::ffff:10.0.0.0/129", -ERANGE },
		{ "10.0.0.0/99999999999999999999", -ERANGE },
		{ "10.0.0.0/", -EINVAL }, { "/8", -EINVAL }, { "/", -EINVAL },
		{ "10.0.0.0/-1", -EINVAL }, { "10.0.0.0/+8", -EINVAL }, { "10.0.0.0/ 8", -EINVAL },
		{ "10.0.0.0/8 ", -EINVAL }, { "10.0.0.0/8/8", -EINVAL },
		{ "10.0.0.0/0x8", -EINVAL },
		{ "10.0.0.0/255.0.0.0", -EINVAL }, { "10/8", -EINVAL }, { "10.0.0", -EINVAL },
		{ "10.0.0.256", -EINVAL }, { "10.0.0.0.0", -EINVAL }, { " 10.0.0.1", -EINVAL },
		{ "10.0.0.1 ", -EINVAL }, { "::1 ", -EINVAL }, { "::g", -EINVAL },
		{ ":::", -EINVAL }, { "1::2::3", -EINVAL }, { "1:2:3:4:5:6:7", -EINVAL },
		{ "1:2:3:4:5:6:7:8:9", -EINVAL }, { "12345::", -EINVAL }, { "[::1]", -EINVAL },
		{ "fe80::1%lo", -EINVAL }, { "fe80::1%1", -EINVAL }, { "localhost", -EINVAL },
		{ "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000", -EINVAL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct tcc_prefix value = { .is_ipv4 = 7 };
		int err = parse_prefix(cases[i].text, &value);

		if (!tap_check(err == cases[i].err && value.is_ipv4 == 7, __FILE__, __LINE__,
			       cases[i].text))
			printf("#   %d, expected %d\n", err, cases[i].err);
	}
}

static void test_mark(void)
{
	static const struct {
		const char *text;
		int err;
		uint32_t value, mask;
	} cases[] = {
		{ "0", 0, 0, ONES }, { "16", 0, 16, ONES }, { "0x10", 0, 16, ONES },
		{ "010", 0, 10, ONES }, { "4294967295", 0, ONES, ONES },
		{ "0xffffffff", 0, ONES, ONES }, { "0x10/0xff", 0, 0x10, 0xff },
		{ "16/255", 0, 16, 255 }, { "16/0xf0", 0, 16, 0xf0 },
		{ "0x1f/0xf0", 0, 0x10, 0xf0 }, { "1/0", 0, 0, 0 }, { "0/0", 0, 0, 0 },
		{ "0x80000000/0x80000000", 0, 0x80000000, 0x80000000 },
		{ "4294967296", -ERANGE, 7, 7 }, { "0x100000000", -ERANGE, 7, 7 },
		{ "1/4294967296", -ERANGE, 7, 7 }, { "1/0x100000000", -ERANGE, 7, 7 },
		{ "1/", -EINVAL, 7, 7 }, { "/1", -EINVAL, 7, 7 }, { "/", -EINVAL, 7, 7 },
		{ "1/1/1", -EINVAL, 7, 7 }, { "-1", -EINVAL, 7, 7 }, { "1/-1", -EINVAL, 7, 7 },
		{ "0x/1", -EINVAL, 7, 7 }, { "1/0x", -EINVAL, 7, 7 }, { "0x1 /1", -EINVAL, 7, 7 },
		{ "ff", -EINVAL, 7, 7 }, { "1.0", -EINVAL, 7, 7 },
		{ "00000000000000000000000000000000000000000000000001/1", -EINVAL, 7, 7 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct tcc_mark value = { 7, 7 };
		int err = parse_mark(cases[i].text, &value);
		bool ok = err == cases[i].err && value.value == cases[i].value &&
			  value.mask == cases[i].mask;

		if (!tap_check(ok, __FILE__, __LINE__, cases[i].text))
			printf("#   %d, 0x%x/0x%x\n", err, value.value, value.mask);
	}
}

static void test_junk(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(junk); i++) {
		struct tcc_port_range port;
		struct tcc_prefix prefix;
		struct tcc_mark mark;
		uint64_t number;
		bool ok = parse_uint(junk[i], PARSE_DECIMAL, 0, UINT64_MAX, &number) == -EINVAL &&
			  parse_uint(junk[i], PARSE_DECIMAL_OR_HEX, 0, UINT64_MAX,
				     &number) == -EINVAL &&
			  parse_time(junk[i], &number) == -EINVAL &&
			  parse_size(junk[i], &number) == -EINVAL &&
			  parse_port_range(junk[i], &port) == -EINVAL &&
			  parse_prefix(junk[i], &prefix) == -EINVAL &&
			  parse_mark(junk[i], &mark) == -EINVAL;

		tap_check(ok, __FILE__, __LINE__, junk[i]);
	}
}

int main(void)
{
	TAP_RUN(test_uint_decimal);
	TAP_RUN(test_uint_hex);
	TAP_RUN(test_uint_range);
	TAP_RUN(test_time);
	TAP_RUN(test_size);
	TAP_RUN(test_port_range);
	TAP_RUN(test_prefix_accepted);
	TAP_RUN(test_prefix_refused);
	TAP_RUN(test_mark);
	TAP_RUN(test_junk);
	return tap_done();
}
