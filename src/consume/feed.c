// SPDX-License-Identifier: GPL-2.0-or-later
/* Whether records make others; see feed.h. */
#include "consume/feed.h"

#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "base/log.h"

/* A few may be of something typed. */
#define RECORDS 10

/* Another terminal, as that of a serial line, is none that this session's ssh shows. */
enum feed_way feed_way(int fd)
{
	struct stat st;

	if (isatty(fd))
		return tcgetsid(fd) >= 0 ? FEED_TERMINAL : FEED_NONE;
	if (fstat(fd, &st) || !(S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode)))
		return FEED_NONE;
	return FEED_PIPE;
}

static bool is_end(const uint32_t addr[4], uint16_t port, const uint32_t of[4], uint16_t at)
{
	return port == at && memcmp(addr, of, 4 * sizeof(addr[0])) == 0;
}

/* By either end: both may be on this machine, and the filter may let one pass. */
static bool is_of_it(const struct feed *feed, const struct record *record)
{
	const uint32_t *saddr = record->addrs.saddr, *daddr = record->addrs.daddr;

	return (is_end(saddr, record->sport, feed->saddr, feed->sport) &&
		is_end(daddr, record->dport, feed->daddr, feed->dport)) ||
	       (is_end(saddr, record->sport, feed->daddr, feed->dport) &&
		is_end(daddr, record->dport, feed->saddr, feed->sport));
}

void feed_record(struct feed *feed, const struct record *record)
{
	if (feed->way == FEED_NONE || !is_of_it(feed, record) || ++feed->n_records < RECORDS)
		return;
	if (feed->way == FEED_TERMINAL)
		log_warning("this terminal's own connection, ssh at port %u, is traced: each line "
			    "that it shows makes others; --port='!%u' leaves it out",
			    feed->sport, feed->sport);
	else
		log_warning("the connection of this session, ssh at port %u, is traced: if what "
			    "is written here leaves by it, each line makes others; "
			    "--port='!%u' leaves it out", feed->sport, feed->sport);
	feed->way = FEED_NONE;
}
