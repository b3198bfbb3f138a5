/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of options, for the options*.c and option_*.c alone: it drives
 * getopt_long(), --help and the error messages.
 */
#ifndef TCC_OPTION_TABLE_H
#define TCC_OPTION_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "options/options.h"

/* Of --help, in its order. */
enum option_section { SECTION_FILTER, SECTION_OUTPUT, SECTION_LOG, SECTION_READ, SECTION_REST, SECTION_COUNT };

struct option_def;

/* Takes the value, NULL for a flag. On an error logs, returns -EINVAL. */
typedef int option_handler(struct options *options, const struct option_def *def,
			   const char *value);

struct option_def {
	const char *name;		/* long; NULL: only the letter */
	char letter;			/* 0: only the name */
	enum option_section section;
	bool is_optional;		/* the argument may be left out: NULL for the handler */
	const char *argument;		/* its argument's name; NULL: none, or a choice */
	const char *const *choices;	/* what the argument is one of, or NULL */
	size_t n_choices;
	const char *expected;		/* what argument is allowed, for errors; */
	const char *min, *max;		/* of a number, from here to there */
	int which;			/* for handlers that serve several options */
	const char *help;
	option_handler *handle;
};

#define OPTION_TABLE_MAX 64	/* no more options than this */
#define OPTION_CHOICES_MAX 128	/* bytes; any option's choices, joined, fit */

/* In the order of --help within each section. */
extern const struct option_def option_table[];
extern const size_t option_table_n;

static inline bool option_table_has_argument(const struct option_def *def)
{
	return def->argument || def->choices;
}

/* The option of a letter; NULL when there is none. */
const struct option_def *option_table_find(int letter);

/* The option of a name, which must be one. */
const struct option_def *option_table_named(const char *name);

/* Write the option's choices to `text`, cut off at `size`; "" when it has none. */
void option_table_join_choices(char *text, size_t size, const struct option_def *def,
			       const char *separator);

#endif
