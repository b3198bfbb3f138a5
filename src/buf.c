// SPDX-License-Identifier: GPL-2.0-or-later
/* A growing run of bytes; see buf.h. */
#include "buf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int buf_reserve(struct buf *buf, size_t more)
{
	size_t capacity = buf->capacity ? buf->capacity : 256;
	char *data;

	if (buf->capacity - buf->length >= more)
		return 0;
	while (capacity - buf->length < more)
		capacity *= 2;
	data = realloc(buf->data, capacity);
	if (!data)
		return -ENOMEM;
	buf->data = data;
	buf->capacity = capacity;
	return 0;
}

int buf_append(struct buf *buf, const void *data, size_t length)
{
	int err = buf_reserve(buf, length);

	if (err)
		return err;
	memcpy(buf->data + buf->length, data, length);
	buf->length += length;
	return 0;
}

void buf_consume(struct buf *buf, size_t length)
{
	buf->length -= length;
	memmove(buf->data, buf->data + length, buf->length);
}

void buf_release(struct buf *buf)
{
	free(buf->data);
	*buf = (struct buf)BUF_EMPTY;
}
