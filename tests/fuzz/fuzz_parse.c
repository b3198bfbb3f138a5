// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * libFuzzer target: the parsers of single values, and filter lists. The first
 * byte picks which; the rest is the text. What is accepted must be in range,
 * and stay the same when it is said in filter_describe()'s words and read back.
 */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options/filter.h"
#include "base/parse.h"
#include "options/parse_net.h"

#define TEXT_MAX 4096
#define UNTOUCHED 0x5a5a5a5a5a5a5a5aull

static const char *const kind_names[FILTER_KIND_COUNT] = {
	[FILTER_PORT] = "port", [FILTER_SPORT] = "sport", [FILTER_DPORT] = "dport",
	[FILTER_IP] = "ip", [FILTER_SRC] = "src", [FILTER_DST] = "dst", [FILTER_MARK] = "mark",
	[FILTER_CC] = "cc", [FILTER_CGROUP] = "cgroup", [FILTER_NETNS] = "netns",
};
_Static_assert(FILTER_KIND_COUNT == FILTER_NETNS + 1, "a kind of filter has no name here");

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool is_true)
{
	if (!is_true)
		abort();
}

static void require_result(int err)
{
	require(err == 0 || err == -EINVAL || err == -ERANGE);
}

/* No number has any of these in it. */
static void require_clean(const char *text)
{
	require(*text && !strpbrk(text, " \t\r\n\v\f+,!"));
}

static void try_uint(const char *text, enum parse_base base)
{
	uint64_t narrow = UNTOUCHED, wide = UNTOUCHED;
	int narrow_err = parse_uint(text, base, 10, 100000, &narrow);
	int wide_err = parse_uint(text, base, 0, UINT64_MAX, &wide);

	require_result(narrow_err);
	require_result(wide_err);
	require((narrow_err == -EINVAL) == (wide_err == -EINVAL));
	require((narrow_err == 0) == (wide_err == 0 && wide >= 10 && wide <= 100000));
	require(narrow_err ? narrow == UNTOUCHED : narrow == wide);
	require(!wide_err || wide == UNTOUCHED);
	if (wide_err)
		return;
	require_clean(text);
	require(wide == strtoull(text, NULL,
				 base == PARSE_DECIMAL_OR_HEX && strpbrk(text, "xX") ? 16 : 10));
}

/* A whole number without a unit is itself, in the base unit. */
static void try_scaled(const char *text, int (*parse)(const char *, uint64_t *), uint64_t factor)
{
	uint64_t value = UNTOUCHED, whole;
	int err = parse(text, &value);

	require_result(err);
	require(!err || value == UNTOUCHED);
	if (err)
		return;
	require_clean(text);
	require(!strchr(text, '-'));
	if (parse_uint(text, PARSE_DECIMAL, 0, UINT64_MAX, &whole) == 0)
		require(value / factor == whole && value % factor == 0);
}

static void require_prefix(const struct tcc_prefix *prefix)
{
	require(prefix->is_ipv4 <= 1);
	for (int i = 0; i < 4; i++) {
		require((prefix->addr[i] & ~prefix->mask[i]) == 0);
		if (prefix->is_ipv4 && i < 3)
			require(prefix->mask[i] == 0);
	}
	/* All of it v4-mapped: that would have to be IPv4. */
	if (!prefix->is_ipv4)
		require(!tcc_is_v4mapped(prefix->addr) || prefix->mask[2] != UINT32_MAX);
}

static void try_single(const char *text)
{
	struct tcc_port_range port;
	struct tcc_prefix prefix;
	struct tcc_mark mark;
	int err;

	err = parse_port_range(text, &port);
	require_result(err);
	if (!err)
		require(port.min >= 1 && port.min <= port.max);
	err = parse_prefix(text, &prefix);
	require_result(err);
	if (!err)
		require_prefix(&prefix);
	err = parse_mark(text, &mark);
	require_result(err);
	if (!err)
		require((mark.value & ~mark.mask) == 0);
}

static void require_set(const struct tcc_set_size *size, uint32_t needs, uint32_t need)
{
	require(size->n_included <= size->n && size->n <= TCC_FILTER_VALUES);
	require(size->n == 0 || (needs & need));
}

/* Add the values in filter_describe()'s words, all of one kind. */
static void add_described(struct tcc_filter *filter, enum filter_kind kind, char *words)
{
	bool is_after_not = false, is_excluded = false;
	char *word, *state, value[80];
	const char *bad;

	for (word = strtok_r(words, " ,", &state); word; word = strtok_r(NULL, " ,", &state)) {
		if (strcmp(word, "not") == 0) {
			is_after_not = true;
		} else if (strcmp(word, kind_names[kind]) == 0) {
			is_excluded = is_after_not;
		} else if (strcmp(word, "or") != 0) {
			snprintf(value, sizeof(value), "%s%s", is_excluded ? "!" : "", word);
			require(filter_add(filter, kind, value, &bad) == 0);
		}
	}
}

/* What the filter says of itself makes the same filter. */
static void require_same_words(const struct tcc_filter *filter, enum filter_kind kind,
			       const char *text)
{
	struct tcc_filter copy = { 0 };
	char words[TEXT_MAX];

	filter_describe(filter, words, sizeof(words));
	/* These have a path for the user, or a process, and a number for the kernel. */
	if (kind == FILTER_CGROUP || kind == FILTER_NETNS)
		return;
	/* An algorithm may be called as the words between are. */
	if (kind == FILTER_CC && (strstr(text, "cc") || strstr(text, "or") || strstr(text, "not")))
		return;
	add_described(&copy, kind, words);
	require(memcmp(&copy, filter, sizeof(copy)) == 0);
}

static void try_filter(const char *text, unsigned int which)
{
	enum filter_kind kind = (enum filter_kind)(which % FILTER_KIND_COUNT);
	struct tcc_filter filter = { 0 };
	const char *bad = NULL;
	int err;

	/* What is opened here should be in the directory of the test, or not exist. */
	if ((kind == FILTER_CGROUP || kind == FILTER_NETNS) && strchr(text, '/'))
		return;
	err = filter_add(&filter, kind, text, &bad);
	require(err == -E2BIG || err == 0 || err == -EINVAL || err == -ERANGE);
	require(!err || (bad >= text && bad <= text + strlen(text)));
	require(!err || bad == text || bad[-1] == ',');
	require_set(&filter.port.size, filter.needs, TCC_NEED_PORTS);
	require_set(&filter.sport.size, filter.needs, TCC_NEED_PORTS);
	require_set(&filter.dport.size, filter.needs, TCC_NEED_PORTS);
	require_set(&filter.ip.size, filter.needs, TCC_NEED_ADDRS);
	require_set(&filter.src.size, filter.needs, TCC_NEED_ADDRS);
	require_set(&filter.dst.size, filter.needs, TCC_NEED_ADDRS);
	require_set(&filter.mark.size, filter.needs, TCC_NEED_MARK);
	require_set(&filter.cc.size, filter.needs, TCC_NEED_CC);
	require_set(&filter.cgroup.size, filter.needs, TCC_NEED_CGROUP);
	require_set(&filter.netns.size, filter.needs, TCC_NEED_NETNS);
	require_same_words(&filter, kind, text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[TEXT_MAX];

	if (size < 1 || size > sizeof(text))
		return 0;
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	switch (data[0] % 8) {
	case 0:
		try_uint(text, PARSE_DECIMAL);
		break;
	case 1:
		try_uint(text, PARSE_DECIMAL_OR_HEX);
		break;
	case 2:
		try_scaled(text, parse_time, 1000000000);
		break;
	case 3:
		try_scaled(text, parse_size, 1);
		break;
	case 4:
		try_single(text);
		break;
	default:
		try_filter(text, data[0] / 8);
	}
	return 0;
}
