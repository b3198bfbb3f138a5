/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The time of the last record of a set of files, before any is read. */
#ifndef TCC_READ_LAST_H
#define TCC_READ_LAST_H

#include "read/read_probe.h"
#include "read/read_stream.h"
#include "record/source.h"

/* Zeros at first. */
struct read_last {
	bool has_begun;
	size_t left;			/* files that may have it, the newest last */
	bool is_open;			/* one that is compressed, and is read through */
	bool is_known;
	int64_t ns;
	struct read_probe probe;
	struct read_stream stream;
};

/*
 * Find it: SOURCE_RECORD when that is done, *ns then being since 1970, or 0 where no record
 * has one; SOURCE_IDLE: not yet, as read_stream_fd(&last->stream) tells, or because
 * `common` has no lines left; SOURCE_END: one is no file that could be read twice, which
 * has been said.
 */
enum source_state read_last_find(struct read_last *last, const struct read_set *set,
				 struct read_common *common, int64_t *ns);

void read_last_free(struct read_last *last);

#endif
