/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The process that starts the programs that unpack. For unpack.c alone. */
#ifndef TCC_UNPACK_HELPER_H
#define TCC_UNPACK_HELPER_H

#include <limits.h>
#include <stdbool.h>

#define UNPACK_FORMATS 3

/* What comes with a request, a byte that is the format's number. */
#define UNPACK_FILES 3	/* what is packed, where to write, where to tell how it went */

struct unpack_programs {
	char path[UNPACK_FORMATS][PATH_MAX];	/* "": there is none */
};

/* As execvp() would find it; returns whether it is there. */
bool unpack_helper_find(char path[PATH_MAX], const char *name);

/* In a process of its own: serve until the other end of the socket is closed. */
_Noreturn void unpack_helper_run(const struct unpack_programs *programs, int socket);

#endif
