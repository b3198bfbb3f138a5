/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Numbers, times and addresses written by hand, for the formats' hot path.
 * Each emit_x() writes at `out`, which the caller has made large enough
 * (EMIT_x_MAX), and returns the end of what it wrote; nothing is terminated.
 */
#ifndef TCC_EMIT_H
#define TCC_EMIT_H

#include <stdint.h>
#include <string.h>
#include <time.h>

#define EMIT_U16_MAX 5
#define EMIT_U32_MAX 10
#define EMIT_U64_MAX 20
#define EMIT_I64_MAX 20
#define EMIT_HEX_MAX 18
#define EMIT_MS_MAX 18
#define EMIT_MILLI_MAX 21
/* 2026-11-22T22:43:00.123456789Z, and with +01:00: what is shown of them. */
#define EMIT_UTC_MAX 30
#define EMIT_LOCAL_MAX 35
/* The room: what emit_short() spoils as well. */
#define EMIT_TIME_MAX (29 + EMIT_SHORT_MAX)

extern const char emit_digit_pairs[200];	/* "00" "01" ... "99" */

static inline char *emit_bytes(char *out, const char *bytes, size_t length)
{
	memcpy(out, bytes, length);
	return out + length;
}

/*
 * The same for short text from a buffer of EMIT_SHORT_MAX bytes, whatever its
 * length: copying all of them by two vector moves is several times faster than
 * a call of memcpy(). Up to EMIT_SHORT_MAX bytes behind `length` are spoilt.
 */
#define EMIT_SHORT_MAX 32

static inline char *emit_short(char *out, const char text[EMIT_SHORT_MAX], size_t length)
{
	memcpy(out, text, EMIT_SHORT_MAX);
	return out + length;
}

#define EMIT_LITERAL(out, text) emit_bytes((out), (text), sizeof(text) - 1)

static inline char *emit_pair(char *out, uint32_t under_100)
{
	return emit_bytes(out, emit_digit_pairs + under_100 * 2, 2);
}

/* Exactly `n` digits, n even; the number has no more. */
static inline char *emit_padded(char *out, uint32_t number, unsigned int n)
{
	for (unsigned int at = n; at; at -= 2) {
		emit_pair(out + at - 2, number % 100);
		number /= 100;
	}
	return out + n;
}

static inline unsigned int emit_u32_digits(uint32_t n)
{
	if (n < 10000)
		return n < 100 ? (n < 10 ? 1 : 2) : (n < 1000 ? 3 : 4);
	if (n < 100000000)
		return n < 1000000 ? (n < 100000 ? 5 : 6) : (n < 10000000 ? 7 : 8);
	return n < 1000000000 ? 9 : 10;
}

static inline char *emit_u32(char *out, uint32_t number)
{
	char *end = out + emit_u32_digits(number);
	char *at = end;

	while (number >= 100) {
		at -= 2;
		emit_pair(at, number % 100);
		number /= 100;
	}
	if (number >= 10)
		emit_pair(out, number);
	else
		*out = (char)('0' + number);
	return end;
}

static inline char *emit_u64(char *out, uint64_t number)
{
	if (number <= UINT32_MAX)
		return emit_u32(out, (uint32_t)number);
	out = emit_u64(out, number / 100000000);
	return emit_padded(out, (uint32_t)(number % 100000000), 8);
}

static inline char *emit_i64(char *out, int64_t number)
{
	if (number < 0) {
		*out++ = '-';
		return emit_u64(out, -(uint64_t)number);
	}
	return emit_u64(out, (uint64_t)number);
}

/* 0x1f */
static inline char *emit_hex(char *out, uint64_t number)
{
	unsigned int digits = (67 - (unsigned int)__builtin_clzll(number | 1)) / 4;

	*out++ = '0';
	*out++ = 'x';
	for (unsigned int at = digits; at; at--) {
		out[at - 1] = "0123456789abcdef"[number & 15];
		number >>= 4;
	}
	return out + digits;
}

/* Thousandths as a number with three decimals. */
static inline char *emit_milli(char *out, uint64_t thousandths)
{
	uint32_t below = (uint32_t)(thousandths % 1000);

	out = emit_u64(out, thousandths / 1000);
	*out++ = '.';
	*out++ = (char)('0' + below / 100);
	return emit_pair(out, below % 100);
}

/* Nanoseconds as milliseconds with three decimals, cut off, not rounded. */
static inline char *emit_ms(char *out, uint64_t ns)
{
	return emit_milli(out, ns / 1000);
}

/* The text of one second, kept until another is asked for. */
struct emit_second {
	int64_t second;
	char date[EMIT_SHORT_MAX];	/* 2026-11-22T22:43:00 */
	char zone[EMIT_SHORT_MAX];	/* Z, +01:00 */
	size_t date_length, zone_length;	/* date_length 0: none yet */
};

/* Fill in another second; is_local: the time zone of the process, else UTC. */
void emit_second_set(struct emit_second *cache, int64_t second, int is_local);

/* ISO 8601 with nanoseconds. One cache serves one time zone. */
static inline char *emit_time(char *out, struct emit_second *cache, int64_t ns, int is_local)
{
	int64_t second = ns / 1000000000;
	int64_t below = ns % 1000000000;

	if (below < 0) {
		second--;
		below += 1000000000;
	}
	if (cache->second != second || cache->date_length == 0)
		emit_second_set(cache, second, is_local);
	out = emit_short(out, cache->date, cache->date_length);
	*out++ = '.';
	*out++ = (char)('0' + below / 100000000);
	out = emit_padded(out, (uint32_t)(below % 100000000), 8);
	return emit_short(out, cache->zone, cache->zone_length);
}

#endif
