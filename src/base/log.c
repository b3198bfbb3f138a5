// SPDX-License-Identifier: GPL-2.0-or-later
/* Messages to the person at stderr; see log.h. */
#include "base/log.h"

#include <stdio.h>

static enum log_level verbosity = LOG_NORMAL;

void log_set_level(enum log_level level)
{
	verbosity = level;
}

/* One write for the whole line: it must not mix with other programs' lines. */
static void print_line(const char *prefix, const char *format, va_list args)
{
	char line[1024];
	int length = vsnprintf(line, sizeof(line), format, args);

	if (length >= 0)
		fprintf(stderr, "tcc-trace: %s%s\n", prefix, line);
}

#define PRINT(prefix)					\
	do {						\
		va_list args;				\
							\
		va_start(args, format);			\
		print_line(prefix, format, args);	\
		va_end(args);				\
	} while (0)

void log_error(const char *format, ...)
{
	PRINT("");
}

void log_warning(const char *format, ...)
{
	PRINT("warning: ");
}

void log_status(const char *format, ...)
{
	if (verbosity >= LOG_NORMAL)
		PRINT("");
}

void log_verbose(const char *format, va_list args)
{
	if (verbosity >= LOG_VERBOSE)
		vfprintf(stderr, format, args);
}
