// SPDX-License-Identifier: GPL-2.0-or-later
/* Algorithms that are BPF programs; see ca_struct_ops.h. */
#include "ca/ca_struct_ops.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NAME_BYTES 16	/* TCP_CA_NAME_MAX, include/net/tcp.h */

/* The member of this name, or NULL. */
static const struct btf_member *member_of(const struct btf *btf, const struct btf_type *type,
					  const char *wanted)
{
	const struct btf_member *member = btf_members(type);

	for (int i = 0; i < btf_vlen(type); i++, member++) {
		const char *name = btf__name_by_offset(btf, member->name_off);

		if (name && strcmp(name, wanted) == 0)
			return member;
	}
	return NULL;
}

static const struct btf_type *struct_of(const struct btf *btf, uint32_t id)
{
	const struct btf_type *type = btf__type_by_id(btf, id);

	return type && btf_is_struct(type) ? type : NULL;
}

/*
 * Where the name is in the map's value, struct bpf_struct_ops_tcp_congestion_ops
 * { ...; struct tcp_congestion_ops data; } (kernel/bpf/bpf_struct_ops.c). Bytes,
 * or -ENOENT: another kind of struct_ops.
 */
static int name_offset(const struct btf *vmlinux, uint32_t value_id)
{
	const struct btf_type *value = struct_of(vmlinux, value_id), *ops;
	const struct btf_member *data = value ? member_of(vmlinux, value, "data") : NULL, *name;
	const char *ops_name;

	ops = data ? struct_of(vmlinux, data->type) : NULL;
	ops_name = ops ? btf__name_by_offset(vmlinux, ops->name_off) : NULL;
	if (!ops_name || strcmp(ops_name, "tcp_congestion_ops") != 0)
		return -ENOENT;
	name = member_of(vmlinux, ops, "name");
	return name ? (int)((data->offset + name->offset) / 8) : -ENOENT;
}

/* Empty: registered it is not. */
static int read_name(int fd, const struct bpf_map_info *info, int offset, char name[NAME_BYTES])
{
	unsigned char *value = calloc(1, info->value_size);
	uint32_t key = 0;
	int err = 0;

	name[0] = '\0';
	if (!value)
		return -ENOMEM;
	if (offset < 0 || (uint32_t)offset + NAME_BYTES > info->value_size) {
		err = -ENOENT;
	} else if (bpf_map_lookup_elem(fd, &key, value)) {
		err = -errno;
	} else {
		memcpy(name, value + offset, NAME_BYTES - 1);
		name[NAME_BYTES - 1] = '\0';
	}
	free(value);
	return err;
}

static int look_at(int fd, const struct btf *vmlinux, ca_struct_ops_found *found, void *context)
{
	struct bpf_map_info info = { 0 };
	uint32_t length = sizeof(info);
	char name[NAME_BYTES];
	struct btf *btf;
	int err;

	if (bpf_obj_get_info_by_fd(fd, &info, &length))
		return -errno;
	if (info.type != BPF_MAP_TYPE_STRUCT_OPS || !info.btf_id)
		return 0;
	err = read_name(fd, &info, name_offset(vmlinux, info.btf_vmlinux_value_type_id), name);
	if (err || !name[0])
		return err == -ENOENT ? 0 : err;
	btf = btf__load_from_kernel_by_id(info.btf_id);
	if (libbpf_get_error(btf))
		return (int)libbpf_get_error(btf);
	found(context, name, btf);
	btf__free(btf);
	return 0;
}

int ca_struct_ops_each(const struct btf *vmlinux, ca_struct_ops_found *found, void *context)
{
	uint32_t id = 0;
	int err = 0;

	while (bpf_map_get_next_id(id, &id) == 0) {
		int fd = bpf_map_get_fd_by_id(id), one;

		/* It may be gone by now. */
		if (fd < 0)
			continue;
		one = look_at(fd, vmlinux, found, context);
		if (one)
			err = one;
		close(fd);
	}
	return errno == ENOENT ? err : -errno;
}
