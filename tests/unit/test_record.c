// SPDX-License-Identifier: GPL-2.0-or-later
/* From the kernel's events to records: what they have, what they have not, and since when. */
#include <stdlib.h>
#include <string.h>

#include "../tap.h"
#include "kernel/event.h"
#include "record/fields.h"

#define ALL_PROPS ((1ULL << TCC_BIT_COUNT) - 1)
#define KTIME 5000

static struct event_reader *reader;
static struct tcc_rare event;
static struct record record;
static uint64_t lacking;

static void setup(uint8_t kind, uint64_t props)
{
	static const struct record_host host = { "web-1", 5 };
	struct event_reader_config config = { .hz = 250, .lacking = &lacking, .host = &host };

	lacking = 0;
	memset(&event, 0, sizeof(event));
	event.sample.probe.event = (struct tcc_event){ .ktime_ns = KTIME, .cookie = 0xabc,
						       .kind = kind };
	event.sample.probe.sport = 22;
	memcpy(event.sample.props.cc, "reno", 4);
	event.sample.props.cgroup = 17;
	for (int i = 0; i < TCC_KIND_COUNT; i++)
		config.props[i] = props & ~TCC_PROP(CA_PRIV);
	reader = event_reader_new(&config);
	check(reader);
}

static void read_event(void)
{
	event_read(reader, &event.sample.probe.event, KTIME, 0, &record);
}

static void teardown(void)
{
	event_reader_free(reader);
}

/* The names of the fields that `set` lacks of those of `all`. */
static const char *missing(const struct field_set *set, const struct field_set *all)
{
	static char text[4096];
	size_t length = 0;

	text[0] = '\0';
	for (unsigned int id = 0; id <= FIELD_CA_ALL; id++) {
		if (field_set_has(all, id) && !field_set_has(set, id))
			length += (size_t)snprintf(text + length, sizeof(text) - length, "%s%s",
						   length ? " " : "",
						   id == FIELD_CA_ALL ? "ca"
								      : fields_table[id].name);
	}
	return text;
}

/* What an event with everything in it has not, all of a sudden. */
static const char *gone(void)
{
	struct field_set all = fields_of_kind((enum record_kind)event.sample.probe.event.kind,
					      TCC_PROP(CA_PRIV));

	read_event();
	check_str(missing(&all, &record.has), "");
	return missing(&record.has, &all);
}

static const char *text(const struct word *word)
{
	static char copy[EMIT_SHORT_MAX + 1];

	snprintf(copy, sizeof(copy), "%.*s", word->length, word->text);
	return copy;
}

/* --- what is lacking -------------------------------------------------------------- */

#define BBR_CUBIC \
	"bbr_mode bbr_rate bbr_min_rtt bbr_pacing_gain bbr_cwnd_gain cubic_last_max_cwnd cubic_k"
#define LIMITED "limited_by limited_side"
#define CHRONOS "busy_ms rwnd_limited_ms sndbuf_limited_ms"

/* Written down once more, by the kernel's expressions in the man page. */
static const struct {
	uint64_t prop;
	const char *fields;
} made_of[] = {
	{ TCC_PROP(PACING_RATE), LIMITED " pacing_rate" },
	{ TCC_PROP(MAX_PACING_RATE), LIMITED },
	{ TCC_PROP(BYTES_SENT), "bytes_sent" },
	{ TCC_PROP(BYTES_ACKED), "bytes_acked" },
	{ TCC_PROP(BYTES_RETRANS), "bytes_retrans" },
	{ TCC_PROP(BYTES_RECEIVED), "bytes_received" },
	{ TCC_PROP(WSTAMP), LIMITED },
	{ TCC_PROP(SND_SSTHRESH), "snd_ssthresh" },
	{ TCC_PROP(PRIOR_CWND), "prior_cwnd" },
	{ TCC_PROP(UNDO_MARKER), "undo_marker" },
	{ TCC_PROP(CONG_CONTROL), "cong_control" },
	{ TCC_PROP(MDEV), "rttvar" },
	{ TCC_PROP(MIN_RTT), "min_rtt" },
	{ TCC_PROP(RTO), "rto" },
	{ TCC_PROP(PACKETS_OUT), LIMITED " packets_out" },
	{ TCC_PROP(SACKED_OUT), LIMITED " sacked_out" },
	{ TCC_PROP(LOST_OUT), LIMITED " lost_out" },
	{ TCC_PROP(RETRANS_OUT), LIMITED " retrans_out" },
	{ TCC_PROP(TOTAL_RETRANS), "total_retrans" },
	{ TCC_PROP(REORDERING), "reordering" },
	{ TCC_PROP(DELIVERED), "delivered" },
	{ TCC_PROP(DELIVERED_CE), "delivered_ce" },
	{ TCC_PROP(RATE_DELIVERED), "delivery_rate" },
	{ TCC_PROP(RATE_INTERVAL), "delivery_rate" },
	{ TCC_PROP(WRITE_SEQ), LIMITED " notsent" },
	{ TCC_PROP(SEGS_OUT), "segs_out" },
	{ TCC_PROP(DSACK_DUPS), "dsack_dups" },
	{ TCC_PROP(RCV_OOOPACK), "rcv_ooopack" },
	{ TCC_PROP(PACING_STATUS), LIMITED },
	{ TCC_PROP(SNDBUF), LIMITED },
	{ TCC_PROP(WMEM_QUEUED), LIMITED },
	{ TCC_PROP(SK_MARK), "sk_mark" },
	{ TCC_PROP(UID), "uid" },
	{ TCC_PROP(CA_STATE), "ca_state " LIMITED },
	{ TCC_PROP(RATE_APP_LIMITED), "app_limited" },
	{ TCC_PROP(IS_CWND_LIMITED), LIMITED " is_cwnd_limited" },
	{ TCC_PROP(CGROUP), "cgroup" },
	{ TCC_PROP(CC), "cc " BBR_CUBIC " ca" },
	{ TCC_PROP(NETNS), "netns" },
	{ TCC_PROP(CHRONO), LIMITED " " CHRONOS },
	{ TCC_PROP(LIMIT), LIMITED },
	{ TCC_PROP(CA_PRIV), BBR_CUBIC " ca" },
};

_Static_assert(sizeof(made_of) / sizeof(made_of[0]) == TCC_BIT_COUNT, "each property once");

static void without_a_property_all_that_is_made_of_it_is_gone(void)
{
	struct field_set all = fields_of_kind(RECORD_KIND_PROBE, 0);
	uint64_t seen = 0;

	for (size_t i = 0; i < TCC_BIT_COUNT; i++) {
		struct field_set rest = fields_of_kind(RECORD_KIND_PROBE, made_of[i].prop);

		check_str(missing(&rest, &all), made_of[i].fields);
		seen |= made_of[i].prop;
	}
	check_eq(seen, ALL_PROPS);
}

/* The kernel side finds out with the first event that it is asked for it. */
static void a_kernel_that_lacks_a_property_may_show_so_late(void)
{
	setup(TCC_KIND_PROBE, ALL_PROPS);
	check_str(gone(), "");
	lacking = TCC_PROP(RTO);
	check_str(gone(), "rto");
	lacking |= TCC_PROP(RATE_INTERVAL);
	check_str(gone(), "rto delivery_rate");
	teardown();
}

static void what_is_not_asked_for_is_not_there(void)
{
	struct field_set plain = fields_of_kind(RECORD_KIND_PROBE, ALL_PROPS);

	setup(TCC_KIND_PROBE, 0);
	read_event();
	check(memcmp(&record.has, &plain, sizeof(plain)) == 0);
	check_eq(fields_props(&plain), 0);
	teardown();
	setup(TCC_KIND_PROBE, TCC_PROP(MDEV));
	read_event();
	check_str(missing(&plain, &record.has), "rttvar");
	teardown();
}

/* --- what a connection has not ------------------------------------------------------- */

static void an_event_takes_out_what_it_has_not(void)
{
	struct tcc_props *props = &event.sample.props;

	setup(TCC_KIND_PROBE, ALL_PROPS);
	check_str(gone(), "");
	props->cgroup = 0;
	check_str(gone(), "cgroup");
	props->cgroup = 1;
	props->min_rtt_us = UINT32_MAX;
	check_str(gone(), "min_rtt");
	props->min_rtt_us = UINT32_MAX - 1;
	check_str(gone(), "");
	props->pacing_rate = UINT64_MAX;
	check_str(gone(), "pacing_rate");
	props->pacing_rate = UINT64_MAX - 1;
	check_str(gone(), "");
	props->ca_state = TCC_CA_COUNT;
	check_str(gone(), "ca_state");
	props->ca_state = TCC_CA_COUNT - 1;
	check_str(gone(), "");
	memset(props->cc, 0, sizeof(props->cc));
	check_str(gone(), "cc");
	teardown();
}

/* By INTERFACE. */
static void each_reason_has_its_side_and_its_place_in_the_help(void)
{
#define SIDE_OF(NAME, word, SIDE) #word " " #SIDE ", "
	check_str(TCC_LIMITS(SIDE_OF),
		  "cwnd NETWORK, rwnd PEER, sndbuf PROGRAM, app PROGRAM, pacing NETWORK, "
		  "maxpace PROGRAM, recovery NETWORK, loss NETWORK, nagle PROGRAM, queue HOST, "
		  "handshake NONE, reader PROGRAM, receiving NONE, idle NONE, ");
#undef SIDE_OF
#define LISTED(NAME, word, SIDE) ", " #word
	check_str(strchr(fields_table[FIELD_limited_by].meaning, ':') + 2,
		  &(TCC_LIMITS(LISTED))[2]);
#undef LISTED
}

/* The next segment is on its way. */
static void a_sender_need_not_be_limited(void)
{
	setup(TCC_KIND_PROBE, ALL_PROPS);
	check_str(gone(), "");
	check_str(text(record.limited_by), "idle");
	check_str(text(record.limited_side), "none");
	event.sample.probe.snd_cwnd = 10;
	event.sample.props.write_seq = 1;
	check_str(gone(), LIMITED);
	teardown();
}

static void a_cookie_may_be_none(void)
{
	setup(TCC_KIND_PROBE, ALL_PROPS);
	check_str(gone(), "");
	check_eq(record.conn_key, 0xabc);
	event.sample.probe.event.flags = TCC_EVENT_NO_COOKIE;
	check_str(gone(), "cookie");
	check(record.conn_key != 0);
	/* Nor can anybody tell which connection that is. */
	event.sample.probe.sport = 0;
	check_str(gone(), "cookie");
	check_eq(record.conn_key, 0);
	event.sample.probe.event.flags = 0;
	event.sample.probe.event.cookie = 0;
	check_str(gone(), "cookie");
	teardown();
}

/* --- kinds ------------------------------------------------------------------------------ */

#define RETRANSMIT_ONLY "seq retransmit"
#define LIFE "duration_ms partial watched_bytes_sent watched_bytes_acked " \
	"watched_bytes_retrans watched_bytes_received open_ms disorder_ms cwr_ms recovery_ms loss_ms"
#define HANDSHAKE "handshake_ms syn_retrans"
#define SHARES "share_cwnd share_rwnd share_sndbuf share_app share_pacing share_maxpace " \
	"share_recovery share_loss share_nagle share_queue share_handshake share_reader " \
	"share_receiving share_idle"
#define PROBES "cwnd_min cwnd_mean cwnd_max srtt_min srtt_mean srtt_max"

static void each_kind_has_its_own(void)
{
	static const char *const own[RECORD_KIND_COUNT] = {
		[TCC_KIND_PROBE] = "length mark skipped",
		[TCC_KIND_RETRANSMIT] = "length " RETRANSMIT_ONLY,
		[TCC_KIND_CA_STATE] = "old_ca_state new_ca_state",
		[TCC_KIND_STATE] = "old_state new_state",
		[TCC_KIND_RESET] = "direction",
		[TCC_KIND_CLOSE] = LIFE " " HANDSHAKE " " SHARES " " PROBES,
		[RECORD_KIND_REDUCTION] = "from to factor cause",
	};
	struct field_set common = fields_of_kind(RECORD_KIND_PROBE, 0);

	field_set_remove(&common, FIELD_length);
	field_set_remove(&common, FIELD_mark);
	field_set_remove(&common, FIELD_skipped);
	for (uint8_t kind = 0; kind < RECORD_KIND_COUNT; kind++) {
		struct field_set has = fields_of_kind((enum record_kind)kind, 0);

		check_str(missing(&common, &has), own[kind]);
		check_str(missing(&has, &common), "");
	}
}

static void words_of_a_kernel_to_come_are_absent(void)
{
	setup(TCC_KIND_STATE, ALL_PROPS);
	event.from = 1;
	event.to = 12;
	check_str(gone(), "");
	check_str(text(record.old_state), "ESTABLISHED");
	check_str(text(record.new_state), "NEW_SYN_RECV");
	event.from = 0;
	event.to = 13;
	check_str(gone(), "old_state new_state");
	teardown();
	setup(TCC_KIND_CA_STATE, ALL_PROPS);
	event.from = TCC_CA_LOSS;
	check_str(gone(), "");
	check_str(text(record.old_ca_state), "Loss");
	check_str(text(record.new_ca_state), "Open");
	event.to = event.from = TCC_CA_COUNT;
	check_str(gone(), "old_ca_state new_ca_state");
	teardown();
	setup(TCC_KIND_RETRANSMIT, ALL_PROPS);
	check_str(gone(), "retransmit");
	event.cause = TCC_RETRANSMIT_TLP;
	check_str(gone(), "");
	check_str(text(record.retransmit), "tlp");
	teardown();
	setup(TCC_KIND_RESET, ALL_PROPS);
	event.cause = 1;
	check_str(gone(), "");
	check_str(text(record.direction), "sent");
	event.cause = 2;
	check_str(gone(), "direction");
	teardown();
}

static void a_close_may_know_little_of_its_connection(void)
{
	setup(TCC_KIND_CLOSE, ALL_PROPS);
	check_str(gone(), LIFE " " HANDSHAKE " " SHARES " " PROBES);
	check_eq(record.begun_ns, KTIME);
	event.has_life = 1;
	event.life.begun_ns = 1000;
	event.life.updated_ns = 1000;
	check_str(gone(), HANDSHAKE " " SHARES " " PROBES);
	check_eq(record.begun_ns, 1000);
	check_eq(record.life_ns, 0);
	event.life.updated_ns = 4000;
	event.life.limit_ns[TCC_LIMIT_APP] = 1500;
	event.life.limit_ns[TCC_LIMIT_HANDSHAKE] = 600;
	event.sample.probe.srtt_us = 4;
	check_str(gone(), HANDSHAKE " " SHARES " " PROBES);
	event.sample.probe.srtt_us = 3;
	check_str(gone(), HANDSHAKE " " PROBES);
	check_eq(record.life_ns, 3000);
	check_eq(record.share[TCC_LIMIT_APP], 500);
	/* The end of who accepts. */
	event.life.has_syn_retrans = 1;
	event.life.n_syn_retrans = 4;
	check_str(gone(), "handshake_ms " PROBES);
	event.life.has_handshake = 1;
	check_str(gone(), PROBES);
	event.life.has_syn_retrans = 0;
	check_str(gone(), "syn_retrans " PROBES);
	event.life.has_syn_retrans = 1;
	check_str(gone(), PROBES);
	check_eq(record.handshake_ns, 600);
	check_eq(record.share[TCC_LIMIT_HANDSHAKE], 200);
	check_eq(record.syn_retrans, 4);
	event.life.n_probes = 2;
	event.life.cwnd_sum = 5;
	event.life.is_partial = 1;
	event.life.bytes_sent = 1;
	event.life.bytes_acked = 2;
	event.life.bytes_retrans = 3;
	event.life.bytes_received = 4;
	check_str(gone(), "");
	check_eq(record.is_partial, 1);
	check_eq(record.watched_bytes_sent, 1);
	check_eq(record.watched_bytes_acked, 2);
	check_eq(record.watched_bytes_retrans, 3);
	check_eq(record.watched_bytes_received, 4);
	check_eq(record.cwnd_mean, 2500);
	teardown();
}

/* Of any other kind nobody saw it before. */
static void a_connection_begins_with_its_event_at_the_latest(void)
{
	for (uint8_t kind = 0; kind < TCC_KIND_COUNT; kind++) {
		setup(kind, ALL_PROPS);
		event_read(reader, &event.sample.probe.event, KTIME + kind, 0, &record);
		check_eq(record.ktime_ns, KTIME + kind);
		check_eq(record.begun_ns, KTIME + kind);
		teardown();
	}
}

/* --- a value ------------------------------------------------------------------------------ */

/* What was kept of one event stays what it was, whatever comes next and goes. */
static void a_record_can_be_kept(void)
{
	struct record kept;

	setup(TCC_KIND_PROBE, ALL_PROPS);
	event.sample.probe.saddr[2] = event.sample.probe.daddr[2] = 0xffff0000;
	event.sample.probe.saddr[3] = 0x0100007f;
	read_event();
	kept = record;
	event.sample.probe.saddr[3] = 0x0200007f;
	memcpy(event.sample.props.cc, "cubic", 5);
	read_event();
	check(record.addrs.saddr_length == 9 && memcmp(record.addrs.saddr_text, "127.0.0.2", 9) == 0);
	teardown();
	memset(&record, 0, sizeof(record));
	check(kept.addrs.saddr_length == 9 && memcmp(kept.addrs.saddr_text, "127.0.0.1", 9) == 0);
	check_str(text(&kept.cc), "reno");
	check_str(text(kept.ca_state), "Open");
}

int main(void)
{
	TAP_RUN(without_a_property_all_that_is_made_of_it_is_gone);
	TAP_RUN(a_kernel_that_lacks_a_property_may_show_so_late);
	TAP_RUN(what_is_not_asked_for_is_not_there);
	TAP_RUN(an_event_takes_out_what_it_has_not);
	TAP_RUN(each_reason_has_its_side_and_its_place_in_the_help);
	TAP_RUN(a_sender_need_not_be_limited);
	TAP_RUN(a_cookie_may_be_none);
	TAP_RUN(each_kind_has_its_own);
	TAP_RUN(words_of_a_kernel_to_come_are_absent);
	TAP_RUN(a_close_may_know_little_of_its_connection);
	TAP_RUN(a_connection_begins_with_its_event_at_the_latest);
	TAP_RUN(a_record_can_be_kept);
	return tap_done();
}
