/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names that records point to, kept as long as the reader: words of others, and hosts. */
#ifndef TCC_READ_KEPT_H
#define TCC_READ_KEPT_H

#include "record/record.h"

struct read_kept;

struct read_kept *read_kept_new(void);		/* NULL: no memory */
void read_kept_free(struct read_kept *kept);	/* accepts NULL */

/* The same for the same text, of EMIT_SHORT_MAX bytes at most. NULL: there are too many. */
const struct word *read_kept_word(struct read_kept *kept, const char *text, size_t length);

/* Likewise. NULL also where it is no such name as record_set_host() takes. */
const struct record_host *read_kept_host(struct read_kept *kept, const char *text,
					 size_t length);

/* One in a line, as read_value() reads values. */
const char *read_kept_take_host(struct read_kept *kept, const char *at,
				const struct record_host **host);

#endif
