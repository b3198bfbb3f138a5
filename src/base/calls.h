/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a part of the program asks of the kernel once it is locked down: each
 * part states its system calls, and privilege_drop() allows those of all parts
 * that run. Knows neither the parts nor how the rest is refused.
 */
#ifndef TCC_CALLS_H
#define TCC_CALLS_H

#include <stddef.h>
#include <stdint.h>

/*
 * A system call, by its name in the kernel: one that this machine has not (open
 * on arm64) is none. Where `mask` is not 0 it is allowed only with
 * (argument & mask) == value, the first argument being 0. Several of a name: any.
 */
struct call {
	const char *name;
	unsigned int argument;
	uint64_t mask, value;
};

struct call_set {
	const struct call *calls;
	size_t n;
};

#define CALL_SET(array) { array, sizeof(array) / sizeof((array)[0]) }

/* Of a call like ioctl() or fcntl() the one command. */
#define CALL_COMMAND(name, command) { name, 1, UINT32_MAX, command }

#endif
