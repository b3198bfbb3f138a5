// SPDX-License-Identifier: GPL-2.0-or-later
/* What holds a sender back: each rule decides, in its order, and nothing else does. */
#include <string.h>

#include "../tap.h"
#include "tcc_limit.h"

static const char *const names[TCC_LIMIT_COUNT] = {
	[TCC_LIMIT_NONE] = "none",
#define LIMIT(NAME, word, SIDE) [TCC_LIMIT_##NAME] = #word,
	TCC_LIMITS(LIMIT)
#undef LIMIT
};

/* A transfer that nothing limits: some segments in flight, several wait. */
static struct tcc_limit_input transfer(void)
{
	return (struct tcc_limit_input){
		.now_ns = 1000, .pacing_rate = 100, .max_pacing_rate = ~0ULL,
		.unsent = 5000, .window_left = 50000, .mss = 1448, .packets_out = 4,
		.in_flight = 4, .snd_cwnd = 10, .sndbuf = 90000, .wmem_queued = 20000,
		.offered = 60000, .window_clamp = 65535, .advmss = 1448,
		.state = TCC_TCP_ESTABLISHED,
	};
}

static struct tcc_limit_input all_sent(void)
{
	struct tcc_limit_input in = transfer();

	in.unsent = 0;
	return in;
}

static struct tcc_limit_input without_data(void)
{
	struct tcc_limit_input in = all_sent();

	in.packets_out = in.in_flight = 0;
	return in;
}

#define IS(in, name) check_str(names[tcc_limit_of(&(in))], (name))

static void nothing_limits_a_segment_on_its_way(void)
{
	struct tcc_limit_input in = transfer();

	IS(in, "none");
}

/* From the last rule to the first: each takes over from all that come after it. */
static void the_rules_of_a_transfer_in_their_order(void)
{
	struct tcc_limit_input in = transfer();

	in.is_cwnd_limited = true;
	IS(in, "cwnd");
	in.chrono_type = TCC_CHRONO_SNDBUF_LIMITED;
	IS(in, "sndbuf");
	in.unsent = 100;
	IS(in, "nagle");
	in.nonagle = TCC_NAGLE_OFF;
	IS(in, "sndbuf");
	in.nonagle = TCC_NAGLE_OFF | TCC_NAGLE_CORK;
	IS(in, "nagle");
	in.socket_flags = TCC_SOCK_NOSPACE;
	IS(in, "sndbuf");
	in.tsq_flags = TCC_TSQ_THROTTLED;
	IS(in, "queue");
	in.is_paced = true;
	in.wstamp_ns = 1001;
	IS(in, "pacing");
	in.max_pacing_rate = 100;
	IS(in, "maxpace");
	in.window_left = 99;
	IS(in, "rwnd");
	in.in_flight = 10;
	IS(in, "cwnd");
	in.chrono_type = TCC_CHRONO_RWND_LIMITED;
	IS(in, "rwnd");
	in.ca_state = TCC_CA_RECOVERY;
	IS(in, "recovery");
	in.ca_state = TCC_CA_LOSS;
	IS(in, "loss");
	in.state = TCC_TCP_SYN_SENT;
	IS(in, "handshake");
}

static void a_blocked_writer_is_no_sign_while_segments_wait(void)
{
	struct tcc_limit_input in = transfer();

	in.socket_flags = TCC_SOCK_NOSPACE;
	in.wmem_queued = in.sndbuf;
	IS(in, "none");
	in.unsent = in.mss;
	IS(in, "none");
	in.unsent = in.mss - 1;
	IS(in, "sndbuf");
}

static void all_is_sent(void)
{
	struct tcc_limit_input in = all_sent();

	in.nonagle = TCC_NAGLE_CORK;
	in.tsq_flags = TCC_TSQ_THROTTLED;
	in.is_cwnd_limited = true;
	IS(in, "app");
	in.in_flight = in.snd_cwnd;
	in.window_left = 0;
	IS(in, "app");
	in.wmem_queued = in.sndbuf;
	IS(in, "sndbuf");
	in.wmem_queued--;
	IS(in, "app");
	in.socket_flags = TCC_SOCK_NOSPACE;
	IS(in, "sndbuf");
	/* A window probe's sequence number lies below. */
	in.unsent = (__u32)-1;
	IS(in, "sndbuf");
}

static void who_sends_nothing_is_not_limited_by_his_program(void)
{
	struct tcc_limit_input in = without_data();

	in.socket_flags = TCC_SOCK_NOSPACE;
	in.wmem_queued = in.sndbuf;
	IS(in, "idle");
	in.received = 1;
	IS(in, "receiving");
}

static void a_reader_who_does_not_read(void)
{
	struct tcc_limit_input in = without_data();

	in.unread = 1;
	IS(in, "idle");
	in.offered = 2 * in.advmss;
	IS(in, "idle");
	in.offered--;
	IS(in, "reader");
	in.received = 100;
	IS(in, "reader");
	in.offered = (__u32)-1;
	IS(in, "reader");
	/* A small buffer alone is not his fault. */
	in.unread = 0;
	IS(in, "receiving");
	in.offered = 60000;
	in.unread = 32767;
	IS(in, "receiving");
	in.unread++;
	IS(in, "reader");
	in.window_clamp = 2 * in.unread;
	IS(in, "receiving");
}

static void a_handshake_is_one_before_it_is_a_loss(void)
{
	static const __u8 states[] = { TCC_TCP_SYN_SENT, TCC_TCP_SYN_RECV, TCC_TCP_NEW_SYN_RECV };
	struct tcc_limit_input in = without_data();

	for (size_t i = 0; i < sizeof(states); i++) {
		in.state = states[i];
		in.ca_state = TCC_CA_LOSS;
		IS(in, "handshake");
	}
	in.state = 4;
	IS(in, "loss");
}

static void disorder_and_cwr_decide_nothing(void)
{
	struct tcc_limit_input in = all_sent();

	in.ca_state = TCC_CA_DISORDER;
	IS(in, "app");
	in.ca_state = TCC_CA_CWR;
	IS(in, "app");
}

static void a_cap_of_the_rate_is_one_only_when_it_is_reached(void)
{
	struct tcc_limit_input in = transfer();

	in.wstamp_ns = 1001;
	IS(in, "none");
	in.is_paced = true;
	in.max_pacing_rate = 101;
	IS(in, "pacing");
	in.pacing_rate = 101;
	IS(in, "maxpace");
	in.pacing_rate = in.max_pacing_rate = ~0ULL;
	IS(in, "pacing");
	in.wstamp_ns = 1000;
	IS(in, "none");
}

static void what_the_peer_takes_is_less_than_is_next(void)
{
	struct tcc_limit_input in = transfer();

	in.window_left = 1447;
	IS(in, "rwnd");
	in.window_left = 1448;
	IS(in, "none");
	in.unsent = 100;
	in.nonagle = TCC_NAGLE_OFF;
	in.window_left = 99;
	IS(in, "rwnd");
	in.window_left = 100;
	IS(in, "none");
	/* It shrank. */
	in.window_left = (__u32)-5;
	IS(in, "rwnd");
}

static void a_cork_holds_even_where_nothing_is_in_flight(void)
{
	struct tcc_limit_input in = transfer();

	in.unsent = 100;
	in.packets_out = in.in_flight = 0;
	IS(in, "none");
	in.nonagle = TCC_NAGLE_CORK;
	IS(in, "nagle");
	in.socket_flags = TCC_SOCK_NOSPACE;
	IS(in, "nagle");
	in.unsent = in.mss;
	IS(in, "none");
}

static struct tcc_limit_time after(enum tcc_limit then)
{
	return (struct tcc_limit_time){ .passed_ns = 100, .busy_ns = 30, .then = then,
					.now = TCC_LIMIT_APP };
}

#define BELONGS_TO(time, limit) check_eq(tcc_limit_of_time(&(time)), TCC_LIMIT_##limit)

static void time_belongs_to_what_was_seen_first(void)
{
	for (int then = TCC_LIMIT_NONE; then < TCC_LIMIT_COUNT; then++) {
		struct tcc_limit_time time = after(then);

		check_eq(tcc_limit_of_time(&time), then);
		time.ca_state = TCC_CA_RECOVERY;
		check_eq(tcc_limit_of_time(&time), then);
	}
}

static void time_that_ends_with_a_timeout_was_a_loss(void)
{
	for (int then = TCC_LIMIT_NONE; then < TCC_LIMIT_COUNT; then++) {
		struct tcc_limit_time time = after(then);
		bool is_other = then == TCC_LIMIT_HANDSHAKE || tcc_limit_is_without_data(then);

		time.ca_state = TCC_CA_LOSS;
		check_eq(tcc_limit_of_time(&time), is_other ? then : TCC_LIMIT_LOSS);
		time.socket_flags = TCC_SOCK_NOSPACE;
		check_eq(tcc_limit_of_time(&time), is_other ? then : TCC_LIMIT_LOSS);
	}
}

static void a_writer_who_waits_in_the_end_did_so_all_along(void)
{
	struct tcc_limit_time time = after(TCC_LIMIT_APP);

	time.socket_flags = ~TCC_SOCK_NOSPACE;
	BELONGS_TO(time, APP);
	time.socket_flags = TCC_SOCK_NOSPACE;
	BELONGS_TO(time, SNDBUF);
	time.then = TCC_LIMIT_CWND;
	BELONGS_TO(time, CWND);
}

static void time_without_data_ends_where_data_came(void)
{
	static const enum tcc_limit without[] = {
		TCC_LIMIT_IDLE, TCC_LIMIT_RECEIVING, TCC_LIMIT_READER
	};
	struct tcc_limit_time time;

	for (size_t i = 0; i < sizeof(without) / sizeof(without[0]); i++) {
		time = after(without[i]);
		check_eq(tcc_limit_busy_part(&time), 30);
		time.busy_ns = 101;	/* in jiffies: it can seem to be more */
		check_eq(tcc_limit_busy_part(&time), 100);
		time.busy_ns = 0;
		check_eq(tcc_limit_busy_part(&time), 0);
	}
	time = after(TCC_LIMIT_APP);
	check_eq(tcc_limit_busy_part(&time), 0);
}

#define MS 1000000ULL

/* A round trip of 30 ms, and 40 ms for a delayed acknowledgement. */
static struct tcc_limit_time silence(enum tcc_limit then, enum tcc_limit now)
{
	return (struct tcc_limit_time){ .passed_ns = 70 * MS, .srtt_ns = 30 * MS,
					.then = then, .now = now };
}

static void data_that_no_longer_arrives_is_not_received(void)
{
	struct tcc_limit_time time = silence(TCC_LIMIT_RECEIVING, TCC_LIMIT_RECEIVING);

	BELONGS_TO(time, RECEIVING);
	time.passed_ns++;
	BELONGS_TO(time, IDLE);
	time.passed_ns = 60000 * MS;
	BELONGS_TO(time, IDLE);
	/* The answer to what was asked after a while. */
	time.now = TCC_LIMIT_APP;
	time.busy_ns = 59930 * MS;
	BELONGS_TO(time, RECEIVING);
	time.busy_ns--;
	BELONGS_TO(time, IDLE);
	time = silence(TCC_LIMIT_IDLE, TCC_LIMIT_RECEIVING);
	BELONGS_TO(time, IDLE);
}

static void who_has_read_by_now_did_so_at_some_time(void)
{
	struct tcc_limit_time time = silence(TCC_LIMIT_READER, TCC_LIMIT_RECEIVING);

	BELONGS_TO(time, READER);
	time.passed_ns++;
	BELONGS_TO(time, IDLE);
	time.now = TCC_LIMIT_READER;
	BELONGS_TO(time, READER);
	time.then = TCC_LIMIT_RECEIVING;
	BELONGS_TO(time, READER);
	time.then = TCC_LIMIT_IDLE;
	BELONGS_TO(time, IDLE);
}

static void who_has_all_acknowledged_waits_for_nobody(void)
{
	check_eq(tcc_limit_when_acked(TCC_LIMIT_APP, 0), TCC_LIMIT_IDLE);
	check_eq(tcc_limit_when_acked(TCC_LIMIT_SNDBUF, 0), TCC_LIMIT_IDLE);
	check_eq(tcc_limit_when_acked(TCC_LIMIT_APP, 1), TCC_LIMIT_RECEIVING);
	check_eq(tcc_limit_when_acked(TCC_LIMIT_RECOVERY, 0), TCC_LIMIT_IDLE);
	check_eq(tcc_limit_when_acked(TCC_LIMIT_LOSS, 1), TCC_LIMIT_RECEIVING);
	check_eq(tcc_limit_when_acked(TCC_LIMIT_RWND, 0), TCC_LIMIT_IDLE);
	check_eq(tcc_limit_when_acked(TCC_LIMIT_READER, 1), TCC_LIMIT_READER);
	check_eq(tcc_limit_when_acked(TCC_LIMIT_HANDSHAKE, 1), TCC_LIMIT_HANDSHAKE);
}

int main(void)
{
	TAP_RUN(nothing_limits_a_segment_on_its_way);
	TAP_RUN(the_rules_of_a_transfer_in_their_order);
	TAP_RUN(a_blocked_writer_is_no_sign_while_segments_wait);
	TAP_RUN(all_is_sent);
	TAP_RUN(who_sends_nothing_is_not_limited_by_his_program);
	TAP_RUN(a_reader_who_does_not_read);
	TAP_RUN(a_handshake_is_one_before_it_is_a_loss);
	TAP_RUN(disorder_and_cwr_decide_nothing);
	TAP_RUN(a_cap_of_the_rate_is_one_only_when_it_is_reached);
	TAP_RUN(what_the_peer_takes_is_less_than_is_next);
	TAP_RUN(a_cork_holds_even_where_nothing_is_in_flight);
	TAP_RUN(time_belongs_to_what_was_seen_first);
	TAP_RUN(time_that_ends_with_a_timeout_was_a_loss);
	TAP_RUN(a_writer_who_waits_in_the_end_did_so_all_along);
	TAP_RUN(time_without_data_ends_where_data_came);
	TAP_RUN(data_that_no_longer_arrives_is_not_received);
	TAP_RUN(who_has_read_by_now_did_so_at_some_time);
	TAP_RUN(who_has_all_acknowledged_waits_for_nobody);
	return tap_done();
}
