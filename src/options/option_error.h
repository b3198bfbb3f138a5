/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is said of options that are wrong: the words of the user and of the
 * table, made into one line. For the options*.c and option_*.c alone.
 */
#ifndef TCC_OPTION_ERROR_H
#define TCC_OPTION_ERROR_H

#include <stddef.h>

#include "options/option_table.h"

#define OPTION_QUOTED_MAX 128
#define OPTION_EXPECTED_MAX 256

/* The user's word made fit for a one-line message: short. What is in it is log.h's care. */
const char *option_error_quote(char text[OPTION_QUOTED_MAX], const char *word, size_t length);

/* What the option allows: "a time from 1ms to 3650d". */
const char *option_error_expected(char text[OPTION_EXPECTED_MAX], const struct option_def *def);

/* Log the message behind the option's name; returns -EINVAL. */
__attribute__((format(printf, 2, 3)))
int option_error(const struct option_def *def, const char *format, ...);

/* The option does not allow this value: log so, and what it does; returns -EINVAL. */
int option_error_value(const struct option_def *def, const char *value, size_t length);

#endif
