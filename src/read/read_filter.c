// SPDX-License-Identifier: GPL-2.0-or-later
/* Filters on records; see read_filter.h. */
#include "read/read_filter.h"

#include <string.h>

/* Before there was one. */
#define CA_STATE_NONE TCC_CA_COUNT

static bool has(const struct record *record, enum field_id id)
{
	return field_set_has(&record->has, id);
}

/* The mark of what is no packet is its socket's, as in matches(), bpf/tcc_match.bpf.h. */
static enum field_id mark_of(uint8_t kind)
{
	return kind == RECORD_KIND_PROBE ? FIELD_mark : FIELD_sk_mark;
}

const char *read_filter_lacks(const struct tcc_filter *filter, const struct tcc_thin *thin,
			      uint8_t kind, const struct field_set *there, enum field_id *lacking)
{
	bool is_thinned = kind == RECORD_KIND_PROBE;
	const struct {
		bool is_asked;
		enum field_id id;
		const char *option;
	} needs[] = {
		{ filter->port.size.n, FIELD_sport, "--port" },
		{ filter->port.size.n, FIELD_dport, "--port" },
		{ filter->sport.size.n, FIELD_sport, "--sport" },
		{ filter->dport.size.n, FIELD_dport, "--dport" },
		{ filter->ip.size.n, FIELD_saddr, "--ip" },
		{ filter->ip.size.n, FIELD_daddr, "--ip" },
		{ filter->src.size.n, FIELD_saddr, "--src" },
		{ filter->dst.size.n, FIELD_daddr, "--dst" },
		{ filter->ip_version, FIELD_saddr, filter->ip_version == 4 ? "-4" : "-6" },
		{ filter->mark.size.n, mark_of(kind), "--mark" },
		{ filter->cc.size.n, FIELD_cc, "--cc" },
		{ filter->cgroup.size.n, FIELD_cgroup, "--cgroup" },
		{ filter->netns.size.n, FIELD_netns, "--netns" },
		{ is_thinned && tcc_thin_is_on(thin), FIELD_cookie,
		  thin->is_changes ? "--changes" : "--interval" },
		{ is_thinned && thin->is_changes, FIELD_snd_cwnd, "--changes" },
		{ is_thinned && thin->is_changes, FIELD_snd_ssthresh, "--changes" },
		{ is_thinned && thin->is_changes, FIELD_ca_state, "--changes" },
		{ is_thinned && thin->interval_ns && !field_set_has(there, FIELD_ktime),
		  FIELD_time, "--interval" },
	};

	for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++) {
		if (needs[i].is_asked && !field_set_has(there, needs[i].id)) {
			*lacking = needs[i].id;
			return needs[i].option;
		}
	}
	return NULL;
}

/* What a record has not is as on a socket that has none. */
bool read_filter_passes(const struct tcc_filter *filter, const struct record *record)
{
	struct tcc_flow flow = { .sport = record->sport, .dport = record->dport,
				 .is_ipv6 = record->addrs.is_ipv6 };
	enum field_id mark = mark_of(record->kind);

	if (!filter->needs)
		return true;
	memcpy(flow.saddr, record->addrs.saddr, sizeof(flow.saddr));
	memcpy(flow.daddr, record->addrs.daddr, sizeof(flow.daddr));
	if (has(record, mark))
		flow.mark = mark == FIELD_mark ? record->mark : (uint32_t)record->sk_mark;
	if (has(record, FIELD_netns))
		flow.netns = (uint32_t)record->netns;
	if (has(record, FIELD_cgroup))
		flow.cgroups[0] = record->cgroup;
	if (has(record, FIELD_cc))
		memcpy(flow.cc, record->cc.text,
		       record->cc.length < sizeof(flow.cc) ? record->cc.length : sizeof(flow.cc));
	return tcc_filter_match(filter, &flow);
}

bool read_filter_thins(const struct tcc_thin *thin, struct tcc_thin_state *state,
		       struct record *record)
{
	struct tcc_thin_look look = {
		.ktime_ns = has(record, FIELD_ktime) ? record->ktime_ns : (uint64_t)record->wall_ns,
		.snd_cwnd = record->snd_cwnd,
		.snd_ssthresh = has(record, FIELD_snd_ssthresh) ? record->snd_ssthresh : 0,
		.ca_state = CA_STATE_NONE,
	};

	if (has(record, FIELD_ca_state))
		look.ca_state = (uint8_t)record_ca_state(record->ca_state);
	if (!tcc_thin_decide(thin->is_changes, thin->interval_ns, state, &look)) {
		state->skipped += record->skipped;
		return false;
	}
	record->skipped += tcc_thin_keep(state, &look);
	field_set_add(&record->has, FIELD_skipped);
	return true;
}
