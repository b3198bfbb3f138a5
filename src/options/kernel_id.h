/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The numbers by which the kernel knows network namespaces and cgroups, of what
 * a user calls them. Knows no filter.
 *
 * A cgroup's number is not given to another one (64 bits, counted up); a network
 * namespace's is, so that its cookie is found out as well.
 *
 * Each returns 0, or -EINVAL when the text names no such thing, or -errno when
 * that cannot be found out.
 */
#ifndef TCC_KERNEL_ID_H
#define TCC_KERNEL_ID_H

#include <stdbool.h>
#include <stdint.h>

struct kernel_netns {
	/*
	 * SO_NETNS_COOKIE, Linux 5.14; 0: a number was given, or it cannot be had, for
	 * which one takes CAP_SYS_ADMIN if the namespace is not the process's own. Then,
	 * but for a number, the namespace is held, by a descriptor, for as long as the
	 * process lives: its number cannot become another's.
	 */
	uint64_t cookie;
	uint32_t inum;
};

/*
 * A network namespace: a path (/run/netns/NAME, /proc/PID/ns/net), a PID, or the
 * inode number that `ls -l /proc/PID/ns` and `lsns` show; also a name of
 * ip-netns(8)'s. Numbers below those that the kernel gives namespaces are PIDs.
 */
int kernel_id_netns(const char *text, struct kernel_netns *netns);

/*
 * Whether that text still names the namespace with this number. Needs no privilege but
 * that to see the file; returns true where that is missing.
 */
bool kernel_id_netns_is(const char *text, uint32_t inum);

/*
 * A cgroup of version 2, by its path in the file system: its inode number is
 * cgroup_id() (kernfs_create_root() with KERNFS_ROOT_SUPPORT_EXPORTOP, 64-bit
 * inodes, since Linux 5.5).
 */
int kernel_id_cgroup(const char *text, uint64_t *id);

#endif
