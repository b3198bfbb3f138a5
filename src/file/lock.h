/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who writes a log file has a lock on it, which takes the right to write it: who
 * may only read it can neither have this lock nor keep anybody from writing. A
 * lock of the open file (F_OFD_SETLK): gone when that is closed, however that is.
 */
#ifndef TCC_LOCK_H
#define TCC_LOCK_H

#include <stdbool.h>

/*
 * Lock a file that is open for reading and writing. Returns 0; 1 when somebody
 * who reads it holds a lock, so that there can be none of ours; -EBUSY when
 * another tcc-trace has it; -EDEADLK when another program has a lock for
 * writing; or another -errno.
 */
int lock_take(int fd);

/* Whether another tcc-trace writes the file. */
bool lock_is_held(int fd);

#endif
