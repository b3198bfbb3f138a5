/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What holds a sender back: one pure function, for the kernel side, which adds
 * up times by it, and for user space, which shows it. The first rule that holds
 * decides:
 *
 *	recovery  the congestion state is Recovery or Loss
 *	rwnd      the kernel's clock of being limited by the peer's window runs
 *		  (TCP_CHRONO_RWND_LIMITED, tcp_write_xmit() in net/ipv4/tcp_output.c)
 *	sndbuf    the same for the send buffer (TCP_CHRONO_SNDBUF_LIMITED,
 *		  tcp_cwnd_validate())
 *	app       nothing is waiting to be sent
 *	cwnd      what is in flight (tcp_packets_in_flight(), include/net/tcp.h)
 *		  fills the congestion window
 *	pacing    the next segment may not leave yet: the socket is paced, and
 *		  tcp_wstamp_ns lies ahead (tcp_pacing_check())
 *	cwnd      the window was full within the last round trip
 *		  (tp->is_cwnd_limited, tcp_cwnd_validate()): what is left of it is
 *		  less than a burst, and waits for more (tcp_tso_should_defer())
 *	none      none of these: a queue below TCP, or the next segment is on its way
 */
#ifndef TCC_LIMIT_H
#define TCC_LIMIT_H

#include <linux/types.h>
#include <stdbool.h>

enum tcc_limit {
	TCC_LIMIT_NONE = 0,
	TCC_LIMIT_CWND,
	TCC_LIMIT_RWND,
	TCC_LIMIT_SNDBUF,
	TCC_LIMIT_APP,
	TCC_LIMIT_PACING,
	TCC_LIMIT_RECOVERY,
	TCC_LIMIT_COUNT
};

/* enum tcp_ca_state, include/uapi/linux/tcp.h */
enum tcc_ca_state {
	TCC_CA_OPEN = 0,
	TCC_CA_DISORDER,
	TCC_CA_CWR,
	TCC_CA_RECOVERY,
	TCC_CA_LOSS,
	TCC_CA_COUNT
};

/* enum tcp_chrono, include/linux/tcp.h */
#define TCC_CHRONO_RWND_LIMITED 2
#define TCC_CHRONO_SNDBUF_LIMITED 3

struct tcc_limit_input {
	__u64 now_ns;		/* CLOCK_MONOTONIC */
	__u64 wstamp_ns;	/* tp->tcp_wstamp_ns */
	__u32 unsent;		/* bytes: tp->write_seq - tp->snd_nxt, may be below 0 */
	__u32 in_flight;	/* segments: packets_out - sacked_out - lost_out + retrans_out */
	__u32 snd_cwnd;		/* segments */
	__u8 ca_state, chrono_type;
	bool is_cwnd_limited, is_paced;
};

static inline __attribute__((always_inline)) enum tcc_limit
tcc_limit_of(const struct tcc_limit_input *in)
{
	if (in->ca_state >= TCC_CA_RECOVERY)
		return TCC_LIMIT_RECOVERY;
	if (in->chrono_type == TCC_CHRONO_RWND_LIMITED)
		return TCC_LIMIT_RWND;
	if (in->chrono_type == TCC_CHRONO_SNDBUF_LIMITED)
		return TCC_LIMIT_SNDBUF;
	if ((__s32)in->unsent <= 0)
		return TCC_LIMIT_APP;
	if (in->in_flight >= in->snd_cwnd)
		return TCC_LIMIT_CWND;
	if (in->is_paced && in->wstamp_ns > in->now_ns)
		return TCC_LIMIT_PACING;
	return in->is_cwnd_limited ? TCC_LIMIT_CWND : TCC_LIMIT_NONE;
}

#endif
