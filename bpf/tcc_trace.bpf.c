// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The program on tcp:tcp_probe, the one event that is hot: filter, copy, count.
 * Those on its rarer sisters are tcc_rare_events.bpf.h's. Arithmetic, names and
 * policy live in user space.
 */
#include "kernel.h"

#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "tcc_ask.h"
#include "tcc_copy.bpf.h"
#include "tcc_life.bpf.h"
#include "tcc_match.bpf.h"
#include "tcc_rare.bpf.h"
#include "tcc_ring.bpf.h"
#include "tcc_strangers.bpf.h"
#include "tcc_thin.bpf.h"

char LICENSE[] SEC("license") = "GPL";

/* Constant, so that the verifier removes what is not asked for. */
const volatile struct tcc_ask tcc_ask;

/*
 * For tests/order.bats, which builds a program of its own with it: CPU 0 stalls
 * at the worst moment, as a virtual one does when its host takes it away.
 */
#ifdef TCC_TEST_STALL_NS
static long spin(__u32 i, __u64 *until_ns)
{
	(void)i;
	return bpf_ktime_get_ns() >= *until_ns;
}

static __noinline int test_stall(struct tcc_ring_producer *ring, __u64 ktime_ns)
{
	__u64 until_ns = ktime_ns + TCC_TEST_STALL_NS;

	if (ring->first == 0 && ring->head % 512 == 511)
		bpf_loop(1 << 20, spin, &until_ns, 0);
	return 0;
}
#else
#define test_stall(ring, ktime_ns) ((void)0)
#endif

static __always_inline void copy_probe(struct tcc_probe *probe, struct sock *sk,
				       const struct tcp_sock *tp, const struct sk_buff *skb,
				       __u32 lost)
{
	copy_identity(&probe->event, sk);
	probe->event.lost = lost;
	probe->event.kind = TCC_KIND_PROBE;
	copy_state(probe, sk, tp);
	probe->length = payload_length(skb);
	probe->mark = skb->mark;
	probe->sport = sk->__sk_common.skc_num;
}

/* Fill the slot; the clock is read last, see tcc_ring.bpf.h. */
static __always_inline bool take_probe(struct tcc_ring_producer *ring, struct tcc_sample *sample,
				       struct sock *sk, const struct tcp_sock *tp,
				       const struct sk_buff *skb, struct tcc_thin_state *thin,
				       bool weak, __u64 props)
{
	struct tcc_probe *probe = &sample->probe;
	__u64 ktime_ns;

	copy_probe(probe, sk, tp, skb, ring->lost_pending);
	probe->skipped = thin ? tcc_thin_written(thin, tp) : 0;
	if (props)
		copy_props(&probe->event, &sample->props, sk, tp, props);
	barrier();
	ktime_ns = bpf_ktime_get_ns();
	probe->event.ktime_ns = ktime_ns;
	if (thin)
		thin->ktime_ns = ktime_ns;
	test_stall(ring, ktime_ns);
	return tcc_ring_publish(ring, ktime_ns, weak);
}

static __always_inline bool is_thinned(void)
{
	return tcc_thin.is_changes || tcc_thin.interval_ns;
}

/*
 * Whether the event is to be written. The life of its connection is kept up;
 * *thin, if not NULL, is to be told that it was written.
 */
static __always_inline bool wants_probe(struct tcp_sock *tp, const struct sk_buff *skb,
					struct tcc_thin_state **thin)
{
	struct tcc_life *life;

	if (tcc_ask.kinds & TCC_KIND_BIT(TCC_KIND_CLOSE)) {
		life = tcc_life_of(tp);
		if (life)
			tcc_life_probe(life, tp, skb);
	}
	if (!is_thinned())
		return true;
	*thin = tcc_thin_of(tp);
	return !*thin || tcc_thin_wants(*thin, tp);
}

static __always_inline int on_probe(struct sock *sk, const struct sk_buff *skb, bool weak,
				    bool is_plain)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct tcc_ring_producer *ring = bpf_map_lookup_elem(&tcc_producers, &cpu);
	struct tcc_sample *sample;
	struct tcp_sock *tp;
	struct tcc_thin_state *thin = NULL;
	bool was_pause = false;

	if (!ring)
		return 0;
	if (!is_plain && !matches(sk, skb, sk->__sk_common.skc_num)) {
		tcc_ring_count_filtered(ring);
		tcc_strangers_count(sk, sk->__sk_common.skc_num);
		return 0;
	}
	if (!tcc_ring_enter(ring, weak))
		return 0;
	tp = (struct tcp_sock *)bpf_skc_to_tcp_sock(sk);
	if (!is_plain && tp && !wants_probe(tp, skb, &thin)) {
		tcc_ring_count_filtered(ring);
		tcc_ring_leave(ring);
		return 0;
	}
	sample = tcc_ring_slot(ring, cpu);
	if (sample && tp)
		was_pause = take_probe(ring, sample, sk, tp, skb, thin, weak,
				       is_plain ? 0 : tcc_ask.probe_props);
	else if (sample)
		/* Not a full TCP socket: never seen, but never silent. */
		tcc_ring_count_lost(ring);
	tcc_ring_leave(ring);
	if (was_pause)
		tcc_rare_ring_bell();
	return 0;
}

/*
 * The loader picks one of four. Where nothing but the default is asked for, no
 * filter, thinning or property, there is a program of its own, since even a
 * constant that decides nothing is loaded, from a cold page.
 * `tso` is for processors that keep stores in order (x86); `weak` for all
 * others: before 5.12 the kernel refuses the atomics it needs.
 */
#define TCC_PROBE(name, weak, is_plain)					\
	SEC("tp_btf/tcp_probe")						\
	int BPF_PROG(name, struct sock *sk, struct sk_buff *skb)	\
	{								\
		return on_probe(sk, skb, weak, is_plain);		\
	}

TCC_PROBE(tcc_probe_tso, false, true)
TCC_PROBE(tcc_probe_weak, true, true)
TCC_PROBE(tcc_match_tso, false, false)
TCC_PROBE(tcc_match_weak, true, false)

/*
 * tcp_probe is silent once one end has closed; the segments that arrive then come
 * through tcp_rcv_state_process(), net/ipv4/tcp_input.c, before they are
 * processed, too. For whoever asks for the states of a connection they are probes.
 */
#define STATES_AFTER_CLOSE							\
	(1 << TCP_FIN_WAIT1 | 1 << TCP_FIN_WAIT2 | 1 << TCP_CLOSE_WAIT |	\
	 1 << TCP_LAST_ACK | 1 << TCP_CLOSING)

#define TCC_LATE(name, weak)							\
	SEC("fentry/tcp_rcv_state_process")					\
	int BPF_PROG(name, struct sock *sk, struct sk_buff *skb)		\
	{									\
		if (!(1 << sk->__sk_common.skc_state & STATES_AFTER_CLOSE))	\
			return 0;						\
		return on_probe(sk, skb, weak, false);				\
	}

TCC_LATE(tcc_late_tso, false)
TCC_LATE(tcc_late_weak, true)

/* No probe is asked for, but the lives of connections are. */
SEC("tp_btf/tcp_probe")
int BPF_PROG(tcc_live, struct sock *sk, struct sk_buff *skb)
{
	struct tcp_sock *tp = (struct tcp_sock *)bpf_skc_to_tcp_sock(sk);
	struct tcc_life *life;

	if (!tp || !matches(sk, skb, sk->__sk_common.skc_num))
		return 0;
	life = tcc_life_of(tp);
	if (life)
		tcc_life_probe(life, tp, skb);
	return 0;
}

#include "tcc_command_events.bpf.h"
#include "tcc_rare_events.bpf.h"
