// SPDX-License-Identifier: GPL-2.0-or-later
/* What is to be written, as the options say; see output.h. */
#include "run/output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "format/format_own.h"
#include "options/ssh.h"
#include "options/suggest.h"
#include "record/derive.h"

/* --- the format -------------------------------------------------------------- */

static enum format_kind choose_kind(const struct options *options)
{
	if (options->format >= 0)
		return (enum format_kind)options->format;
	return options->log_file ? format_from_suffix(options->log_file) : FORMAT_TEXT;
}

/* `fd`: where it goes, or -1 for a file. */
static bool wants_color(const struct options *options, int fd)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	if (options->color != COLOR_AUTO)
		return options->color == COLOR_ALWAYS;
	return fd >= 0 && isatty(fd) && !(no_color && *no_color) &&
	       !(term && strcmp(term, "dumb") == 0);
}

static int refuse_format(enum format_kind kind, const char *option)
{
	log_error("--%s: the format '%s' has fixed columns", option, format_names[kind]);
	return EXIT_USAGE;
}

/* What the kinds of event, and --changes, add to the default set. */
static unsigned int added_sets(const struct options *options)
{
	unsigned int sets = tcc_thin_is_on(&options->thin) ? IN_THINNED : 0;

	for (int kind = 0; kind < RECORD_KIND_COUNT; kind++) {
		if (options->kinds & RECORD_KIND_BIT(kind))
			sets |= IN_KIND_OF(kind);
	}
	return sets;
}

/*
 * The default fields of a kind of event: in JSON, where a line names its values, its own
 * only; what --fields says, and adds to, is the same for all.
 */
static void choose_defaults(struct field_list *list, enum format_kind format,
			    const struct options *options, uint8_t kind)
{
	unsigned int sets = added_sets(options);

	if (format == FORMAT_TEXT)
		fields_default_text(list, kind, IN_TEXT | (sets & IN_THINNED));
	else if (format == FORMAT_JSON && !options->n_fields)
		fields_default_kind(list, kind, IN_DATA | (sets & IN_THINNED));
	else if (format_field_set(format))
		fields_default(list, format_field_set(format) | sets);
	else
		fields_default(list, 0);
}

static bool has_member(const struct field_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		if (list->id[i] >= FIELD_CA)
			return true;
	}
	return false;
}

static bool has_field(const struct field_list *list, uint8_t id)
{
	return memchr(list->id, id, list->n) != NULL;
}

static int choose_fields(struct field_list *list, enum format_kind format,
			 const struct options *options, uint8_t kind)
{
	const char *bad, *reason;
	struct field_list base;
	char like[SUGGEST_MAX];

	choose_defaults(list, format, options, kind);
	if (!options->n_fields)
		return EXIT_DONE;
	for (size_t i = 0; i < options->n_fields; i++) {
		base = *list;
		if (fields_parse(list, options->fields[i], &base, &bad, &reason)) {
			size_t length = strcspn(bad, ",");

			log_error("--fields: '%.*s': %s%s", (int)length, bad, reason,
				  suggest_field(like, bad, length));
			return EXIT_USAGE;
		}
	}
	if (has_field(list, FIELD_CA_ALL) && has_member(list)) {
		log_error("--fields: 'ca': has all members: expected it, or some of them");
		return EXIT_USAGE;
	}
	if (format == FORMAT_CSV && has_field(list, FIELD_CA_ALL)) {
		log_error("--fields: 'ca': the columns of CSV are the same in all lines: "
			  "expected members of it, as ca.MEMBER");
		return EXIT_USAGE;
	}
	return EXIT_DONE;
}

/* `lists`: RECORD_KIND_COUNT. */
static int choose_all(struct field_list *lists, enum format_kind format,
		      const struct options *options)
{
	int status = EXIT_DONE;

	if (!format_field_set(format) && options->n_fields)
		return refuse_format(format, "fields");
	if (!format_field_set(format) && options->kinds != RECORD_KIND_BIT(RECORD_KIND_PROBE))
		return refuse_format(format, "events");
	/* What a kind that is not asked for has by default is no concern of --fields. */
	for (uint8_t kind = 0; kind < RECORD_KIND_COUNT && !status; kind++)
		status = choose_fields(&lists[kind], format, options,
				       options->kinds & RECORD_KIND_BIT(kind) ? kind
									   : RECORD_KIND_PROBE);
	return status;
}

static int fail_for_memory(void)
{
	log_error("cannot write: %s", strerror(ENOMEM));
	return EXIT_FAILED;
}

/* One of the outputs: its format is the configuration's. */
static int open_format(struct lines_config *config, const struct options *options)
{
	int stream = config->is_stderr ? STDERR_FILENO : STDOUT_FILENO;
	struct format_style style = {
		.time_style = options->time_style,
		.has_color = config->kind == FORMAT_TEXT &&
			     wants_color(options, config->path ? -1 : stream),
		.has_header = options->has_header,
	};
	struct field_list *lists = calloc(RECORD_KIND_COUNT, sizeof(*lists));
	int status = lists ? choose_all(lists, config->kind, options) : fail_for_memory();

	if (!status) {
		config->format = format_new_kinds(config->kind, lists, &style);
		status = config->format ? EXIT_DONE : fail_for_memory();
	}
	free(lists);
	return status;
}

/*
 * Of standard output; a command's trace has the command's connections alone, and what is
 * read makes nothing.
 */
static struct feed look_for_feed(const struct options *options)
{
	struct feed feed = { 0 };
	struct ssh_connection ssh;
	enum feed_way way;

	if (options->command || options->n_read)
		return feed;
	way = feed_way(STDOUT_FILENO);
	if (way == FEED_NONE || !ssh_find_connection(&ssh))
		return feed;
	feed = (struct feed){ .way = way, .sport = ssh.sport, .dport = ssh.dport };
	memcpy(feed.saddr, ssh.saddr, sizeof(ssh.saddr));
	memcpy(feed.daddr, ssh.daddr, sizeof(ssh.daddr));
	return feed;
}

int output_open_format(struct output *output, const struct options *options)
{
	struct lines_config config = {
		.kind = choose_kind(options),
		.kinds = options->kinds,
		.at_once = options->kinds & ~RECORD_KINDS_KERNEL ? 1 + DERIVE_MAX : 1,
		.has_header = options->has_header,
		.is_strict = options->is_strict,
		.filter_text = options->filter_text,
		.path = options->log_file,
		.is_stderr = options_is_to_stderr(options),
		.rotate_bytes = options->rotate_bytes,
		.rotate_ns = options->rotate_ns,
		.rotate_keep = options->rotate_keep,
	};
	int status;

	if (!config.path)
		config.feed = look_for_feed(options);
	*output = (struct output){ .config = { config }, .n = 1 };
	status = open_format(&output->config[0], options);
	if (status || options->tee < 0)
		return status;
	config.kind = (enum format_kind)options->tee;
	config.path = NULL;
	config.is_copy = true;
	config.feed = look_for_feed(options);
	output->config[output->n++] = config;
	return open_format(&output->config[1], options);
}

uint32_t output_kinds(const struct output *output)
{
	uint32_t kinds = 0;

	for (size_t i = 0; i < output->n; i++)
		kinds |= output->config[i].kinds;
	return kinds;
}

static void add_written(struct field_set *needs, const struct output *output, uint8_t kind)
{
	for (size_t i = 0; i < output->n; i++) {
		if (output->config[i].kinds & RECORD_KIND_BIT(kind))
			field_set_add_all(needs, &output->config[i].format->plans[kind].needs);
	}
}

/* A derived record has what the one has that it is made of. */
uint64_t output_needs(const struct output *output, uint8_t kind)
{
	struct field_set needs = derive_needs(output_kinds(output), kind);

	add_written(&needs, output, kind);
	for (uint8_t made = TCC_KIND_COUNT; made < RECORD_KIND_COUNT; made++) {
		if (derive_parent(made) == kind)
			add_written(&needs, output, made);
	}
	return fields_props(&needs);
}

struct field_set output_chosen(const struct output *output, uint8_t kind)
{
	struct field_set chosen = { 0 };

	for (size_t i = 0; i < output->n; i++) {
		const struct format_plan *plan = &output->config[i].format->plans[kind];

		for (size_t at = 0; at < plan->n_steps; at++) {
			if (plan->steps[at].id < FIELD_COUNT)
				field_set_add(&chosen, plan->steps[at].id);
		}
	}
	return chosen;
}

/* All kinds have the same. */
size_t output_members(const struct output *output, const char *names[FIELDS_CA_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < output->n; i++) {
		const struct format *format = output->config[i].format;
		const struct format_plan *plan = &format->plans[0];

		for (size_t at = 0; at < plan->n_steps && n < FIELDS_CA_MAX; at++) {
			if (plan->steps[at].id >= FIELD_CA)
				names[n++] = ca_columns_name(format->ca, plan->steps[at].id - FIELD_CA);
		}
	}
	return n;
}

bool output_watches_cwnd(const struct output *output)
{
	bool is_watched = false;

	for (size_t i = 0; i < output->n; i++)
		is_watched |= output->config[i].format->style.has_color;
	return is_watched;
}

/* --- where it goes ------------------------------------------------------------ */

int output_start_compressor(struct output *output, const struct options *options)
{
	const char *name;
	int err;

	if (options->compress < 0)
		return EXIT_DONE;
	name = compress_names[options->compress];
	err = compress_start(&output->config[0].compressor, (enum compress_kind)options->compress,
			     options->log_file, options->rotate_keep, format_own_is_log);
	if (err == -ENOENT)
		log_error("--compress: the program '%s' is not in $PATH; install it, or choose "
			  "another", name);
	else if (err)
		log_error("--compress: cannot start '%s': %s", name, strerror(-err));
	return err ? EXIT_FAILED : EXIT_DONE;
}

int output_open(struct output *output, uint32_t n_cpus)
{
	for (size_t i = 0; i < output->n; i++) {
		output->config[i].n_cpus = n_cpus;
		output->lines[i] = lines_new(&output->config[i]);
		output->config[i].compressor = NULL;	/* the consumer's now */
		if (!output->lines[i])
			return EXIT_FAILED;
	}
	return EXIT_DONE;
}

int output_close(struct output *output)
{
	int err = 0;

	for (size_t i = 0; i < output->n; i++) {
		err |= lines_free(output->lines[i]);
		compress_stop(output->config[i].compressor);
		format_free(output->config[i].format);
	}
	return err ? EXIT_FAILED : EXIT_DONE;
}
