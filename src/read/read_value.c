// SPDX-License-Identifier: GPL-2.0-or-later
/* Values read back; see read_value.h. */
#include "read/read_value.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "read/read_kept.h"
#include "read/read_number.h"

#define ADDRS_MAX 1024	/* a power of two */
#define SECOND_LENGTH (sizeof("2026-11-22T22:43:00") - 1)

struct known_addr {
	uint32_t addr[4];
	bool is_ipv6;
	uint8_t length;		/* 0: none yet */
	char text[ADDR_TEXT_MAX];
};

struct read_values {
	char second_text[SECOND_LENGTH];
	int64_t second_ns;
	const struct word *last[FIELD_COUNT];	/* each field's last word */
	struct read_kept *kept;
	struct known_addr addrs[ADDRS_MAX];
};

struct read_values *read_values_new(void)
{
	struct read_values *values = calloc(1, sizeof(*values));

	if (!values)
		return NULL;
	memcpy(values->second_text, "1970-01-01T00:00:00", SECOND_LENGTH);
	values->kept = read_kept_new();
	if (values->kept)
		return values;
	free(values);
	return NULL;
}

void read_values_free(struct read_values *values)
{
	if (values)
		read_kept_free(values->kept);
	free(values);
}

/* --- numbers -------------------------------------------------------------------- */

const char *read_value_number(const char *at, uint64_t max, uint64_t *number)
{
	at = read_number_u64(at, number);
	return at && *number <= max ? at : NULL;
}

static const char *take_u32(const char *at, uint32_t *number)
{
	uint64_t value;

	at = read_value_number(at, UINT32_MAX, &value);
	if (at)
		*number = (uint32_t)value;
	return at;
}

static const char *take_u16(const char *at, uint16_t *number)
{
	uint64_t value;

	at = read_value_number(at, UINT16_MAX, &value);
	if (at)
		*number = (uint16_t)value;
	return at;
}

/* As a time in ns it is one that the merge can compare. */
static const char *take_wall_us(const char *at, int64_t *us)
{
	uint64_t value;

	at = read_value_number(at, INT64_MAX / 1000, &value);
	if (at)
		*us = (int64_t)value;
	return at;
}

/*
 * A number with decimals, in units of which `scale` are one: three are written, other
 * programs leave zeros at the end away. What is beyond the unit is cut off.
 */
static const char *take_decimal(const char *at, uint64_t scale, uint64_t *number)
{
	uint64_t whole;

	at = read_number_u64(at, &whole);
	if (!at || __builtin_mul_overflow(whole, scale, number))
		return NULL;
	if (*at != '.')
		return at;
	if (!read_number_is_digit(*++at))
		return NULL;
	for (; read_number_is_digit(*at); at++) {
		scale /= 10;
		*number += (uint64_t)(*at - '0') * scale;
	}
	return at;
}

const char *read_value_hex(const char *at, uint64_t *number)
{
	const char *start;
	uint64_t value = 0;

	if (at[0] != '0' || at[1] != 'x')
		return NULL;
	start = at += 2;
	for (;; at++) {
		char c = *at;
		int digit = read_number_is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;

		if (digit < 0)
			break;
		value = value << 4 | (unsigned int)digit;
	}
	*number = value;
	return at > start && at - start <= 16 ? at : NULL;
}

/* --- times ----------------------------------------------------------------------- */

static int two_digits(const char *at)
{
	if (!read_number_is_digit(at[0]) || !read_number_is_digit(at[1]))
		return -1;
	return (at[0] - '0') * 10 + (at[1] - '0');
}

/* Days since 1970 of the proleptic Gregorian calendar, the year counted from March on. */
static int64_t days(int64_t year, int month, int day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return y * 365 + y / 4 - y / 100 + y / 400 + of_year - 719468;
}

/* 2026-11-22T22:43:00 */
static bool parse_second(const char *at, int64_t *ns)
{
	static const char form[] = "0000-00-00T00:00:00";
	int century, year, month, day;

	for (size_t i = 0; i < SECOND_LENGTH; i++) {
		if (form[i] == '0' ? !read_number_is_digit(at[i]) : at[i] != form[i])
			return false;
	}
	century = two_digits(at);
	year = century * 100 + two_digits(at + 2);
	month = two_digits(at + 5);
	day = two_digits(at + 8);
	/* What int64_t holds in ns ends in 2262; before 1970 no clock of ours was. */
	if (year < 1970 || year > 2261 || month < 1 || month > 12 || day < 1 || day > 31 ||
	    two_digits(at + 11) > 23 || two_digits(at + 14) > 59 || two_digits(at + 17) > 60)
		return false;
	*ns = (days(year, month, day) * 86400 + two_digits(at + 11) * 3600 +
	       two_digits(at + 14) * 60 + two_digits(at + 17)) * 1000000000;
	return true;
}

static const char *take_time(struct read_values *values, const char *at, int64_t *ns)
{
	uint64_t below = 0;
	unsigned int scale = 100000000;

	if (memcmp(values->second_text, at, SECOND_LENGTH) != 0) {
		if (!parse_second(at, &values->second_ns))
			return NULL;
		memcpy(values->second_text, at, SECOND_LENGTH);
	}
	at += SECOND_LENGTH;
	if (*at == '.') {
		for (at++; read_number_is_digit(*at) && scale; at++, scale /= 10)
			below += (uint64_t)(*at - '0') * scale;
	}
	*ns = values->second_ns + (int64_t)below;
	return *at == 'Z' ? at + 1 : NULL;
}

/* --- names ------------------------------------------------------------------------ */

static inline bool is_of_word(char c)
{
	return read_number_is_digit(c) || (unsigned char)((c | 0x20) - 'a') < 26 || c == '_' ||
	       c == '-' || c == '.';
}

static size_t word_length(const char *at)
{
	size_t length = 0;

	while (is_of_word(at[length]) && length <= EMIT_SHORT_MAX)
		length++;
	return length;
}

static bool is_word(const struct word *word, const char *text, size_t length)
{
	return word->length == length && memcmp(word->text, text, length) == 0;
}

/* No word of ours needs escaping, and none that is read shall either. */
static const char *take_word(struct read_values *values, enum field_id id, const char *at,
			     const struct word **word)
{
	const struct word **last = &values->last[id];
	size_t length = word_length(at);

	if (!length || length > EMIT_SHORT_MAX)
		return NULL;
	if (!*last || !is_word(*last, at, length)) {
		*last = record_word(id, at, length);
		if (!*last)
			*last = read_kept_word(values->kept, at, length);
	}
	*word = *last;
	return *word ? at + length : NULL;
}

static const char *take_name(const char *at, struct word *name)
{
	size_t length = word_length(at);

	if (!length || length > EMIT_SHORT_MAX)
		return NULL;
	memcpy(name->text, at, length);
	name->length = (uint8_t)length;
	return at + length;
}

static const char *take_family(const char *at, uint8_t *ip_version)
{
	if (word_length(at) == 4 && memcmp(at, "inet", 4) == 0)
		*ip_version = 4;
	else if (word_length(at) == 5 && memcmp(at, "inet6", 5) == 0)
		*ip_version = 6;
	else
		return NULL;
	return at + (*ip_version == 4 ? 4 : 5);
}

uint8_t read_value_kind(const char *name, size_t length)
{
	for (uint8_t kind = 0; kind < RECORD_KIND_COUNT; kind++) {
		if (record_kinds[kind].length == length &&
		    memcmp(record_kinds[kind].name, name, length) == 0)
			return kind;
	}
	return READ_KIND_UNKNOWN;
}

static const char *take_kind(const char *at, uint8_t *kind)
{
	size_t length = word_length(at);

	*kind = read_value_kind(at, length);
	return length && length <= EMIT_SHORT_MAX ? at + length : NULL;
}

/* --- addresses -------------------------------------------------------------------- */

static bool parse_addr(struct known_addr *known, const char *text, size_t length)
{
	char terminated[ADDR_TEXT_MAX] = "";

	memcpy(terminated, text, length);
	known->length = 0;
	known->is_ipv6 = memchr(text, ':', length);
	if (known->is_ipv6) {
		if (inet_pton(AF_INET6, terminated, known->addr) != 1)
			return false;
	} else {
		known->addr[0] = known->addr[1] = 0;
		known->addr[2] = htonl(0xffff);
		if (inet_pton(AF_INET, terminated, &known->addr[3]) != 1)
			return false;
	}
	memcpy(known->text, text, length);
	known->length = (uint8_t)length;
	return true;
}

static const struct known_addr *take_addr(struct read_values *values, const char *at)
{
	struct known_addr *known;
	size_t length = 0;
	uint64_t first = 0, last = 0;

	/* What an address cannot have and is behind this is for inet_pton() to refuse. */
	while ((unsigned char)at[length] > ',' && length < ADDR_TEXT_MAX)
		length++;
	if (length < sizeof("::") - 1 || length >= ADDR_TEXT_MAX)
		return NULL;
	if (length >= sizeof(first)) {
		memcpy(&first, at, sizeof(first));
		memcpy(&last, at + length - sizeof(last), sizeof(last));
	} else {
		memcpy(&first, at, length);
	}
	known = &values->addrs[((first ^ last * 3) * 0x9e3779b97f4a7c15ULL >> 48) % ADDRS_MAX];
	if ((known->length != length || memcmp(known->text, at, length) != 0) &&
	    !parse_addr(known, at, length))
		return NULL;
	return known;
}

/* One end's of a record's addresses. */
static const char *take_end(struct read_values *values, struct record *record, const char *at,
			    uint32_t addr[4], char text[ADDR_TEXT_MAX], uint8_t *length)
{
	const struct known_addr *known = take_addr(values, at);

	if (!known)
		return NULL;
	memcpy(addr, known->addr, sizeof(known->addr));
	memcpy(text, known->text, sizeof(known->text));
	*length = known->length;
	record->addrs.is_ipv6 = known->is_ipv6;
	return at + known->length;
}

static const char *take_saddr(struct read_values *values, struct record *record, const char *at)
{
	return take_end(values, record, at, record->addrs.saddr, record->addrs.saddr_text,
			&record->addrs.saddr_length);
}

static const char *take_daddr(struct read_values *values, struct record *record, const char *at)
{
	return take_end(values, record, at, record->addrs.daddr, record->addrs.daddr_text,
			&record->addrs.daddr_length);
}

const struct record_host *read_value_host(struct read_values *values, const char *text,
					  size_t length)
{
	return read_kept_host(values->kept, text, length);
}

/* --- a value ------------------------------------------------------------------------ */

const char *read_value(struct read_values *values, enum field_id id, struct record *record,
		       const char *at)
{
	void *member = (char *)record + fields_table[id].offset;

	switch (fields_table[id].kind) {
	case KIND_U32:
	case KIND_SSTHRESH:
		return take_u32(at, member);
	case KIND_U16:
		return take_u16(at, member);
	case KIND_MS:
	case KIND_SPAN:
		return take_decimal(at, 1000000, member);
	case KIND_MILLI:
		return take_decimal(at, 1000, member);
	case KIND_SADDR:
		return take_saddr(values, record, at);
	case KIND_DADDR:
		return take_daddr(values, record, at);
	case KIND_TIME:
		return take_time(values, at, member);
	case KIND_I64:
		return take_wall_us(at, member);
	case KIND_U64:
	case KIND_NUMBER:
		return read_number_u64(at, member);
	case KIND_COOKIE:
		return read_value_hex(at, member);
	case KIND_FAMILY:
		return take_family(at, member);
	case KIND_EVENT:
		return take_kind(at, member);
	case KIND_WORD:
		return take_word(values, id, at, member);
	case KIND_NAME:
		return take_name(at, member);
	case KIND_HOST:
		return read_kept_take_host(values->kept, at, member);
	}
	return NULL;
}
