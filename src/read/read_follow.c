// SPDX-License-Identifier: GPL-2.0-or-later
/* What becomes of a file that grows; see read_follow.h. */
#include "read/read_follow.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"

/* So late the files of others may be. */
#define LATE_NS 1000000000

enum read_follow_news read_follow_look(const struct read_file *file, const char *path, uint64_t at)
{
	struct stat st;

	if (fstat(file->fd, &st) == 0 && (uint64_t)st.st_size < at)
		return READ_FOLLOW_CUT;
	/* Who rotates it may go on with the old one until he has begun the new one. */
	if (strcmp(path, "-") == 0 || stat(path, &st) || !st.st_size)
		return READ_FOLLOW_SAME;
	return st.st_dev == file->device && st.st_ino == file->inode ? READ_FOLLOW_SAME
								     : READ_FOLLOW_MOVED;
}

void read_follow_check(const char *path)
{
	int fd;

	if (strcmp(path, "-") == 0)
		return;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd >= 0)
		close(fd);
	else if (errno == EACCES)
		log_warning("'%s': cannot be opened anew without privilege, which is given up: the "
			    "trace will end when it is rotated; expected --user=NAME of who may "
			    "read it", path);
}

static int64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

int64_t read_follow_now_ns(void)
{
	return clock_ns(CLOCK_REALTIME);
}

int64_t read_follow_steady_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

bool read_follow_is_ripe(uint64_t time_ns, int64_t *ahead_ns)
{
	int64_t now_ns = read_follow_now_ns(), ns = (int64_t)time_ns;

	if (ns - now_ns > *ahead_ns)
		*ahead_ns = ns - now_ns;
	return ns - *ahead_ns + LATE_NS <= now_ns;
}

/* What compresses a file keeps when it was written, some of it by the second. */
static bool is_of_time(const struct read_file *file, int64_t ns)
{
	return file->mtime_ns == ns ||
	       (file->mtime_ns % 1000000000 == 0 && file->mtime_ns == ns - ns % 1000000000);
}

static bool is_packed(const struct read_file *file, const struct read_names *names)
{
	for (unsigned int i = 0; i < names->n_suffixes; i++) {
		size_t n = strlen(names->suffixes[i]), length = strlen(file->path);

		if (length > n && strcmp(file->path + length - n, names->suffixes[i]) == 0)
			return true;
	}
	return false;
}

size_t read_follow_known(const struct read_set *now, const struct read_file *last,
			 const struct read_names *names, bool *has_gap)
{
	size_t n = now->n;
	struct stat st;
	int64_t ns = 0;

	/* It may have been written on since it was opened. */
	if (fstat(last->fd, &st) == 0)
		ns = st.st_mtim.tv_sec * 1000000000LL + st.st_mtim.tv_nsec;
	*has_gap = false;
	for (size_t i = now->n; i > 0; i--) {
		const struct read_file *file = &now->files[i - 1];

		if (file->device == last->device && file->inode == last->inode)
			return i;
	}
	for (size_t i = now->n; i > 0; i--) {
		if (is_packed(&now->files[i - 1], names) && is_of_time(&now->files[i - 1], ns))
			return i;
	}
	*has_gap = true;
	while (n > 0 && now->files[n - 1].mtime_ns > ns)
		n--;
	return n < now->n ? n : now->n - 1;
}
