/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The process that compresses rotated files, and what it says. For compress.c
 * alone. Looks for a file, runs the program, tells how it went; gives no file
 * a name and removes none but its own temporary one.
 */
#ifndef TCC_COMPRESS_HELPER_H
#define TCC_COMPRESS_HELPER_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "file/append.h"
#include "file/place.h"

/* A byte is a command. */
#define COMPRESS_GO 'g'
#define COMPRESS_QUIT 'q'

#define COMPRESS_TEMPORARY "compressing"	/* FILE.compressing */

/* COMPRESS_GOES_ON: it is no answer yet; the program has read some more. */
enum compress_what { COMPRESS_NOTHING, COMPRESS_DONE, COMPRESS_DUPLICATE, COMPRESS_GOES_ON };

/* The answer to COMPRESS_GO. */
struct compress_reply {
	enum compress_what what;
	int err;		/* 0 or -errno; then nothing was done */
	dev_t device;		/* of the file, should it be renamed meanwhile */
	ino_t inode;
	char name[NAME_MAX + 1];	/* it was FILE.name */
};

struct compress_job {
	const char *program;	/* its path */
	const char *name;
	const struct place *place;	/* FILE's */
	const struct append_form *form;
	bool keeps_all;		/* names are stamps, not numbers */
};

/* In the forked process; `socket` is its end. Does not return. */
_Noreturn void compress_helper_run(const struct compress_job *job, int socket);

#endif
