// SPDX-License-Identifier: GPL-2.0-or-later
/* Descriptors that a process was started with; see inherited.h. */
#include "base/inherited.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Linux 5.9's; the same on all architectures. */
#ifndef SYS_close_range
#define SYS_close_range 436
#endif

/* Without /proc: fs.nr_open as it is unless somebody raised it. */
#define DESCRIPTORS_MAX (1 << 20)

static void close_if(int fd, bool is_ours_too)
{
	int flags = is_ours_too ? 0 : fcntl(fd, F_GETFD);

	if (flags >= 0 && !(flags & FD_CLOEXEC))
		close(fd);
}

/* A limit that was lowered afterwards says nothing of what is open. */
static void close_listed(int first, bool is_ours_too)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;

	if (!dir) {
		for (int fd = first; fd < DESCRIPTORS_MAX; fd++)
			close_if(fd, is_ours_too);
		return;
	}
	while ((entry = readdir(dir))) {
		int fd = atoi(entry->d_name);	/* "." and "..": 0 */

		if (fd >= first && fd != dirfd(dir))
			close_if(fd, is_ours_too);
	}
	closedir(dir);
}

void inherited_close(void)
{
	close_listed(STDERR_FILENO + 1, false);
}

void inherited_close_from(int first)
{
	if (syscall(SYS_close_range, first, ~0U, 0))
		close_listed(first, true);
}
