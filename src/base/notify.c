// SPDX-License-Identifier: GPL-2.0-or-later
/* Telling that the program is ready; see notify.h. */
#include "base/notify.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Its length, or 0: no address of this family. A name that begins with @ is no file's. */
static socklen_t make_address(struct sockaddr_un *address, const char *name)
{
	size_t length = strlen(name);

	if ((name[0] != '/' && name[0] != '@') || !name[1] || length >= sizeof(address->sun_path))
		return 0;
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(address->sun_path, name, length);
	if (name[0] == '@')
		address->sun_path[0] = '\0';
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
}

/*
 * By socketpair(), which RestrictAddressFamilies=none leaves a service: socket() of this
 * family would need an exception there. A datagram socket may be connected once more.
 */
int notify_open(void)
{
	const char *name = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address;
	socklen_t length = name ? make_address(&address, name) : 0;
	int ends[2], err;

	unsetenv("NOTIFY_SOCKET");
	if (!length || socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends))
		return -1;
	close(ends[1]);
	err = connect(ends[0], (const struct sockaddr *)&address, length);
	if (!err)
		return ends[0];
	close(ends[0]);
	return -1;
}

void notify_ready(int fd)
{
	static const char text[] = "READY=1";

	if (fd < 0)
		return;
	/* Who does not listen will find that it took too long. */
	send(fd, text, sizeof(text) - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
	close(fd);
}
