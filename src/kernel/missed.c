// SPDX-License-Identifier: GPL-2.0-or-later
/* What the kernel did not run; see missed.h. */
#include "kernel/missed.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int missed_open(int program_fd)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", program_fd);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

uint64_t missed_read(int info_fd)
{
	static const char key[] = "recursion_misses:";
	char text[1024];
	ssize_t length = pread(info_fd, text, sizeof(text) - 1, 0);
	const char *at;

	if (length <= 0)
		return 0;
	text[length] = '\0';
	at = strstr(text, key);
	return at ? strtoull(at + sizeof(key) - 1, NULL, 10) : 0;
}
