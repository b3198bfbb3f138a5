/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Strict parsers of what a network is named by: ports, prefixes, marks. Take and
 * return what those of parse.h do.
 */
#ifndef TCC_PARSE_NET_H
#define TCC_PARSE_NET_H

#include "tcc_filter.h"

/* PORT or PORT-PORT, each from 1 to 65535, the first not above the second. */
int parse_port_range(const char *text, struct tcc_port_range *value);

/*
 * ADDR or ADDR/LEN, IPv4 or IPv6 (no scope, no brackets). Host bits are masked
 * off. A prefix within ::ffff:0:0/96 becomes the IPv4 prefix it stands for. Of
 * an IPv4 prefix, all words but the last are 0.
 */
int parse_prefix(const char *text, struct tcc_prefix *value);

/*
 * VALUE or VALUE/MASK, 32 bits each, decimal or hexadecimal. Bits outside the
 * mask are cleared.
 */
int parse_mark(const char *text, struct tcc_mark *value);

#endif
