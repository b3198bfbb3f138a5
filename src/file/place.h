/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a log file is: its directory, held open, and its name there, so that
 * who moves what is on the way moves nothing of ours. Opens no file.
 *
 * The way is walked name by name. A symbolic link, wherever on it, is followed
 * only where it belongs to root or to the user we are: one of others is a trap
 * (compare fs.protected_symlinks, which may be off, and which looks at
 * directories of everybody alone).
 */
#ifndef TCC_PLACE_H
#define TCC_PLACE_H

#include <limits.h>
#include <stdbool.h>
#include <sys/stat.h>

struct place {
	int dir;			/* O_PATH, or -1 */
	char name[NAME_MAX + 1];
	bool is_link;			/* the path ends in a link that leads to this name */
	bool is_magic;			/* the name is a link of /proc: to an open file */
};

/*
 * Returns 0, also where there is no file of that name; -ELOOP for a link of
 * another user, -EISDIR for a path that ends in a slash, or another -errno.
 */
int place_open(struct place *place, const char *path);
void place_close(struct place *place);	/* accepts one that failed to open */

/*
 * Walk again, for another name that a link may lead to now. Returns 0; -ESTALE
 * when the directory is not the one that is held any more; or another -errno.
 */
int place_renew(struct place *place, const char *path);

/* The same directory and name. */
bool place_is_same(const struct place *a, const struct place *b);

/*
 * Whether a file found here may be written. Refused are one that another user
 * made where everybody may make some (as fs.protected_regular does, which may be
 * off): in a sticky directory that others can write, unless it is root's, ours or
 * the directory's owner's; and one of two names in a directory that others can
 * write, as any file of the system might be (fs.protected_hardlinks). Returns 0,
 * -EKEYREJECTED, -EMLINK, or another -errno.
 */
int place_judge(const struct place *place, const struct stat *file);

/* Whether the owner is root, we, or the directory's. */
bool place_is_trusted(const struct place *place, uid_t owner);

/* fstatat() of a name there, links not followed: 0 or -errno. */
int place_stat(const struct place *place, const char *name, struct stat *st);

#endif
