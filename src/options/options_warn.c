// SPDX-License-Identifier: GPL-2.0-or-later
/* What may be asked for, but hardly is meant; see options.h. */
#include "options/options.h"

#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "options/filter_doubt.h"
#include "options/ssh.h"
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

/* Only where it can be told: of its mark, algorithm and cgroup nothing is known here. */
static bool is_traced(const struct tcc_filter *filter, const struct ssh_connection *connection)
{
	struct tcc_flow flow = { .sport = connection->sport, .dport = connection->dport,
				 .is_ipv6 = connection->is_ipv6 };

	memcpy(flow.saddr, connection->saddr, sizeof(flow.saddr));
	memcpy(flow.daddr, connection->daddr, sizeof(flow.daddr));
	return !(filter->needs & ~(uint32_t)(TCC_NEED_PORTS | TCC_NEED_ADDRS | TCC_NEED_FAMILY)) &&
	       tcc_filter_match(filter, &flow);
}

/* What a terminal over ssh shows makes segments, which are records, which it shows. */
static void warn_terminal(const struct options *options)
{
	struct ssh_connection connection;

	if (options->command || (options->log_file && options->tee < 0) || !isatty(STDOUT_FILENO) ||
	    !ssh_find_connection(&connection) || !is_traced(&options->filter, &connection))
		return;
	log_warning("this terminal's own connection, ssh at port %u, is traced: each line that "
		    "it shows makes others; --port='!%u' leaves it out", connection.sport,
		    connection.sport);
}

void options_warn(const struct options *options)
{
	const char *what = filter_doubt(&options->filter);

	if (what)
		log_warning("no connection can pass the filters on %s: %s", what,
			    options->filter_text);
	/* What follows is about this machine, now. */
	if (options->n_read)
		return;
	if (options->filter.cc.size.n)
		warn_algorithms(&options->filter.cc);
	warn_terminal(options);
}
