/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel could not remember of sockets: counted there, said by user space. */
#ifndef TCC_REFUSED_H
#define TCC_REFUSED_H

#include <linux/types.h>

/* How many connections the table has that stands in for socket storage before 5.11. */
#define TCC_SOCK_TABLE_ENTRIES 65536

struct tcc_refused {
	__u64 n_events;		/* whose connection could not be remembered */
	__u64 n_table_entries;	/* connections entered in the table so far */
};

#endif
