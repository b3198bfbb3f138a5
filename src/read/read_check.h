/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a file has the fields that are asked for. */
#ifndef TCC_READ_CHECK_H
#define TCC_READ_CHECK_H

#include "read/read_common.h"

/*
 * Records of a kind have these fields, if only as absent. Say once what was chosen and is
 * not among them. Returns whether filters and thinning have what they need; if not, that
 * has been said, and the outcome is set.
 */
bool read_check(struct read_common *common, const char *path, uint8_t kind,
		const struct field_set *named);

/*
 * The file is at its end, has such records and none that are made of them: say once what
 * they lack, if they do.
 */
void read_check_made(struct read_common *common, const char *path, uint8_t kind,
		     const struct field_set *named);

/* All files are at their end: say once which members of private state none of them had. */
void read_check_members(struct read_common *common);

#endif
