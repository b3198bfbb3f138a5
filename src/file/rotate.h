/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The names of rotated files, and the steps of a rotation that move them:
 * FILE.1 is the newest, or each has the moment of its rotation in its name.
 * Each step looks at what is there, so that it can be repeated after a failure
 * or a crash at any point. Does not know when to rotate.
 */
#ifndef TCC_ROTATE_H
#define TCC_ROTATE_H

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/calls.h"
#include "file/append.h"
#include "file/place.h"

/* What rotating takes once the program is locked down, beside append_calls. */
extern const struct call_set rotate_calls;

#define ROTATE_KEEP_ALL UINT64_MAX
#define ROTATE_KEEP_DEFAULT 10
#define ROTATE_KEEP_MAX 9999	/* as a number */

/* The longest that is added to a name: .YYYYMMDDTHHMMSS.mmmZ.zst */
#define ROTATE_NAME_ADDED 25

/* What compression adds to a rotated file's name. */
#define ROTATE_SUFFIXES 3
extern const char *const rotate_suffixes[ROTATE_SUFFIXES];
extern const unsigned int rotate_n_suffixes;

/*
 * Whether a file's name, less FILE and the dot behind it, is that of a rotated
 * file that is not compressed; *number is K of FILE.K. Stamps sort in time.
 */
bool rotate_is_number(const char *text, uint64_t *number);
bool rotate_is_stamp(const char *text);

/* Why a file that has a rotated one's name is not touched. */
enum rotate_error {
	ROTATE_NOT_OURS = ENOTUNIQ,	/* it never was rotated */
	ROTATE_IN_USE = EBUSY,		/* another tcc-trace writes it */
};

/*
 * Whether the file `name`, if it is there, may be moved, removed or compressed, as
 * a rotated one: a regular one of our own, root's or the directory's owner, that
 * begins as a log does or is compressed, and that no other tcc-trace is writing.
 * Returns 0, a rotate_error, or another -errno.
 */
int rotate_check(const struct place *place, const struct append_form *form, const char *name);

/* The rotated files of one FILE. */
struct rotate {
	const struct place *place;
	uint64_t keep;			/* ROTATE_KEEP_ALL: by their time */
	const struct append_form *form;
	char culprit[NAME_MAX + 1];	/* out, with a rotate_error: the file */
};

/*
 * Step one: leave FILE.1 free. The others move up as far as the first gap; what
 * then lies beyond `keep` is removed. Nothing to do where all are kept. Returns 0,
 * a rotate_error (then nothing was moved), or another -errno.
 */
int rotate_make_room(struct rotate *rotate);

/*
 * Step two: FILE becomes a rotated file, never in place of another. `wall_ns`
 * is now, since the epoch: where a file of that ms is, the next that is free.
 * Returns 0, -EEXIST when there is no room, or another -errno.
 */
int rotate_move(const struct rotate *rotate, int64_t wall_ns);

/*
 * A rotated file was compressed to `temporary`: it gets its name, and the file
 * that it was made of, which was called `name` then and is told by device and
 * inode, goes. Where that is no more (it was the oldest), both go. Returns 0 or -errno.
 */
int rotate_adopt(const struct place *place, uint64_t keep, const char *name, dev_t device,
		 ino_t inode, const char *temporary, const char *suffix);

/*
 * The rotated file `name` is there compressed, too: a crash came before the original
 * went, and now it goes. Returns 0, an error of rotate_check() for the compressed
 * one, or another -errno.
 */
int rotate_remove_double(const struct place *place, const struct append_form *form,
			 const char *name);

/* Write FILE, a dot, and `rest` to `name`. Returns 0 or -ENAMETOOLONG. */
int rotate_name(char name[NAME_MAX + 1], const struct place *place, const char *rest);

/* Whether a compressed form of the rotated file is there. */
bool rotate_has_compressed(const struct place *place, const char *name);

/* Remove a file of that name there. Returns 0, also where there is none, or -errno. */
int rotate_remove(const struct place *place, const char *name);

#endif
