/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Congestion control algorithms that are BPF programs (struct_ops): their names
 * and their programs' BTF. Knows no private state.
 */
#ifndef TCC_CA_STRUCT_OPS_H
#define TCC_CA_STRUCT_OPS_H

struct btf;

/* `btf` is the program's, and freed after this. */
typedef void ca_struct_ops_found(void *context, const char *algorithm, const struct btf *btf);

/*
 * Call `found` for each that is registered now. It takes CAP_SYS_ADMIN
 * (kernel/bpf/syscall.c, bpf_obj_get_next_id() and bpf_map_get_fd_by_id()).
 * Returns 0, -EPERM without that, or another -errno.
 */
int ca_struct_ops_each(const struct btf *vmlinux, ca_struct_ops_found *found, void *context);

#endif
