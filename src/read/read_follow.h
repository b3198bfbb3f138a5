/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What becomes of a file that grows: it is written on, cut, or another has its name. */
#ifndef TCC_READ_FOLLOW_H
#define TCC_READ_FOLLOW_H

#include "read/read_common.h"
#include "read/read_set.h"

/* How often that is looked at. */
#define READ_FOLLOW_MS 100

enum read_follow_news {
	READ_FOLLOW_SAME,	/* it may have grown */
	READ_FOLLOW_CUT,	/* it is shorter than what was read of it */
	READ_FOLLOW_MOVED,	/* another has its name, and is written already */
};

/* `at`: up to where it was read; `path`: the name that was asked for. */
enum read_follow_news read_follow_look(const struct read_file *file, const char *path,
				       uint64_t at);

/* Say it, where without privilege the name cannot be opened any more. */
void read_follow_check(const char *path);

/*
 * Whether a record of that time may be handed out though others may be yet to come.
 * *ahead_ns, 0 at first: by how much the clock of its host is ahead of ours, which is
 * found out here. Ask again and again.
 */
bool read_follow_is_ripe(uint64_t time_ns, int64_t *ahead_ns);

/* CLOCK_MONOTONIC */
int64_t read_follow_steady_ns(void);

/*
 * How many files of a set are no newer than this one, which was of it: it is among them,
 * or what it was compressed into, or *has_gap.
 */
size_t read_follow_known(const struct read_set *now, const struct read_file *last,
			 const struct read_names *names, bool *has_gap);

/* CLOCK_REALTIME */
int64_t read_follow_now_ns(void);

#endif
