// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * src/ca/ca_source.h on directories made here; on corrupt BTF, truncated and with
 * bits flipped; on this kernel; and on the BTF of others, where the environment
 * names a directory of them: $TCC_TEST_BTF/VERSION/{vmlinux,tcp_bbr,tcp_dctcp}.
 */
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "ca/ca_btf.h"
#include "ca/ca_decode.h"
#include "ca/ca_source.h"
#include "record/fields.h"
#include "tap.h"

static char root[] = "/tmp/tcc-ca.XXXXXX";
static char why[CA_WHY_MAX];

static const char *path_of(const char *name)
{
	static char paths[4][PATH_MAX];
	static unsigned int turn;
	char *path = paths[turn++ % 4];

	snprintf(path, PATH_MAX, "%s/%s", root, name);
	return path;
}

static void write_bytes(const char *name, const void *bytes, size_t size)
{
	FILE *file = fopen(path_of(name), "w");

	if (check(file != NULL)) {
		check(fwrite(bytes, 1, size, file) == size);
		fclose(file);
	}
}

static void write_btf(const char *name, const struct btf *btf)
{
	uint32_t size;
	const void *bytes = btf__get_raw_data(btf, &size);

	write_bytes(name, bytes, size);
}

static void add_struct(struct btf *btf, int u32, const char *name, const char *member)
{
	btf__add_struct(btf, name, 4);
	btf__add_field(btf, member, u32, 0, 0);
}

/* vmlinux with bbr 1 and bictcp; modules tcp_bbr3, tcp_own, and loaded without BTF tcp_vegas. */
static void make_directories(void)
{
	struct btf *vmlinux = btf__new_empty(), *module;
	int u32 = btf__add_int(vmlinux, "u32", 4, 0);

	add_struct(vmlinux, u32, "bbr", "v1");
	add_struct(vmlinux, u32, "bictcp", "bic_K");
	add_struct(vmlinux, u32, "vegas", "not_its");
	add_struct(vmlinux, u32, "guess", "not_its");
	add_struct(vmlinux, u32, "named", "n");
	module = btf__new_empty_split(vmlinux);
	add_struct(module, u32, "bbr", "v3");
	add_struct(module, u32, "own", "o");
	mkdir(path_of("btf"), 0755);
	mkdir(path_of("module"), 0755);
	mkdir(path_of("module/tcp_vegas"), 0755);
	write_btf("btf/vmlinux", vmlinux);
	write_btf("btf/tcp_bbr3", module);
	write_btf("btf/own", module);
	write_btf("split", module);
	write_bytes("btf/tcp_junk", "junk", 4);
	write_bytes("module/tcp_vegas/initstate", "live\n", 5);
	write_bytes("available", "reno cubic\n", 11);
	btf__free(module);
	btf__free(vmlinux);
}

static struct ca_source *open_source(const char *structure, const char *file, int wanted)
{
	struct ca_source_options options = {
		.structure = structure,
		.btf_path = file,
		.btf_directory = path_of("btf"),
		.module_directory = path_of("module"),
		.available_path = path_of("available"),
	};
	struct ca_source *source = NULL;

	check_eq(ca_source_new(&source, &options, why), wanted);
	return source;
}

/* The first member's name, or a part of the reason. */
static void check_get(struct ca_source *source, const char *algorithm, const char *wanted)
{
	const char *reason;
	const struct ca_layout *layout = ca_source_get(source, algorithm, &reason);
	const char *got = layout ? layout->members[0].name : reason;

	if (!check(layout ? strcmp(got, wanted) == 0 : strstr(got, wanted) != NULL))
		printf("#   %s: '%s', expected '%s'\n", algorithm, got, wanted);
	check(ca_source_get(source, algorithm, &reason) == layout);
}

static void test_by_name(void)
{
	const char *reason;
	struct ca_source *source = open_source(NULL, NULL, 0);

	check_get(source, "cubic", "bic_K");
	check_get(source, "bbr", "v1");
	check_get(source, "bbr3", "v3");
	check_get(source, "bbr2", "not known which structure");
	/* These keep none: no layout, and nothing to complain of. */
	check(!ca_source_get(source, "reno", &reason) && !reason);
	check(!ca_source_get(source, "scalable", &reason) && !reason);
	check_get(source, "vegas", "module tcp_vegas has no BTF");
	check_get(source, "dctcp", "there is no struct 'dctcp' (vmlinux)");
	check_get(source, "own", "o");
	check_get(source, "guess", "not known which structure");
	check_get(source, "junk", "corrupt");
	check_get(source, "../vmlinux", "not known");
	check_get(source, "", "not known");
	ca_source_free(source);
}

/* Of what was asked for, with private state: whether it is there, and CUBIC's time. */
static void check_decoded(struct ca_decode *decode, const char *algorithm, uint8_t flags,
			  bool has_layout, bool has_cubic_k)
{
	struct tcc_sample sample = { .probe.event.flags = flags, .ca_priv = { 1024 } };
	struct record record = { .has = fields_of_kind(RECORD_KIND_PROBE, 0) };

	memcpy(sample.props.cc, algorithm, strlen(algorithm));
	ca_decode_record(decode, &record, &sample);
	check_eq(field_set_has(&record.has, FIELD_CA_ALL), has_layout);
	check_eq(field_set_has(&record.has, FIELD_cubic_k), has_cubic_k);
	check(!field_set_has(&record.has, FIELD_bbr_rate));
	check(field_set_has(&record.has, FIELD_cc));
	/* A copy, which the next event in the ring's slot does not change. */
	memset(&sample, 0xff, sizeof(sample));
	if (has_cubic_k) {
		check_eq(record.cubic_k, 1000);
		check_eq(ca_layout_value(&record.ca_layout->members[0], record.ca_priv), 1024);
	}
}

static void test_decode(void)
{
	struct ca_source_options options = {
		.btf_directory = path_of("btf"),
		.module_directory = path_of("module"),
		.available_path = path_of("available"),
	};
	struct ca_decode *decode = NULL;

	check_eq(ca_decode_new(&decode, &options), 0);
	check_decoded(decode, "cubic", 0, true, true);
	check_decoded(decode, "bbr", 0, true, false);
	check_decoded(decode, "reno", 0, false, false);
	check_decoded(decode, "cubic", TCC_EVENT_NO_CA_STATE, false, false);
	check_decoded(decode, "cubic", 0, true, true);
	ca_decode_free(decode);
}

static void test_structure_of_others(void)
{
	struct ca_source *source = open_source("named", NULL, 0);

	check_get(source, "mine", "n");
	check_get(source, "cubic", "bic_K");
	check_get(source, "own", "n");
	ca_source_free(source);
}

static void test_file(void)
{
	struct ca_source *source = open_source("own", path_of("split"), 0);

	check_get(source, "mine", "o");
	check_get(source, "cubic", "bic_K");
	ca_source_free(source);
	source = open_source(NULL, path_of("split"), 0);
	check_get(source, "own", "o");
	check_get(source, "mine", "no struct 'mine' (--ca-btf)");
	ca_source_free(source);
	open_source(NULL, path_of("missing"), -ENOENT);
	check(strstr(why, "cannot read") != NULL);
	check(open_source(NULL, path_of("available"), -EINVAL) == NULL);
	check(strstr(why, "corrupt") != NULL);
	open_source("nothing", path_of("split"), -ENOENT);
	check(strstr(why, "no struct 'nothing' (--ca-btf)") != NULL);
	open_source(NULL, root, -EISDIR);
}

static void test_bounded(void)
{
	struct ca_source *source = open_source(NULL, NULL, 0);
	char name[16];

	for (unsigned int i = 0; i < CA_ALGORITHMS_MAX; i++) {
		snprintf(name, sizeof(name), "x%u", i);
		check_get(source, name, i < CA_ALGORITHMS_MAX - 2 ? "not known" : "too many");
	}
	check_get(source, "cubic", "bic_K");
	ca_source_free(source);
}

static void test_without_vmlinux(void)
{
	struct ca_source *source;

	rename(path_of("btf/vmlinux"), path_of("btf/away"));
	source = open_source(NULL, NULL, 0);
	check_get(source, "cubic", "cannot read");
	check_get(source, "own", "cannot read");
	ca_source_free(source);
	rename(path_of("btf/away"), path_of("btf/vmlinux"));
}

/* --- corrupt BTF ------------------------------------------------------------------------------ */

static void read_corrupt(const unsigned char *bytes, size_t size, unsigned int *n_layouts)
{
	static const char *const names[] = { "bbr", "bictcp", "dctcp", "own" };
	struct btf *base = NULL, *btf = NULL;

	write_bytes("corrupt", bytes, size);
	if (ca_btf_open(&base, path_of("btf/vmlinux"), NULL, why))
		return;
	for (int split = 0; split < 2; split++) {
		if (ca_btf_open(&btf, path_of("corrupt"), split ? base : NULL, why))
			continue;
		for (unsigned int i = 0; i < 4; i++) {
			unsigned char priv[CA_PRIV_BYTES] = { 0 };
			struct ca_layout *layout;
			uint64_t sum = 0;

			if (ca_layout_new(&layout, btf, names[i], CA_SCOPE_ALL, why))
				continue;
			for (uint32_t m = 0; m < layout->n_members; m++)
				sum += ca_layout_value(&layout->members[m], priv);
			check(sum == 0);
			ca_layout_free(layout);
			++*n_layouts;
		}
		btf__free(btf);
	}
	btf__free(base);
}

static void corrupt_file(const char *name, unsigned int n_flips)
{
	FILE *file = fopen(path_of(name), "r");
	unsigned char bytes[32768];
	unsigned int n_layouts = 0;
	size_t size = file ? fread(bytes, 1, sizeof(bytes), file) : 0;

	if (!check(size > 0))
		return;
	fclose(file);
	for (size_t cut = 0; cut < size; cut += size / 200 + 1)
		read_corrupt(bytes, cut, &n_layouts);
	for (unsigned int i = 0; i < n_flips; i++) {
		unsigned char spoilt[sizeof(bytes)];

		memcpy(spoilt, bytes, size);
		for (int n = rand() % 3; n >= 0; n--) {
			size_t where = (size_t)rand() % (i % 4 ? size : size < 200 ? size : 200);

			spoilt[where] ^= (unsigned char)(1 << rand() % 8);
		}
		read_corrupt(spoilt, size, &n_layouts);
	}
	printf("# %s: %u layouts of corrupt BTF\n", name, n_layouts);
}

static void test_corrupt(void)
{
	srand(1);
	corrupt_file("btf/vmlinux", 3000);
	corrupt_file("btf/tcp_bbr3", 3000);
}

/* --- real ones ----------------------------------------------------------------------------------- */

static void test_this_kernel(void)
{
	struct ca_source_options options = { 0 };
	struct ca_source *source = NULL;
	const struct ca_layout *layout;
	struct timespec t[2];
	const char *reason;

	clock_gettime(CLOCK_MONOTONIC, &t[0]);
	check_eq(ca_source_new(&source, &options, why), 0);
	clock_gettime(CLOCK_MONOTONIC, &t[1]);
	printf("# at the start: %ld us\n", (t[1].tv_sec - t[0].tv_sec) * 1000000 +
	       (t[1].tv_nsec - t[0].tv_nsec) / 1000);
	layout = ca_source_get(source, "cubic", &reason);
	if (layout)
		check(ca_layout_find(layout, "bic_K") != NULL);
	else
		tap_skip("this kernel's BTF is not to be read, or has no cubic");
	clock_gettime(CLOCK_MONOTONIC, &t[0]);
	layout = ca_source_get(source, "westwood", &reason);
	clock_gettime(CLOCK_MONOTONIC, &t[1]);
	printf("# later: %ld us: %s\n", (t[1].tv_nsec - t[0].tv_nsec) / 1000,
	       layout ? layout->structure : reason);
	ca_source_free(source);
}

static void check_version(const char *directory)
{
	struct ca_source_options options = {
		.btf_directory = directory,
		.module_directory = path_of("module"),
		.available_path = path_of("available"),
	};
	static const char *const names[] = { "cubic", "bbr", "dctcp" };
	static const char *const members[] = { "bic_K", "min_rtt_us", "dctcp_alpha" };
	struct ca_source *source = NULL;
	char path[PATH_MAX + 16];

	check_eq(ca_source_new(&source, &options, why), 0);
	for (int i = 0; source && i < 3; i++) {
		const char *reason;
		const struct ca_layout *layout = ca_source_get(source, names[i], &reason);

		snprintf(path, sizeof(path), "%s/tcp_%s", directory, names[i]);
		printf("# %s %s: %u members %s\n", directory, names[i],
		       layout ? layout->n_members : 0, layout ? "" : reason);
		if (i == 0 || access(path, R_OK) == 0)
			check(layout && ca_layout_find(layout, members[i]));
	}
	ca_source_free(source);
}

static void test_other_kernels(void)
{
	const char *directory = getenv("TCC_TEST_BTF");
	DIR *dir = directory ? opendir(directory) : NULL;
	struct dirent *entry;

	if (!dir) {
		tap_skip("TCC_TEST_BTF names no directory; make check-kernels has one");
		return;
	}
	while ((entry = readdir(dir))) {
		char path[PATH_MAX - 16];

		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name);
		check_version(path);
	}
	closedir(dir);
}

int main(void)
{
	char command[64];

	libbpf_set_print(NULL);
	if (!mkdtemp(root))
		return 99;
	make_directories();
	TAP_RUN(test_by_name);
	TAP_RUN(test_decode);
	TAP_RUN(test_structure_of_others);
	TAP_RUN(test_file);
	TAP_RUN(test_bounded);
	TAP_RUN(test_without_vmlinux);
	TAP_RUN(test_corrupt);
	TAP_RUN(test_this_kernel);
	TAP_RUN(test_other_kernels);
	snprintf(command, sizeof(command), "rm -rf %s", root);
	return system(command) != 0 || tap_done();
}
