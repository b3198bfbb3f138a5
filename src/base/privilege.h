/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Giving privilege away: what tracing does not need at its start, and once the
 * programs are attached, all of it. Knows neither BPF nor output.
 */
#ifndef TCC_PRIVILEGE_H
#define TCC_PRIVILEGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/calls.h"

/*
 * Become this user, with the groups that are the user's, for good; of the
 * capabilities only those stay that loading and attaching take (CAP_BPF,
 * CAP_PERFMON, before Linux 5.11 CAP_SYS_RESOURCE), and CAP_SETPCAP, until
 * privilege_drop().
 * `name` is a name, or a number that has one. Returns 0, -ENOENT when there is
 * no such user, or another -errno.
 */
int privilege_become(const char *name);

/*
 * For a process that is about to run another program: become this user as a login does,
 * with the groups that are the user's, HOME, USER, LOGNAME and SHELL, and without any
 * capability, root too. `name` and what is returned: as above.
 */
int privilege_become_wholly(const char *name);

#define PRIVILEGE_WANTS_MAX 16

/* What a process goes on to do once it is locked down: begins as { 0 }. */
struct privilege_wants {
	const struct call_set *calls[PRIVILEGE_WANTS_MAX];
	size_t n_calls;
	int directories[PRIVILEGE_WANTS_MAX];	/* open; closed by privilege_drop() */
	size_t n_directories;
	bool may_signal;	/* other processes, as far as the calls allow */
};

/* A part wants these calls, which are borrowed. Returns 0, or -E2BIG when there are too many. */
int privilege_want_calls(struct privilege_wants *wants, const struct call_set *calls);

/* A part wants to write in this directory, which is open (also by O_PATH). Returns 0 or -errno. */
int privilege_want_directory(struct privilege_wants *wants, int directory);

/*
 * Of the thread that calls it; every other one has to, too. Close the descriptors that
 * the process was started with by chance (inherited.h); drop every capability for good,
 * and forbid gaining any; where the kernel has Landlock, let files be made, written, renamed and
 * removed only in and below these directories; and, where libseccomp was there at
 * build time, confine the process to the calls of its parts and to what libc
 * takes (confine.h). Returns 0 or -errno.
 */
int privilege_drop(struct privilege_wants *wants);

/*
 * The same for a helper that runs other programs, which writes in the directory
 * that is open there, or in none (-1); of the calls, which are not known, it only loses
 * those that reach into the kernel, other processes or the network. Returns 0 or -errno.
 */
int privilege_drop_helper(int directory);

#endif
