// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What tcc-trace's BPF program is measured against: a program that does
 * nothing, and one that takes the same event, copied by the very same code, to
 * user space through a BPF ring buffer.
 */
#include "tcc_trace.bpf.c"

#define BENCH_RINGBUF_BYTES (1 << 20)

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, BENCH_RINGBUF_BYTES);
} bench_ringbuf SEC(".maps");

/* Events that found the ring buffer full: a fair comparison has none. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} bench_dropped SEC(".maps");

static __noinline void count_dropped(void)
{
	__u32 key = 0;
	__u64 *count = bpf_map_lookup_elem(&bench_dropped, &key);

	if (count)
		__sync_fetch_and_add(count, 1);
}

SEC("tp_btf/tcp_probe")
int BPF_PROG(bench_do_nothing, struct sock *sk, struct sk_buff *skb)
{
	return 0;
}

SEC("tp_btf/tcp_probe")
int BPF_PROG(bench_submit, struct sock *sk, struct sk_buff *skb)
{
	struct tcp_sock *tp = (struct tcp_sock *)bpf_skc_to_tcp_sock(sk);
	struct tcc_probe *probe;

	if (!tp)
		return 0;
	probe = bpf_ringbuf_reserve(&bench_ringbuf, sizeof(*probe), 0);
	if (!probe) {
		count_dropped();
		return 0;
	}
	copy_probe(probe, sk, tp, skb, 0);
	barrier();
	probe->event.ktime_ns = bpf_ktime_get_ns();
	bpf_ringbuf_submit(probe, BPF_RB_NO_WAKEUP);
	return 0;
}
