/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What user space asks the kernel side for, apart from filter and thinning. */
#ifndef TCC_ASK_H
#define TCC_ASK_H

#include "tcc_event.h"

struct tcc_ask {
	__u64 probe_props;	/* TCC_PROP()s that go with each probe */
	__u64 rare_props;	/* those that go with each other event */
	__u32 kinds;		/* TCC_KIND_BIT()s: the kinds of event */
	__u32 reserved;
};

static inline __attribute__((always_inline)) bool tcc_asks_for(const volatile struct tcc_ask *ask,
							       enum tcc_kind kind)
{
	return ask->kinds & TCC_KIND_BIT(kind);
}

/* Whether a kind other than probe is asked for. */
static inline __attribute__((always_inline)) bool
tcc_asks_for_rare(const volatile struct tcc_ask *ask)
{
	return ask->kinds & ~TCC_KIND_BIT(TCC_KIND_PROBE);
}

#endif
