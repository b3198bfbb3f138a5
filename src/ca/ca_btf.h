/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * BTF from files: the kernel's in /sys/kernel/btf, others' in ELF. Knows no type.
 *
 * The system calls it takes are openat, fstat, lseek, read, close, and libc's for
 * memory; ELF may take more (mmap, pread64). Privilege it takes none.
 */
#ifndef TCC_CA_BTF_H
#define TCC_CA_BTF_H

#include "ca/ca_layout.h"

/*
 * The BTF of a file, raw or ELF. `base` is what a split one builds upon, and has to
 * outlive it; NULL: not split. Returns 0 and BTF for btf__free(), or -errno with
 * `why` filled in; -ENOENT: there is no such file.
 */
int ca_btf_open(struct btf **btf, const char *path, struct btf *base, char why[CA_WHY_MAX]);

#endif
