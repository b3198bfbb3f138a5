/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * "Did you mean": of the words there are, those like one that is none of them. Each
 * function writes "; did you mean 'srtt' or 'rto'?", or "" where nothing is like it, and
 * returns `text`.
 */
#ifndef TCC_SUGGEST_H
#define TCC_SUGGEST_H

#include <stddef.h>

#include "options/option_table.h"

#define SUGGEST_MAX 128

/* Of the names of fields; a sign before the word plays no part. */
const char *suggest_field(char text[SUGGEST_MAX], const char *word, size_t length);

/* Of an option's choices; or the TIME or SIZE in units that there are. */
const char *suggest_value(char text[SUGGEST_MAX], const struct option_def *def, const char *word,
			  size_t length);

/* Of the long options; the word has its dashes. */
const char *suggest_option(char text[SUGGEST_MAX], const char *word, size_t length);

/* Of words between blanks, as the kernel lists algorithms. */
const char *suggest_word(char text[SUGGEST_MAX], const char *words, const char *word);

#endif
