/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Other people's text made fit to be shown: names that are files', users', programs'
 * may have anything in them. Knows no destination.
 */
#ifndef TCC_ESCAPE_H
#define TCC_ESCAPE_H

#include <stddef.h>

#define ESCAPE_GROWTH 4		/* a byte becomes as many at most */

/*
 * Write `length` bytes of `text` to `out`, which has room for ESCAPE_GROWTH times as
 * many. What could move a terminal's cursor, begin another line, or show in another
 * order than it stands becomes \xNN, byte by byte: control characters (C0, DEL, C1),
 * line and paragraph separators, marks of direction and what has no width; and what
 * is no UTF-8 (RFC 3629). Bytes that are in `kept` stay: "" for none. Returns how many
 * bytes that is; no NUL is added.
 */
size_t escape_text(char *out, const char *text, size_t length, const char *kept);

#endif
