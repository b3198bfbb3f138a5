/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The members of a congestion control algorithm's private state: what the kernel
 * keeps in icsk_ca_priv, described by BTF. Knows neither algorithms nor files.
 */
#ifndef TCC_CA_LAYOUT_H
#define TCC_CA_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct btf;

/* ICSK_CA_PRIV_SIZE: include/net/inet_connection_sock.h, struct inet_connection_sock. */
#define CA_PRIV_BYTES 104

#define CA_MEMBERS_MAX 128
#define CA_NAME_MAX 63		/* bytes, without the terminating one */

/* A reason, half a sentence: "struct 'x' has 144 bytes, ..." */
#define CA_WHY_MAX 256

enum ca_kind { CA_INT, CA_BOOL, CA_ENUM, CA_POINTER };

/*
 * One number. `name` is as in C, with dots and indices: "bw.s[0].v". What has no
 * name of its own adds none to it; it consists of letters, digits and "_.[]".
 */
struct ca_member {
	char name[CA_NAME_MAX + 1];
	uint16_t bit_offset;		/* from the start; on big-endian hosts from the top bits */
	uint8_t bit_width;		/* 1..64 */
	uint8_t kind;			/* enum ca_kind; pointers are for hexadecimal */
	bool is_signed;
	bool is_wide;			/* can pass 2^53: a string in JSON */
	/* For ca_layout_value(). */
	uint8_t load_at;		/* byte from which 8 are loaded */
	uint8_t shift_left, shift_right;
	uint8_t straddle;		/* not 0: bits into the first of 9 bytes that it lies in */
};

/* Sorted by offset; of equal ones (unions) in the order of declaration. */
struct ca_layout {
	char structure[CA_NAME_MAX + 1];
	uint32_t size_bytes;
	uint32_t n_members;		/* at most CA_MEMBERS_MAX */
	struct ca_member members[];
};

/* Which types a structure is looked for among. */
enum ca_scope {
	CA_SCOPE_ALL,			/* those of a split BTF itself, then its base's */
	CA_SCOPE_OWN,			/* those of a split BTF itself */
};

/*
 * The layout of `struct structure`, as `btf` describes it. Nested structures,
 * unions and arrays are flattened; bit fields may be of either encoding (kernel,
 * Documentation/bpf/btf.rst, BTF_KIND_STRUCT). Corrupt BTF is an error like others.
 * Returns 0 and a layout for ca_layout_free(), or with `why` filled in
 *	-ENOENT		there is none of this name
 *	-EEXIST		there are several, which differ
 *	-E2BIG		more than CA_PRIV_BYTES, CA_MEMBERS_MAX or CA_NAME_MAX
 *	-ENOTSUP	a member that is not a number of up to 64 bits
 *	-EINVAL		corrupt
 *	-ENOMEM
 */
int ca_layout_new(struct ca_layout **layout, const struct btf *btf, const char *structure,
		  enum ca_scope scope, char why[CA_WHY_MAX]);
void ca_layout_free(struct ca_layout *layout);

/* NULL: no member of this name. Not for every event. */
static inline const struct ca_member *ca_layout_find(const struct ca_layout *layout,
						     const char *name)
{
	for (uint32_t i = 0; i < layout->n_members; i++)
		if (strcmp(layout->members[i].name, name) == 0)
			return &layout->members[i];
	return NULL;
}

/* The member's bits at the top of 64, of a bit field that lies in 9 bytes. */
static inline uint64_t ca_layout_straddle(const struct ca_member *member, uint64_t eight,
					  unsigned char ninth)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	uint64_t low = eight >> member->straddle | (uint64_t)ninth << (64 - member->straddle);

	return low << member->shift_left;
#else
	return eight << member->straddle | (uint64_t)ninth >> (8 - member->straddle);
#endif
}

/* The value in these CA_PRIV_BYTES bytes; a signed one's is to be cast to int64_t. */
static inline uint64_t ca_layout_value(const struct ca_member *member, const unsigned char *priv)
{
	uint64_t bits;

	memcpy(&bits, priv + member->load_at, sizeof(bits));
	if (__builtin_expect(member->straddle != 0, 0))
		bits = ca_layout_straddle(member, bits, priv[member->load_at + sizeof(bits)]);
	else
		bits <<= member->shift_left;
	if (member->is_signed)
		return (uint64_t)((int64_t)bits >> member->shift_right);
	return bits >> member->shift_right;
}

#endif
