// SPDX-License-Identifier: GPL-2.0-or-later
/* Words to a filter, and back; see filter.h. */
#include "options/filter.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "options/kernel_id.h"
#include "options/parse_net.h"
#include "options/services.h"

#define VALUE_TEXT_MAX 160	/* longer than any value: a name of a namespace, its number */

/* One kind of value: how it is read and shown, and where a set keeps its values. */
struct value_type {
	size_t offset;
	size_t size;
	uint32_t need;
	int (*parse)(const char *text, void *value);
	void (*print)(char text[VALUE_TEXT_MAX], const void *value);
};

/* One port: a number, or the name of a service. `length` bytes of `text`. */
static int one_port(const char *text, size_t length, uint16_t *port)
{
	struct tcc_port_range range;
	char name[VALUE_TEXT_MAX];

	if (length >= sizeof(name))
		return -EINVAL;
	memcpy(name, text, length);
	name[length] = '\0';
	if (services_port(SERVICES_PATH, name, port) == 0)
		return 0;
	if (parse_port_range(name, &range) || range.min != range.max)
		return -EINVAL;
	*port = range.min;
	return 0;
}

/*
 * Numbers are the rule. Else the whole word is a service before it is a range, and any
 * '-' may be the range's: names have some, too.
 */
static int port_parse(const char *text, void *value)
{
	struct tcc_port_range *range = value;
	uint16_t min, max;

	if (!text[strspn(text, "0123456789-")])
		return parse_port_range(text, range);
	if (one_port(text, strlen(text), &min) == 0) {
		range->min = range->max = min;
		return 0;
	}
	for (const char *at = strchr(text, '-'); at; at = strchr(at + 1, '-')) {
		if (one_port(text, (size_t)(at - text), &min) == 0 &&
		    one_port(at + 1, strlen(at + 1), &max) == 0 && min <= max) {
			range->min = min;
			range->max = max;
			return 0;
		}
	}
	return -EINVAL;
}

static void port_print(char text[VALUE_TEXT_MAX], const void *value)
{
	const struct tcc_port_range *range = value;

	if (range->min == range->max)
		snprintf(text, VALUE_TEXT_MAX, "%u", range->min);
	else
		snprintf(text, VALUE_TEXT_MAX, "%u-%u", range->min, range->max);
}

static int prefix_parse(const char *text, void *value)
{
	return parse_prefix(text, value);
}

static void prefix_print(char text[VALUE_TEXT_MAX], const void *value)
{
	const struct tcc_prefix *prefix = value;
	int longest = prefix->is_ipv4 ? 32 : 128;
	char addr[INET6_ADDRSTRLEN];
	int length = 0;

	for (int i = 0; i < 4; i++)
		length += __builtin_popcount(prefix->mask[i]);
	if (prefix->is_ipv4)
		inet_ntop(AF_INET, &prefix->addr[3], addr, sizeof(addr));
	else
		inet_ntop(AF_INET6, prefix->addr, addr, sizeof(addr));
	if (length == longest)
		snprintf(text, VALUE_TEXT_MAX, "%s", addr);
	else
		snprintf(text, VALUE_TEXT_MAX, "%s/%d", addr, length);
}

static int mark_parse(const char *text, void *value)
{
	return parse_mark(text, value);
}

static void mark_print(char text[VALUE_TEXT_MAX], const void *value)
{
	const struct tcc_mark *mark = value;

	if (mark->mask == UINT32_MAX)
		snprintf(text, VALUE_TEXT_MAX, "0x%x", mark->value);
	else
		snprintf(text, VALUE_TEXT_MAX, "0x%x/0x%x", mark->value, mark->mask);
}

/* What is not could forge lines where the filter is shown, or be no UTF-8. */
static bool is_printable(const char *text)
{
	for (; *text; text++) {
		if (*text <= ' ' || *text > '~')
			return false;
	}
	return true;
}

/* Any name: the algorithm's module may be loaded later. */
static int cc_parse(const char *text, void *value)
{
	struct tcc_cc cc = { 0 };
	size_t length = strlen(text);

	if (length == 0 || length >= sizeof(cc) || !is_printable(text) || strchr(text, '!'))
		return -EINVAL;
	memcpy(&cc, text, length);
	memcpy(value, &cc, sizeof(cc));
	return 0;
}

static void cc_print(char text[VALUE_TEXT_MAX], const void *value)
{
	snprintf(text, VALUE_TEXT_MAX, "%.*s", (int)sizeof(struct tcc_cc), (const char *)value);
}

static int cgroup_parse(const char *text, void *value)
{
	struct tcc_cgroup *cgroup = value;
	uint64_t id;
	int err = kernel_id_cgroup(text, &id);

	if (!err)
		cgroup->id = id;
	return err;
}

static void cgroup_print(char text[VALUE_TEXT_MAX], const void *value)
{
	const struct tcc_cgroup *cgroup = value;

	snprintf(text, VALUE_TEXT_MAX, "%" PRIu64, (uint64_t)cgroup->id);
}

static int netns_parse(const char *text, void *value)
{
	struct tcc_netns *netns = value;
	struct kernel_netns found;
	size_t length = strlen(text);
	int err = kernel_id_netns(text, &found);

	if (err)
		return err;
	*netns = (struct tcc_netns){ .cookie = found.cookie, .inum = found.inum };
	if (length < sizeof(netns->word) && is_printable(text))
		memcpy(netns->word, text, length);
	return 0;
}

static void netns_print(char text[VALUE_TEXT_MAX], const void *value)
{
	const struct tcc_netns *netns = value;
	char inum[16];

	snprintf(inum, sizeof(inum), "%u", netns->inum);
	if (*netns->word && strcmp(netns->word, inum) != 0)
		snprintf(text, VALUE_TEXT_MAX, "%s (%s)", netns->word, inum);
	else
		snprintf(text, VALUE_TEXT_MAX, "%s", inum);
}

static const struct value_type port_type = {
	.offset = offsetof(struct tcc_port_set, value),
	.size = sizeof(struct tcc_port_range),
	.need = TCC_NEED_PORTS,
	.parse = port_parse,
	.print = port_print,
};

static const struct value_type prefix_type = {
	.offset = offsetof(struct tcc_prefix_set, value),
	.size = sizeof(struct tcc_prefix),
	.need = TCC_NEED_ADDRS,
	.parse = prefix_parse,
	.print = prefix_print,
};

static const struct value_type mark_type = {
	.offset = offsetof(struct tcc_mark_set, value),
	.size = sizeof(struct tcc_mark),
	.need = TCC_NEED_MARK,
	.parse = mark_parse,
	.print = mark_print,
};

static const struct value_type cc_type = {
	.offset = offsetof(struct tcc_cc_set, value),
	.size = sizeof(struct tcc_cc),
	.need = TCC_NEED_CC,
	.parse = cc_parse,
	.print = cc_print,
};

static const struct value_type cgroup_type = {
	.offset = offsetof(struct tcc_cgroup_set, value),
	.size = sizeof(struct tcc_cgroup),
	.need = TCC_NEED_CGROUP,
	.parse = cgroup_parse,
	.print = cgroup_print,
};

static const struct value_type netns_type = {
	.offset = offsetof(struct tcc_netns_set, value),
	.size = sizeof(struct tcc_netns),
	.need = TCC_NEED_NETNS,
	.parse = netns_parse,
	.print = netns_print,
};

static const struct kind {
	const char *name;
	size_t offset;		/* of the set, in struct tcc_filter */
	const struct value_type *type;
} kinds[FILTER_KIND_COUNT] = {
	[FILTER_PORT] = { "port", offsetof(struct tcc_filter, port), &port_type },
	[FILTER_SPORT] = { "sport", offsetof(struct tcc_filter, sport), &port_type },
	[FILTER_DPORT] = { "dport", offsetof(struct tcc_filter, dport), &port_type },
	[FILTER_IP] = { "ip", offsetof(struct tcc_filter, ip), &prefix_type },
	[FILTER_SRC] = { "src", offsetof(struct tcc_filter, src), &prefix_type },
	[FILTER_DST] = { "dst", offsetof(struct tcc_filter, dst), &prefix_type },
	[FILTER_MARK] = { "mark", offsetof(struct tcc_filter, mark), &mark_type },
	[FILTER_CC] = { "cc", offsetof(struct tcc_filter, cc), &cc_type },
	[FILTER_CGROUP] = { "cgroup", offsetof(struct tcc_filter, cgroup), &cgroup_type },
	[FILTER_NETNS] = { "netns", offsetof(struct tcc_filter, netns), &netns_type },
};

/* All sets begin with their size; that lets one function serve them all. */
_Static_assert(offsetof(struct tcc_port_set, size) == 0 &&
	       offsetof(struct tcc_prefix_set, size) == 0 &&
	       offsetof(struct tcc_mark_set, size) == 0 &&
	       offsetof(struct tcc_cc_set, size) == 0 &&
	       offsetof(struct tcc_cgroup_set, size) == 0 &&
	       offsetof(struct tcc_netns_set, size) == 0, "a set begins with its size");

static int set_insert(struct tcc_set_size *size, const struct value_type *type,
		      const void *value, bool is_excluded)
{
	uint32_t place = is_excluded ? size->n : size->n_included;
	char *at = (char *)size + type->offset + place * type->size;

	if (size->n == TCC_FILTER_VALUES)
		return -E2BIG;
	memmove(at + type->size, at, (size->n - place) * type->size);
	memcpy(at, value, type->size);
	size->n++;
	if (!is_excluded)
		size->n_included++;
	return 0;
}

static int add_value(struct tcc_filter *filter, const struct kind *kind, const char *item,
		     size_t length)
{
	struct tcc_set_size *size = (struct tcc_set_size *)((char *)filter + kind->offset);
	union {
		struct tcc_port_range port;
		struct tcc_prefix prefix;
		struct tcc_mark mark;
		struct tcc_cc cc;
		struct tcc_cgroup cgroup;
		struct tcc_netns netns;
	} value;
	bool is_excluded = *item == '!';
	char text[PATH_MAX];
	int err;

	if (is_excluded) {
		item++;
		length--;
	}
	if (length >= sizeof(text))
		return -EINVAL;
	memcpy(text, item, length);
	text[length] = '\0';
	err = kind->type->parse(text, &value);
	if (err)
		return err;
	err = set_insert(size, kind->type, &value, is_excluded);
	if (err)
		return err;
	filter->needs |= kind->type->need;
	return 0;
}

int filter_add(struct tcc_filter *filter, enum filter_kind kind, const char *list,
	       const char **bad)
{
	for (const char *item = list; ; item++) {
		size_t length = strcspn(item, ",");
		int err = add_value(filter, &kinds[kind], item, length);

		if (err) {
			*bad = item;
			return err;
		}
		item += length;
		if (!*item)
			return 0;
	}
}

int filter_set_ip_version(struct tcc_filter *filter, unsigned int version)
{
	if (filter->ip_version && filter->ip_version != version)
		return -EINVAL;
	filter->ip_version = version;
	filter->needs |= TCC_NEED_FAMILY;
	return 0;
}

/* Text that is being put together in a place of fixed size. */
struct text {
	char *start;
	size_t size;
	size_t length;
};

/* What does not fit is dropped, and the text then ends in "..." for good. */
__attribute__((format(printf, 2, 3)))
static void text_append(struct text *text, const char *format, ...)
{
	size_t room = text->size - text->length;
	va_list args;
	int length;

	if (room == 0)
		return;
	va_start(args, format);
	length = vsnprintf(text->start + text->length, room, format, args);
	va_end(args);
	if ((size_t)length < room) {
		text->length += (size_t)length;
		return;
	}
	memcpy(text->start + text->size - sizeof("..."), "...", sizeof("..."));
	text->length = text->size;
}

/* "port 1 or 2", or "not port 1 or 2"; nothing for no value. */
static void describe_values(struct text *text, const struct kind *kind, const char *values,
			    uint32_t n, bool is_excluded)
{
	char value[VALUE_TEXT_MAX];

	for (uint32_t i = 0; i < n; i++) {
		kind->type->print(value, values + i * kind->type->size);
		if (i > 0)
			text_append(text, " or %s", value);
		else
			text_append(text, "%s%s%s %s", text->length ? ", " : "",
				    is_excluded ? "not " : "", kind->name, value);
	}
}

void filter_describe(const struct tcc_filter *filter, char *text, size_t size)
{
	struct text out = { text, size, 0 };

	text[0] = '\0';
	for (int i = 0; i < FILTER_KIND_COUNT; i++) {
		const char *set = (const char *)filter + kinds[i].offset;
		const struct tcc_set_size *n = (const struct tcc_set_size *)set;
		const char *values = set + kinds[i].type->offset;

		describe_values(&out, &kinds[i], values, n->n_included, false);
		describe_values(&out, &kinds[i],
				values + n->n_included * kinds[i].type->size,
				n->n - n->n_included, true);
	}
	if (filter->ip_version)
		text_append(&out, "%sIPv%u only", out.length ? ", " : "", filter->ip_version);
}
