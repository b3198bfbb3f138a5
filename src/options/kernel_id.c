// SPDX-License-Identifier: GPL-2.0-or-later
/* Numbers of namespaces and cgroups; see kernel_id.h. */
#include "options/kernel_id.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/parse.h"

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

/* The kernel numbers namespaces from here on: include/linux/proc_ns.h, nsfs. */
#define INUM_MIN 0xeffffff0u

static int open_of(const char *path, long magic, struct stat *st)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	struct statfs fs;

	if (fd < 0)
		return -EINVAL;
	if (fstatfs(fd, &fs) || (long)fs.f_type != magic || fstat(fd, st)) {
		close(fd);
		return -EINVAL;
	}
	return fd;
}

/* The cookie of the namespace that this process is in, or 0. */
static uint64_t own_cookie(void)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	uint64_t cookie = 0;
	socklen_t length = sizeof(cookie);

	if (fd < 0)
		return 0;
	if (getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &length))
		cookie = 0;
	close(fd);
	return cookie;
}

/*
 * A cookie is asked of a socket, and a socket is made where its process is: there and
 * back. Returns 0 or -errno: there is no way back.
 */
static int cookie_of(int netns_fd, uint64_t *cookie)
{
	int back = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), err = 0;
	struct stat own, st;

	*cookie = 0;
	if (back < 0)
		return 0;
	if (fstat(back, &own) == 0 && fstat(netns_fd, &st) == 0 && own.st_ino == st.st_ino) {
		*cookie = own_cookie();
	} else if (setns(netns_fd, CLONE_NEWNET) == 0) {
		*cookie = own_cookie();
		if (setns(back, CLONE_NEWNET))
			err = -errno;
	}
	close(back);
	return err;
}

static int netns_of_path(const char *path, struct kernel_netns *netns)
{
	struct stat st;
	int fd = open_of(path, NSFS_MAGIC, &st), err;

	if (fd < 0)
		return fd;
	if (ioctl(fd, NS_GET_NSTYPE) != CLONE_NEWNET) {
		close(fd);
		return -EINVAL;
	}
	netns->inum = (uint32_t)st.st_ino;
	err = cookie_of(fd, &netns->cookie);
	if (err || netns->cookie)
		close(fd);	/* else it is held */
	return err;
}

/*
 * The path of what the text names, and its number if it is one, else 0: from INUM_MIN
 * on that is the namespace's own, and the path means nothing. Returns 0 or -EINVAL.
 */
static int path_of(const char *text, char path[PATH_MAX], uint64_t *number)
{
	const char *format = strchr(text, '/') ? "%s" : "/run/netns/%s";

	*number = 0;
	if (parse_uint(text, PARSE_DECIMAL, 1, UINT32_MAX, number) == 0) {
		snprintf(path, PATH_MAX, "/proc/%u/ns/net", (unsigned int)*number);
		return 0;
	}
	if (!*text || snprintf(path, PATH_MAX, format, text) >= PATH_MAX)
		return -EINVAL;
	return 0;
}

int kernel_id_netns(const char *text, struct kernel_netns *netns)
{
	char path[PATH_MAX];
	uint64_t number;
	int err = path_of(text, path, &number);

	if (err)
		return err;
	if (number < INUM_MIN)
		return netns_of_path(path, netns);
	*netns = (struct kernel_netns){ .inum = (uint32_t)number };
	return 0;
}

bool kernel_id_netns_is(const char *text, uint32_t inum)
{
	char path[PATH_MAX];
	struct stat st;
	uint64_t number;

	if (path_of(text, path, &number) || number >= INUM_MIN)
		return true;
	if (stat(path, &st))
		return errno != ENOENT;
	return st.st_ino == inum;
}

int kernel_id_cgroup(const char *text, uint64_t *id)
{
	struct stat st;
	int fd = open_of(text, CGROUP2_SUPER_MAGIC, &st);

	if (fd < 0)
		return fd;
	close(fd);
	if (!S_ISDIR(st.st_mode))
		return -EINVAL;
	*id = st.st_ino;
	return 0;
}
