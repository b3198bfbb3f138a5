/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Descriptors that a process was started with by chance. What the program opens
 * itself is close-on-exec, and what has come through an exec is not: so the two
 * are told apart at any time.
 */
#ifndef TCC_INHERITED_H
#define TCC_INHERITED_H

/* Close what was there at the start, beyond stderr, whatever RLIMIT_NOFILE says. */
void inherited_close(void);

/* Close all from this one on, ours too; for a process that was forked. */
void inherited_close_from(int first);

#endif
