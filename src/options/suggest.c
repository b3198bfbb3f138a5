// SPDX-License-Identifier: GPL-2.0-or-later
/* "Did you mean"; see suggest.h. */
#include "options/suggest.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "record/fields.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define WORD_MAX 24	/* longer words are like nothing */
#define BEST_MAX 3
#define UNLIKE UINT32_MAX
#define SLACK 4		/* so much less like it than the best, and none the less told */

/* The words most like one, the best first. */
struct best {
	char word[WORD_MAX + 1];	/* in lower case; "" is like nothing */
	const char *names[BEST_MAX];
	size_t lengths[BEST_MAX];
	uint32_t scores[BEST_MAX];
	size_t n;
};

/* ASCII alone: whatever the locale, and no sign extension. */
static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static uint32_t min(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* Letters put in, left out, changed, and two changed over: at most WORD_MAX each. */
static uint32_t distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
	uint32_t cost[WORD_MAX + 1][WORD_MAX + 1];

	for (size_t i = 0; i <= a_length; i++) {
		for (size_t j = 0; j <= b_length; j++) {
			if (!i || !j) {
				cost[i][j] = (uint32_t)(i + j);
				continue;
			}
			cost[i][j] = min(cost[i - 1][j], cost[i][j - 1]) + 1;
			cost[i][j] = min(cost[i][j],
					 cost[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				cost[i][j] = min(cost[i][j], cost[i - 2][j - 2] + 1);
		}
	}
	return cost[a_length][b_length];
}

/* How much the name is not the word: its letters beyond the word, or thrice the faults. */
static uint32_t score(const char *word, const char *name, size_t length)
{
	size_t word_length = strlen(word);
	char lowered[WORD_MAX + 1];
	uint32_t faults;

	if (length > WORD_MAX || word_length < 2)
		return UNLIKE;
	for (size_t i = 0; i < length; i++)
		lowered[i] = lower(name[i]);
	lowered[length] = '\0';
	if (strncmp(lowered, word, word_length) == 0 || (word_length > 2 && strstr(lowered, word)))
		return (uint32_t)(length - word_length);
	faults = distance(word, word_length, lowered, length);
	return faults <= (word_length < 5 ? 1 : 2) ? 3 * faults : UNLIKE;
}

static void start(struct best *best, const char *word, size_t length)
{
	*best = (struct best){ .n = 0 };
	for (size_t i = 0; length <= WORD_MAX && i < length; i++)
		best->word[i] = lower(word[i]);
}

static void offer(struct best *best, const char *name, size_t length)
{
	uint32_t mine = score(best->word, name, length);
	size_t at = best->n < BEST_MAX ? best->n : BEST_MAX;

	if (mine == UNLIKE)
		return;
	for (; at > 0 && best->scores[at - 1] > mine; at--) {
		if (at == BEST_MAX)
			continue;
		best->names[at] = best->names[at - 1];
		best->lengths[at] = best->lengths[at - 1];
		best->scores[at] = best->scores[at - 1];
	}
	if (at == BEST_MAX)
		return;
	best->names[at] = name;
	best->lengths[at] = length;
	best->scores[at] = mine;
	best->n += best->n < BEST_MAX;
}

static const char *say(char text[SUGGEST_MAX], const struct best *best, const char *before)
{
	size_t n = 0, used = 0;

	while (n < best->n && best->scores[n] <= best->scores[0] + SLACK)
		n++;
	text[0] = '\0';
	for (size_t i = 0; i < n && used < SUGGEST_MAX; i++)
		used += (size_t)snprintf(text + used, SUGGEST_MAX - used, "%s'%s%.*s'%s",
					 i == 0 ? "; did you mean " : i + 1 < n ? ", " : " or ",
					 before, (int)best->lengths[i], best->names[i],
					 i + 1 < n ? "" : "?");
	return text;
}

const char *suggest_field(char text[SUGGEST_MAX], const char *word, size_t length)
{
	struct best best;

	if (length && (*word == '+' || *word == '-')) {
		word++;
		length--;
	}
	start(&best, word, length);
	for (size_t i = 0; i < FIELD_COUNT; i++)
		offer(&best, fields_table[i].name, strlen(fields_table[i].name));
	/* It is one, and something else is wrong with it. */
	if (best.n && strlen(best.names[0]) == length && strncmp(best.names[0], word, length) == 0)
		best.n = 0;
	return say(text, &best, "");
}

/* "5min" means "5m". */
static const char *suggest_unit(char text[SUGGEST_MAX], const struct option_def *def,
				const char *word, size_t length)
{
	static const struct {
		const char *argument, *unit, *words;
	} units[] = {
		{ "TIME", "ms", " msec msecs millisecond milliseconds " },
		{ "TIME", "s", " sec secs second seconds " },
		{ "TIME", "m", " min mins minute minutes " },
		{ "TIME", "h", " hr hrs hour hours " }, { "TIME", "d", " day days " },
		{ "SIZE", "K", " kb kib kbyte kbytes " }, { "SIZE", "M", " mb mib mbyte mbytes " },
		{ "SIZE", "G", " gb gib gbyte gbytes " }, { "SIZE", "", " b byte bytes " },
	};
	size_t digits = strspn(word, "0123456789.");
	char unit[WORD_MAX + 3];

	text[0] = '\0';
	if (!digits || digits >= length || length > WORD_MAX)
		return text;
	snprintf(unit, sizeof(unit), " %.*s ", (int)(length - digits), word + digits);
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (strcmp(units[i].argument, def->argument) == 0 &&
		    strcasestr(units[i].words, unit))
			snprintf(text, SUGGEST_MAX, "; did you mean '%.*s%s'?", (int)digits, word,
				 units[i].unit);
	}
	return text;
}

const char *suggest_value(char text[SUGGEST_MAX], const struct option_def *def, const char *word,
			  size_t length)
{
	struct best best;

	if (def->argument)
		return suggest_unit(text, def, word, length);
	start(&best, word, length);
	for (size_t i = 0; i < def->n_choices; i++)
		offer(&best, def->choices[i], strlen(def->choices[i]));
	return say(text, &best, "");
}

const char *suggest_option(char text[SUGGEST_MAX], const char *word, size_t length)
{
	struct best best;

	start(&best, word + 2, length > 2 ? length - 2 : 0);
	for (size_t i = 0; i < option_table_n; i++) {
		if (option_table[i].name)
			offer(&best, option_table[i].name, strlen(option_table[i].name));
	}
	return say(text, &best, "--");
}

const char *suggest_word(char text[SUGGEST_MAX], const char *words, const char *word)
{
	struct best best;

	start(&best, word, strlen(word));
	for (size_t length; *words; words += length) {
		words += strspn(words, " \n");
		length = strcspn(words, " \n");
		if (length)
			offer(&best, words, length);
	}
	return say(text, &best, "");
}
