/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The other way round: from a line of output back to the record. Written
 * without a look at src/format*.c, so that both are unlikely to share a fault.
 */
#ifndef TCC_TESTS_READBACK_H
#define TCC_TESTS_READBACK_H

#include <stdbool.h>

#include "format/format.h"

/*
 * Whether a line without color, terminated instead of its LF, says what the
 * record says, in these fields. Spoils the line. Returns NULL, or what it says
 * wrong; valid until the next call.
 */
const char *readback_check(enum format_kind kind, const struct field_list *list,
			   const struct record *record, char *line);

#endif
