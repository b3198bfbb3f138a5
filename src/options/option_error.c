// SPDX-License-Identifier: GPL-2.0-or-later
/* The messages of wrong options; see option_error.h. */
#include "options/option_error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "options/suggest.h"

#define LABEL_MAX 32

const char *option_error_quote(char text[OPTION_QUOTED_MAX], const char *word, size_t length)
{
	const size_t longest = OPTION_QUOTED_MAX - sizeof("...");
	size_t n = length > longest ? longest : length;

	/* Not within a character of UTF-8; the bytes after its first are 10xxxxxx. */
	while (n < length && n > longest - 4 && ((unsigned char)word[n] & 0xc0) == 0x80)
		n--;
	memcpy(text, word, n);
	strcpy(text + n, n < length ? "..." : "");
	return text;
}

const char *option_error_expected(char text[OPTION_EXPECTED_MAX], const struct option_def *def)
{
	char names[OPTION_CHOICES_MAX];

	if (def->choices) {
		option_table_join_choices(names, sizeof(names), def, ", ");
		snprintf(text, OPTION_EXPECTED_MAX, "one of %s", names);
	} else if (def->min) {
		snprintf(text, OPTION_EXPECTED_MAX, "%s from %s to %s", def->expected, def->min,
			 def->max);
	} else {
		snprintf(text, OPTION_EXPECTED_MAX, "%s", def->expected);
	}
	return text;
}

int option_error(const struct option_def *def, const char *format, ...)
{
	char label[LABEL_MAX], text[640];
	va_list args;

	if (def->name)
		snprintf(label, sizeof(label), "--%s", def->name);
	else
		snprintf(label, sizeof(label), "-%c", def->letter);
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	log_error("%s: %s", label, text);
	return -EINVAL;
}

int option_error_value(const struct option_def *def, const char *value, size_t length)
{
	char quoted[OPTION_QUOTED_MAX], allowed[OPTION_EXPECTED_MAX], like[SUGGEST_MAX];

	return option_error(def, "'%s': expected %s%s", option_error_quote(quoted, value, length),
			    option_error_expected(allowed, def),
			    suggest_value(like, def, value, length));
}
