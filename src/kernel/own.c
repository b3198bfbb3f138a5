// SPDX-License-Identifier: GPL-2.0-or-later
/* Connections of this process's own output; see own.h. */
#include "kernel/own.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include "base/log.h"

uint64_t own_tcp_cookie(int fd, const char *name)
{
	uint64_t cookie = 0;
	int protocol = 0;
	socklen_t length = sizeof(protocol), cookie_length = sizeof(cookie);

	if (getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &length) ||
	    protocol != IPPROTO_TCP ||
	    getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &cookie_length))
		return 0;
	log_status("%s is a TCP connection: it is left out, and counted as filtered", name);
	return cookie;
}
