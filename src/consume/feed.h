/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether records make others: their lines leave by a connection that is traced, ssh's.
 * Where records of that are written it is said, once; nothing is hidden. Of any other way
 * nobody can know, so of none is anything said. Knows neither formats nor what else is
 * written; of a record it reads the ends, which each has.
 */
#ifndef TCC_FEED_H
#define TCC_FEED_H

#include <stdint.h>

#include "record/record.h"

enum feed_way {
	FEED_NONE,		/* what is written leaves nowhere, or it has been said */
	FEED_TERMINAL,		/* to the terminal of this session */
	FEED_PIPE,		/* to whoever reads it: it may be that connection, or not */
};

/* How what is written to this descriptor may leave. */
enum feed_way feed_way(int fd);

struct feed {
	enum feed_way way;
	/* The connection's ends; network byte order, IPv4 as v4-mapped. */
	uint32_t saddr[4], daddr[4];
	uint16_t sport, dport;
	unsigned int n_records;		/* of that, so far */
};

/* A record is written. */
void feed_record(struct feed *feed, const struct record *record);

#endif
