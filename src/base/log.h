/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages to the person at stderr, each one line that starts "tcc-trace: ".
 * Knows nothing of records. The verbosity is the program's one global.
 */
#ifndef TCC_LOG_H
#define TCC_LOG_H

#include <stdarg.h>

enum log_level { LOG_QUIET, LOG_NORMAL, LOG_VERBOSE };

void log_set_level(enum log_level level);

/* Errors: always shown. */
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Something is not as asked, but tracing goes on: always shown. */
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Status and summary: not with --quiet. */
void log_status(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Other people's words (libbpf's, the verifier's): only with --verbose, as they are. */
void log_verbose(const char *format, va_list args) __attribute__((format(printf, 1, 0)));

#endif
