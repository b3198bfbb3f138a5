/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the lines of a file are that cannot be read: it is said, of each run of them. */
#ifndef TCC_READ_BAD_H
#define TCC_READ_BAD_H

#include <stddef.h>
#include <stdint.h>

/* Of one file; zeros at first. */
struct read_bad {
	uint64_t first, last;		/* a run that goes on; 0: none does */
	uint64_t runs, unsaid;		/* beyond some, lines are only counted */
};

/* The kind that a line says it would have been; `otherwise` if it says none, or is NULL. */
uint8_t read_bad_kind(const char *line, size_t length, uint8_t otherwise);

/* One more, by its number. */
void read_bad_line(struct read_bad *bad, const char *path, uint64_t number);

/* The next can be read; the file is at its end. */
void read_bad_end_run(struct read_bad *bad, const char *path);
void read_bad_end_file(struct read_bad *bad, const char *path);

#endif
