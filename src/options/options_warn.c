// SPDX-License-Identifier: GPL-2.0-or-later
/* What may be asked for, but hardly is meant; see options.h. */
#include "options/options.h"

#include <string.h>

#include "base/log.h"
#include "options/filter_doubt.h"
#include "options/suggest.h"

#define ALGORITHMS_PATH "/proc/sys/net/ipv4/tcp_available_congestion_control"

static bool has_word(const char *words, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = words; *at; at += strcspn(at, " \n")) {
		at += strspn(at, " \n");
		if (strncmp(at, word, length) == 0 && (!at[length] || strchr(" \n", at[length])))
			return true;
	}
	return false;
}

/* Modules may be loaded later, so that no name is wrong for good. */
static void warn_algorithms(const struct tcc_cc_set *set)
{
	char known[4096] = "", like[SUGGEST_MAX];
	FILE *file = fopen(ALGORITHMS_PATH, "re");

	if (!file)
		return;
	if (!fgets(known, sizeof(known), file))
		known[0] = '\0';
	fclose(file);
	for (uint32_t i = 0; *known && i < set->size.n; i++) {
		char name[sizeof(set->value[i]) + 1] = "";

		memcpy(name, &set->value[i], sizeof(set->value[i]));
		if (!has_word(known, name))
			log_warning("--cc: '%s': this kernel has no such algorithm loaded, but %.*s%s",
				    name, (int)strcspn(known, "\n"), known,
				    suggest_word(like, known, name));
	}
}

void options_warn(const struct options *options)
{
	const char *what = filter_doubt(&options->filter);

	if (what)
		log_warning("no connection can pass the filters on %s: %s", what,
			    options->filter_text);
	/* That is about this machine, now. */
	if (!options->n_read && options->filter.cc.size.n)
		warn_algorithms(&options->filter.cc);
}
