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
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/parse.h"

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

static int netns_of_path(const char *path, uint32_t *inum)
{
	struct stat st;
	int fd = open_of(path, NSFS_MAGIC, &st), type;

	if (fd < 0)
		return fd;
	type = ioctl(fd, NS_GET_NSTYPE);
	close(fd);
	if (type != CLONE_NEWNET)
		return -EINVAL;
	*inum = (uint32_t)st.st_ino;
	return 0;
}

static int netns_of_number(uint64_t number, uint32_t *inum)
{
	char path[64];

	if (number >= INUM_MIN) {
		*inum = (uint32_t)number;
		return 0;
	}
	snprintf(path, sizeof(path), "/proc/%u/ns/net", (unsigned int)number);
	return netns_of_path(path, inum);
}

int kernel_id_netns(const char *text, uint32_t *inum)
{
	char path[PATH_MAX];
	uint64_t number;

	if (strchr(text, '/'))
		return netns_of_path(text, inum);
	if (parse_uint(text, PARSE_DECIMAL, 1, UINT32_MAX, &number) == 0)
		return netns_of_number(number, inum);
	if (!*text || snprintf(path, sizeof(path), "/run/netns/%s", text) >= (int)sizeof(path))
		return -EINVAL;
	return netns_of_path(path, inum);
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
