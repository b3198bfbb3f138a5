// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The members of private state, flattened; see ca_layout.h. libbpf has seen to it
 * that the types lie in the BTF's bounds, and to nothing else: ids, names, sizes
 * and offsets may be anything, and types may contain themselves.
 */
#include "ca/ca_layout.h"

#include <bpf/btf.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* Linux 6.0's; older headers have no name for it. */
#define KIND_ENUM64 19

/* Modifiers on the way to a type, and structures within structures. */
#define CHAIN_MAX 32
#define DEPTH_MAX 16
/* Types looked at; more than members, since arrays of nothing cost as well. */
#define STEPS_MAX 4096

struct walk {
	const struct btf *btf;
	struct ca_layout *layout;
	char *why;
	unsigned int depth, steps;
	size_t name_length;
	char name[CA_NAME_MAX + 1];
};

static int corrupt(const struct walk *walk)
{
	snprintf(walk->why, CA_WHY_MAX, "the BTF of struct '%s' is corrupt",
		 walk->layout->structure);
	return -EINVAL;
}

static int too_many(const struct walk *walk)
{
	snprintf(walk->why, CA_WHY_MAX, "struct '%s' has more than %d members",
		 walk->layout->structure, CA_MEMBERS_MAX);
	return -E2BIG;
}

/* --- names ---------------------------------------------------------------------------- */

/* Names go into lines of output as they are. */
static bool is_identifier(const char *name)
{
	if (!isalpha((unsigned char)name[0]) && name[0] != '_')
		return false;
	for (const char *at = name; *at; at++)
		if (!isalnum((unsigned char)*at) && *at != '_')
			return false;
	return true;
}

static int append_name(struct walk *walk, const char *format, const char *text, uint32_t number)
{
	size_t room = sizeof(walk->name) - walk->name_length;
	char *end = walk->name + walk->name_length;
	int length;

	length = text ? snprintf(end, room, format, text) : snprintf(end, room, format, number);
	if (length < 0 || (size_t)length >= room) {
		snprintf(walk->why, CA_WHY_MAX, "a member of struct '%s' has a name of more than %d "
			 "bytes", walk->layout->structure, CA_NAME_MAX);
		return -E2BIG;
	}
	walk->name_length += (size_t)length;
	return 0;
}

static void cut_name(struct walk *walk, size_t length)
{
	walk->name_length = length;
	walk->name[length] = '\0';
}

/* --- numbers -------------------------------------------------------------------------- */

/* What `type` is, when it is a number; and where it lies, unless `width` says so already. */
static int number_of(const struct walk *walk, const struct btf_type *type,
		     struct ca_member *member, uint64_t *offset, uint64_t *width)
{
	uint64_t whole = (uint64_t)type->size * 8;

	switch (btf_kind(type)) {
	case BTF_KIND_INT:
		member->kind = btf_int_encoding(type) & BTF_INT_BOOL ? CA_BOOL : CA_INT;
		member->is_signed = btf_int_encoding(type) & BTF_INT_SIGNED;
		if (btf_int_offset(type) + (uint64_t)btf_int_bits(type) > whole)
			return corrupt(walk);
		/* The old encoding of a bit field: the type itself says where and how wide. */
		if (!*width) {
			*offset += btf_int_offset(type);
			whole = btf_int_bits(type);
		}
		break;
	case BTF_KIND_ENUM:
		member->kind = CA_ENUM;
		member->is_signed = btf_kflag(type);
		/* Before Linux 6.0 it was left to the values. */
		for (int i = 0; i < btf_vlen(type); i++)
			member->is_signed |= btf_enum(type)[i].val < 0;
		break;
	case KIND_ENUM64:
		member->kind = CA_ENUM;
		member->is_signed = btf_kflag(type);
		break;
	case BTF_KIND_PTR:
		member->kind = CA_POINTER;
		whole = btf__pointer_size(walk->btf) * 8;
		break;
	default:
		snprintf(walk->why, CA_WHY_MAX, "'%s' of struct '%s' is not a number", walk->name,
			 walk->layout->structure);
		return -ENOTSUP;
	}
	if (*width > whole || whole == 0)
		return corrupt(walk);
	if (!*width)
		*width = whole;
	return 0;
}

/* Where ca_layout_value() finds it: up to 8 bytes at `load_at`, none behind the end. */
static void place(struct ca_member *member, unsigned int offset, unsigned int width)
{
	unsigned int byte = offset / 8, skipped;

	member->bit_offset = (uint16_t)offset;
	member->bit_width = (uint8_t)width;
	member->is_wide = width > 53;
	member->load_at = (uint8_t)(byte < CA_PRIV_BYTES - 8 ? byte : CA_PRIV_BYTES - 8);
	member->shift_right = (uint8_t)(64 - width);
	skipped = offset - member->load_at * 8u;
	if (skipped + width > 64) {
		member->straddle = (uint8_t)skipped;
		member->shift_left = (uint8_t)(64 - width);
		return;
	}
	member->straddle = 0;
	/* As btf_dump_get_bitfield_value() of libbpf, and btf_bitfield_show() of the kernel. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	member->shift_left = (uint8_t)(64 - width - skipped);
#else
	member->shift_left = (uint8_t)skipped;
#endif
}

static int add_number(struct walk *walk, const struct btf_type *type, uint64_t offset,
		      uint64_t width)
{
	struct ca_layout *layout = walk->layout;
	struct ca_member member = { 0 };
	int err;

	/* A bit field without a name is padding. */
	if (walk->name_length == 0)
		return 0;
	err = number_of(walk, type, &member, &offset, &width);
	if (err)
		return err;
	if (width > 64) {
		snprintf(walk->why, CA_WHY_MAX, "'%s' of struct '%s' has more than 64 bits",
			 walk->name, layout->structure);
		return -ENOTSUP;
	}
	if (offset + width > (uint64_t)layout->size_bytes * 8)
		return corrupt(walk);
	if (layout->n_members == CA_MEMBERS_MAX)
		return too_many(walk);
	memcpy(member.name, walk->name, walk->name_length + 1);
	place(&member, (unsigned int)offset, (unsigned int)width);
	layout->members[layout->n_members++] = member;
	return 0;
}

/* --- what numbers are in ------------------------------------------------------------------ */

static int walk_type(struct walk *walk, uint32_t id, uint64_t offset, uint64_t width);

static int walk_members(struct walk *walk, const struct btf_type *type, uint64_t offset)
{
	const struct btf_member *member = btf_members(type);
	size_t length = walk->name_length;
	int err = 0;

	for (uint32_t i = 0; i < btf_vlen(type) && !err; i++, member++) {
		const char *name = btf__name_by_offset(walk->btf, member->name_off);

		if (!name || (*name && !is_identifier(name)))
			return corrupt(walk);
		if (*name)
			err = append_name(walk, length ? ".%s" : "%s", name, 0);
		if (!err)
			err = walk_type(walk, member->type,
					offset + btf_member_bit_offset(type, i),
					btf_member_bitfield_size(type, i));
		cut_name(walk, length);
	}
	return err;
}

static int walk_elements(struct walk *walk, const struct btf_type *type, uint64_t offset)
{
	const struct btf_array *array = btf_array(type);
	int64_t element_bytes = btf__resolve_size(walk->btf, array->type);
	size_t length = walk->name_length;
	int err = 0;

	if (element_bytes < 0)
		return corrupt(walk);
	for (uint32_t i = 0; i < array->nelems && !err; i++) {
		err = append_name(walk, "[%u]", NULL, i);
		if (!err)
			err = walk_type(walk, array->type, offset, 0);
		offset += (uint64_t)element_bytes * 8;
		cut_name(walk, length);
	}
	return err;
}

static const struct btf_type *without_modifiers(const struct btf *btf, uint32_t id)
{
	for (int i = 0; i < CHAIN_MAX; i++) {
		const struct btf_type *type = btf__type_by_id(btf, id);

		if (!type || !(btf_is_mod(type) || btf_is_typedef(type)))
			return type;
		id = type->type;
	}
	return NULL;
}

static int walk_type(struct walk *walk, uint32_t id, uint64_t offset, uint64_t width)
{
	const struct btf_type *type = without_modifiers(walk->btf, id);
	int err;

	if (!type || walk->depth == DEPTH_MAX || offset > (uint64_t)walk->layout->size_bytes * 8)
		return corrupt(walk);
	if (++walk->steps > STEPS_MAX)
		return too_many(walk);
	if (!btf_is_composite(type) && !btf_is_array(type))
		return add_number(walk, type, offset, width);
	if (width)
		return corrupt(walk);
	walk->depth++;
	err = btf_is_array(type) ? walk_elements(walk, type, offset)
				 : walk_members(walk, type, offset);
	walk->depth--;
	return err;
}

/* --- structures --------------------------------------------------------------------------- */

/* Members are few, and for the most part in order: insert, which keeps equal ones so. */
static void sort(struct ca_layout *layout)
{
	for (uint32_t i = 1; i < layout->n_members; i++) {
		struct ca_member member = layout->members[i];
		uint32_t at = i;

		for (; at > 0 && layout->members[at - 1].bit_offset > member.bit_offset; at--)
			layout->members[at] = layout->members[at - 1];
		layout->members[at] = member;
	}
}

static int make(struct ca_layout **out, const struct btf *btf, uint32_t id,
		const struct btf_type *type, char *why)
{
	struct ca_layout *layout, *shrunk;
	struct walk walk = { .btf = btf, .why = why };
	int err;

	layout = calloc(1, sizeof(*layout) + CA_MEMBERS_MAX * sizeof(layout->members[0]));
	if (!layout) {
		snprintf(why, CA_WHY_MAX, "no memory");
		return -ENOMEM;
	}
	walk.layout = layout;
	snprintf(layout->structure, sizeof(layout->structure), "%s",
		 btf__name_by_offset(btf, type->name_off));
	layout->size_bytes = type->size;
	if (layout->size_bytes > CA_PRIV_BYTES) {
		snprintf(why, CA_WHY_MAX, "struct '%s' has %u bytes, a socket's private state %d",
			 layout->structure, layout->size_bytes, CA_PRIV_BYTES);
		err = -E2BIG;
	} else {
		err = walk_type(&walk, id, 0, 0);
	}
	if (err) {
		free(layout);
		return err;
	}
	sort(layout);
	shrunk = realloc(layout, sizeof(*layout) + layout->n_members * sizeof(layout->members[0]));
	*out = shrunk ? shrunk : layout;
	return 0;
}

static bool is_same(const struct ca_layout *a, const struct ca_layout *b)
{
	return a->size_bytes == b->size_bytes && a->n_members == b->n_members &&
	       memcmp(a->members, b->members, a->n_members * sizeof(a->members[0])) == 0;
}

/*
 * All of this name with an id from `first` up to `end`: the linker puts together
 * what has the same name in different files, and BTF keeps both if they differ.
 */
static int make_only(struct ca_layout **out, const struct btf *btf, const char *structure,
		     uint32_t first, uint32_t end, char *why)
{
	struct ca_layout *found = NULL, *next;
	int err = -ENOENT;

	for (uint32_t id = first; id < end; id++) {
		const struct btf_type *type = btf__type_by_id(btf, id);
		const char *name;

		if (!type || !btf_is_struct(type))
			continue;
		name = btf__name_by_offset(btf, type->name_off);
		if (!name || strcmp(name, structure) != 0)
			continue;
		/* What is too large for private state is something else's, if another is not. */
		if (found && type->size > CA_PRIV_BYTES)
			continue;
		err = make(&next, btf, id, type, why);
		if (err && type->size > CA_PRIV_BYTES)
			continue;
		if (err)
			break;
		if (found && !is_same(found, next)) {
			snprintf(why, CA_WHY_MAX, "there are different structures of the name '%s'",
				 structure);
			err = -EEXIST;
		}
		ca_layout_free(found);
		found = next;
		if (err)
			break;
	}
	if (err)
		ca_layout_free(found);
	else
		*out = found;
	return err;
}

int ca_layout_new(struct ca_layout **layout, const struct btf *btf, const char *structure,
		  enum ca_scope scope, char why[CA_WHY_MAX])
{
	const struct btf *base = btf__base_btf(btf);
	uint32_t own = base ? btf__type_cnt(base) : 1;
	int err = -ENOENT;

	if (strlen(structure) <= CA_NAME_MAX && is_identifier(structure))
		err = make_only(layout, btf, structure, own, btf__type_cnt(btf), why);
	if (err == -ENOENT && base && scope == CA_SCOPE_ALL)
		err = make_only(layout, btf, structure, 1, own, why);
	if (err == -ENOENT)
		snprintf(why, CA_WHY_MAX, "there is no struct '%.*s'", CA_NAME_MAX, structure);
	return err;
}

void ca_layout_free(struct ca_layout *layout)
{
	free(layout);
}
