/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The words of filter options made into a struct tcc_filter, and back into
 * words. Knows neither options nor messages; what a filter means is
 * tcc_filter.h's.
 */
#ifndef TCC_FILTER_TEXT_H
#define TCC_FILTER_TEXT_H

#include <stddef.h>

#include "tcc_filter.h"

enum filter_kind {
	FILTER_PORT, FILTER_SPORT, FILTER_DPORT,
	FILTER_IP, FILTER_SRC, FILTER_DST,
	FILTER_MARK,
	FILTER_CC, FILTER_CGROUP, FILTER_NETNS,
	FILTER_KIND_COUNT
};

/*
 * Add a comma list of values to one set of a filter, which starts as all
 * zeros. A '!' before a value excludes it. On an error *bad points at the
 * value at fault, in `list` and up to the next comma; those before it have
 * been added. Errors: parse.h's and kernel_id.h's, and -E2BIG: more than
 * TCC_FILTER_VALUES in this set.
 */
int filter_add(struct tcc_filter *filter, enum filter_kind kind, const char *list,
	       const char **bad);

/* Only this IP version, 4 or 6; -EINVAL when the other was asked for already. */
int filter_set_ip_version(struct tcc_filter *filter, unsigned int version);

/*
 * The filter in words: "port 443 or 8000-8999, not src 10.0.0.0/8, IPv4 only";
 * empty when it passes all. Ends in "..." when it does not fit `size` bytes,
 * the terminating NUL included; `size` is at least 4.
 */
void filter_describe(const struct tcc_filter *filter, char *text, size_t size);

#endif
