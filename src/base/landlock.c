// SPDX-License-Identifier: GPL-2.0-or-later
/* Where this process may write; see landlock.h. */
#include "base/landlock.h"

#include <errno.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The same on all architectures; headers of older distributions lack them. */
#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule 445
#define SYS_landlock_restrict_self 446
#endif

/* include/uapi/linux/landlock.h, as of Linux 6.12. */
#define CREATE_RULESET_VERSION 1u
#define RULE_PATH_BENEATH 1

#define FS_EXECUTE (1u << 0)
#define FS_WRITE_FILE (1u << 1)
#define FS_REMOVE_DIR (1u << 4)
#define FS_REMOVE_FILE (1u << 5)
#define FS_MAKE_CHAR (1u << 6)
#define FS_MAKE_DIR (1u << 7)
#define FS_MAKE_REG (1u << 8)
#define FS_MAKE_SOCK (1u << 9)
#define FS_MAKE_FIFO (1u << 10)
#define FS_MAKE_BLOCK (1u << 11)
#define FS_MAKE_SYM (1u << 12)
#define FS_REFER (1u << 13)		/* ABI 2 */
#define FS_TRUNCATE (1u << 14)		/* ABI 3 */
#define FS_IOCTL_DEV (1u << 15)		/* ABI 5 */

#define NET_BIND_TCP (1u << 0)		/* ABI 4 */
#define NET_CONNECT_TCP (1u << 1)

#define SCOPE_ABSTRACT_UNIX_SOCKET (1u << 0)	/* ABI 6 */
#define SCOPE_SIGNAL (1u << 1)

/* A kernel that is older than a member takes it as 0. */
struct ruleset {
	uint64_t fs, net, scoped;
};

struct path_beneath {
	uint64_t allowed;
	int32_t parent_fd;
} __attribute__((packed));

static int create_ruleset(const struct ruleset *ruleset, size_t bytes, unsigned int flags)
{
	return (int)syscall(SYS_landlock_create_ruleset, ruleset, bytes, flags);
}

/* All that this kernel can refuse, but for reading. */
static struct ruleset refused_by(int abi, unsigned int allowed)
{
	struct ruleset refused = {
		.fs = FS_WRITE_FILE | FS_REMOVE_DIR | FS_REMOVE_FILE | FS_MAKE_CHAR | FS_MAKE_DIR |
		      FS_MAKE_REG | FS_MAKE_SOCK | FS_MAKE_FIFO | FS_MAKE_BLOCK | FS_MAKE_SYM,
	};

	if (!(allowed & LANDLOCK_EXECUTE))
		refused.fs |= FS_EXECUTE;
	if (abi >= 2)
		refused.fs |= FS_REFER;
	if (abi >= 3)
		refused.fs |= FS_TRUNCATE;
	if (abi >= 4)
		refused.net = NET_BIND_TCP | NET_CONNECT_TCP;
	if (abi >= 5)
		refused.fs |= FS_IOCTL_DEV;
	if (abi >= 6)
		refused.scoped = SCOPE_ABSTRACT_UNIX_SOCKET |
				 (allowed & LANDLOCK_SIGNAL ? 0 : SCOPE_SIGNAL);
	return refused;
}

static int allow_writing(int ruleset_fd, int directory, uint64_t refused)
{
	struct path_beneath rule = {
		.allowed = refused & (FS_WRITE_FILE | FS_MAKE_REG | FS_REMOVE_FILE | FS_TRUNCATE),
		.parent_fd = directory,
	};

	return syscall(SYS_landlock_add_rule, ruleset_fd, RULE_PATH_BENEATH, &rule, 0) ? -errno : 0;
}

int landlock_confine(const int *directories, size_t n, unsigned int allowed)
{
	int abi = create_ruleset(NULL, 0, CREATE_RULESET_VERSION), fd, err = 0;
	struct ruleset refused;

	/* ENOSYS, EOPNOTSUPP; EPERM where a filter around us does not know the call. */
	if (abi < 1)
		return 0;
	refused = refused_by(abi, allowed);
	fd = create_ruleset(&refused, sizeof(refused), 0);
	if (fd < 0)
		return -errno;
	for (size_t i = 0; !err && i < n; i++)
		err = allow_writing(fd, directories[i], refused.fs);
	if (!err && syscall(SYS_landlock_restrict_self, fd, 0))
		err = -errno;
	close(fd);
	return err;
}
