// SPDX-License-Identifier: GPL-2.0-or-later
/* Where a log file is; see place.h. */
#include "file/place.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

/* As many as the kernel follows, MAXSYMLINKS in include/linux/namei.h. */
#define LINKS_MAX 40

/* A way being walked: what is left of it, from the directory `dir`. */
struct walk {
	int dir;
	char rest[PATH_MAX];
	unsigned int n_links;
	bool is_link;
	bool is_magic;
};

static int enter(struct walk *walk, int dir)
{
	if (dir < 0)
		return -errno;
	if (walk->dir >= 0)
		close(walk->dir);
	walk->dir = dir;
	return 0;
}

/* From the root, or from where we are. */
static int begin_at(struct walk *walk, const char *path)
{
	return path[0] == '/' ? enter(walk, open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)) : 0;
}

/* The first name of what is left goes to `name`. Returns whether it is the last one. */
static int take_name(struct walk *walk, char name[NAME_MAX + 1])
{
	const char *from = walk->rest + strspn(walk->rest, "/");
	size_t length = strcspn(from, "/");
	const char *behind = from + length;
	bool is_last = !*behind;

	if (length > NAME_MAX)
		return -ENAMETOOLONG;
	if (!length)
		return -EISDIR;
	memcpy(name, from, length);
	name[length] = '\0';
	if (*behind && !behind[strspn(behind, "/")])
		return -EISDIR;
	memmove(walk->rest, behind, strlen(behind) + 1);
	return is_last;
}

static bool is_of_proc(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC;
}

/* `fd` is a link: where it leads comes before what is left. */
static int follow(struct walk *walk, int fd, const struct stat *st, bool is_last)
{
	char target[PATH_MAX];
	ssize_t length;

	if ((st->st_uid != 0 && st->st_uid != geteuid()) || ++walk->n_links > LINKS_MAX)
		return -ELOOP;
	walk->is_link |= is_last;
	if (is_last && is_of_proc(fd)) {
		walk->is_magic = true;
		return 0;
	}
	length = readlinkat(fd, "", target, sizeof(target));
	if (length < 0)
		return -errno;
	if ((size_t)length + strlen(walk->rest) >= sizeof(walk->rest))
		return -ENAMETOOLONG;
	memmove(walk->rest + length, walk->rest, strlen(walk->rest) + 1);
	memcpy(walk->rest, target, (size_t)length);
	return begin_at(walk, walk->rest);
}

/* Returns 1 when `name` is the last one, and no link; 0 when there is more to walk. */
static int step(struct walk *walk, char name[NAME_MAX + 1])
{
	int is_last = take_name(walk, name);
	struct stat st;
	int fd, err;

	if (is_last < 0)
		return is_last;
	fd = openat(walk->dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return is_last && errno == ENOENT ? 1 : -errno;
	if (fstat(fd, &st))
		err = -errno;
	else if (S_ISLNK(st.st_mode))
		err = follow(walk, fd, &st, is_last);
	else if (is_last)
		err = 1;
	else if (S_ISDIR(st.st_mode))
		return enter(walk, fd);
	else
		err = -ENOTDIR;
	close(fd);
	return walk->is_magic ? 1 : err;
}

int place_open(struct place *place, const char *path)
{
	struct walk walk = { .dir = -1 };
	int err = 0;

	*place = (struct place){ .dir = -1 };
	if (!*path)
		return -ENOENT;
	if (strlen(path) >= sizeof(walk.rest))
		return -ENAMETOOLONG;
	strcpy(walk.rest, path);
	if (path[0] != '/')
		err = enter(&walk, open(".", O_PATH | O_DIRECTORY | O_CLOEXEC));
	else
		err = begin_at(&walk, path);
	while (!err)
		err = step(&walk, place->name);
	if (err < 0) {
		if (walk.dir >= 0)
			close(walk.dir);
		return err;
	}
	place->dir = walk.dir;
	place->is_link = walk.is_link;
	place->is_magic = walk.is_magic;
	return 0;
}

void place_close(struct place *place)
{
	if (place->dir >= 0)
		close(place->dir);
	place->dir = -1;
}

static bool is_same_directory(const struct place *a, const struct place *b)
{
	struct stat one, other;

	return fstat(a->dir, &one) == 0 && fstat(b->dir, &other) == 0 &&
	       one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

bool place_is_same(const struct place *a, const struct place *b)
{
	return is_same_directory(a, b) && strcmp(a->name, b->name) == 0;
}

int place_renew(struct place *place, const char *path)
{
	struct place now;
	int err = place_open(&now, path);

	if (err == -ENOENT || err == -ENOTDIR)
		return -ESTALE;
	if (err)
		return err;
	if (!is_same_directory(place, &now)) {
		place_close(&now);
		return -ESTALE;
	}
	place_close(place);
	*place = now;
	return 0;
}

static bool is_root_or_us(uid_t owner)
{
	return owner == 0 || owner == geteuid();
}

int place_judge(const struct place *place, const struct stat *file)
{
	struct stat dir;
	bool is_shared;

	if (fstat(place->dir, &dir))
		return -errno;
	is_shared = dir.st_mode & (S_IWGRP | S_IWOTH);
	if ((dir.st_mode & S_ISVTX) && is_shared && !is_root_or_us(file->st_uid) &&
	    file->st_uid != dir.st_uid)
		return -EKEYREJECTED;
	if (S_ISREG(file->st_mode) && file->st_nlink > 1 &&
	    (is_shared || !is_root_or_us(dir.st_uid)))
		return -EMLINK;
	return 0;
}

bool place_is_trusted(const struct place *place, uid_t owner)
{
	struct stat dir;

	return is_root_or_us(owner) || (fstat(place->dir, &dir) == 0 && owner == dir.st_uid);
}

int place_stat(const struct place *place, const char *name, struct stat *st)
{
	return fstatat(place->dir, name, st, AT_SYMLINK_NOFOLLOW) ? -errno : 0;
}
