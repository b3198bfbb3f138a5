// SPDX-License-Identifier: GPL-2.0-or-later
/* From the kernel's event to a record; see record.h. */
#include "record.h"

void record_from_probe(struct record *record, const struct tcc_probe *probe)
{
	record->cookie = probe->event.flags & TCC_EVENT_NO_COOKIE ? 0 : probe->event.cookie;
	record->lost = probe->event.lost;
	record->skipped = probe->skipped;
	record->kind = probe->event.kind;
	record->ip_version = probe->event.flags & TCC_EVENT_IPV6 ? 6 : 4;
	record->snd_cwnd = probe->snd_cwnd;
	record->ssthresh = probe->ssthresh;
	record->mss = probe->mss;
	record->snd_wnd = probe->snd_wnd;
	record->srtt_us = probe->srtt_us;
	record->rcv_wnd = probe->rcv_wnd;
	record->length = probe->length;
	record->snd_nxt = probe->snd_nxt;
	record->snd_una = probe->snd_una;
	record->in_flight = probe->snd_nxt - probe->snd_una;	/* modulo 2^32, RFC 9293 3.4 */
	record->mark = probe->mark;
	record->sport = probe->sport;
	record->dport = probe->dport;
}

const struct record_kind record_kinds[TCC_KIND_COUNT] = {
	[TCC_KIND_PROBE] = { "probe", sizeof("probe") - 1 },
};
