/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The connection by which ssh shows, or passes on, what is written. Knows neither
 * filters nor messages.
 */
#ifndef TCC_SSH_H
#define TCC_SSH_H

#include <stdbool.h>
#include <stdint.h>

struct ssh_connection {
	uint32_t saddr[4], daddr[4];	/* network byte order, IPv4 as v4-mapped */
	uint16_t sport, dport;
	bool is_ipv6;
};

/*
 * Of $SSH_CONNECTION, or, since sudo takes that away, of the nearest parent that has one.
 * Returns whether there is one, and it is established in this network namespace: a
 * terminal multiplexer may have been left by it, and be shown elsewhere now.
 */
bool ssh_find_connection(struct ssh_connection *connection);

/* The same, of a value of that variable; false where it is none. */
bool ssh_parse_connection(struct ssh_connection *connection, const char *value);

#endif
