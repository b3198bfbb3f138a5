/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Strict parsers of single values: numbers, times, sizes. Know neither options nor messages.
 *
 * Each takes the whole of a NUL-terminated text: what is empty, has white
 * space, a sign, or anything behind the value is refused, and the locale plays
 * no part. Each returns 0 and sets *value; or leaves it alone and returns
 * -EINVAL (not such a value) or -ERANGE (one, but too small or too large).
 */
#ifndef TCC_PARSE_H
#define TCC_PARSE_H

#include <stdint.h>

enum parse_base { PARSE_DECIMAL, PARSE_DECIMAL_OR_HEX };

/*
 * A whole number from min to max. Decimal, whatever zeros it starts with; also
 * hexadecimal behind 0x or 0X where `base` says so.
 */
int parse_uint(const char *text, enum parse_base base, uint64_t min, uint64_t max,
	       uint64_t *value);

/*
 * TIME: a number with ms, s, m, h or d; bare seconds. SIZE: a number with K, M
 * or G (powers of 1024) in either case; bare bytes. Both whole or decimal
 * ("1.5", ".5"; not "1."), and exact: what is below one ns or byte is cut off.
 */
int parse_time(const char *text, uint64_t *value_ns);
int parse_size(const char *text, uint64_t *value_bytes);

#endif
