// SPDX-License-Identifier: GPL-2.0-or-later
/* From the kernel's event to a record; see record.h. */
#include "record/record.h"

#include <string.h>

void record_from_probe(struct record *record, const struct tcc_probe *probe,
		       const struct field_set *has)
{
	record->has = *has;
	record->has_derived = false;
	record->cookie = probe->event.cookie;
	if ((probe->event.flags & TCC_EVENT_NO_COOKIE) || !record->cookie)
		field_set_remove(&record->has, FIELD_cookie);
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

/* --- names -------------------------------------------------------------------- */

#define WORD(name) { name, sizeof(name) - 1 }

static const struct word ca_state_words[TCC_CA_COUNT] = {
	[TCC_CA_OPEN] = WORD("Open"), [TCC_CA_DISORDER] = WORD("Disorder"),
	[TCC_CA_CWR] = WORD("CWR"), [TCC_CA_RECOVERY] = WORD("Recovery"),
	[TCC_CA_LOSS] = WORD("Loss"),
};

static const struct word limit_words[TCC_LIMIT_COUNT] = {
#define LIMIT(NAME, word, SIDE) [TCC_LIMIT_##NAME] = WORD(#word),
	TCC_LIMITS(LIMIT)
#undef LIMIT
};

static const struct word side_words[TCC_SIDE_COUNT] = {
	[TCC_SIDE_NONE] = WORD("none"), [TCC_SIDE_NETWORK] = WORD("network"),
	[TCC_SIDE_PEER] = WORD("peer"), [TCC_SIDE_HOST] = WORD("host"),
	[TCC_SIDE_PROGRAM] = WORD("program"),
};

/* An enum tcc_side; none where no reason holds. */
static const uint8_t limit_sides[TCC_LIMIT_COUNT] = {
	[TCC_LIMIT_NONE] = TCC_SIDE_COUNT,
#define LIMIT(NAME, word, SIDE) [TCC_LIMIT_##NAME] = TCC_SIDE_##SIDE,
	TCC_LIMITS(LIMIT)
#undef LIMIT
};

/* include/net/tcp_states.h, less TCP_ */
static const struct word state_words[] = {
	[1] = WORD("ESTABLISHED"), [2] = WORD("SYN_SENT"), [3] = WORD("SYN_RECV"),
	[4] = WORD("FIN_WAIT1"), [5] = WORD("FIN_WAIT2"), [6] = WORD("TIME_WAIT"),
	[7] = WORD("CLOSE"), [8] = WORD("CLOSE_WAIT"), [9] = WORD("LAST_ACK"),
	[10] = WORD("LISTEN"), [11] = WORD("CLOSING"), [12] = WORD("NEW_SYN_RECV"),
};

static const struct word retransmit_words[] = {
	[TCC_RETRANSMIT_FAST] = WORD("fast"), [TCC_RETRANSMIT_RTO] = WORD("rto"),
	[TCC_RETRANSMIT_TLP] = WORD("tlp"),
};

static const struct word direction_words[] = { WORD("received"), WORD("sent") };

#define COUNT(words) (sizeof(words) / sizeof((words)[0]))

static void lack(struct record *record, enum field_id id)
{
	field_set_remove(&record->has, id);
}

/* The field's word, unless it has none: or it is one of a kernel to come. */
static const struct word *word_at(struct record *record, enum field_id id,
				  const struct word *words, size_t n, unsigned int at)
{
	if (at < n && words[at].length)
		return &words[at];
	lack(record, id);
	return NULL;
}

#define WORD_AT(record, field, words, at) \
	word_at((record), FIELD_##field, (words), COUNT(words), (at))

unsigned int record_ca_state(const struct word *word)
{
	uintptr_t at = ((uintptr_t)word - (uintptr_t)ca_state_words) / sizeof(*word);

	return at < TCC_CA_COUNT ? (unsigned int)at : TCC_CA_COUNT;
}

#define WORDS(field, words) { FIELD_##field, (words), COUNT(words) }

const struct word *record_word(enum field_id id, const char *text, size_t length)
{
	static const struct {
		enum field_id id;
		const struct word *words;
		size_t n;
	} all[] = {
		WORDS(ca_state, ca_state_words), WORDS(old_ca_state, ca_state_words),
		WORDS(new_ca_state, ca_state_words), WORDS(limited_by, limit_words),
		WORDS(limited_side, side_words),
		WORDS(old_state, state_words), WORDS(new_state, state_words),
		WORDS(retransmit, retransmit_words), WORDS(direction, direction_words),
	};

	for (size_t i = 0; i < COUNT(all); i++) {
		for (size_t at = 0; all[i].id == id && at < all[i].n; at++) {
			const struct word *word = &all[i].words[at];

			if (word->length == length && memcmp(word->text, text, length) == 0)
				return word;
		}
	}
	return NULL;
}

/* --- properties --------------------------------------------------------------- */

static void name_cc(struct word *word, const __u64 cc[TCC_CC_WORDS])
{
	*word = (struct word){ 0 };
	memcpy(word->text, cc, TCC_CC_WORDS * sizeof(*cc));
	word->length = (uint8_t)strnlen(word->text, TCC_CC_WORDS * sizeof(*cc));
}

/* jiffies_to_usecs(), kernel/time/time.c */
static uint64_t jiffies_to_us(uint64_t jiffies, unsigned int hz)
{
	return jiffies * 1000000 / hz;
}

/* tcp_compute_delivery_rate(), net/ipv4/tcp.c: bytes/s, 0 without a sample */
static uint64_t delivery_rate(const struct tcc_props *props, uint32_t mss)
{
	if (!props->rate_interval_us)
		return 0;
	return (uint64_t)props->rate_delivered * mss * 1000000 / props->rate_interval_us;
}

/* tcp_get_info_chrono_stats(), net/ipv4/tcp.c: the one that runs, up to now */
static void set_chronos(struct record *record, const struct tcc_props *props, unsigned int hz)
{
	uint64_t ns[TCC_CHRONOS];

	for (unsigned int i = 0; i < TCC_CHRONOS; i++) {
		uint32_t jiffies = props->chrono_stat[i];

		if (props->chrono_type == i + 1)
			jiffies += props->jiffies - props->chrono_start;
		ns[i] = jiffies_to_us(jiffies, hz) * 1000;
	}
	record->busy_ns = ns[0] + ns[1] + ns[2];
	record->rwnd_limited_ns = ns[TCC_CHRONO_RWND_LIMITED - 1];
	record->sndbuf_limited_ns = ns[TCC_CHRONO_SNDBUF_LIMITED - 1];
}

/* An event of a change comes before it: what is told is what holds from now on. */
static void set_limit(struct record *record, const struct tcc_props *props,
		      const struct tcc_rare *rare)
{
	struct tcc_limit_input in = {
		.now_ns = record->ktime_ns,
		.wstamp_ns = props->wstamp_ns,
		.pacing_rate = props->pacing_rate,
		.max_pacing_rate = props->max_pacing_rate,
		.unsent = props->write_seq - record->snd_nxt,
		.window_left = record->snd_una + record->snd_wnd - record->snd_nxt,
		.mss = record->mss,
		.packets_out = props->packets_out,
		.in_flight = props->packets_out - props->sacked_out - props->lost_out +
			     props->retrans_out,
		.snd_cwnd = record->snd_cwnd,
		.sndbuf = props->sndbuf,
		.wmem_queued = props->wmem_queued,
		.socket_flags = props->socket_flags,
		.tsq_flags = props->tsq_flags,
		.received = record->kind == RECORD_KIND_PROBE ? record->length : 0,
		.unread = props->rcv_nxt - props->copied_seq,
		.offered = props->rcv_wup + record->rcv_wnd - props->rcv_nxt,
		.window_clamp = props->window_clamp,
		.advmss = props->advmss,
		.state = record->kind == RECORD_KIND_STATE ? rare->to : props->state,
		.ca_state = record->kind == RECORD_KIND_CA_STATE ? rare->to : props->ca_state,
		.nonagle = props->nonagle,
		.chrono_type = props->chrono_type,
		.is_cwnd_limited = props->is_cwnd_limited,
		.is_paced = props->pacing_status,
	};
	enum tcc_limit limit = tcc_limit_of(&in);

	record->limited_by = WORD_AT(record, limited_by, limit_words, limit);
	record->limited_side = WORD_AT(record, limited_side, side_words, limit_sides[limit]);
}

/* What is no plain copy: the kernel's expressions. */
static void set_computed(struct record *record, const struct tcc_props *props, unsigned int hz)
{
	int32_t unsent = (int32_t)(props->write_seq - record->snd_nxt);

	name_cc(&record->cc, props->cc);
	record->ca_state = WORD_AT(record, ca_state, ca_state_words, props->ca_state);
	record->rttvar_us = props->mdev_us >> 2;
	record->min_rtt_us = props->min_rtt_us;
	record->rto_us = jiffies_to_us(props->rto_jiffies, hz);
	record->delivery_rate = delivery_rate(props, record->mss);
	record->app_limited = props->rate_app_limited;
	record->notsent = unsent > 0 ? (uint64_t)unsent : 0;
	record->cgroup = props->cgroup;
	set_chronos(record, props, hz);
}

/* What a connection need not have yet, or at all. */
static void lack_props(struct record *record, const struct tcc_props *props)
{
	if (!record->cc.length)
		lack(record, FIELD_cc);
	if (props->min_rtt_us == UINT32_MAX)
		lack(record, FIELD_min_rtt);
	if (props->pacing_rate == UINT64_MAX)	/* no limit */
		lack(record, FIELD_pacing_rate);
	if (!props->cgroup)
		lack(record, FIELD_cgroup);
}

void record_from_props(struct record *record, const struct tcc_props *props,
		       const struct tcc_rare *rare, unsigned int hz)
{
	record->snd_ssthresh = props->snd_ssthresh;
	record->prior_cwnd = props->prior_cwnd;
	record->undo_marker = props->undo_marker;
	record->packets_out = props->packets_out;
	record->sacked_out = props->sacked_out;
	record->lost_out = props->lost_out;
	record->retrans_out = props->retrans_out;
	record->total_retrans = props->total_retrans;
	record->reordering = props->reordering;
	record->delivered = props->delivered;
	record->delivered_ce = props->delivered_ce;
	record->pacing_rate = props->pacing_rate;
	record->is_cwnd_limited = props->is_cwnd_limited;
	record->bytes_sent = props->bytes_sent;
	record->bytes_acked = props->bytes_acked;
	record->bytes_retrans = props->bytes_retrans;
	record->bytes_received = props->bytes_received;
	record->segs_out = props->segs_out;
	record->dsack_dups = props->dsack_dups;
	record->rcv_ooopack = props->rcv_ooopack;
	record->sk_mark = props->sk_mark;
	record->netns = props->netns;
	record->uid = props->uid;
	set_computed(record, props, hz);
	set_limit(record, props, rare);
	lack_props(record, props);
}

/* --- kinds other than probe ----------------------------------------------------- */

/* What a life says, without which there is none of it; of its probes; of its length. */
static const enum field_id of_life[] = {
	FIELD_duration_ms, FIELD_open_ms, FIELD_disorder_ms, FIELD_cwr_ms, FIELD_recovery_ms,
	FIELD_loss_ms, FIELD_partial, FIELD_watched_bytes_sent, FIELD_watched_bytes_acked,
	FIELD_watched_bytes_retrans, FIELD_watched_bytes_received,
}, of_probes[] = {
	FIELD_cwnd_min, FIELD_cwnd_mean, FIELD_cwnd_max, FIELD_srtt_min, FIELD_srtt_mean,
	FIELD_srtt_max,
}, of_length[] = {
#define LIMIT(NAME, word, SIDE) FIELD_share_##word,
	TCC_LIMITS(LIMIT)
#undef LIMIT
}, of_handshake[] = {
	FIELD_handshake_ms, FIELD_syn_retrans,
};

static void lack_all(struct record *record, const enum field_id *ids, size_t n)
{
	for (size_t i = 0; i < n; i++)
		lack(record, ids[i]);
}

#define LACK_ALL(record, ids) lack_all((record), (ids), COUNT(ids))

static void set_extremes(struct record *record, const struct tcc_life *life)
{
	if (!life->n_probes) {
		LACK_ALL(record, of_probes);
		return;
	}
	record->cwnd_min = life->cwnd_min;
	record->cwnd_mean = life->cwnd_sum * 1000 / life->n_probes;
	record->cwnd_max = life->cwnd_max;
	record->srtt_min_us = life->srtt_min_us;
	record->srtt_mean = life->srtt_sum_us * 1000 / life->n_probes;
	record->srtt_max_us = life->srtt_max_us;
}

/* What is shorter than a round trip may be any part of one. */
static void set_shares(struct record *record, const struct tcc_life *life)
{
	if (!record->life_ns || record->life_ns < (uint64_t)record->srtt_us * 1000) {
		LACK_ALL(record, of_length);
		return;
	}
	for (int i = 0; i < TCC_LIMIT_COUNT; i++)
		record->share[i] = life->limit_ns[i] * 1000 / record->life_ns;
}

static void set_handshake(struct record *record, const struct tcc_life *life)
{
	if (!life->has_handshake)
		lack(record, FIELD_handshake_ms);
	if (!life->has_syn_retrans)
		lack(record, FIELD_syn_retrans);
	record->handshake_ns = life->limit_ns[TCC_LIMIT_HANDSHAKE];
	record->syn_retrans = life->n_syn_retrans;
}

static void set_life(struct record *record, const struct tcc_life *life)
{
	record->begun_ns = life->begun_ns;
	record->life_ns = life->updated_ns - life->begun_ns;
	for (int i = 0; i < TCC_CA_COUNT; i++)
		record->ca_ns[i] = life->ca_ns[i];
	record->is_partial = life->is_partial;
	record->watched_bytes_sent = life->bytes_sent;
	record->watched_bytes_acked = life->bytes_acked;
	record->watched_bytes_retrans = life->bytes_retrans;
	record->watched_bytes_received = life->bytes_received;
	set_handshake(record, life);
	set_shares(record, life);
	set_extremes(record, life);
}

static void lack_life(struct record *record)
{
	LACK_ALL(record, of_life);
	LACK_ALL(record, of_probes);
	LACK_ALL(record, of_length);
	LACK_ALL(record, of_handshake);
}

void record_from_rare(struct record *record, const struct tcc_rare *rare)
{
	record->seq = rare->seq;
	record->retransmit = WORD_AT(record, retransmit, retransmit_words, rare->cause);
	record->direction = WORD_AT(record, direction, direction_words, rare->cause);
	record->old_ca_state = WORD_AT(record, old_ca_state, ca_state_words, rare->from);
	record->new_ca_state = WORD_AT(record, new_ca_state, ca_state_words, rare->to);
	record->old_state = WORD_AT(record, old_state, state_words, rare->from);
	record->new_state = WORD_AT(record, new_state, state_words, rare->to);
	if (record->kind != RECORD_KIND_CLOSE)
		return;
	if (rare->has_life)
		set_life(record, &rare->life);
	else
		lack_life(record);
}

/* --- hosts ------------------------------------------------------------------------ */

bool record_set_host(struct record_host *host, const char *text, size_t length)
{
	if (!length || length > sizeof(host->text))
		return false;
	for (size_t i = 0; i < length; i++) {
		char c = text[i];

		if (!(c >= '0' && c <= '9') && !((c | 0x20) >= 'a' && (c | 0x20) <= 'z') &&
		    c != '.' && c != '-' && c != '_')
			return false;
	}
	memcpy(host->text, text, length);
	host->length = (uint8_t)length;
	return true;
}

/* --- kinds of event -------------------------------------------------------------- */

#define OF_KERNEL false
#define OF_DERIVED true
#define ASSERT_KERNEL(NAME) (int)RECORD_KIND_##NAME == (int)TCC_KIND_##NAME
#define ASSERT_DERIVED(NAME) (int)RECORD_KIND_##NAME >= (int)TCC_KIND_COUNT

/* The kernel's come first, all of them, by their numbers. */
#define KIND(NAME, name, whose, sentence)                                       \
	_Static_assert(ASSERT_##whose(NAME), "kinds.def: " #NAME " is out of order"); \
	_Static_assert(sizeof(#name) <= RECORD_KIND_MAX, "kinds.def: " #name " is too long");
#include "record/kinds.def"
#undef KIND
_Static_assert((int)RECORD_KIND_COUNT >= (int)TCC_KIND_COUNT, "kinds.def lacks one of the kernel's");

const struct record_kind_entry record_kinds[RECORD_KIND_COUNT] = {
#define KIND(NAME, name, whose, sentence) \
	[RECORD_KIND_##NAME] = { #name, sizeof(#name) - 1, OF_##whose, sentence },
#include "record/kinds.def"
#undef KIND
};

void record_print_kinds(FILE *out)
{
	fprintf(out, "%-12s  %s\n", "KIND", "WHAT HAPPENED");
	for (int kind = 0; kind < RECORD_KIND_COUNT; kind++)
		fprintf(out, "%-12s  %s\n", record_kinds[kind].name, record_kinds[kind].sentence);
}
