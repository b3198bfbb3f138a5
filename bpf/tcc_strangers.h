/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How many connections the filter turns away, as long as somebody wants to know: counted
 * there, said by user space.
 */
#ifndef TCC_STRANGERS_H
#define TCC_STRANGERS_H

#include <linux/types.h>

/* How many are told apart: beyond, that there are more. */
#define TCC_STRANGERS_MAX 4096

struct tcc_strangers {
	__u32 n;
	__u32 has_more;
	__u32 is_over;		/* set by user space: it knows enough */
};

#endif
