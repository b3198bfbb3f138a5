/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A growing run of bytes. Owned by whoever initialised it.
 */
#ifndef TCC_BUF_H
#define TCC_BUF_H

#include <stddef.h>

struct buf {
	char *data;
	size_t length;
	size_t capacity;
};

#define BUF_EMPTY { NULL, 0, 0 }

/* Room for `more` bytes behind the end; -ENOMEM leaves all as it is. */
int buf_reserve(struct buf *buf, size_t more);

int buf_append(struct buf *buf, const void *data, size_t length);

/* Take `length` bytes off the front. */
void buf_consume(struct buf *buf, size_t length);

void buf_release(struct buf *buf);

#endif
