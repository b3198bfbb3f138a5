// SPDX-License-Identifier: GPL-2.0-or-later
/* Strict parsers of what a network is named by; see parse_net.h. */
#include "options/parse_net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "base/parse.h"

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
