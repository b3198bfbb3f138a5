/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How often the kernel did not run a BPF program, since it was already running on that
 * CPU (recursion_misses, kernel/bpf/syscall.c): read where no call of bpf() is permitted
 * any more.
 */
#ifndef TCC_MISSED_H
#define TCC_MISSED_H

#include <stdint.h>

/* Of a loaded program's descriptor. Returns another one, for missed_read(), or -errno. */
int missed_open(int program_fd);

/* So far; 0 where the kernel does not tell. */
uint64_t missed_read(int info_fd);

#endif
