/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether bytes of a file may be ours: the beginning of a line, whole or cut off
 * anywhere, as the formats write it. Knows lines, not files.
 */
#ifndef TCC_FORMAT_OWN_H
#define TCC_FORMAT_OWN_H

#include <stdbool.h>
#include <stddef.h>

#include "format/format.h"

/* Of one format, its fields and style being any. What lies behind an LF is not looked at. */
bool format_own_is_line(enum format_kind kind, const char *bytes, size_t length);

/* Of any format, its heading included. The context is none: as file/append.h calls it. */
bool format_own_is_log(const void *context, const char *bytes, size_t length);

#endif
