/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages to the person who looks on, each one line that starts "tcc-trace: ". Only
 * this writes to stderr. Knows nothing of records. What is said, and where, is the
 * program's one global.
 *
 * Whatever names are in it, a message is one line of what can be shown (escape.h); one
 * that is too long loses its middle, which is a name, and not the reason at its end.
 *
 * A stderr that takes nothing holds nobody up: what it does not take is dropped, and how
 * much that was is said as soon as it takes something again.
 */
#ifndef TCC_LOG_H
#define TCC_LOG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/calls.h"

enum log_level { LOG_QUIET, LOG_NORMAL, LOG_VERBOSE };

/* What messages take once the program is locked down. */
extern const struct call_set log_calls;

enum log_level log_set_level(enum log_level level);	/* returns what it was */

/*
 * Open for messages what stderr is, as what comes later may be forbidden to; and have
 * patience. Without it messages go to descriptor 2 as it is then.
 */
void log_start(void);

/* Enough for a reader that is slow, not for one that has stopped. */
#define LOG_PATIENCE_MS 2000

/*
 * From now on messages may wait for a stderr that takes nothing, this long in all; 0:
 * not at all, as while tracing. If it is not 0, what was dropped is said at once.
 */
void log_set_patience(unsigned int total_ms);

/* For a thread that looks on: whether another one is amidst writing a message. */
bool log_is_writing(void);

/*
 * Hand each line to `write` instead of stderr, its LF included; NULL: to stderr again.
 * Who has the screen shows it in its own place.
 */
typedef void log_writer(void *context, const char *line, size_t length);
void log_set_writer(log_writer *write, void *context);

/* Errors: always shown. */
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Something is not as asked, but tracing goes on: always shown. */
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Status and summary: not with --quiet. */
void log_status(const char *format, ...) __attribute__((format(printf, 1, 2)));
/*
 * Other people's words (libbpf's, the verifier's), which may be several lines: only with
 * --verbose, and without "tcc-trace: ".
 */
void log_verbose(const char *format, va_list args) __attribute__((format(printf, 1, 0)));

#endif
