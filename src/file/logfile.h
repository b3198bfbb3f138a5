/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file that lines are appended to: whole ones, or none. A log file of a name
 * is rotated before it grows too large or too old, reopened on request, and
 * begun anew when somebody removed it. What goes wrong is said once, in the
 * user's words, and tried again: meanwhile records go on to the old file, or,
 * where that takes none, stay with the caller. Knows no format.
 */
#ifndef TCC_LOGFILE_H
#define TCC_LOGFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "file/append.h"
#include "file/compress.h"

/* Nothing to do at any time; else CLOCK_MONOTONIC. */
#define LOGFILE_NEVER UINT64_MAX

struct logfile_config {
	const char *path;
	const char *heading;		/* what a file that is appended to begins with */
	size_t heading_length;
	/* As in append.h; called with `context`. */
	bool (*is_line)(const void *context, const char *bytes, size_t length);
	append_is_log *is_log;
	/*
	 * The lines to write behind each opening, for free(); NULL: none.
	 * is_empty: the file is, so that it lacks the heading too.
	 */
	char *(*start)(void *context, bool is_empty);
	void *context;
	uint64_t limit_bytes;		/* rotate before it is larger; 0: never */
	uint64_t period_ns;		/* rotate when it is older; 0: never */
	uint64_t keep;			/* rotated files, or ROTATE_KEEP_ALL */
	struct compressor *compressor;	/* of them, or NULL; borrowed */
};

struct logfile;

/*
 * Open by name. The strings of `config` must outlive it. Its directory is found
 * once: where it is replaced later, that is an error, and not followed. A FIFO has
 * two seconds to get a reader. Returns 0 or an error of place_open() or
 * append_open(); also -APPEND_IRREGULAR when the file cannot be rotated, as it is
 * not a regular one, or a link leads to it, -APPEND_ONLY when it cannot for that,
 * and -ENAMETOOLONG when its rotated ones could have no name.
 */
int logfile_open(struct logfile **log, const struct logfile_config *config,
		 struct append_state *state);

/* Write to an open file; `name` is for messages. NULL when there is no memory. */
struct logfile *logfile_borrow(int fd, const char *name);

/* Accepts NULL. Returns 0, or -errno when the file system said only now that it failed. */
int logfile_close(struct logfile *log);

/*
 * Write whole lines: rotates first, if that is due, and then as many as the
 * file may take. Returns how many bytes of them are in the file (perhaps
 * fewer than `length`: call again); or -errno when none is, what has been said
 * then of a regular file with a name: that is tried again only after a while,
 * unless `is_last`.
 * With a length of 0 the lines of the start are written, if they are still to be.
 */
ssize_t logfile_write(struct logfile *log, const char *lines, size_t length, bool is_last);

/* Whether lines of the start are still to be written. */
bool logfile_has_start(const struct logfile *log);

/* Open the file of this name anew, and write there; for logrotate. */
void logfile_reopen(struct logfile *log);

/* When logfile_service() has something to do, or LOGFILE_NEVER. */
uint64_t logfile_due_ns(const struct logfile *log);
void logfile_service(struct logfile *log, uint64_t now_ns);

/* The compressor has news. */
void logfile_service_compressor(struct logfile *log);

/* A regular file with a name: one that can be tried again and reopened. */
bool logfile_is_regular(const struct logfile *log);
int logfile_fd(const struct logfile *log);

/* Where it is, opened by O_PATH: all that is written, renamed and removed is there. */
int logfile_directory(const struct logfile *log);

#endif
