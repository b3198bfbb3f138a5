// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whether records make others; see feed.h.
 *
 * Whatever a terminal over ssh shows is sent by ssh's connection, so some records of that
 * are enough. In a pipe nobody knows what becomes of lines: there the connection that most
 * records are of has to send as many bytes as are written, for some windows of records.
 * That of ssh may send somewhat more, encrypted and in packets; of any other nothing is
 * known, so the sums have to be nearly the same. A bulk transfer may have that by chance,
 * where each record is as long as the segments that it tells of: but not with most of its
 * window free.
 */
#include "consume/feed.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

/* Of a terminal's own connection: the first few records may be of something typed. */
#define SHOWN_RECORDS 10

#define WINDOW_RECORDS 64
#define WINDOWS 4

struct feed {
	struct feed_ssh ssh;
	bool is_terminal;
	bool is_over;		/* it has been said */
	unsigned int n_shown;
	/* The connection that most records are of, by majority vote. */
	uint64_t key;
	unsigned int n_votes;
	bool is_of_ssh;
	/* This window's. */
	unsigned int n_records, n_own;
	uint64_t line_bytes, sent_bytes;
	bool is_in_bulk;
	/* Of the windows before it, in a row, that looked like it. */
	unsigned int n_alike;
	uint64_t all_line_bytes, all_sent_bytes;
	/* Of the connection's last record. */
	uint32_t snd_nxt;
	bool has_snd_nxt;
};

struct feed *feed_new(int fd, const struct feed_ssh *ssh)
{
	bool is_terminal = isatty(fd);
	struct feed *feed;
	struct stat st;

	if (fstat(fd, &st) || !(is_terminal || S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode)))
		return NULL;
	feed = calloc(1, sizeof(*feed));
	if (!feed)
		return NULL;
	feed->ssh = *ssh;
	feed->is_terminal = is_terminal;
	return feed;
}

void feed_free(struct feed *feed)
{
	free(feed);
}

static bool is_of_ssh(const struct feed *feed, const struct record *record)
{
	const struct feed_ssh *ssh = &feed->ssh;

	return record->sport == ssh->sport && record->dport == ssh->dport &&
	       memcmp(record->addrs.saddr, ssh->saddr, sizeof(ssh->saddr)) == 0 &&
	       memcmp(record->addrs.daddr, ssh->daddr, sizeof(ssh->daddr)) == 0;
}

/* --- what is said ---------------------------------------------------------------------- */

/* The port that stays when the connection is made again is the server's, and the lower. */
static void say(struct feed *feed, const struct record *record)
{
	unsigned int port = record->sport < record->dport ? record->sport : record->dport;

	feed->is_over = true;
	if (is_of_ssh(feed, record))
		log_warning("%s own connection, ssh at port %u, is traced: each line that it %s "
			    "makes others; --port='!%u' leaves it out",
			    feed->is_terminal ? "this terminal's" : "this output's",
			    feed->ssh.sport, feed->is_terminal ? "shows" : "takes",
			    feed->ssh.sport);
	else
		log_warning("%.*s.%u > %.*s.%u seems to send what is written here, and is traced: "
			    "each line makes others; --port='!%u' leaves it out",
			    record->addrs.saddr_length, record->addrs.saddr_text, record->sport,
			    record->addrs.daddr_length, record->addrs.daddr_text, record->dport,
			    port);
}

/* --- which connection it may be ---------------------------------------------------------- */

static void begin_window(struct feed *feed)
{
	feed->n_records = feed->n_own = 0;
	feed->line_bytes = feed->sent_bytes = 0;
	feed->is_in_bulk = false;
}

static void begin_anew(struct feed *feed)
{
	feed->n_alike = 0;
	feed->all_line_bytes = feed->all_sent_bytes = 0;
}

/* Whoever has more votes than all others together stays. */
static bool is_of_most(struct feed *feed, const struct record *record)
{
	if (record->conn_key == feed->key) {
		feed->n_votes += feed->n_votes < WINDOW_RECORDS;
		return true;
	}
	if (feed->n_votes) {
		feed->n_votes--;
		return false;
	}
	feed->key = record->conn_key;
	feed->n_votes = 1;
	feed->is_of_ssh = is_of_ssh(feed, record);
	feed->has_snd_nxt = false;
	begin_window(feed);
	begin_anew(feed);
	return true;
}

/* --- whether it sends the lines ------------------------------------------------------------ */

/* a is between these percents of b. */
static bool is_within(uint64_t a, uint64_t b, unsigned int least, unsigned int most)
{
	return a * 100 >= b * least && a * 100 <= b * most;
}

static bool looks_like_it(const struct feed *feed)
{
	if (feed->n_own <= WINDOW_RECORDS / 2 || feed->is_in_bulk)
		return false;
	return feed->is_of_ssh ? is_within(feed->sent_bytes, feed->line_bytes, 50, 300)
			       : is_within(feed->sent_bytes, feed->line_bytes, 70, 140);
}

/* What is on its way at the beginning and the end of a window adds up to nothing. */
static bool is_sure(const struct feed *feed)
{
	return feed->n_alike >= WINDOWS &&
	       (feed->is_of_ssh ||
		is_within(feed->all_sent_bytes, feed->all_line_bytes, 90, 110));
}

static void end_window(struct feed *feed)
{
	if (looks_like_it(feed)) {
		feed->n_alike++;
		feed->all_line_bytes += feed->line_bytes;
		feed->all_sent_bytes += feed->sent_bytes;
	} else {
		begin_anew(feed);
	}
	begin_window(feed);
}

static void add_sent(struct feed *feed, const struct record *record)
{
	int32_t sent = (int32_t)(record->snd_nxt - feed->snd_nxt);

	feed->n_own++;
	if (feed->has_snd_nxt && sent > 0)
		feed->sent_bytes += (uint32_t)sent;
	feed->snd_nxt = record->snd_nxt;
	feed->has_snd_nxt = true;
	feed->is_in_bulk |= record->in_flight > (uint64_t)record->snd_cwnd * record->mss / 2;
}

void feed_record(struct feed *feed, const struct record *record, size_t line_bytes)
{
	bool is_probe = record->kind == RECORD_KIND_PROBE, is_its;

	if (feed->is_over)
		return;
	if (is_probe && feed->is_terminal && is_of_ssh(feed, record) &&
	    ++feed->n_shown == SHOWN_RECORDS) {
		say(feed, record);
		return;
	}
	is_its = is_probe && is_of_most(feed, record);
	feed->line_bytes += line_bytes;
	if (is_its)
		add_sent(feed, record);
	if (++feed->n_records >= WINDOW_RECORDS)
		end_window(feed);
	if (is_its && is_sure(feed))
		say(feed, record);
}
