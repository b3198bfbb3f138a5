/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a filter can match anything at all. Knows neither options nor messages. */
#ifndef TCC_FILTER_DOUBT_H
#define TCC_FILTER_DOUBT_H

#include "tcc_filter.h"

/*
 * What of a connection the filter asks for and excludes again, so that none can match:
 * "ports", "addresses", "marks", "algorithms", "cgroups", "namespaces"; NULL where no
 * reason is seen. Of ports exact; of the others, what several values exclude only
 * together, or of a cgroup one above it, is not seen.
 */
const char *filter_doubt(const struct tcc_filter *filter);

#endif
