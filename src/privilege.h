/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Giving privilege away: once the programs are attached the process needs
 * none. Knows neither BPF nor output.
 */
#ifndef TCC_PRIVILEGE_H
#define TCC_PRIVILEGE_H

/*
 * Drop every capability for good, forbid gaining any, and, where libseccomp
 * was there at build time, confine the process to the system calls that
 * tracing needs: neither execve() nor bpf(). Returns 0 or -errno.
 */
int privilege_drop(void);

#endif
