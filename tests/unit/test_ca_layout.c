// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * src/ca/ca_layout.h: synthetic BTF of every shape; values compared with a naive
 * reference that goes bit by bit; corrupt BTF, which is to be an error at worst.
 */
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "ca/ca_layout.h"
#include "tap.h"

static char why[CA_WHY_MAX];

/* Ids of what make_btf() begins with. */
enum { U8 = 1, U16, U32, U64, S32, BOOL, S64, U128, ENUM, POINTER, FLOAT, FIRST };

static struct btf *make_btf(void)
{
	struct btf *btf = btf__new_empty();

	btf__add_int(btf, "u8", 1, 0);
	btf__add_int(btf, "u16", 2, 0);
	btf__add_int(btf, "u32", 4, 0);
	btf__add_int(btf, "u64", 8, 0);
	btf__add_int(btf, "s32", 4, BTF_INT_SIGNED);
	btf__add_int(btf, "bool", 1, BTF_INT_BOOL);
	btf__add_int(btf, "s64", 8, BTF_INT_SIGNED);
	btf__add_int(btf, "u128", 16, 0);
	btf__add_enum(btf, "phase", 4);
	btf__add_enum_value(btf, "A", 0);
	btf__add_enum_value(btf, "B", -1);
	btf__add_ptr(btf, U8);
	check_eq(btf__add_float(btf, "double", 8), FLOAT);
	return btf;
}

static struct ca_layout *layout_of(const struct btf *btf, const char *name)
{
	struct ca_layout *layout = NULL;
	int err = ca_layout_new(&layout, btf, name, CA_SCOPE_ALL, why);

	if (!check(err == 0))
		printf("#   %s: %s\n", name, why);
	return layout;
}

/* It fails like this, with a reason that has this in it. */
static void check_error(const struct btf *btf, const char *name, int wanted, const char *said)
{
	struct ca_layout *layout = NULL;

	why[0] = '\0';
	check_eq(ca_layout_new(&layout, btf, name, CA_SCOPE_ALL, why), wanted);
	if (!check(strstr(why, said) != NULL))
		printf("#   '%s' is not in '%s'\n", said, why);
	if (!layout)
		return;
	check(wanted == 0);
	ca_layout_free(layout);
}

static void check_member(const struct ca_layout *layout, unsigned int i, const char *name,
			 unsigned int offset, unsigned int width, bool is_signed)
{
	if (!check(layout && i < layout->n_members))
		return;
	check_str(layout->members[i].name, name);
	check_eq(layout->members[i].bit_offset, offset);
	check_eq(layout->members[i].bit_width, width);
	check_eq(layout->members[i].is_signed, is_signed);
	check_eq(layout->members[i].is_wide, width > 53);
}

/* --- shapes ------------------------------------------------------------------------------ */

static void test_plain_members(void)
{
	struct btf *btf = make_btf();
	struct ca_layout *layout;

	btf__add_struct(btf, "plain", 40);
	btf__add_field(btf, "a", U32, 0, 0);
	btf__add_field(btf, "flag", BOOL, 32, 0);
	btf__add_field(btf, "b", U16, 48, 0);
	btf__add_field(btf, "wide", U64, 64, 0);
	btf__add_field(btf, "signed_one", S32, 128, 0);
	btf__add_field(btf, "phase", ENUM, 160, 0);
	btf__add_field(btf, "where", POINTER, 192, 0);
	layout = layout_of(btf, "plain");
	check_eq(layout->n_members, 7);
	check_str(layout->structure, "plain");
	check_eq(layout->size_bytes, 40);
	check_member(layout, 0, "a", 0, 32, false);
	check_member(layout, 1, "flag", 32, 8, false);
	check_member(layout, 2, "b", 48, 16, false);
	check_member(layout, 3, "wide", 64, 64, false);
	check_member(layout, 4, "signed_one", 128, 32, true);
	check_member(layout, 5, "phase", 160, 32, true);
	check_member(layout, 6, "where", 192, sizeof(void *) * 8, false);
	check_eq(layout->members[1].kind, CA_BOOL);
	check_eq(layout->members[5].kind, CA_ENUM);
	check_eq(layout->members[6].kind, CA_POINTER);
	check(ca_layout_find(layout, "b") == &layout->members[2]);
	check(ca_layout_find(layout, "c") == NULL);
	ca_layout_free(layout);
	btf__free(btf);
}

/* struct { struct { u32 t, v; } s[2]; union { u16 x; struct { u8 lo, hi; }; }; u8 m[2][2]; } */
static void test_nesting(void)
{
	static const char *const names[] = { "s[0].t", "s[0].v", "s[1].t", "s[1].v", "x", "lo",
					     "hi", "m[0][0]", "m[0][1]", "m[1][0]", "m[1][1]" };
	static const unsigned int offsets[] = { 0, 32, 64, 96, 128, 128, 136, 144, 152, 160, 168 };
	struct btf *btf = make_btf();
	struct ca_layout *layout;
	int sample, samples, bytes, both, row, rows, alias;

	sample = btf__add_struct(btf, "sample", 8);
	btf__add_field(btf, "t", U32, 0, 0);
	btf__add_field(btf, "v", U32, 32, 0);
	samples = btf__add_array(btf, U32, btf__add_typedef(btf, "sample_t", sample), 2);
	bytes = btf__add_struct(btf, NULL, 2);
	btf__add_field(btf, "lo", U8, 0, 0);
	btf__add_field(btf, "hi", U8, 8, 0);
	both = btf__add_union(btf, NULL, 2);
	btf__add_field(btf, "x", U16, 0, 0);
	btf__add_field(btf, NULL, bytes, 0, 0);
	row = btf__add_array(btf, U32, U8, 2);
	rows = btf__add_array(btf, U32, row, 2);
	alias = btf__add_const(btf, btf__add_volatile(btf, rows));
	btf__add_struct(btf, "nested", 24);
	btf__add_field(btf, "s", samples, 0, 0);
	btf__add_field(btf, NULL, both, 128, 0);
	btf__add_field(btf, "m", alias, 144, 0);
	layout = layout_of(btf, "nested");
	check_eq(layout->n_members, 11);
	for (unsigned int i = 0; i < 11; i++)
		check_member(layout, i, names[i], offsets[i],
			     i < 4 ? 32 : i == 4 ? 16 : 8, false);
	ca_layout_free(layout);
	btf__free(btf);
}

static void test_order_is_by_offset(void)
{
	struct btf *btf = make_btf();
	struct ca_layout *layout;
	int halves, whole;

	halves = btf__add_struct(btf, NULL, 8);
	btf__add_field(btf, "first", U32, 0, 0);
	btf__add_field(btf, "second", U32, 32, 0);
	whole = btf__add_union(btf, NULL, 8);
	btf__add_field(btf, NULL, halves, 0, 0);
	btf__add_field(btf, "whole", U64, 0, 0);
	btf__add_struct(btf, "order", 8);
	btf__add_field(btf, NULL, whole, 0, 0);
	layout = layout_of(btf, "order");
	check_member(layout, 0, "first", 0, 32, false);
	check_member(layout, 1, "whole", 0, 64, false);
	check_member(layout, 2, "second", 32, 32, false);
	ca_layout_free(layout);
	btf__free(btf);
}

/* --- values ------------------------------------------------------------------------------- */

static unsigned int bit_at(const unsigned char *priv, unsigned int bit)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return priv[bit / 8] >> bit % 8 & 1;
#else
	return priv[bit / 8] >> (7 - bit % 8) & 1;
#endif
}

static uint64_t naive_value(const struct ca_member *member, const unsigned char *priv)
{
	uint64_t value = 0;

	for (unsigned int i = 0; i < member->bit_width; i++) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
		value |= (uint64_t)bit_at(priv, member->bit_offset + i) << i;
#else
		value = value << 1 | bit_at(priv, member->bit_offset + i);
#endif
	}
	if (member->is_signed && member->bit_width < 64 && value >> (member->bit_width - 1) & 1)
		value |= ~0ULL << member->bit_width;
	return value;
}

/* Every offset and width there can be; the buffer ends where it ends, for ASan to see. */
static void test_values_at_all_bit_offsets(void)
{
	unsigned char *priv = malloc(CA_PRIV_BYTES);
	unsigned int wrong = 0, n = 0;

	srand(1);
	for (unsigned int i = 0; i < CA_PRIV_BYTES; i++)
		priv[i] = (unsigned char)rand();
	for (unsigned int offset = 0; offset < CA_PRIV_BYTES * 8; offset += offset % 97 ? 1 : 2) {
		struct btf *btf = make_btf();
		struct ca_layout *layout;

		btf__add_struct(btf, "bits", CA_PRIV_BYTES);
		for (unsigned int width = 1; width <= 64; width++) {
			char name[2][16];

			if (offset + width > CA_PRIV_BYTES * 8)
				break;
			snprintf(name[0], sizeof(name[0]), "u%u", width);
			snprintf(name[1], sizeof(name[1]), "s%u", width);
			btf__add_field(btf, name[0], U64, offset, width);
			btf__add_field(btf, name[1], S64, offset, width);
		}
		layout = layout_of(btf, "bits");
		for (unsigned int i = 0; layout && i < layout->n_members; i++, n++)
			wrong += ca_layout_value(&layout->members[i], priv) !=
				 naive_value(&layout->members[i], priv);
		ca_layout_free(layout);
		btf__free(btf);
	}
	check_eq(wrong, 0);
	check(n > 100000);
	free(priv);
}

/* The type of an int as of old: no kind flag, and the int has its own offset and width. */
static void shrink_int(struct btf *btf, int id, unsigned int offset, unsigned int bits)
{
	struct btf_type *type = (struct btf_type *)btf__type_by_id(btf, (uint32_t)id);

	*(uint32_t *)(type + 1) = (*(uint32_t *)(type + 1) & 0x0f000000) | offset << 16 | bits;
}

static void test_old_bit_fields(void)
{
	unsigned char priv[CA_PRIV_BYTES] = { 0 };
	struct btf *btf = make_btf();
	struct ca_layout *layout;
	int three = btf__add_int(btf, "u32_3", 4, 0), shifted, five, nine;

	five = btf__add_int(btf, "s32_5", 4, BTF_INT_SIGNED);
	nine = btf__add_int(btf, "u32_9", 4, 0);
	shifted = btf__add_int(btf, "u8_4", 1, 0);
	btf__add_struct(btf, "old", 8);
	btf__add_field(btf, "a", three, 0, 0);
	btf__add_field(btf, "b", five, 0, 0);
	btf__add_field(btf, "c", nine, 8, 0);
	btf__add_field(btf, "d", shifted, 24, 0);
	btf__add_field(btf, "whole", U32, 32, 0);
	shrink_int(btf, three, 0, 3);
	shrink_int(btf, five, 3, 5);
	shrink_int(btf, nine, 0, 9);
	shrink_int(btf, shifted, 4, 4);
	layout = layout_of(btf, "old");
	check_member(layout, 0, "a", 0, 3, false);
	check_member(layout, 1, "b", 3, 5, true);
	check_member(layout, 2, "c", 8, 9, false);
	check_member(layout, 3, "d", 28, 4, false);
	check_member(layout, 4, "whole", 32, 32, false);
	for (unsigned int i = 0; i < CA_PRIV_BYTES; i++)
		priv[i] = (unsigned char)(0xa5 + 29 * i);
	for (unsigned int i = 0; i < layout->n_members; i++)
		check(ca_layout_value(&layout->members[i], priv) ==
		      naive_value(&layout->members[i], priv));
	ca_layout_free(layout);
	btf__free(btf);
}

/* What the compiler itself makes of bit fields. */
static void test_as_the_compiler_has_it(void)
{
	union {
		struct {
			uint32_t mode : 3, state : 3;
			int32_t delta : 10;
			uint32_t rest : 16;
			int64_t far;
		} s;
		unsigned char priv[CA_PRIV_BYTES];
	} u = { .s = { .mode = 5, .state = 2, .delta = -300, .rest = 54321, .far = -7 } };
	struct btf *btf = make_btf();
	struct ca_layout *layout;

	btf__add_struct(btf, "bits", 16);
	btf__add_field(btf, "mode", U32, 0, 3);
	btf__add_field(btf, "state", U32, 3, 3);
	btf__add_field(btf, "delta", S32, 6, 10);
	btf__add_field(btf, "rest", U32, 16, 16);
	btf__add_field(btf, "far", S64, 64, 0);
	layout = layout_of(btf, "bits");
	check_eq(ca_layout_value(&layout->members[0], u.priv), 5);
	check_eq(ca_layout_value(&layout->members[1], u.priv), 2);
	check_eq((int64_t)ca_layout_value(&layout->members[2], u.priv), -300);
	check_eq(ca_layout_value(&layout->members[3], u.priv), 54321);
	check_eq((int64_t)ca_layout_value(&layout->members[4], u.priv), -7);
	ca_layout_free(layout);
	btf__free(btf);
}

/* --- limits and errors ------------------------------------------------------------------------ */

static void add_array(struct btf *btf, const char *name, uint32_t size, int element, uint32_t n)
{
	int array = btf__add_array(btf, U32, element, n);

	btf__add_struct(btf, name, size);
	btf__add_field(btf, "a", array, 0, 0);
}

static void test_limits(void)
{
	struct btf *btf = make_btf();
	char name[CA_NAME_MAX + 2];
	struct ca_layout *layout;
	int nothing, nothings;

	check_error(btf, "none", -ENOENT, "there is no struct 'none'");
	check_error(btf, "no name", -ENOENT, "there is no");
	check_error(btf, "", -ENOENT, "there is no");
	add_array(btf, "largest", 104, U8, 104);
	check_error(btf, "largest", 0, "");
	add_array(btf, "larger", 105, U8, 1);
	check_error(btf, "larger", -E2BIG, "105 bytes");
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	btf__add_struct(btf, "long_name", 4);
	btf__add_field(btf, name, U32, 0, 0);
	check_error(btf, "long_name", -E2BIG, "63 bytes");
	btf__add_struct(btf, "longest_name", 4);
	btf__add_field(btf, name + 1, U32, 0, 0);
	layout = layout_of(btf, "longest_name");
	check_str(layout->members[0].name, name + 1);
	ca_layout_free(layout);
	nothing = btf__add_struct(btf, "nothing", 0);
	nothings = btf__add_array(btf, U32, nothing, UINT32_MAX);
	add_array(btf, "nothings", 8, nothings, UINT32_MAX);
	check_error(btf, "nothings", -E2BIG, "more than 128");
	btf__free(btf);
}

static void test_too_many_members(void)
{
	struct btf *btf = make_btf();

	for (unsigned int n = 128; n <= 129; n++) {
		char name[16];

		snprintf(name, sizeof(name), "many%u", n);
		btf__add_struct(btf, name, 104);
		for (unsigned int i = 0; i < n; i++) {
			snprintf(name, sizeof(name), "b%u", i);
			btf__add_field(btf, name, U32, i, 1);
		}
	}
	check_error(btf, "many128", 0, "");
	check_error(btf, "many129", -E2BIG, "more than 128 members");
	btf__free(btf);
}

static void test_not_numbers(void)
{
	struct btf *btf = make_btf();

	btf__add_struct(btf, "f", 8);
	btf__add_field(btf, "x", FLOAT, 0, 0);
	check_error(btf, "f", -ENOTSUP, "'x' of struct 'f' is not a number");
	btf__add_struct(btf, "w", 16);
	btf__add_field(btf, "x", U128, 0, 0);
	check_error(btf, "w", -ENOTSUP, "more than 64 bits");
	btf__free(btf);
}

static void test_corrupt_structures(void)
{
	struct btf *btf = make_btf();
	int self;

	btf__add_struct(btf, "beyond", 4);
	btf__add_field(btf, "a", U32, 8, 0);
	check_error(btf, "beyond", -EINVAL, "corrupt");
	btf__add_struct(btf, "unknown", 4);
	btf__add_field(btf, "a", 100000, 0, 0);
	check_error(btf, "unknown", -EINVAL, "corrupt");
	self = btf__add_struct(btf, "self", 4);
	btf__add_field(btf, "a", self, 0, 0);
	check_error(btf, "self", -EINVAL, "corrupt");
	self = btf__add_typedef(btf, "loop", btf__type_cnt(btf));
	btf__add_struct(btf, "looping", 4);
	btf__add_field(btf, "a", self, 0, 0);
	check_error(btf, "looping", -EINVAL, "corrupt");
	btf__add_struct(btf, "bad_name", 4);
	btf__add_field(btf, "a\",\"b", U32, 0, 0);
	check_error(btf, "bad_name", -EINVAL, "corrupt");
	btf__add_struct(btf, "wide_bits", 4);
	btf__add_field(btf, "a", U8, 0, 9);
	check_error(btf, "wide_bits", -EINVAL, "corrupt");
	btf__free(btf);
}

static void test_same_name_twice(void)
{
	struct btf *btf = make_btf();

	for (int i = 0; i < 2; i++) {
		btf__add_struct(btf, "same", 4);
		btf__add_field(btf, "a", U32, 0, 0);
		btf__add_struct(btf, "differs", 4);
		btf__add_field(btf, i ? "b" : "a", U32, 0, 0);
		btf__add_struct(btf, "one_fits", i ? 4 : 1000);
		btf__add_field(btf, "a", U32, 0, 0);
		btf__add_struct(btf, "first_fits", i ? 1000 : 4);
		btf__add_field(btf, "a", U32, 0, 0);
	}
	check_error(btf, "same", 0, "");
	check_error(btf, "differs", -EEXIST, "different structures");
	check_error(btf, "one_fits", 0, "");
	check_error(btf, "first_fits", 0, "");
	btf__free(btf);
}

/* A module's own structure goes before one of the same name in its kernel. */
static void test_split(void)
{
	struct btf *base = make_btf(), *split;
	struct ca_layout *layout;

	btf__add_struct(base, "bbr", 4);
	btf__add_field(base, "v1", U32, 0, 0);
	btf__add_struct(base, "shared", 4);
	btf__add_field(base, "s", U32, 0, 0);
	split = btf__new_empty_split(base);
	btf__add_struct(split, "bbr", 4);
	btf__add_field(split, "v3", U32, 0, 0);
	layout = layout_of(split, "bbr");
	check_member(layout, 0, "v3", 0, 32, false);
	ca_layout_free(layout);
	layout = layout_of(base, "bbr");
	check_member(layout, 0, "v1", 0, 32, false);
	ca_layout_free(layout);
	check_error(split, "shared", 0, "");
	check_eq(ca_layout_new(&layout, split, "shared", CA_SCOPE_OWN, why), -ENOENT);
	btf__free(split);
	btf__free(base);
}

/* --- this kernel ------------------------------------------------------------------------------- */

static void test_this_kernel(void)
{
	struct btf *btf = btf__parse("/sys/kernel/btf/vmlinux", NULL);
	struct ca_layout *layout = NULL;

	if (libbpf_get_error(btf)) {
		printf("# no BTF of this kernel: not compared\n");
		return;
	}
	if (ca_layout_new(&layout, btf, "bictcp", CA_SCOPE_ALL, why) == 0) {
		check(ca_layout_find(layout, "bic_K") != NULL);
		check(ca_layout_find(layout, "last_max_cwnd")->bit_width == 32);
		ca_layout_free(layout);
	} else {
		printf("# bictcp: %s\n", why);
	}
	if (ca_layout_new(&layout, btf, "bbr", CA_SCOPE_ALL, why) == 0) {
		check(ca_layout_find(layout, "min_rtt_us")->bit_offset == 0);
		check(ca_layout_find(layout, "pacing_gain")->bit_width == 10);
		check(ca_layout_find(layout, "cycle_mstamp")->is_wide);
		ca_layout_free(layout);
	} else {
		printf("# bbr: %s\n", why);
	}
	btf__free(btf);
}

/* How long all members of an event take, for who reads the log. */
static void test_cost(void)
{
	struct btf *btf = btf__parse("/sys/kernel/btf/vmlinux", NULL);
	unsigned char priv[CA_PRIV_BYTES] = { 1, 2, 3 };
	struct ca_layout *layout = NULL;
	struct timespec t[2];
	uint64_t sum = 0;

	if (libbpf_get_error(btf))
		return;
	if (ca_layout_new(&layout, btf, "bbr", CA_SCOPE_ALL, why) == 0) {
		clock_gettime(CLOCK_MONOTONIC, &t[0]);
		for (unsigned int n = 0; n < 200000; n++) {
			priv[n % CA_PRIV_BYTES]++;
			for (unsigned int i = 0; i < layout->n_members; i++)
				sum += ca_layout_value(&layout->members[i], priv);
		}
		clock_gettime(CLOCK_MONOTONIC, &t[1]);
		printf("# %u members of bbr: %.1f ns an event (%llu)\n", layout->n_members,
		       ((double)(t[1].tv_sec - t[0].tv_sec) * 1e9 +
			(double)(t[1].tv_nsec - t[0].tv_nsec)) / 200000, (unsigned long long)sum);
		ca_layout_free(layout);
	}
	btf__free(btf);
}

int main(void)
{
	libbpf_set_print(NULL);
	TAP_RUN(test_plain_members);
	TAP_RUN(test_nesting);
	TAP_RUN(test_order_is_by_offset);
	TAP_RUN(test_values_at_all_bit_offsets);
	TAP_RUN(test_old_bit_fields);
	TAP_RUN(test_as_the_compiler_has_it);
	TAP_RUN(test_limits);
	TAP_RUN(test_too_many_members);
	TAP_RUN(test_not_numbers);
	TAP_RUN(test_corrupt_structures);
	TAP_RUN(test_same_name_twice);
	TAP_RUN(test_split);
	TAP_RUN(test_this_kernel);
	TAP_RUN(test_cost);
	return tap_done();
}
