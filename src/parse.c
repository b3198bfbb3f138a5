// SPDX-License-Identifier: GPL-2.0-or-later
/* Strict parsers of single values; see parse.h. */
#include "parse.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

struct unit {
	const char *suffix;
	uint64_t factor;
};

/* The value of a digit, or 255, which is no digit in any base. */
static unsigned int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned int)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned int)(c - 'a') + 10;
	if (c >= 'A' && c <= 'F')
		return (unsigned int)(c - 'A') + 10;
	return 255;
}

/* Digits up to the first that is none; returns where that is. */
static const char *scan_digits(const char *text, unsigned int base, uint64_t *value,
			       bool *is_overflow)
{
	unsigned int digit;

	*value = 0;
	*is_overflow = false;
	for (; (digit = digit_value(*text)) < base; text++) {
		if (__builtin_mul_overflow(*value, base, value) ||
		    __builtin_add_overflow(*value, digit, value))
			*is_overflow = true;
	}
	return text;
}

int parse_uint(const char *text, enum parse_base base, uint64_t min, uint64_t max,
	       uint64_t *value)
{
	bool is_hex = base == PARSE_DECIMAL_OR_HEX && text[0] == '0' &&
		      (text[1] == 'x' || text[1] == 'X');
	const char *digits = is_hex ? text + 2 : text;
	bool is_overflow;
	uint64_t number;
	const char *end;

	end = scan_digits(digits, is_hex ? 16 : 10, &number, &is_overflow);
	if (end == digits || *end)
		return -EINVAL;
	if (is_overflow || number < min || number > max)
		return -ERANGE;
	*value = number;
	return 0;
}

/*
 * What the digits from `digits` up to `end`, behind a decimal point, make of
 * `factor`, rounded down. From the last digit to the first, rounding down at
 * each step gives the same as rounding down once, and nothing can overflow.
 */
static uint64_t scale_fraction(const char *digits, const char *end, uint64_t factor)
{
	uint64_t value = 0;

	while (end > digits)
		value = (digit_value(*--end) * factor + value) / 10;
	return value;
}

static const struct unit *find_unit(const struct unit *units, size_t n_units,
				    const char *suffix)
{
	for (size_t i = 0; i < n_units; i++) {
		if (strcmp(units[i].suffix, suffix) == 0)
			return &units[i];
	}
	return NULL;
}

/* A whole or decimal number with one of these suffixes. */
static int parse_scaled(const char *text, const struct unit *units, size_t n_units,
			uint64_t *value)
{
	const char *fraction, *end;
	const struct unit *unit;
	bool is_overflow, is_fraction_overflow;
	uint64_t whole, unused;

	fraction = end = scan_digits(text, 10, &whole, &is_overflow);
	if (*end == '.') {
		fraction = end + 1;
		end = scan_digits(fraction, 10, &unused, &is_fraction_overflow);
		if (end == fraction)
			return -EINVAL;
	}
	if (end == text)
		return -EINVAL;
	unit = find_unit(units, n_units, end);
	if (!unit)
		return -EINVAL;
	if (is_overflow || __builtin_mul_overflow(whole, unit->factor, &whole) ||
	    __builtin_add_overflow(whole, scale_fraction(fraction, end, unit->factor), &whole))
		return -ERANGE;
	*value = whole;
	return 0;
}

int parse_time(const char *text, uint64_t *value_ns)
{
	static const struct unit units[] = {
		{ "", 1000000000ull },
		{ "ms", 1000000ull },
		{ "s", 1000000000ull },
		{ "m", 60 * 1000000000ull },
		{ "h", 3600 * 1000000000ull },
		{ "d", 86400 * 1000000000ull },
	};

	return parse_scaled(text, units, ARRAY_SIZE(units), value_ns);
}

int parse_size(const char *text, uint64_t *value_bytes)
{
	static const struct unit units[] = {
		{ "", 1 },
		{ "K", 1ull << 10 }, { "k", 1ull << 10 },
		{ "M", 1ull << 20 }, { "m", 1ull << 20 },
		{ "G", 1ull << 30 }, { "g", 1ull << 30 },
	};

	return parse_scaled(text, units, ARRAY_SIZE(units), value_bytes);
}

/*
 * Cut "A<separator>B" in two: `first` gets A, and *second points at B in
 * `text`, NULL when there is no separator. -EINVAL when A does not fit.
 */
static int split(const char *text, char separator, char *first, size_t size,
		 const char **second)
{
	const char *at = strchr(text, separator);
	size_t length = at ? (size_t)(at - text) : strlen(text);

	if (length >= size)
		return -EINVAL;
	memcpy(first, text, length);
	first[length] = '\0';
	*second = at ? at + 1 : NULL;
	return 0;
}

int parse_port_range(const char *text, struct tcc_port_range *value)
{
	uint64_t min, max;
	const char *second;
	char first[32];
	int err;

	err = split(text, '-', first, sizeof(first), &second);
	if (err)
		return err;
	err = parse_uint(first, PARSE_DECIMAL, 1, UINT16_MAX, &min);
	if (err)
		return err;
	err = parse_uint(second ? second : first, PARSE_DECIMAL, 1, UINT16_MAX, &max);
	if (err)
		return err;
	if (min > max)
		return -EINVAL;
	value->min = (uint16_t)min;
	value->max = (uint16_t)max;
	return 0;
}

/* Network byte order, the first `length` of 32 bits set; 0 and more than 32 allowed. */
static uint32_t mask_word(int length)
{
	if (length <= 0)
		return 0;
	if (length >= 32)
		return UINT32_MAX;
	return htonl(UINT32_MAX << (32 - length));
}

/* Keep the first `length` of 128 bits of an address. */
static void apply_mask(struct tcc_prefix *prefix, int length)
{
	for (int i = 0; i < 4; i++) {
		prefix->mask[i] = mask_word(length - 32 * i);
		prefix->addr[i] &= prefix->mask[i];
	}
}

static void become_ipv4(struct tcc_prefix *prefix)
{
	memset(prefix->addr, 0, 3 * sizeof(prefix->addr[0]));
	memset(prefix->mask, 0, 3 * sizeof(prefix->mask[0]));
	prefix->is_ipv4 = 1;
}

int parse_prefix(const char *text, struct tcc_prefix *value)
{
	struct tcc_prefix prefix = { .addr = { 0, 0, htonl(0xffff), 0 } };
	char addr[INET6_ADDRSTRLEN];
	const char *length_text;
	uint64_t length, longest;
	int err;

	err = split(text, '/', addr, sizeof(addr), &length_text);
	if (err)
		return err;
	if (inet_pton(AF_INET, addr, &prefix.addr[3]) == 1)
		longest = 32;
	else if (inet_pton(AF_INET6, addr, prefix.addr) == 1)
		longest = 128;
	else
		return -EINVAL;
	length = longest;
	if (length_text) {
		err = parse_uint(length_text, PARSE_DECIMAL, 0, longest, &length);
		if (err)
			return err;
	}
	/* IPv4 is worked on as v4-mapped, 96 bits further down. */
	if (longest == 32)
		length += 96;
	apply_mask(&prefix, (int)length);
	if (length >= 96 && tcc_is_v4mapped(prefix.addr))
		become_ipv4(&prefix);
	*value = prefix;
	return 0;
}

int parse_mark(const char *text, struct tcc_mark *value)
{
	uint64_t mark, mask = UINT32_MAX;
	const char *mask_text;
	char mark_text[32];
	int err;

	err = split(text, '/', mark_text, sizeof(mark_text), &mask_text);
	if (err)
		return err;
	err = parse_uint(mark_text, PARSE_DECIMAL_OR_HEX, 0, UINT32_MAX, &mark);
	if (err)
		return err;
	if (mask_text) {
		err = parse_uint(mask_text, PARSE_DECIMAL_OR_HEX, 0, UINT32_MAX, &mask);
		if (err)
			return err;
	}
	value->value = (uint32_t)(mark & mask);
	value->mask = (uint32_t)mask;
	return 0;
}
