// SPDX-License-Identifier: GPL-2.0-or-later
/* Strict parsers of single values; see parse.h. */
#include "base/parse.h"

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
