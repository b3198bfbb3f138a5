/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A log file that is open by its name, and whether it is still the one of that
 * name. Its directory is found once: where it is replaced later, that is an
 * error, and not followed. Knows neither when to open it anew nor what to write.
 */
#ifndef TCC_NAMED_H
#define TCC_NAMED_H

#include <stdbool.h>
#include <stdint.h>

#include "file/append.h"
#include "file/place.h"
#include "file/rotate.h"

struct named {
	const char *path;	/* borrowed */
	struct place place;
	struct append_form form;
	bool is_moved;		/* it is rotated */
	int fd;			/* or -1 */
};

/*
 * Open `path` for the first time; named->form and is_moved are set, the rest is
 * not. `dir`: the place it must have, or NULL. A FIFO has two seconds to get a
 * reader. Returns 0 or an error of place_open() or append_open(); -ESTALE when
 * the place differs; also, when it is to be rotated, -APPEND_IRREGULAR, as it is
 * not a regular file, or a link leads to it, -APPEND_ONLY for that, and
 * -ENAMETOOLONG when its rotated files could have no name. After an error too,
 * named_close() is for the caller.
 */
int named_open(struct named *named, const char *path, const struct place *place,
	       struct append_state *state);

/* Returns 0, or -errno when the file system said only now that it failed. */
int named_close(struct named *named);

/* Walk again to where it is. Returns 0 or an error of place_renew(). */
int named_renew(struct named *named);

/* Whether the file of this name is the one that is open: it may have been moved. */
bool named_is_at_its_name(const struct named *named);

/*
 * Open the file of this name, a regular one. The new one first: should that fail,
 * the old one is still there. Returns 0; 1 when what was written last to the old
 * one may be lost, errno says why; or an error of append_open().
 */
int named_open_anew(struct named *named, struct append_state *state);

#endif
