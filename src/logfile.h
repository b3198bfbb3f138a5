/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Opening a log file for appending, so that what was there stays whole. Knows
 * no format: a heading is opaque bytes.
 */
#ifndef TCC_LOGFILE_H
#define TCC_LOGFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* What was found in the file. */
struct logfile_state {
	bool is_empty;		/* so the heading is still to be written */
	uint64_t torn_bytes;	/* a last line without LF, cut off */
};

/*
 * Open for appending, made with mode 0640 if it is not there. A torn last
 * line, left by a crash, is cut off. The file, unless it is empty, must begin with
 * `heading` (which may be of length 0).
 *
 * Returns a descriptor, -EEXIST when the heading differs, -EINVAL when the last
 * line is too long to be a log's (more than 64 KiB without an LF), -EBUSY when another
 * tcc-trace writes the file, or another -errno. Files that are no regular ones
 * (a FIFO, a device) are only opened.
 */
int logfile_open(const char *path, const char *heading, size_t heading_length,
		 struct logfile_state *state);

#endif
