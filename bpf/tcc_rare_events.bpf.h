/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The programs on the rarer tracepoints: a connection's life beyond the
 * segments that arrive. Each event carries the state of the connection as a
 * probe does, and what its kind alone has.
 *
 * The kernel may hand over sockets that are no TCP connection: listeners,
 * other protocols, those of a time-wait, or none at all (tcp_send_reset). What
 * belongs to no connection is counted as filtered.
 */
#ifndef TCC_RARE_EVENTS_BPF_H
#define TCC_RARE_EVENTS_BPF_H

static __always_inline bool is_asked(enum tcc_kind kind)
{
	return tcc_asks_for(&tcc_ask, kind);
}

/* The port is the socket's own as long as it lives; see tcc_sock_state.bpf.h. */
static __always_inline __u16 local_port(const struct tcp_sock *tp)
{
	const struct inet_sock *inet = (const struct inet_sock *)tp;

	return bpf_ntohs(inet->inet_sport);
}

/* A TCP connection that the filter lets pass: with a remote end. */
static __always_inline bool is_wanted(const struct sock *sk, const struct tcp_sock *tp)
{
	return tp && sk->__sk_common.skc_dport && matches(sk, NULL, local_port(tp));
}

/* Not of a connection, or of one that the filter turns away. */
static __always_inline void turn_away(struct tcc_rare_count *count, struct sock *sk,
				      const struct tcp_sock *tp)
{
	TCC_RARE_ADD(count->filtered, 1);
	if (tp)
		tcc_strangers_count(sk, local_port(tp));
}

/* An event of this kind with all but what the kind alone has, or NULL. */
static __always_inline struct tcc_rare_record *begin(struct tcc_rare_count *count,
						     enum tcc_kind kind, struct sock *sk,
						     struct tcp_sock *tp)
{
	__u64 props = tcc_ask.rare_props;
	struct tcc_rare_record *rare = tcc_rare_reserve(count, kind, props);
	struct tcc_probe *probe;

	if (!rare)
		return NULL;
	probe = &rare->probe;
	copy_identity(&probe->event, sk);
	copy_state(probe, sk, tp);
	probe->sport = local_port(tp);
	probe->length = probe->mark = probe->skipped = 0;
	if (props)
		copy_props(&probe->event, (void *)rare + tcc_rare_head_bytes(kind), sk, tp, props);
	rare->seq = 0;
	rare->from = rare->to = rare->cause = rare->has_life = 0;
	return rare;
}

/* The events that say no more than that something changed, or happened. */
static __always_inline void write_change(enum tcc_kind kind, struct sock *sk, struct tcp_sock *tp,
					 bool is_wanted, __u8 from, __u8 to, __u8 cause)
{
	struct tcc_rare_count *count = tcc_rare_count_of(kind);
	struct tcc_rare_record *rare;

	if (!count)
		return;
	if (!is_wanted) {
		turn_away(count, sk, tp);
		return;
	}
	rare = begin(count, kind, sk, tp);
	if (!rare)
		return;
	rare->from = from;
	rare->to = to;
	rare->cause = cause;
	tcc_rare_submit(count, rare);
}

/*
 * A tail-loss probe is sent by its timer, while that is what is pending
 * (tcp_write_timer_handler(), tcp_send_loss_probe()), and never in Recovery or
 * Loss (tcp_schedule_loss_probe()); all else by what the state says.
 */
static __always_inline __u8 why_retransmitted(const struct tcp_sock *tp)
{
	const struct inet_connection_sock *icsk = &tp->inet_conn;
	__u8 ca_state = BPF_CORE_READ_BITFIELD(icsk, icsk_ca_state);

	if (ca_state == TCC_CA_LOSS)
		return TCC_RETRANSMIT_RTO;
	if (ca_state == TCC_CA_RECOVERY)
		return TCC_RETRANSMIT_FAST;
	return icsk->icsk_pending == ICSK_TIME_LOSS_PROBE ? TCC_RETRANSMIT_TLP
							  : TCC_RETRANSMIT_OTHER;
}

/*
 * Whether it left: from 6.17 on the tracepoint tells of failures too, by a third
 * argument (__tcp_retransmit_skb(), net/ipv4/tcp_output.c).
 */
static __always_inline bool has_left(const __u64 *ctx)
{
	const struct trace_event_raw_tcp_retransmit_skb *record = NULL;

	if (!bpf_core_field_exists(record->err))
		return true;
	return (int)*(const volatile __u64 *)&ctx[2] == 0;
}

SEC("tp_btf/tcp_retransmit_skb")
int BPF_PROG(tcc_retransmit, struct sock *sk, struct sk_buff *skb)
{
	struct tcc_rare_count *count = tcc_rare_count_of(TCC_KIND_RETRANSMIT);
	struct tcp_sock *tp = (struct tcp_sock *)bpf_skc_to_tcp_sock(sk);
	struct tcc_rare_record *rare;

	if (!count)
		return 0;
	if (!has_left((const __u64 *)ctx)) {
		TCC_RARE_ADD(count->filtered, 1);
		return 0;
	}
	if (!is_wanted(sk, tp)) {
		turn_away(count, sk, tp);
		return 0;
	}
	rare = begin(count, TCC_KIND_RETRANSMIT, sk, tp);
	if (!rare)
		return 0;
	rare->probe.length = payload_length(skb);
	rare->seq = ((const struct tcp_skb_cb *)skb->cb)->seq;
	rare->cause = why_retransmitted(tp);
	tcc_rare_submit(count, rare);
	return 0;
}

/* Called before the state is set (tcp_set_ca_state(), include/net/tcp.h). */
SEC("tp_btf/tcp_cong_state_set")
int BPF_PROG(tcc_ca_state, struct sock *sk, __u8 ca_state)
{
	struct tcp_sock *tp = (struct tcp_sock *)bpf_skc_to_tcp_sock(sk);
	bool wanted = tp && is_wanted(sk, tp);
	struct tcc_life_look look;
	struct tcc_life *life;

	if (wanted && is_asked(TCC_KIND_CLOSE)) {
		life = tcc_life_of(tp);
		look = tcc_life_look_at(tp);
		look.ca_state = ca_state;
		if (life)
			tcc_life_look(life, tp, &look);
	}
	if (tp && is_asked(TCC_KIND_CA_STATE))
		write_change(TCC_KIND_CA_STATE, sk, tp, wanted,
			     BPF_CORE_READ_BITFIELD(&tp->inet_conn, icsk_ca_state), ca_state, 0);
	return 0;
}

/* The life is that of the latest look. */
static __noinline int write_close(struct tcc_rare_count *count, struct tcc_life *life,
				  struct sock *sk, struct tcp_sock *tp)
{
	struct tcc_rare_record *rare = begin(count, TCC_KIND_CLOSE, sk, tp);

	if (rare && life) {
		rare->life = *life;
		tcc_life_count(&rare->life, tp);
		rare->has_life = 1;
	}
	if (rare)
		tcc_rare_submit(count, rare);
	return 0;
}

/* There is no memory for its life: its close is written without. */
static __always_inline void end_unremembered(struct tcc_rare_count *count, struct sock *sk,
					     struct tcp_sock *tp, int to)
{
	tcc_closed_take(tp);
	if (to != TCP_CLOSE)
		return;
	write_close(count, NULL, sk, tp);
	tcc_closed_enter(tp);
}

/*
 * A life begins with the handshake, if that is seen, and ends with state CLOSE:
 * a connection that its own end aborts is as new before the socket is destroyed,
 * without address, port and counters (tcp_disconnect(), net/ipv4/tcp.c). The same
 * socket may then connect again, to another life.
 */
static __always_inline void live_on(struct sock *sk, struct tcp_sock *tp, int from, int to)
{
	struct tcc_rare_count *count = tcc_rare_count_of(TCC_KIND_CLOSE);
	struct tcc_life_look look;
	struct tcc_life *life;

	/* What has no connection has no life. */
	if (!count || (from == TCP_CLOSE && to == TCP_CLOSE))
		return;
	life = tcc_life_of(tp);
	if (!life) {
		end_unremembered(count, sk, tp, to);
		return;
	}
	if (life->is_over && to != TCP_CLOSE)	/* another */
		*life = (struct tcc_life){ .ports = tcc_sock_state_ports(tp) };
	if (life->is_over)
		return;
	look = tcc_life_look_at(tp);
	look.state = to;
	look.is_start = from == TCP_CLOSE || tcc_life_is_new(from);
	tcc_life_look(life, tp, &look);
	tcc_life_state(life, tp, from, to);
	if (to == TCP_CLOSE) {
		write_close(count, life, sk, tp);
		life->is_over = 1;
	}
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(tcc_state, struct sock *sk, int from, int to)
{
	struct tcp_sock *tp = (struct tcp_sock *)bpf_skc_to_tcp_sock(sk);
	bool wanted = tp && is_wanted(sk, tp);

	if (is_asked(TCC_KIND_STATE))
		write_change(TCC_KIND_STATE, sk, tp, wanted, from, to, 0);
	if (wanted && is_asked(TCC_KIND_CLOSE))
		live_on(sk, tp, from, to);
	return 0;
}

SEC("tp_btf/tcp_receive_reset")
int BPF_PROG(tcc_reset_received, struct sock *sk)
{
	struct tcp_sock *tp = (struct tcp_sock *)bpf_skc_to_tcp_sock(sk);

	write_change(TCC_KIND_RESET, sk, tp, tp && is_wanted(sk, tp), 0, 0, 0);
	return 0;
}

/* From 6.12 on the socket may be missing: the segment found none. */
SEC("tp_btf/tcp_send_reset")
int BPF_PROG(tcc_reset_sent, struct sock *sk, struct sk_buff *skb)
{
	struct tcp_sock *tp = NULL;

	if (sk)
		tp = (struct tcp_sock *)bpf_skc_to_tcp_sock(sk);
	write_change(TCC_KIND_RESET, sk, tp, tp && is_wanted(sk, tp), 0, 0, 1);
	return 0;
}

static __always_inline void close_at_last(struct tcc_rare_count *count, struct tcc_life *life,
					  struct sock *sk, struct tcp_sock *tp)
{
	struct tcc_life_look look = tcc_life_look_at(tp);

	if (!is_wanted(sk, tp)) {
		turn_away(count, sk, tp);
		return;
	}
	if (life)
		tcc_life_look(life, tp, &look);
	write_close(count, life, sk, tp);
}

/*
 * A socket whose connection ended as state CLOSE was told has had its close. What
 * comes here besides are sockets that never were in another state.
 */
SEC("tp_btf/tcp_destroy_sock")
int BPF_PROG(tcc_close, struct sock *sk)
{
	struct tcc_rare_count *count = tcc_rare_count_of(TCC_KIND_CLOSE);
	struct tcp_sock *tp = (struct tcp_sock *)bpf_skc_to_tcp_sock(sk);
	struct tcc_life *life = tp ? tcc_life_known(tp) : NULL;

	if (!count)
		return 0;
	if (!tp)
		TCC_RARE_ADD(count->filtered, 1);
	else if (!(life && life->is_over) && !tcc_closed_take(tp))
		close_at_last(count, life, sk, tp);
	if (tp)
		tcc_life_forget(tp);
	return 0;
}

#endif
