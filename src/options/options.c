// SPDX-License-Identifier: GPL-2.0-or-later
/* The command line, read by getopt_long(); see options.h. */
#include "options/options.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "base/log.h"
#include "options/filter.h"
#include "options/option_error.h"
#include "options/option_table.h"
#include "options/suggest.h"
#include "file/rotate.h"

#define TRY_HELP "; try 'tcc-trace --help'"

/*
 * getopt_long() gives a letter for a short option, LONG_BASE and the place in
 * the table for a long one.
 */
#define LONG_BASE 256

#define CANDIDATES_MAX 256

struct getopt_tables {
	struct option longs[OPTION_TABLE_MAX + 1];
	char shorts[2 + 2 * OPTION_TABLE_MAX + 1];
};

static void build_tables(struct getopt_tables *tables)
{
	struct option *next_long = tables->longs;
	char *next_short = tables->shorts;

	*next_short++ = '+';	/* options end at the first operand */
	*next_short++ = ':';	/* tells a missing argument from an unknown option */
	for (size_t i = 0; i < option_table_n; i++) {
		const struct option_def *def = &option_table[i];
		bool has_argument = option_table_has_argument(def);
		int of_long = def->is_optional ? optional_argument : required_argument;

		if (def->name)
			*next_long++ = (struct option){
				.name = def->name,
				.has_arg = has_argument ? of_long : no_argument,
				.val = LONG_BASE + (int)i,
			};
		if (!def->letter)
			continue;
		*next_short++ = def->letter;
		if (has_argument)
			*next_short++ = ':';
	}
	*next_long = (struct option){ 0 };
	*next_short = '\0';
}

/* NULL when there is no such option. */
static const struct option_def *find_option(int id)
{
	return id >= LONG_BASE ? &option_table[id - LONG_BASE] : option_table_find(id);
}

static int refuse_unknown_letter(int letter)
{
	if (letter > ' ' && letter < 0x7f)
		log_error("unknown option '-%c'" TRY_HELP, letter);
	else
		log_error("unknown option '-\\x%02x'" TRY_HELP, letter & 0xff);
	return -EINVAL;
}

/* `word` is "--name" or "--name=value"; getopt found no option, or several. */
static int refuse_unknown_name(const char *word)
{
	size_t length = strcspn(word, "="), n_found = 0, used = 0;
	char candidates[CANDIDATES_MAX] = "", quoted[OPTION_QUOTED_MAX], like[SUGGEST_MAX];

	for (size_t i = 0; i < option_table_n; i++) {
		const char *name = option_table[i].name;

		if (length == 2 || !name || strncmp(name, word + 2, length - 2) != 0)
			continue;
		n_found++;
		if (used < sizeof(candidates))
			used += (size_t)snprintf(candidates + used, sizeof(candidates) - used,
						 "%s--%s", n_found > 1 ? ", " : "", name);
	}
	option_error_quote(quoted, word, length);
	if (n_found)
		log_error("ambiguous option '%s': one of %s" TRY_HELP, quoted, candidates);
	else
		log_error("unknown option '%s'%s", quoted,
			  *suggest_option(like, word, length) ? like : TRY_HELP);
	return -EINVAL;
}

/* What getopt_long() itself objects to: it returned `id`, having read `word`. */
static int refuse_usage(int id, const char *word)
{
	const struct option_def *def = find_option(optopt);
	char quoted[OPTION_QUOTED_MAX], allowed[OPTION_EXPECTED_MAX];
	const char *value;

	if (optopt == 0)
		return refuse_unknown_name(word);
	if (!def)
		return refuse_unknown_letter(optopt);
	if (id == ':')
		return option_error(def, "no value given: expected %s" TRY_HELP,
				    option_error_expected(allowed, def));
	value = strchr(word, '=') + 1;
	return option_error(def, "'%s': expected no value" TRY_HELP,
			    option_error_quote(quoted, value, strlen(value)));
}

static int handle_option(struct options *options, int id, const char *word, const char *value,
			 bool seen[OPTION_TABLE_MAX])
{
	const struct option_def *def;

	if (id == '?' || id == ':')
		return refuse_usage(id, word);
	def = find_option(id);
	seen[def - option_table] = true;
	return def->handle(options, def, value);
}

/* What is meaningless alone would be obeyed in silence otherwise. */
static int check_together(const struct options *options, const bool seen[OPTION_TABLE_MAX])
{
	static const char *const of_rotation[] = { "rotate-keep", "compress" };
	static const char *const of_file[] = { "rotate-size", "rotate-time", "rotate-keep",
					       "compress", "tee" };
	static const char *const of_files[] = { "since", "until", "follow" };
	static const char *const of_kernel[] = { "buffer", "ca-struct", "ca-btf" };
	bool is_rotated = options->rotate_bytes || options->rotate_ns;

	for (size_t i = 0; options->n_read && i < sizeof(of_kernel) / sizeof(of_kernel[0]); i++) {
		const struct option_def *def = option_table_named(of_kernel[i]);

		if (seen[def - option_table])
			return option_error(def, "contradicts --read: it is about tracing");
	}
	for (size_t i = 0; !options->n_read && i < sizeof(of_files) / sizeof(of_files[0]); i++) {
		const struct option_def *def = option_table_named(of_files[i]);

		if (seen[def - option_table])
			return option_error(def, "expected --read=FILE beside it");
	}
	for (size_t i = 0; i < sizeof(of_file) / sizeof(of_file[0]); i++) {
		const struct option_def *def = option_table_named(of_file[i]);

		if (seen[def - option_table] && !options->log_file)
			return option_error(def, "expected --log-file=FILE beside it");
	}
	for (size_t i = 0; i < sizeof(of_rotation) / sizeof(of_rotation[0]); i++) {
		const struct option_def *def = option_table_named(of_rotation[i]);

		if (seen[def - option_table] && !is_rotated)
			return option_error(def, "expected --rotate-size or --rotate-time "
					    "beside it");
	}
	if (tcc_thin_is_on(&options->thin) && !(options->kinds & RECORD_KIND_BIT(RECORD_KIND_PROBE)))
		return option_error(option_table_named("events"),
				    "expected 'probe' among them: --changes and --interval are "
				    "about probes");
	if (options->compress >= 0 && !options->rotate_keep)
		return option_error(option_table_named("compress"),
				    "contradicts --rotate-keep=0: expected files to be kept");
	return 0;
}

#define COMMAND_TEXT_MAX 64	/* bytes of its name that are shown */

/* Whatever is in a name, the text is one line of UTF-8. */
static void describe_command(char *text, size_t size, size_t length, const char *name)
{
	char shown[ESCAPE_GROWTH * COMMAND_TEXT_MAX + 1];

	shown[escape_text(shown, name, strnlen(name, COMMAND_TEXT_MAX), "")] = '\0';
	snprintf(text + length, size - length, "%scommand %s", length ? ", " : "", shown);
}

/* What is traced, in words. */
static void describe(struct options *options)
{
	const struct tcc_thin *thin = &options->thin;
	char *text = options->filter_text;
	size_t length;

	filter_describe(&options->filter, text, sizeof(options->filter_text));
	length = strlen(text);
	if (thin->is_changes)
		length += (size_t)snprintf(text + length, sizeof(options->filter_text) - length,
					   "%schanges only", length ? ", " : "");
	if (thin->interval_ns && length < sizeof(options->filter_text))
		length += (size_t)snprintf(text + length, sizeof(options->filter_text) - length,
					   "%sone event in %" PRIu64 " ms", length ? ", " : "",
					   (uint64_t)thin->interval_ns / 1000000);
	if (options->command && length < sizeof(options->filter_text))
		describe_command(text, sizeof(options->filter_text), length, options->command[0]);
}

bool options_is_to_stderr(const struct options *options)
{
	return options->command && !options->log_file && !options->is_stdout_given;
}

/* The first of --help, --version, --fields=help and --events=help ends it, whatever follows. */
int options_parse(struct options *options, int argc, char **argv)
{
	bool seen[OPTION_TABLE_MAX] = { false };
	struct getopt_tables tables;
	int id, err;

	*options = (struct options){ .format = -1, .tee = -1, .has_header = true, .compress = -1,
				     .rotate_keep = ROTATE_KEEP_DEFAULT };
	build_tables(&tables);
	opterr = 0;
	optind = 0;	/* glibc: start anew */
	while ((id = getopt_long(argc, argv, tables.shorts, tables.longs, NULL)) != -1) {
		err = handle_option(options, id, argv[optind - 1], optarg, seen);
		if (err || options->action != ACTION_TRACE)
			return err;
	}
	if (options->n_read) {
		options->operands = argv + optind;
		options->n_operands = (size_t)(argc - optind);
	} else if (optind < argc) {
		options->command = argv + optind;
	}
	if (!options->kinds)
		options->kinds = RECORD_KIND_BIT(RECORD_KIND_PROBE);
	err = check_together(options, seen);
	if (err)
		return err;
	describe(options);
	return 0;
}
