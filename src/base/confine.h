/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Confining this process to system calls, by seccomp; for privilege.c alone.
 * Where the program was built without libseccomp, or with a sanitizer, whose
 * runtime has needs of its own, nothing is confined.
 */
#ifndef TCC_CONFINE_H
#define TCC_CONFINE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/calls.h"

/*
 * Allow the calls of `sets`, and what libc takes for memory, reading a file and
 * an end; all else fails with EPERM from now on: no file is opened for writing
 * unless a set says so, no memory is made executable, no signal goes to another
 * process. Takes no_new_privs. Returns 0 or -errno.
 */
int confine_to(const struct call_set *const *sets, size_t n_sets);

/*
 * Refuse what neither a helper nor a program that it runs has any use for; also
 * after execve(). Returns 0 or -errno.
 */
int confine_helper(void);

/* Whether the machine's seccomp knows a call of this name; true without libseccomp. */
bool confine_knows(const char *name);

#endif
