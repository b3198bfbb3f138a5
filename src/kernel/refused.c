// SPDX-License-Identifier: GPL-2.0-or-later
/* What the kernel could not remember; see refused.h. */
#include "kernel/refused.h"

#include "base/log.h"

/* What the trace lacks where a connection is not remembered. */
static const char *what_is_remembered(const struct refused *refused)
{
	if (!refused->has_life)
		return "no event of theirs is left out";
	return refused->is_thinned ? "their closes have no totals, and no event of theirs is left out"
				   : "their closes have no totals, or not all";
}

/* For the first time, that is. */
static bool is_news(bool *has_said, const __u64 *counter, uint64_t allowed)
{
	if (*has_said || __atomic_load_n(counter, __ATOMIC_RELAXED) <= allowed)
		return false;
	return *has_said = true;
}

void refused_say(struct refused *refused, const struct tcc_refused *sockets,
		 const struct tcc_command_counts *command)
{
	uint64_t n_tables = (uint64_t)refused->is_thinned + refused->has_life;

	if (is_news(&refused->has_said_events, &sockets->n_events, 0))
		log_warning("the kernel has no memory to remember some connections by "
			    "(net.core.optmem_max, or a socket with many options): %s",
			    what_is_remembered(refused));
	if (is_news(&refused->has_said_table, &sockets->n_table_entries,
		    TCC_SOCK_TABLE_ENTRIES * n_tables))
		log_warning("over %u connections: those that were silent for longest are "
			    "forgotten; if they go on, they begin anew", TCC_SOCK_TABLE_ENTRIES);
	if (is_news(&refused->has_said_processes, &command->n_unknown, 0))
		log_warning("the command has over %u processes at a time: the connections of "
			    "some are not traced", TCC_COMMAND_PROCESSES);
	if (is_news(&refused->has_said_sockets, &command->n_unmarked, 0))
		log_warning("the kernel has no memory to remember some of the command's "
			    "connections by (net.core.optmem_max, or a socket with many options): "
			    "they are not traced");
}
