/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a line of output can say: an event, with what user space adds. A value: it may
 * be copied and kept, and points to nothing but constants and layouts that stay. Knows
 * neither fields' names nor formats; src/record/fields.def gives them meaning.
 */
#ifndef TCC_RECORD_H
#define TCC_RECORD_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/addr.h"
#include "base/emit.h"
#include "record/field_set.h"
#include "record/kinds.h"
#include "tcc_event.h"

/* The kernel's TCP_INFINITE_SSTHRESH (include/net/tcp.h): no threshold yet. */
#define RECORD_SSTHRESH_INFINITE 0x7fffffffu

struct ca_layout;

/* A value that is a name. */
struct word {
	char text[EMIT_SHORT_MAX];	/* not terminated */
	uint8_t length;
};

/* A host's name, as it is kept by who makes records. */
#define RECORD_HOST_MAX 64	/* __NEW_UTS_LEN, linux/utsname.h */

struct record_host {
	char text[RECORD_HOST_MAX];	/* not terminated */
	uint8_t length;
};

/* `has` alone says what there is: the members of all other fields have no meaning. */
struct record {
	struct field_set has;
	uint64_t ktime_ns;	/* CLOCK_MONOTONIC */
	int64_t wall_ns;	/* since 1970, CLOCK_REALTIME */
	int64_t wall_us;
	uint64_t offset_ns;	/* since the trace began */
	uint64_t conn_ns;	/* since the connection was first seen */
	uint64_t begun_ns;	/* when it was at the latest, by who made the record */
	uint64_t cookie;
	uint64_t conn_key;	/* see conn_key(); 0: not known yet which connection */
	struct addr_pair addrs;
	uint32_t snd_cwnd, ssthresh, mss, snd_wnd, srtt_us, rcv_wnd;
	uint32_t length, in_flight, snd_nxt, snd_una, mark;
	uint32_t lost, skipped;
	uint32_t cpu;
	uint16_t sport, dport;
	uint8_t kind;		/* enum record_kind */
	uint8_t ip_version;	/* of the socket: 4 or 6 */
	bool has_cwnd_fallen;	/* since the connection's event before */
	bool has_derived;	/* its source has what is made of it as well */
	const struct record_host *host;

	/* Properties; record_from_props(). */
	struct word cc;
	const struct word *ca_state, *limited_by, *limited_side;	/* constants, as all of these */
	uint32_t snd_ssthresh;		/* segments, as ssthresh */
	uint64_t prior_cwnd;		/* segments */
	uint64_t undo_marker;		/* sequence number; 0: none */
	uint64_t cong_control;		/* 0 or 1 */
	uint64_t rttvar_us, min_rtt_us, rto_us;
	uint64_t packets_out, sacked_out, lost_out, retrans_out;	/* segments */
	uint64_t total_retrans, reordering, delivered, delivered_ce;	/* segments */
	uint64_t delivery_rate, pacing_rate;	/* bytes/s */
	uint64_t app_limited, is_cwnd_limited;	/* 0 or 1 */
	uint64_t bytes_sent, bytes_acked, bytes_retrans, bytes_received, notsent;
	uint64_t segs_out, dsack_dups, rcv_ooopack;
	uint64_t busy_ns, rwnd_limited_ns, sndbuf_limited_ns;
	uint64_t sk_mark, netns, cgroup, uid;

	/* Of an algorithm's private state; ca_units.h. */
	const struct word *bbr_mode;
	uint64_t bbr_rate;		/* bytes/s */
	uint64_t bbr_min_rtt_us;
	uint64_t bbr_pacing_gain, bbr_cwnd_gain;	/* thousandths */
	uint64_t cubic_last_max_cwnd;	/* segments */
	uint64_t cubic_k;		/* thousandths of a second */
	const struct ca_layout *ca_layout;	/* of FIELD_CA_ALL; it stays */
	unsigned char ca_priv[TCC_CA_PRIV_WORDS * sizeof(__u64)];

	/* What one kind of event alone has; record_from_rare(). */
	uint64_t seq;
	const struct word *retransmit, *direction;
	const struct word *old_ca_state, *new_ca_state, *old_state, *new_state;
	uint64_t life_ns, ca_ns[TCC_CA_COUNT];
	uint64_t handshake_ns, syn_retrans;
	uint64_t is_partial;
	uint64_t watched_bytes_sent, watched_bytes_acked;
	uint64_t watched_bytes_retrans, watched_bytes_received;
	uint64_t share[TCC_LIMIT_COUNT];	/* thousandths of life_ns */
	uint64_t cwnd_min, cwnd_mean, cwnd_max;	/* segments; the mean in thousandths */
	uint64_t srtt_min_us, srtt_mean, srtt_max_us;	/* us; the mean in thousandths */

	/* Of kinds that user space makes; derive(). */
	uint64_t from, to;		/* segments */
	uint64_t factor;		/* thousandths */
	const struct word *cause;
};

/*
 * Copy what the event itself says; the rest is the caller's. `has` is what its kind has,
 * fields_of_kind(); this and what follows takes out of it what this event has not.
 */
void record_from_probe(struct record *record, const struct tcc_probe *probe,
		       const struct field_set *has);

/*
 * Set the properties, as tcp_get_info(), net/ipv4/tcp.c, computes them; those
 * not copied by the kernel side have no meaning then. record_from_probe() comes
 * first, and the record's ktime_ns is set. `rare`: the event, if it is of another kind
 * than probe. `hz`: jiffies a second.
 */
void record_from_props(struct record *record, const struct tcc_props *props,
		       const struct tcc_rare *rare, unsigned int hz);

/* Set what a kind of event other than probe has. */
void record_from_rare(struct record *record, const struct tcc_rare *rare);

/* The constant of this name, not empty, that is a field's word; NULL: none of its words. */
const struct word *record_word(enum field_id id, const char *text, size_t length);

/* The enum tcc_ca_state of a record's word; TCC_CA_COUNT: of a kernel to come. */
unsigned int record_ca_state(const struct word *word);

/* Returns whether it is a name that needs no escaping in any format; *host is set then. */
bool record_set_host(struct record_host *host, const char *text, size_t length);

extern const struct record_kind_entry record_kinds[RECORD_KIND_COUNT];

/* Print --events=help: name, what happened. */
void record_print_kinds(FILE *out);

#endif
