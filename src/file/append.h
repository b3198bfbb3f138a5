/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Opening a log file for appending, so that what was there stays whole and
 * nobody's trap is stepped into. Knows no format: a heading is opaque bytes.
 */
#ifndef TCC_APPEND_H
#define TCC_APPEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/calls.h"

/* What opening takes once the program is locked down, beside sink_calls. */
extern const struct call_set append_calls;

/* What was found in the file. */
struct append_state {
	bool is_empty;		/* so the heading is still to be written */
	bool is_regular;	/* neither a FIFO nor a device */
	uint64_t torn_bytes;	/* a last line without LF, cut off */
};

/*
 * Open for appending, made with mode 0640, less the umask, if it is not there.
 * A torn last line, left by a crash, is cut off. The file, unless it is empty,
 * must begin with `heading` (which may be of length 0).
 *
 * A symbolic link is followed only where it belongs to root or to the user we
 * are: in a directory that others may write to, one of theirs is a trap
 * (compare fs.protected_symlinks, which may be off). The same holds for links
 * that it leads to, not for directories on the way.
 *
 * Returns a descriptor, -EEXIST when the heading differs, -EINVAL when the last
 * line is too long to be a log's (more than 64 KiB without an LF), -EBUSY when another
 * tcc-trace writes the file, -ELOOP for somebody else's link, or another
 * -errno. Files that are no regular ones (a FIFO, a device) are only opened.
 */
int append_open(const char *path, const char *heading, size_t heading_length,
		struct append_state *state);

#endif
