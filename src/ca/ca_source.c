// SPDX-License-Identifier: GPL-2.0-or-later
/* From an algorithm's name to its private state's layout; see ca_source.h. */
#include "ca/ca_source.h"

#include <bpf/btf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "ca/ca_btf.h"
#include "ca/ca_struct_ops.h"

#define NAME_BYTES 16	/* TCP_CA_NAME_MAX, include/net/tcp.h */

struct known {
	const char *algorithm;
	const char *structure;		/* NULL: keeps no private state */
	/* Not of the kernel's own sources: its kernel's structure of this name is another's. */
	bool is_foreign;
};

/* struct tcp_congestion_ops of net/ipv4/tcp_NAME.c, .name, and what inet_csk_ca() is there. */
static const struct known known_algorithms[] = {
	{ "bbr", "bbr", false },
	{ "bic", "bictcp", false },
	{ "cdg", "cdg", false },
	{ "cubic", "bictcp", false },
	{ "dctcp", "dctcp", false },
	{ "dctcp-reno", NULL, false },		/* dctcp without ECN */
	{ "highspeed", "hstcp", false },
	{ "htcp", "htcp", false },
	{ "hybla", "hybla", false },
	{ "illinois", "illinois", false },
	{ "lp", "lp", false },
	{ "nv", "tcpnv", false },
	{ "reno", NULL, false },
	{ "scalable", NULL, false },
	{ "vegas", "vegas", false },
	{ "veno", "veno", false },
	{ "westwood", "westwood", false },
	{ "yeah", "yeah", false },
	{ "bbr2", "bbr", true },
	{ "bbr3", "bbr", true },
	{ "prague", "prague", true },
};

struct entry {
	char algorithm[NAME_BYTES];
	struct ca_layout *layout;	/* NULL: */
	char why[CA_WHY_MAX];
};

struct ca_source {
	char *structure, *btf_directory, *module_directory;
	struct btf *vmlinux;		/* while something is looked for, or `file` needs it */
	struct btf *file;		/* --ca-btf */
	bool file_is_split;
	unsigned int n_entries;
	struct entry entries[CA_ALGORITHMS_MAX];
};

static const struct known *find_known(const char *algorithm)
{
	for (size_t i = 0; i < sizeof(known_algorithms) / sizeof(known_algorithms[0]); i++)
		if (strcmp(known_algorithms[i].algorithm, algorithm) == 0)
			return &known_algorithms[i];
	return NULL;
}

/* --- the kernel's BTF -------------------------------------------------------------------- */

static int load_vmlinux(struct ca_source *source, char *why)
{
	char path[PATH_MAX];

	if (source->vmlinux)
		return 0;
	if (snprintf(path, sizeof(path), "%s/vmlinux", source->btf_directory) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	return ca_btf_open(&source->vmlinux, path, NULL, why);
}

static void unload_vmlinux(struct ca_source *source)
{
	if (source->file_is_split)
		return;
	btf__free(source->vmlinux);
	source->vmlinux = NULL;
}

/* Say where it was looked for. */
static int with_place(int err, char *why, const char *place)
{
	size_t length = err ? strlen(why) : 0;

	if (err)
		snprintf(why + length, CA_WHY_MAX - length, " (%s)", place);
	return err;
}

/* --- where the structure is looked for ----------------------------------------------------- */

static bool is_there(const char *path)
{
	/* access() is none of the calls that a trace may make. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* -ENOENT: the module has no BTF; then nothing was said. */
static int in_module(struct ca_source *source, const char *module, const char *structure,
		     enum ca_scope scope, struct ca_layout **layout, char *why)
{
	char path[PATH_MAX];
	struct btf *btf;
	int err;

	/* Most algorithms are not modules, and parsing vmlinux takes its time. */
	if (snprintf(path, sizeof(path), "%s/%s", source->btf_directory, module) >=
	    (int)sizeof(path) || !is_there(path))
		return -ENOENT;
	err = load_vmlinux(source, why);
	if (!err)
		err = ca_btf_open(&btf, path, source->vmlinux, why);
	if (!err) {
		err = with_place(ca_layout_new(layout, btf, structure, scope, why), why, path);
		btf__free(btf);
	}
	return err == -ENOENT ? -ENODATA : err;
}

/* Loaded, not built in: what is built in has no state of loading. */
static bool is_module(const struct ca_source *source, const char *module)
{
	char path[PATH_MAX];

	return snprintf(path, sizeof(path), "%s/%s/initstate", source->module_directory, module) <
	       (int)sizeof(path) && is_there(path);
}

static int in_vmlinux(struct ca_source *source, const char *structure, struct ca_layout **layout,
		      char *why)
{
	int err = load_vmlinux(source, why);

	if (err)
		return err;
	err = ca_layout_new(layout, source->vmlinux, structure, CA_SCOPE_ALL, why);
	return with_place(err, why, "vmlinux");
}

/* Modules are called tcp_NAME; some of those from elsewhere just NAME. */
static int in_kernel(struct ca_source *source, const char *algorithm, const char *structure,
		     bool is_certain, struct ca_layout **layout, char *why)
{
	enum ca_scope scope = is_certain ? CA_SCOPE_ALL : CA_SCOPE_OWN;
	char names[2][NAME_BYTES + 4];
	int err = -ENOENT;

	snprintf(names[0], sizeof(names[0]), "tcp_%s", algorithm);
	snprintf(names[1], sizeof(names[1]), "%s", algorithm);
	for (int i = 0; i < 2 && err == -ENOENT; i++) {
		/* A name may be anything; a file is one of that directory. */
		if (!names[i][0] || names[i][0] == '.' || strchr(names[i], '/') ||
		    strcmp(names[i], "vmlinux") == 0)
			continue;
		err = in_module(source, names[i], structure, scope, layout, why);
		if (err == -ENOENT && is_module(source, names[i])) {
			snprintf(why, CA_WHY_MAX, "module %s has no BTF (modules have it since "
				 "Linux 5.11)", names[i]);
			return -ENODATA;
		}
	}
	if (err != -ENOENT)
		return err;
	if (is_certain)
		return in_vmlinux(source, structure, layout, why);
	snprintf(why, CA_WHY_MAX, "it is not known which structure describes its state: there is no "
		 "module tcp_%s with BTF, nor was there such a BPF program at the start", algorithm);
	return -ENOENT;
}

static int in_file(struct ca_source *source, const char *structure, struct ca_layout **layout,
		   char *why)
{
	return with_place(ca_layout_new(layout, source->file, structure, CA_SCOPE_ALL, why), why,
			  "--ca-btf");
}

static int resolve_known(struct ca_source *source, const struct known *known,
			 struct ca_layout **layout, char *why)
{
	char other[CA_WHY_MAX];
	int err;

	if (!known->structure) {
		why[0] = '\0';
		return -ENOENT;
	}
	err = in_kernel(source, known->algorithm, known->structure, !known->is_foreign, layout, why);
	if (err && source->file && in_file(source, known->structure, layout, other) == 0)
		return 0;
	return err;
}

static int resolve(struct ca_source *source, const char *algorithm, struct ca_layout **layout,
		   char *why)
{
	const struct known *known = find_known(algorithm);
	const char *structure = source->structure ? source->structure : algorithm;

	if (known)
		return resolve_known(source, known, layout, why);
	if (source->file)
		return in_file(source, structure, layout, why);
	return in_kernel(source, algorithm, structure, source->structure != NULL, layout, why);
}

/* --- what is remembered ---------------------------------------------------------------------- */

static struct entry *find_entry(struct ca_source *source, const char *algorithm)
{
	for (unsigned int i = 0; i < source->n_entries; i++)
		if (strncmp(source->entries[i].algorithm, algorithm, NAME_BYTES) == 0)
			return &source->entries[i];
	return NULL;
}

/* NULL: there is no room. */
static struct entry *add_entry(struct ca_source *source, const char *algorithm)
{
	struct entry *entry;

	if (source->n_entries == CA_ALGORITHMS_MAX)
		return NULL;
	entry = &source->entries[source->n_entries++];
	snprintf(entry->algorithm, sizeof(entry->algorithm), "%s", algorithm);
	return entry;
}

static const struct entry *get(struct ca_source *source, const char *algorithm)
{
	struct entry *entry = find_entry(source, algorithm);

	if (entry)
		return entry;
	entry = add_entry(source, algorithm);
	if (entry && resolve(source, entry->algorithm, &entry->layout, entry->why))
		entry->layout = NULL;
	return entry;
}

const struct ca_layout *ca_source_get(struct ca_source *source, const char *algorithm,
				      const char **why)
{
	const struct entry *entry = get(source, algorithm);

	unload_vmlinux(source);
	if (!entry) {
		*why = "too many algorithms";
		return NULL;
	}
	*why = entry->layout || !*entry->why ? NULL : entry->why;
	return entry->layout;
}

/* --- the start ------------------------------------------------------------------------------- */

static void add_program(void *context, const char *algorithm, const struct btf *btf)
{
	struct ca_source *source = context;
	const struct known *known = find_known(algorithm);
	struct entry *entry = find_entry(source, algorithm);
	const char *structure = source->structure;

	if (!entry)
		entry = add_entry(source, algorithm);
	/* Of one name only one is registered; others may be about to be. */
	if (!entry || entry->layout)
		return;
	if (!structure)
		structure = known && known->structure ? known->structure : algorithm;
	if (with_place(ca_layout_new(&entry->layout, btf, structure, CA_SCOPE_ALL, entry->why),
		       entry->why, "its BPF program"))
		entry->layout = NULL;
}

/* Those that are there now, of one list of names with spaces between them. */
static void add_available(struct ca_source *source, const char *path)
{
	char names[4096], *word, *state;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? -1 : read(fd, names, sizeof(names) - 1);

	if (fd >= 0)
		close(fd);
	if (length <= 0)
		return;
	names[length] = '\0';
	for (word = strtok_r(names, " \n", &state); word; word = strtok_r(NULL, " \n", &state))
		get(source, word);
}

/* Alone, else as what builds upon the kernel's: a module's. */
static int open_file(struct ca_source *source, const char *path, char *why)
{
	char unused[CA_WHY_MAX];
	int err = ca_btf_open(&source->file, path, NULL, why);

	if (!err || err == -ENOENT || load_vmlinux(source, unused))
		return err;
	if (ca_btf_open(&source->file, path, source->vmlinux, unused))
		return err;
	source->file_is_split = true;
	return 0;
}

static int check_file(struct ca_source *source, char *why)
{
	struct ca_layout *layout;
	int err;

	if (!source->structure)
		return 0;
	err = in_file(source, source->structure, &layout, why);
	if (!err)
		ca_layout_free(layout);
	return err;
}

static char *copy(const char *text, const char *otherwise)
{
	if (!text)
		text = otherwise;
	return text ? strdup(text) : NULL;
}

static struct ca_source *make(const struct ca_source_options *options)
{
	struct ca_source *source = calloc(1, sizeof(*source));

	if (!source)
		return NULL;
	source->structure = copy(options->structure, NULL);
	source->btf_directory = copy(options->btf_directory, "/sys/kernel/btf");
	source->module_directory = copy(options->module_directory, "/sys/module");
	if (source->btf_directory && source->module_directory &&
	    (source->structure || !options->structure))
		return source;
	ca_source_free(source);
	return NULL;
}

int ca_source_new(struct ca_source **out, const struct ca_source_options *options,
		  char why[CA_WHY_MAX])
{
	struct ca_source *source = make(options);
	char unused[CA_WHY_MAX];
	int err = 0;

	if (!source) {
		snprintf(why, CA_WHY_MAX, "no memory");
		return -ENOMEM;
	}
	if (options->btf_path)
		err = open_file(source, options->btf_path, why);
	if (!err && options->btf_path)
		err = check_file(source, why);
	if (err) {
		ca_source_free(source);
		return err;
	}
	/* Programs first: their names may be known ones. */
	if (load_vmlinux(source, unused) == 0)
		ca_struct_ops_each(source->vmlinux, add_program, source);
	add_available(source, options->available_path ? options->available_path :
		      "/proc/sys/net/ipv4/tcp_available_congestion_control");
	unload_vmlinux(source);
	*out = source;
	return 0;
}

void ca_source_free(struct ca_source *source)
{
	if (!source)
		return;
	for (unsigned int i = 0; i < source->n_entries; i++)
		ca_layout_free(source->entries[i].layout);
	btf__free(source->file);
	btf__free(source->vmlinux);
	free(source->structure);
	free(source->btf_directory);
	free(source->module_directory);
	free(source);
}
