/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Giving privilege away: what tracing does not need at its start, and once the
 * programs are attached, all of it. Knows neither BPF nor output.
 */
#ifndef TCC_PRIVILEGE_H
#define TCC_PRIVILEGE_H

/*
 * Become this user, with the groups that are the user's, for good; of the
 * capabilities only those stay that loading and attaching take (CAP_BPF,
 * CAP_PERFMON, before Linux 5.11 CAP_SYS_RESOURCE), and CAP_SETPCAP, until
 * privilege_drop().
 * `name` is a name, or a number that has one. Returns 0, -ENOENT when there is
 * no such user, or another -errno.
 */
int privilege_become(const char *name);

/* Drop every capability for good, and forbid gaining any. Returns 0 or -errno. */
int privilege_drop_capabilities(void);

/*
 * The same; and, where libseccomp was there at build time, confine the process
 * to the system calls that tracing needs: neither execve() nor bpf(). Returns
 * 0 or -errno.
 */
int privilege_drop(void);

#endif
