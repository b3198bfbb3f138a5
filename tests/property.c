// SPDX-License-Identifier: GPL-2.0-or-later
/* From any bytes to a record, to lines, to the record; see property.h. */
#include "property.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/format.h"
#include "readback.h"

#define GUARD_BYTES 64
#define GUARD 0x5a

/* --- from bytes to a record ---------------------------------------------------- */

struct input {
	const uint8_t *at, *end;
};

static uint8_t take_byte(struct input *input)
{
	return input->at < input->end ? *input->at++ : 0;
}

/* An edge as often as not; else a number of any length. */
static uint64_t take_number(struct input *input)
{
	static const uint64_t edges[] = {
		0, 1, 9, 10, 99, 100, 999, 1000, 9999, 10000, 65535, 999999, 1000000,
		99999999, 100000000, 999999999, 1000000000, RECORD_SSTHRESH_INFINITE - 1,
		RECORD_SSTHRESH_INFINITE, RECORD_SSTHRESH_INFINITE + 1,
		UINT32_MAX, (uint64_t)UINT32_MAX + 1, ((uint64_t)1 << 53) - 1, (uint64_t)1 << 53,
		((uint64_t)1 << 53) + 1, INT64_MAX, (uint64_t)INT64_MAX + 1, UINT64_MAX,
	};
	uint8_t which = take_byte(input);
	uint64_t number = 0;

	if (which < 128)
		return edges[which % (sizeof(edges) / sizeof(edges[0]))];
	for (int i = 0; i < 8; i++)
		number = number << 8 | take_byte(input);
	return number >> (which % 64);
}

static void take_address(struct input *input, uint32_t addr[4], bool is_ipv6)
{
	uint8_t bytes[16] = { 0 };
	uint8_t zeros = is_ipv6 ? take_byte(input) % 16 : 0;

	for (int i = 0; i < 16; i++)
		bytes[i] = take_byte(input);
	/* Runs of zeros are what makes IPv6's text difficult. */
	memset(bytes + (16 - zeros) / 2, 0, zeros);
	memcpy(addr, bytes, sizeof(bytes));
	if (!is_ipv6 || zeros == 15) {
		addr[0] = addr[1] = 0;
		addr[2] = htonl(0xffff);
	}
}

static struct addr_pair take_addrs(struct input *input, bool is_ipv6)
{
	static struct addr_cache *cache;
	uint32_t saddr[4], daddr[4];

	if (!cache)
		cache = addr_cache_new();
	take_address(input, saddr, is_ipv6);
	take_address(input, daddr, is_ipv6);
	return *addr_cache_get(cache, take_byte(input), saddr, daddr, is_ipv6);
}

static const struct record_host *take_host(struct input *input)
{
	static struct record_host hosts[] = {
		{ "a", 1 }, { "web-1.example_x", 15 }, { .length = RECORD_HOST_MAX },
	};

	memset(hosts[2].text, 'h', RECORD_HOST_MAX);
	return &hosts[take_byte(input) % 3];
}

static const struct word *take_word(struct input *input)
{
	static struct word words[] = {
		{ "a", 1 }, { "Recovery", 8 }, { .length = EMIT_SHORT_MAX },
	};

	memset(words[2].text, '9', EMIT_SHORT_MAX);
	return &words[take_byte(input) % 3];
}

/* What reads JSON back has no larger integers. */
static uint64_t take_signed_number(struct input *input)
{
	return take_number(input) & INT64_MAX;
}

/* The members that are of these kinds, by the table. */
static void take_by_kind(struct input *input, struct record *record)
{
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		void *member = (char *)record + fields_table[i].offset;

		switch (fields_table[i].kind) {
		case KIND_NUMBER:
		case KIND_SPAN:
		case KIND_MILLI:
			*(uint64_t *)member = take_signed_number(input);
			break;
		case KIND_WORD:
			*(const struct word **)member = take_word(input);
			break;
		case KIND_NAME:
			*(struct word *)member = *take_word(input);
			break;
		case KIND_HOST:
			*(const struct record_host **)member = take_host(input);
			break;
		default:
			break;
		}
	}
}

/* All that its kind has, all there is, or what is there by chance. */
static struct field_set take_fields_there(struct input *input, uint8_t kind)
{
	struct field_set has = fields_of_kind((enum record_kind)kind, 0);
	uint8_t how = take_byte(input) % 4;

	if (how == 1)
		has = (struct field_set){ { UINT64_MAX, UINT64_MAX } };
	for (unsigned int id = 0; id < FIELD_COUNT && how > 1; id++) {
		if (take_byte(input) % how == 1)
			field_set_remove(&has, id);
	}
	return has;
}

static void take_record(struct input *input, struct record *record)
{
	uint32_t *const numbers[] = {
		&record->snd_cwnd, &record->ssthresh, &record->mss, &record->snd_wnd,
		&record->srtt_us, &record->rcv_wnd, &record->length, &record->in_flight,
		&record->snd_nxt, &record->snd_una, &record->mark, &record->lost, &record->cpu,
	};

	memset(record, 0, sizeof(*record));
	record->ip_version = take_byte(input) % 2 ? 6 : 4;
	record->addrs = take_addrs(input, record->ip_version == 6);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		*numbers[i] = (uint32_t)take_number(input);
	record->sport = (uint16_t)take_number(input);
	record->dport = (uint16_t)take_number(input);
	record->ktime_ns = take_number(input);
	record->wall_ns = (int64_t)take_number(input);
	record->wall_us = (int64_t)take_number(input);
	record->offset_ns = take_number(input);
	record->conn_ns = take_number(input);
	record->cookie = take_number(input);
	record->conn_key = take_number(input);
	record->kind = take_byte(input) % RECORD_KIND_COUNT;
	record->snd_ssthresh = (uint32_t)take_number(input);
	record->skipped = (uint32_t)take_number(input);
	take_by_kind(input, record);
	record->has_cwnd_fallen = take_byte(input) % 2;
	record->has = take_fields_there(input, record->kind);
}

/* Each field at most once, at least one, in any order. */
static void take_fields(struct input *input, struct field_list *list)
{
	size_t n = 1 + take_byte(input) % FIELD_COUNT;

	for (uint8_t i = 0; i < FIELD_COUNT; i++)
		list->id[i] = i;
	for (size_t i = 0; i < n; i++) {
		size_t other = i + take_byte(input) % (FIELD_COUNT - i);
		uint8_t id = list->id[i];

		list->id[i] = list->id[other];
		list->id[other] = id;
	}
	list->n = n;
	list->n_ca = 0;
}

/* --- all formats ------------------------------------------------------------------------- */

static void remove_colors(char *line)
{
	char *to = line;

	for (const char *from = line; *from;) {
		if (*from == '\033')
			from += strcspn(from, "m") + 1;
		else
			*to++ = *from++;
	}
	*to = '\0';
}

/*
 * The line, terminated instead of its LF, allocated; NULL when it is no whole
 * line, or more than line_max bytes were touched.
 */
static char *write_line(struct format *format, const struct record *record)
{
	char *line = malloc(format->line_max + GUARD_BYTES);
	size_t length;
	bool is_whole;

	memset(line, GUARD, format->line_max + GUARD_BYTES);
	length = format_record(format, record, line);
	is_whole = length && length <= format->line_max &&
		   memchr(line, '\n', length) == line + length - 1 && !memchr(line, '\0', length);
	for (size_t i = 0; is_whole && i < GUARD_BYTES; i++)
		is_whole = line[format->line_max + i] == GUARD;
	if (is_whole) {
		line[length - 1] = '\0';
		return line;
	}
	free(line);
	return NULL;
}

static const char *check_line(enum format_kind kind, const struct format_style *style,
			      const struct field_list *list, const struct record *record, char *line)
{
	if (!line)
		return "no whole line, or one too long";
	if (style->has_color)
		remove_colors(line);
	if (strchr(line, '\033'))
		return "color where there should be none";
	return readback_check(kind, list, record, line);
}

static const char *check_format(enum format_kind kind, const struct format_style *style,
				const struct field_list *list, const struct record *record)
{
	struct format *format = format_new(kind, list, style);
	char *line = write_line(format, record);
	const char *failure = check_line(kind, style, list, record, line);

	free(line);
	format_free(format);
	return failure;
}

const char *property_check(const uint8_t *data, size_t size)
{
	struct input input = { data, data + size };
	uint8_t bits = take_byte(&input);
	struct format_style style = {
		.time_style = (enum time_style)(bits % 3),
		.has_color = bits & 64,
		.has_header = bits & 128,
	};
	const char *failure = NULL;
	struct field_list list;
	struct record record;

	take_fields(&input, &list);
	take_record(&input, &record);
	for (int kind = 0; kind < FORMAT_COUNT && !failure; kind++)
		failure = check_format((enum format_kind)kind, &style, &list, &record);
	return failure;
}
