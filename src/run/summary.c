// SPDX-License-Identifier: GPL-2.0-or-later
/* The summary of a trace; see summary.h. */
#include "run/summary.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "record/kinds.h"
#include "run/session.h"

/* A line for each kind of event that is traced; a copy has its own. */
static void print_accounts(const struct session *session, size_t i)
{
	char text[256];

	for (uint8_t kind = 0; kind < RECORD_KIND_COUNT; kind++) {
		struct account account;

		if (!(session->kinds & RECORD_KIND_BIT(kind)))
			continue;
		account = session_account(session, i, kind);
		log_status("%s%s: %s", i ? "copy: " : "", record_kinds[kind].name,
			   account_text(&account, text, sizeof(text)));
	}
}

void summary_print(const struct session *session)
{
	const struct conn_table *conns = pipeline_conns(session->pipeline);
	uint64_t elapsed_ms = session_duration_ns(session) / NS_PER_MS;

	for (size_t i = 0; i < session->n_consumers; i++)
		print_accounts(session, i);
	log_status("%" PRIu64 " connection%s in %" PRIu64 ".%03" PRIu64 " s",
		   conn_table_count(conns), conn_table_count(conns) == 1 ? "" : "s",
		   elapsed_ms / 1000, elapsed_ms % 1000);
	if (conn_table_forgotten(conns))
		log_status("forgotten to make room for other connections: %" PRIu64
			   "; their timers began anew", conn_table_forgotten(conns));
	if (!session->reads_back && session_account_all(session).lost_buffer)
		log_status("the buffer was full at times: a larger --buffer, "
			   "or a filter, loses less");
}

static void say_filtered(const struct session *session, uint64_t n, struct source_strangers of)
{
	char connections[64] = "";

	if (of.n)
		snprintf(connections, sizeof(connections), " of %s%" PRIu64 " connection%s",
			 of.has_more ? "over " : "", of.n, of.n == 1 ? "" : "s");
	log_status("%" PRIu64 " %s%s%s seen, all filtered", n,
		   session->kinds == RECORD_KIND_BIT(RECORD_KIND_PROBE) ? "segment" : "event",
		   n == 1 ? "" : "s", connections);
}

/* First the connections: of each there is an event already, should more come meanwhile. */
uint64_t summary_look(const struct session *session, uint64_t now_ns)
{
	struct source *source = session->source;
	struct source_strangers strangers = { 0 };
	struct account all;
	bool has_passed;

	if (source->ops->strangers)
		strangers = source->ops->strangers(source);
	all = session_account_all(session);
	has_passed = all.seen > all.filtered + all.missed;
	if (!has_passed && !all.filtered)
		return now_ns + SUMMARY_LOOK_NS;
	if (source->ops->ignore_strangers)
		source->ops->ignore_strangers(source);
	if (!has_passed)
		say_filtered(session, all.filtered, strangers);
	return 0;
}
