// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * libFuzzer target: the command line. The input is its words, with a NUL or a
 * newline between them. What is accepted must be in range; what is refused,
 * said in one clean line.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "file/compress.h"
#include "format/format.h"
#include "options/option_table.h"
#include "options/options.h"
#include "base/log.h"
#include "base/parse.h"
#include "file/rotate.h"

#define WORDS_MAX 64
#define TEXT_MAX 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool is_true)
{
	if (!is_true)
		abort();
}

static int parse_number(const char *text, uint64_t *value)
{
	return parse_uint(text, PARSE_DECIMAL, 0, UINT64_MAX, value);
}

/* Not given, or within what the option's own table says. */
static void require_limits(const char *name, uint64_t value,
			   int (*parse)(const char *text, uint64_t *value))
{
	uint64_t min, max;

	for (size_t i = 0; i < option_table_n; i++) {
		const struct option_def *def = &option_table[i];

		if (!def->name || strcmp(def->name, name) != 0)
			continue;
		require(parse(def->min, &min) == 0 && parse(def->max, &max) == 0);
		require(value == 0 || (value >= min && value <= max));
		return;
	}
	abort();
}

static void require_set(const struct tcc_set_size *size)
{
	require(size->n_included <= size->n && size->n <= TCC_FILTER_VALUES);
}

/* One of the words that were given, and not empty. */
static void require_word(const char *word, const char *text, size_t size)
{
	require(!word || (word >= text && word < text + size && *word));
}

static void require_options(const struct options *options, const char *text, size_t size)
{
	require(options->format >= -1 && options->format < FORMAT_COUNT);
	require(options->time_style >= TIME_STYLE_KTIME && options->time_style <= TIME_STYLE_UTC);
	require(options->color >= COLOR_AUTO && options->color <= COLOR_NEVER);
	require(!options->is_quiet || !options->is_verbose);
	require_limits("duration", options->duration_ns, parse_time);
	require_limits("interval", options->thin.interval_ns, parse_time);
	require_limits("count", options->count, parse_number);
	require_limits("buffer", options->buffer_bytes, parse_size);
	require_limits("rotate-size", options->rotate_bytes, parse_size);
	require_limits("rotate-time", options->rotate_ns, parse_time);
	if (options->rotate_keep != ROTATE_KEEP_ALL)
		require_limits("rotate-keep", options->rotate_keep, parse_number);
	require(options->compress >= -1 && options->compress < COMPRESS_KIND_COUNT);
	/* What is alone means nothing. */
	require(options->log_file || (!options->rotate_bytes && !options->rotate_ns));
	require(options->compress < 0 || options->rotate_bytes || options->rotate_ns);
	require(options->compress < 0 || options->rotate_keep);
	require_word(options->user, text, size);
	require(!options->command || !options->command[0] ||
		(options->command[0] >= text && options->command[0] < text + size));
	require(options->n_fields <= OPTIONS_FIELDS_MAX);
	for (size_t i = 0; i < options->n_fields; i++) {
		require_word(options->fields[i], text, size);
		require(i == 0 || strchr("+-", *options->fields[i]));
	}
	require_word(options->log_file, text, size);
	require(!options->log_file || strcmp(options->log_file, "-") != 0);
	require(memchr(options->filter_text, '\0', sizeof(options->filter_text)));
	require_set(&options->filter.ip.size);
	require_set(&options->filter.src.size);
	require_set(&options->filter.dst.size);
	require_set(&options->filter.port.size);
	require_set(&options->filter.sport.size);
	require_set(&options->filter.dport.size);
	require_set(&options->filter.mark.size);
	require_set(&options->filter.cc.size);
	require_set(&options->filter.cgroup.size);
	require_set(&options->filter.netns.size);
}

/* A control character would let a value forge lines of a terminal or a log. */
static void require_message(const char *message, int err)
{
	const char *end = strchr(message, '\n');

	if (!err) {
		require(!*message);
		return;
	}
	require(strncmp(message, "tcc-trace: ", strlen("tcc-trace: ")) == 0);
	require(end && !end[1]);
	for (const char *c = message; c < end; c++)
		require((unsigned char)*c >= ' ' && *c != 0x7f);
}

/* `context` is the message so far; there is room for more than two lines. */
static void append(void *context, const char *line, size_t length)
{
	char *message = context;
	size_t at = strlen(message);

	require(at + length < TEXT_MAX);
	memcpy(message + at, line, length);
	message[at + length] = '\0';
}

static int parse(struct options *options, int argc, char **argv, char message[TEXT_MAX])
{
	int err;

	log_set_writer(append, message);
	err = options_parse(options, argc, argv);
	log_set_writer(NULL, NULL);
	return err;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char program[] = "tcc-trace", *argv[WORDS_MAX + 2] = { program };
	char text[TEXT_MAX], message[TEXT_MAX] = "";
	struct options options;
	int argc = 1, err;

	if (size >= sizeof(text))
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	for (size_t at = 0; at < size && argc <= WORDS_MAX; at += strlen(text + at) + 1) {
		text[at + strcspn(text + at, "\n")] = '\0';
		argv[argc++] = text + at;
	}
	err = parse(&options, argc, argv, message);
	require(err == 0 || err == -EINVAL);
	require_message(message, err);
	if (!err && options.action == ACTION_TRACE)
		require_options(&options, text, size + 1);
	else if (!err)
		require(options.action > ACTION_TRACE && options.action <= ACTION_FIELDS_HELP);
	return 0;
}
