// SPDX-License-Identifier: GPL-2.0-or-later
/* The handlers of the options; see option_set.h. */
#include "options/option_set.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "ca/ca_layout.h"
#include "options/filter.h"
#include "options/option_error.h"
#include "base/parse.h"
#include "record/record.h"
#include "file/rotate.h"

int option_set_action(struct options *options, const struct option_def *def, const char *value)
{
	(void)value;
	options->action = (enum options_action)def->which;
	return 0;
}

int option_set_filter(struct options *options, const struct option_def *def, const char *value)
{
	char quoted[OPTION_QUOTED_MAX];
	const char *bad;
	size_t length;
	int err;

	err = filter_add(&options->filter, (enum filter_kind)def->which, value, &bad);
	if (!err)
		return 0;
	length = strcspn(bad, ",");
	if (err == -E2BIG)
		return option_error(def, "'%s': expected at most %d values",
				    option_error_quote(quoted, bad, length), TCC_FILTER_VALUES);
	return option_error_value(def, bad, length);
}

int option_set_ip_version(struct options *options, const struct option_def *def,
			  const char *value)
{
	(void)value;
	if (filter_set_ip_version(&options->filter, (unsigned int)def->which))
		return option_error(def, "expected only one of -4 and -6");
	return 0;
}

static int choose(const struct option_def *def, const char *value)
{
	for (size_t i = 0; i < def->n_choices; i++) {
		if (strcmp(value, def->choices[i]) == 0)
			return (int)i;
	}
	return option_error_value(def, value, strlen(value));
}

int option_set_format(struct options *options, const struct option_def *def, const char *value)
{
	int format = choose(def, value);

	if (format < 0)
		return format;
	options->format = format;
	return 0;
}

int option_set_this_format(struct options *options, const struct option_def *def,
			   const char *value)
{
	(void)value;
	options->format = def->which;
	return 0;
}

int option_set_time(struct options *options, const struct option_def *def, const char *value)
{
	int style = choose(def, value);

	if (style < 0)
		return style;
	options->time_style = (enum time_style)style;
	return 0;
}

int option_set_color(struct options *options, const struct option_def *def, const char *value)
{
	int mode = choose(def, value);

	if (mode < 0)
		return mode;
	options->color = (enum color_mode)mode;
	return 0;
}

int option_set_fields(struct options *options, const struct option_def *def, const char *value)
{
	char quoted[OPTION_QUOTED_MAX];

	if (!*value)
		return option_error_value(def, value, 0);
	if (strcmp(value, "help") == 0)
		options->action = ACTION_FIELDS_HELP;
	/* It goes on from the one before; else that one counts no more. */
	if (*value != '+' && *value != '-')
		options->n_fields = 0;
	if (options->n_fields == OPTIONS_FIELDS_MAX)
		return option_error(def, "'%s': expected at most %d lists that go on from the one "
				    "before", option_error_quote(quoted, value, strlen(value)),
				    OPTIONS_FIELDS_MAX);
	options->fields[options->n_fields++] = value;
	return 0;
}

/* One name of --events: its bits, or 0. */
static uint32_t kinds_named(const char *name, size_t length)
{
	if (length == 3 && memcmp(name, "all", 3) == 0)
		return RECORD_KINDS_ALL;
	for (int kind = 0; kind < RECORD_KIND_COUNT; kind++) {
		if (record_kinds[kind].length == length &&
		    memcmp(record_kinds[kind].name, name, length) == 0)
			return RECORD_KIND_BIT(kind);
	}
	return 0;
}

int option_set_events(struct options *options, const struct option_def *def, const char *value)
{
	if (strcmp(value, "help") == 0) {
		options->action = ACTION_EVENTS_HELP;
		return 0;
	}
	for (const char *item = value;; item++) {
		size_t length = strcspn(item, ",");
		uint32_t kinds = kinds_named(item, length);

		if (!kinds)
			return option_error_value(def, item, length);
		options->kinds |= kinds;
		item += length;
		if (!*item)
			return 0;
	}
}

int option_set_ca_struct(struct options *options, const struct option_def *def,
			 const char *value)
{
	size_t length = strlen(value);

	if (!length || length > CA_NAME_MAX || (*value >= '0' && *value <= '9') ||
	    strspn(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") <
		    length)
		return option_error_value(def, value, length);
	options->ca_struct = value;
	return 0;
}

int option_set_ca_btf(struct options *options, const struct option_def *def, const char *value)
{
	if (!*value)
		return option_error_value(def, value, 0);
	options->ca_btf = value;
	return 0;
}

int option_set_no_header(struct options *options, const struct option_def *def,
			 const char *value)
{
	(void)def;
	(void)value;
	options->has_header = false;
	return 0;
}

int option_set_tee(struct options *options, const struct option_def *def, const char *value)
{
	int format = value ? choose(def, value) : FORMAT_TEXT;

	if (format < 0)
		return format;
	options->tee = format;
	return 0;
}

int option_set_log_file(struct options *options, const struct option_def *def,
			const char *value)
{
	if (!*value)
		return option_error_value(def, value, 0);
	options->is_stdout_given = strcmp(value, "-") == 0;
	options->log_file = options->is_stdout_given ? NULL : value;
	return 0;
}

/* The limits are texts because messages show them as they are. */
static int set_number(const struct option_def *def, const char *value,
		      int (*parse)(const char *text, uint64_t *value), uint64_t *number)
{
	uint64_t min, max, parsed;

	if (parse(def->min, &min) || parse(def->max, &max) || parse(value, &parsed) ||
	    parsed < min || parsed > max)
		return option_error_value(def, value, strlen(value));
	*number = parsed;
	return 0;
}

int option_set_changes(struct options *options, const struct option_def *def, const char *value)
{
	(void)def;
	(void)value;
	options->thin.is_changes = true;
	return 0;
}

static int set_ns(const struct option_def *def, const char *value, __u64 *ns)
{
	uint64_t parsed = *ns;
	int err = set_number(def, value, parse_time, &parsed);

	*ns = parsed;
	return err;
}

int option_set_interval(struct options *options, const struct option_def *def,
			const char *value)
{
	return set_ns(def, value, &options->thin.interval_ns);
}

int option_set_rotate_size(struct options *options, const struct option_def *def,
			   const char *value)
{
	return set_number(def, value, parse_size, &options->rotate_bytes);
}

int option_set_rotate_time(struct options *options, const struct option_def *def,
			   const char *value)
{
	return set_number(def, value, parse_time, &options->rotate_ns);
}

static int parse_whole(const char *text, uint64_t *value)
{
	return parse_uint(text, PARSE_DECIMAL, 0, UINT64_MAX, value);
}

int option_set_rotate_keep(struct options *options, const struct option_def *def,
			   const char *value)
{
	if (strcmp(value, "all") == 0)
		options->rotate_keep = ROTATE_KEEP_ALL;
	else
		return set_number(def, value, parse_whole, &options->rotate_keep);
	return 0;
}

int option_set_compress(struct options *options, const struct option_def *def, const char *value)
{
	options->compress = choose(def, value);
	return options->compress < 0 ? options->compress : 0;
}

int option_set_read(struct options *options, const struct option_def *def, const char *value)
{
	char quoted[OPTION_QUOTED_MAX];

	if (!*value)
		return option_error_value(def, value, 0);
	if (options->n_read == OPTIONS_READ_MAX)
		return option_error(def, "'%s': expected at most %d of this option; further files "
				    "may be operands",
				    option_error_quote(quoted, value, strlen(value)),
				    OPTIONS_READ_MAX);
	options->read[options->n_read++] = value;
	return 0;
}

int option_set_when(struct options *options, const struct option_def *def, const char *value)
{
	struct when *when = def->which == OPTION_SINCE ? &options->since : &options->until;

	return when_parse(value, when) ? option_error_value(def, value, strlen(value)) : 0;
}

int option_set_follow(struct options *options, const struct option_def *def, const char *value)
{
	(void)def;
	(void)value;
	options->follows = true;
	return 0;
}

int option_set_user(struct options *options, const struct option_def *def, const char *value)
{
	if (!*value)
		return option_error_value(def, value, 0);
	options->user = value;
	return 0;
}

int option_set_duration(struct options *options, const struct option_def *def,
			const char *value)
{
	return set_number(def, value, parse_time, &options->duration_ns);
}

int option_set_count(struct options *options, const struct option_def *def, const char *value)
{
	return set_number(def, value, parse_whole, &options->count);
}

int option_set_buffer(struct options *options, const struct option_def *def, const char *value)
{
	return set_number(def, value, parse_size, &options->buffer_bytes);
}

int option_set_strict(struct options *options, const struct option_def *def, const char *value)
{
	(void)def;
	(void)value;
	options->is_strict = true;
	return 0;
}

int option_set_verbosity(struct options *options, const struct option_def *def,
			 const char *value)
{
	(void)value;
	options->is_verbose = def->which;
	options->is_quiet = !def->which;
	return 0;
}
