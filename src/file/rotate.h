/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The names of rotated files, and the steps of a rotation that move them:
 * FILE.1 is the newest, or each has the moment of its rotation in its name.
 * Each step looks at what is there, so that it can be repeated after a failure
 * or a crash at any point. Knows neither what is in the files nor when to rotate.
 */
#ifndef TCC_ROTATE_H
#define TCC_ROTATE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/calls.h"

/* What rotating takes once the program is locked down, beside append_calls. */
extern const struct call_set rotate_calls;

#define ROTATE_KEEP_ALL UINT64_MAX
#define ROTATE_KEEP_DEFAULT 10
#define ROTATE_KEEP_MAX 9999	/* as a number */

/* What compression adds to a rotated file's name. */
extern const char *const rotate_suffixes[];
extern const unsigned int rotate_n_suffixes;

/*
 * Whether a file's name, less FILE and the dot behind it, is that of a rotated
 * file that is not compressed; *number is K of FILE.K, or N of FILE.STAMP.N.
 */
bool rotate_is_number(const char *text, uint64_t *number);
bool rotate_is_stamp(const char *text, uint64_t *number);

/*
 * Step one: leave FILE.1 free. The others move up as far as the first gap; what
 * then lies beyond `keep` is removed. Nothing to do where all are kept.
 * Returns 0 or -errno.
 */
int rotate_make_room(const char *path, uint64_t keep);

/*
 * Step two: FILE becomes a rotated file, never in place of another. `wall_ns`
 * is now, since the epoch. Returns 0, -EEXIST when there is no room, or another -errno.
 */
int rotate_move(const char *path, uint64_t keep, int64_t wall_ns);

/*
 * A rotated file was compressed to `temporary`: it gets its name, and the file
 * that it was made of, which was called `name` then and is told by device and
 * inode, goes. Where that is no more (it was the oldest), both go. Returns 0 or -errno.
 */
int rotate_adopt(const char *path, uint64_t keep, const char *name, dev_t device, ino_t inode,
		 const char *temporary, const char *suffix);

/* Write FILE, a dot, and `rest` to `name`. Returns 0 or -ENAMETOOLONG. */
int rotate_name(char name[PATH_MAX], const char *path, const char *rest);

/* Whether a compressed form of the rotated file is there. */
bool rotate_has_compressed(const char *name);

#endif
