/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Addresses as text, cached: a stream repeats few connections, and making the
 * text of two IPv6 addresses costs more than the rest of a line. The cache
 * compares whole addresses, so nothing ever has to be invalidated.
 */
#ifndef TCC_ADDR_H
#define TCC_ADDR_H

#include <stdbool.h>
#include <stdint.h>

#define ADDR_TEXT_MAX 46	/* INET6_ADDRSTRLEN */

/* Both addresses of a connection, and their text (RFC 5952; not terminated). */
struct addr_pair {
	uint32_t saddr[4], daddr[4];	/* network byte order, IPv4 as v4-mapped */
	bool is_ipv6;
	uint8_t saddr_length, daddr_length;
	char saddr_text[ADDR_TEXT_MAX];
	char daddr_text[ADDR_TEXT_MAX];
};

struct addr_cache;

struct addr_cache *addr_cache_new(void);		/* NULL: no memory */
void addr_cache_free(struct addr_cache *cache);		/* accepts NULL */

/*
 * The text of a pair; IPv4 is printed as a.b.c.d where is_ipv6 is false, as
 * ::ffff:a.b.c.d where it is true. `key` is any number that tells connections
 * apart. Valid until the next call.
 */
const struct addr_pair *addr_cache_get(struct addr_cache *cache, uint64_t key,
				       const uint32_t saddr[4], const uint32_t daddr[4],
				       bool is_ipv6);

#endif
