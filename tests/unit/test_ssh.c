// SPDX-License-Identifier: GPL-2.0-or-later
/* What $SSH_CONNECTION says, and what is no such thing. */
#include <arpa/inet.h>

#include "../tap.h"
#include "options/ssh.h"

static void both_families(void)
{
	struct ssh_connection connection;

	check(ssh_parse_connection(&connection, "10.0.0.1 40000 10.0.0.2 22"));
	check(!connection.is_ipv6);
	check_eq(ntohl(connection.daddr[3]), 0x0a000001);
	check_eq(ntohl(connection.saddr[3]), 0x0a000002);
	check_eq(ntohl(connection.saddr[2]), 0xffff);
	check_eq(connection.dport, 40000);
	check_eq(connection.sport, 22);
	check(ssh_parse_connection(&connection, "fe80::1%eth0 65535 fe80::2%eth0 1"));
	check(connection.is_ipv6);
	check_eq(ntohl(connection.daddr[0]), 0xfe800000);
	check_eq(ntohl(connection.saddr[3]), 2);
}

static void what_is_none(void)
{
	static const char *const none[] = {
		"", "10.0.0.1", "10.0.0.1 1 10.0.0.2", "10.0.0.1 1 10.0.0.2 22 5",
		"10.0.0.1 65536 10.0.0.2 22", "10.0.0.1 1 ::1 22", "a 1 b 2", "10.0.0.1 x 10.0.0.2 22",
		"UNKNOWN 65535 UNKNOWN 65535",
	};
	struct ssh_connection connection;

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		if (!check(!ssh_parse_connection(&connection, none[i])))
			printf("#   %s\n", none[i]);
	}
}

int main(void)
{
	TAP_RUN(both_families);
	TAP_RUN(what_is_none);
	return tap_done();
}
