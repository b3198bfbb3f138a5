/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines to a descriptor that other processes share, and that may take nothing: a full
 * pipe, a terminal that was stopped, the socket of a journal that hangs. Waits for it no
 * longer than it has patience. Knows not what the lines say.
 */
#ifndef TCC_OUTLET_H
#define TCC_OUTLET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A line is no longer, its LF included: a pipe takes it whole or not at all. */
#define OUTLET_LINE_MAX 4096

struct outlet {
	enum outlet_kind { OUTLET_FILE, OUTLET_PIPE, OUTLET_SOCKET, OUTLET_TERMINAL } kind;
	int fd;
	bool is_nonblocking;
	uint64_t patience_ns;		/* what waiting is left, in all */
	size_t rest_length;		/* of a line that was written in part */
	char rest[OUTLET_LINE_MAX];
};

/*
 * Prepare to write to an open descriptor, which stays the caller's; its flags stay as
 * they are. A pipe or a terminal is opened anew, which stays until the process ends:
 * outlet_write() opens nothing.
 */
void outlet_init(struct outlet *outlet, int fd);

/*
 * Write a line, LF included, after waiting within the patience. False when it was not
 * taken: nothing of it is written then. One that was taken in part is finished before
 * the next one.
 */
bool outlet_write(struct outlet *outlet, const char *line, size_t length);

#endif
