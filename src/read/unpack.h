/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is compressed, made plain by gzip, zstd and xz: each in a process of its own that
 * has no privilege and can write nothing but its output, started by a helper that is
 * forked before the reader locks itself down, which may start nothing any more.
 */
#ifndef TCC_UNPACK_H
#define TCC_UNPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/calls.h"

/* Bytes that tell of what a file is. */
#define UNPACK_MAGIC_MAX 6

struct unpacker;

/* What asking it takes once the program is locked down. */
extern const struct call_set unpack_calls;

/* Fork the helper; no threads may run. Returns 0 or -errno. */
int unpacker_start(struct unpacker **unpacker);
void unpacker_stop(struct unpacker *unpacker);	/* accepts NULL */

/* By what a file begins with: the number of its format, or -1: it is plain. */
int unpack_format(const unsigned char *bytes, size_t length);

/* Whether that may still become compressed, if more came. */
int unpack_may_be(const unsigned char *bytes, size_t length);

/* The name of the program. */
const char *unpack_name(int format);

/* One file that is being unpacked. */
struct unpacked {
	int fd;			/* its plain bytes: a pipe */
	int status_fd;		/* for unpack_end() */
};

/*
 * Begin with what is at `fd`, which stays the caller's. Returns 0, -ENOENT when there is
 * no such program, or another -errno.
 */
int unpack_begin(struct unpacker *unpacker, int format, int fd, struct unpacked *unpacked);

/* Whether the program has ended, once its bytes have; else status_fd will be readable. */
bool unpack_has_ended(const struct unpacked *unpacked);

/*
 * Be done with it: close the descriptors. Returns 0, or -ECHILD when the program failed,
 * as where the file is cut off; where it has not ended, that says nothing.
 */
int unpack_end(struct unpacked *unpacked);

#endif
