/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whole numbers in lines, fast: most of what a line has are short ones. */
#ifndef TCC_READ_NUMBER_H
#define TCC_READ_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline bool read_number_is_digit(char c)
{
	return (unsigned char)(c - '0') < 10;
}

/* Of 20 digits or more: it may be too large. */
static inline const char *read_number_long(const char *at, const char *end, uint64_t *number)
{
	uint64_t value = 0;

	for (; at < end; at++) {
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(*at - '0'), &value))
			return NULL;
	}
	*number = value;
	return end;
}

/*
 * Up to seven digits, and what is behind them, in one word: no branch depends on how many
 * there are. Returns 0 where there are none, or more.
 */
static inline unsigned int read_number_short(const char *at, uint64_t *number)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	uint64_t word, beyond;
	unsigned int n;

	memcpy(&word, at, sizeof(word));
	word ^= 0x3030303030303030ULL;
	beyond = ((word + 0x7676767676767676ULL) | word) & 0x8080808080808080ULL;
	if (!beyond)
		return 0;
	n = (unsigned int)__builtin_ctzll(beyond) / 8;
	if (!n)
		return 0;
	/* Zeros in front; then pairs, fours, all eight. */
	word <<= 64 - 8 * n;
	word = word * 10 + (word >> 8);
	word = ((word & 0x000000ff000000ffULL) * 0x000f424000000064ULL +
		(word >> 16 & 0x000000ff000000ffULL) * 0x0000271000000001ULL) >> 32;
	*number = (uint32_t)word;
	return n;
#else
	(void)at;
	(void)number;
	return 0;
#endif
}

/* A whole number; returns its end, or NULL. Eight bytes from `at` on may be looked at. */
static inline const char *read_number_u64(const char *at, uint64_t *number)
{
	const char *start = at;
	uint64_t value = 0;
	unsigned int n = read_number_short(at, number);

	if (n)
		return at + n;
	for (; read_number_is_digit(*at); at++)
		value = value * 10 + (uint64_t)(*at - '0');
	if (at - start > 19)
		return read_number_long(start, at, number);
	*number = value;
	return at > start ? at : NULL;
}

#endif
