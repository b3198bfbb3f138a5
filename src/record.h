/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a line of output can say: an event, with what user space adds. Knows
 * neither fields' names nor formats; src/fields.def gives them meaning.
 */
#ifndef TCC_RECORD_H
#define TCC_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "addr.h"
#include "tcc_event.h"

/* The kernel's TCP_INFINITE_SSTHRESH (include/net/tcp.h): no threshold yet. */
#define RECORD_SSTHRESH_INFINITE 0x7fffffffu

struct record {
	uint64_t ktime_ns;	/* CLOCK_MONOTONIC */
	int64_t wall_ns;	/* since 1970, CLOCK_REALTIME */
	int64_t wall_us;
	uint64_t offset_ns;	/* since the trace began */
	uint64_t conn_ns;	/* since the connection was first seen */
	uint64_t cookie;	/* 0: this kernel gives none */
	uint64_t conn_key;
	const struct addr_pair *addrs;
	uint32_t snd_cwnd, ssthresh, mss, snd_wnd, srtt_us, rcv_wnd;
	uint32_t length, in_flight, snd_nxt, snd_una, mark;
	uint32_t lost, skipped;
	uint32_t cpu;
	uint16_t sport, dport;
	uint8_t kind;		/* enum tcc_kind */
	uint8_t ip_version;	/* of the socket: 4 or 6 */
	bool has_cwnd_fallen;	/* since the connection's event before */
};

/* Copy what the event itself says; the rest is the caller's. */
void record_from_probe(struct record *record, const struct tcc_probe *probe);

/* The name of a kind of event, as --events knows it; in RECORD_KIND_MAX bytes. */
#define RECORD_KIND_MAX 24

struct record_kind {
	char name[RECORD_KIND_MAX];
	uint8_t length;
};

extern const struct record_kind record_kinds[TCC_KIND_COUNT];

#endif
