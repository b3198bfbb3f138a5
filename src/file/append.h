/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Opening a log file for appending, so that what was there stays whole and
 * nobody's trap is stepped into. Knows no format: a heading is opaque bytes.
 */
#ifndef TCC_APPEND_H
#define TCC_APPEND_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/calls.h"
#include "file/place.h"

/* What is wrong with a file; numbers by which the kernel's calls do not fail here. */
enum append_error {
	APPEND_OTHER_HEADING = EILSEQ,	/* it begins otherwise */
	APPEND_OTHER_END = EBADMSG,	/* its last line has no end, and is none of ours */
	APPEND_IRREGULAR = EMEDIUMTYPE,	/* not a regular file */
	APPEND_ONLY = EUCLEAN,		/* what it needs, a file of chattr +a refuses */
	APPEND_IMMUTABLE = EL2HLT,	/* chattr +i */
};

/* Whether a file that begins so may be a log of ours, of any format. */
typedef bool append_is_log(const void *context, const char *bytes, size_t length);

/* What a file of ours is like. */
struct append_form {
	const char *heading;		/* what it begins with, unless it is empty */
	size_t heading_length;		/* may be 0 */
	/* Whether the bytes are the beginning of a line of ours; NULL: any are. */
	bool (*is_line)(const void *context, const char *bytes, size_t length);
	append_is_log *is_log;		/* NULL: any may */
	const void *context;
	bool is_regular;		/* refuse what is not a regular file */
};

/* What opening takes once the program is locked down, beside sink_calls. */
extern const struct call_set append_calls;

/* What was found in the file. */
struct append_state {
	bool is_empty;		/* so the heading is still to be written */
	bool is_regular;	/* neither a FIFO nor a device */
	bool is_unlocked;	/* somebody who may read it keeps us from locking it */
	uint64_t torn_bytes;	/* a last line without LF, cut off */
};

/*
 * Open for appending, made with mode 0640, less the umask, if it is not there. It
 * is opened once, never waiting, and judged by what was opened: place_judge().
 * A torn last line, left by a crash, is cut off, if it is the beginning of one of
 * ours; where the file has the whole heading, it is. The file, unless it is
 * empty, must begin with the heading; where that is no whole line, as a line of
 * ours does.
 *
 * Returns a descriptor; an error above; one of place_judge() or lock_take();
 * -ELOOP for a link that was put there just now; -ENXIO for a FIFO that nobody
 * reads; -EAGAIN when another program has a lease; -ERESTART when the file is
 * replaced again and again; or another -errno. Of files that are no regular ones
 * (a FIFO, a device) nothing is read, nor are they locked.
 */
int append_open(const struct place *place, const struct append_form *form,
		struct append_state *state);

/* `err`, or why of a file that may not be changed so: "" is `dir` itself. */
int append_why(int dir, const char *name, int err);

#endif
