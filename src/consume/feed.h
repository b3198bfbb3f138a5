/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether records make others: their lines leave by a connection that is traced, as
 * through a terminal over ssh, or a pipe into nc. Where that is seen it is said, once;
 * nothing is hidden. Knows neither formats nor what else is written.
 */
#ifndef TCC_FEED_H
#define TCC_FEED_H

#include <stdbool.h>
#include <stdint.h>

#include "record/record.h"

/* The connection by which ssh shows, or passes on, what is written; dport 0: none. */
struct feed_ssh {
	uint32_t saddr[4], daddr[4];	/* network byte order, IPv4 as v4-mapped */
	uint16_t sport, dport;
};

struct feed;

/*
 * Of lines that go to this descriptor. NULL where they cannot make others, as in a file,
 * or there is no memory.
 */
struct feed *feed_new(int fd, const struct feed_ssh *ssh);
void feed_free(struct feed *feed);	/* accepts NULL */

/* A record is written, as a line of so many bytes. */
void feed_record(struct feed *feed, const struct record *record, size_t line_bytes);

#endif
