/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where this process may write from now on, by Landlock (Linux 5.13 and later);
 * for privilege.c alone. Older kernels, and those where it is switched off,
 * restrict nothing.
 */
#ifndef TCC_LANDLOCK_H
#define TCC_LANDLOCK_H

#include <stddef.h>

enum landlock_allowed {
	LANDLOCK_EXECUTE = 1 << 0,	/* running programs */
	LANDLOCK_SIGNAL = 1 << 1,	/* signals to processes outside */
};

/*
 * From now on files are made, written, renamed and removed only in and below
 * these directories, which are open (O_PATH is enough); no file moves from one
 * to another. Where the kernel knows these rights too: no TCP port, no device
 * control, no signal and no abstract socket outside, but of these what is in
 * `allowed`. Files that are open stay as they are. Takes no_new_privs. Returns
 * 0, also where the kernel has none of it, or -errno.
 */
int landlock_confine(const int *directories, size_t n, unsigned int allowed);

#endif
