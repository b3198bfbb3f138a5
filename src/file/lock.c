// SPDX-License-Identifier: GPL-2.0-or-later
/* The lock of who writes a log file; see lock.h. */
#include "file/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* A byte that other programs have no reason to lock alone; within 32 bits. */
#define LOCK_BYTE 0x74636374	/* "tcct" */

/* A lock that would keep out one who reads `length` bytes (0: to the end) is a writer's. */
static bool find_writer(int fd, off_t start, off_t length, struct flock *found)
{
	*found = (struct flock){ .l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = start,
				 .l_len = length };
	return fcntl(fd, F_OFD_GETLK, found) == 0 && found->l_type != F_UNLCK;
}

static bool is_ours(const struct flock *lock)
{
	return lock->l_start == LOCK_BYTE && lock->l_len == 1;
}

int lock_take(int fd)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = LOCK_BYTE,
			      .l_len = 1 };

	if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
		return 0;
	if (errno != EAGAIN && errno != EACCES)
		return -errno;
	if (!find_writer(fd, LOCK_BYTE, 1, &lock))
		return 1;
	return is_ours(&lock) ? -EBUSY : -EDEADLK;
}

bool lock_is_held(int fd)
{
	struct flock lock;

	return find_writer(fd, LOCK_BYTE, 1, &lock) && is_ours(&lock);
}
