/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For `tc filter add ... ingress bpf direct-action`: gives arriving packets
 * the mark MARK. Not every kernel has an action of tc's own for that.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

__attribute__((section("tc"), used))
int mark(struct __sk_buff *skb)
{
	skb->mark = MARK;
	return TC_ACT_OK;
}

__attribute__((section("license"), used))
char mark_license[] = "GPL";
