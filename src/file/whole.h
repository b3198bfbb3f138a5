/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whole lines to an open file that may be full: what it took of half a line is
 * taken back, or, where it cannot be, made whole by the next write. Knows
 * neither the file's name nor its limits.
 */
#ifndef TCC_WHOLE_H
#define TCC_WHOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Of one file; zero at the start. */
struct whole {
	char *start;		/* lines still to be written before all others, or NULL; owned */
	size_t start_written;
	size_t torn;		/* bytes of the next line that are in the file */
};

/* Another file, or the same one emptied: begin with these lines (for free(); NULL: none). */
void whole_begin(struct whole *whole, char *start);

/* Bytes of the start that are still to be written. */
size_t whole_start_left(const struct whole *whole);

/* Write what is left of the start. Returns 0, or -errno: then nothing of it is in the file. */
int whole_write_start(struct whole *whole, int fd);

/*
 * Write lines. Returns the bytes of whole ones that are in the file now (0: a
 * signal came before any), or -errno when none is.
 */
ssize_t whole_write(struct whole *whole, int fd, const char *lines, size_t length);

/* The bytes of whole lines within `limit`. */
size_t whole_lines(const char *lines, size_t length, uint64_t limit);

/* The length of the first line; of all, where it has no end. */
size_t whole_first_line(const char *lines, size_t length);

#endif
