// SPDX-License-Identifier: GPL-2.0-or-later
/* Addresses as text, cached; see addr.h. */
#include "base/addr.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#define CACHE_SIZE 2048u	/* a power of two; 280 KiB */

struct addr_cache {
	struct addr_pair pairs[CACHE_SIZE];
};

struct addr_cache *addr_cache_new(void)
{
	return calloc(1, sizeof(struct addr_cache));
}

void addr_cache_free(struct addr_cache *cache)
{
	free(cache);
}

static uint8_t print_addr(char text[ADDR_TEXT_MAX], const uint32_t addr[4], bool is_ipv6)
{
	char terminated[INET6_ADDRSTRLEN];
	size_t length;

	if (is_ipv6)
		inet_ntop(AF_INET6, addr, terminated, sizeof(terminated));
	else
		inet_ntop(AF_INET, &addr[3], terminated, sizeof(terminated));
	length = strlen(terminated);
	memcpy(text, terminated, length);
	return (uint8_t)length;
}

const struct addr_pair *addr_cache_get(struct addr_cache *cache, uint64_t key,
				       const uint32_t saddr[4], const uint32_t daddr[4],
				       bool is_ipv6)
{
	/* Cookies are consecutive: as they are, they spread without a clash. */
	struct addr_pair *pair = &cache->pairs[key & (CACHE_SIZE - 1)];

	if (pair->saddr_length && pair->is_ipv6 == is_ipv6 &&
	    memcmp(pair->saddr, saddr, sizeof(pair->saddr)) == 0 &&
	    memcmp(pair->daddr, daddr, sizeof(pair->daddr)) == 0)
		return pair;
	memcpy(pair->saddr, saddr, sizeof(pair->saddr));
	memcpy(pair->daddr, daddr, sizeof(pair->daddr));
	pair->is_ipv6 = is_ipv6;
	pair->saddr_length = print_addr(pair->saddr_text, saddr, is_ipv6);
	pair->daddr_length = print_addr(pair->daddr_text, daddr, is_ipv6);
	return pair;
}
