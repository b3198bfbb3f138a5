// SPDX-License-Identifier: GPL-2.0-or-later
/* The consumer that writes records as lines; see lines.h. */
#include "consume/lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/log.h"
#include "consume/lines_file.h"
#include "consume/trail.h"
#include "consume/unsaid.h"
#include "file/append.h"
#include "file/logfile.h"
#include "file/rotate.h"
#include "file/sink.h"
#include "format/banner.h"

struct lines {
	struct consumer consumer;
	struct lines_config config;
	struct lines_file file;
	struct sink *sink;
	struct loop *loop;		/* NULL: not watched */
	struct watch receiver, helper;
	struct trail trail;		/* records handed to the sink */
	uint64_t lost_of[RECORD_KIND_COUNT];	/* a failing file had no room for them */
	uint64_t discarded_of[RECORD_KIND_COUNT];	/* came when the reader had left */
	struct unsaid *unsaid;
	uint8_t makes_room_for;		/* a copy: a record of this kind, + 1; another thread looks */
	uint64_t lost_marked;		/* what its lines said was lost, in all */
	int copy_err;			/* why a copy is over, though its reader is there */
	bool is_gone;			/* its reader left */
	bool is_failing;		/* a file; it is tried again */
};

static struct lines *lines_of(struct consumer *consumer)
{
	return (struct lines *)consumer;
}

/* --- records ------------------------------------------------------------------ */

static void write_record(struct lines *lines, const struct record *record)
{
	char *out = sink_room(lines->sink, lines->config.format->line_max);

	sink_commit(lines->sink, format_record(lines->config.format, record, out));
	feed_record(&lines->config.feed, record);
	trail_add(&lines->trail, record->kind);
	lines->lost_marked += record->lost;
}

/* With what could not be written just before it; a test's may be of any CPU. */
static void take_record(struct consumer *consumer, const struct record *record)
{
	struct lines *lines = lines_of(consumer);
	uint32_t unsaid = unsaid_take(lines->unsaid, record);
	struct record marked;

	if (!unsaid) {
		write_record(lines, record);
		return;
	}
	marked = *record;
	marked.lost += unsaid;
	write_record(lines, &marked);
}

static void lose_record(struct consumer *consumer, const struct record *record)
{
	struct lines *lines = lines_of(consumer);

	lines->lost_of[record->kind]++;
	unsaid_add(lines->unsaid, record);
}

static struct consumer_counts count(const struct consumer *consumer, uint8_t kind)
{
	const struct lines *lines = (const struct lines *)consumer;
	uint64_t pending = trail_last_of(&lines->trail, sink_pending_lines(lines->sink), kind);
	uint8_t in_hand = __atomic_load_n(&lines->makes_room_for, __ATOMIC_ACQUIRE);
	struct consumer_counts counts = {
		.done = lines->trail.of[kind] - pending,
		.pending = pending,
		.lost = lines->lost_of[kind] + (in_hand == kind + 1),
		.discarded = lines->discarded_of[kind],
	};

	if (lines->is_gone) {
		counts.discarded += pending;
		counts.pending = 0;
	}
	return counts;
}

/* --- getting rid of them -------------------------------------------------------- */

/* A log file may have room, or be made writable, again; what else fails stays so. */
static int judge(struct lines *lines, int err, bool is_last)
{
	lines->is_failing = false;
	if (err == -EPIPE)
		lines->is_gone = true;
	else if (err && err != -EAGAIN && !is_last && !lines->config.is_strict &&
		 logfile_is_regular(lines->file.log))
		lines->is_failing = true;
	return lines->is_failing ? 0 : err;
}

/* Be woken when the receiver goes away and, if something is pending, takes more. */
static int watch_receiver(struct lines *lines)
{
	if (!lines->loop || !sink_can_wait(lines->sink))
		return 0;
	return loop_change(lines->loop, &lines->receiver,
			   sink_is_empty(lines->sink) ? 0 : EPOLLOUT);
}

static int flush(struct consumer *consumer, bool is_last)
{
	struct lines *lines = lines_of(consumer);
	int err, watch_err;

	if (lines->is_gone)
		return -EPIPE;
	err = judge(lines, is_last ? sink_flush_last(lines->sink) : sink_flush(lines->sink),
		    is_last);
	watch_err = watch_receiver(lines);
	return err ? err : watch_err;
}

static bool has_room(const struct lines *lines)
{
	return sink_room(lines->sink, lines->config.format->line_max * lines->config.at_once);
}

/* The block is full of what a failing file shall get first: what comes now is lost. */
static enum consumer_room room(struct consumer *consumer)
{
	struct lines *lines = lines_of(consumer);

	if (has_room(lines))
		return CONSUMER_HAS_ROOM;
	flush(consumer, false);
	if (has_room(lines))
		return CONSUMER_HAS_ROOM;
	return lines->is_failing ? CONSUMER_LOSES : CONSUMER_IS_FULL;
}

/* --- a copy -------------------------------------------------------------------------- */

/* Whatever becomes of it, the trace goes on. */
static int flush_copy(struct consumer *consumer, bool is_last)
{
	struct lines *lines = lines_of(consumer);
	int err = lines->copy_err ? 0 : flush(consumer, is_last);

	if (!err || err == -EAGAIN || err == -EPIPE)
		return err;
	lines->copy_err = err;
	log_warning("cannot write to %s: %s; the copy ends, the log file goes on",
		    lines->file.name, strerror(-err));
	return 0;
}

/* Where that does not return, the record that there is no room for is lost. */
static void make_room_in_copy(struct consumer *consumer, uint8_t kind)
{
	uint8_t *for_kind = &lines_of(consumer)->makes_room_for;

	__atomic_store_n(for_kind, kind + 1, __ATOMIC_RELEASE);
	flush_copy(consumer, false);
	__atomic_store_n(for_kind, 0, __ATOMIC_RELEASE);
}

static void copy_record(struct consumer *consumer, const struct record *record)
{
	struct lines *lines = lines_of(consumer);

	if (!has_room(lines))
		make_room_in_copy(consumer, record->kind);
	if (lines->is_gone)
		lines->discarded_of[record->kind]++;
	else if (lines->copy_err || !has_room(lines))
		lose_record(consumer, record);
	else
		take_record(consumer, record);
}

bool lines_has_failed(const struct consumer *consumer)
{
	return ((const struct lines *)consumer)->copy_err;
}

/* --- the log file ------------------------------------------------------------------ */

static uint64_t due_ns(const struct consumer *consumer)
{
	return logfile_due_ns(((const struct lines *)consumer)->file.log);
}

static void tick(struct consumer *consumer, uint64_t now_ns)
{
	logfile_service(lines_of(consumer)->file.log, now_ns);
}

/* When what was for the old file is in it. */
static void reopen(struct consumer *consumer)
{
	flush(consumer, false);
	logfile_reopen(lines_of(consumer)->file.log);
}

static bool is_at_work(const struct consumer *consumer)
{
	return compress_is_at_work(((const struct lines *)consumer)->config.compressor);
}

static uint64_t progress(const struct consumer *consumer)
{
	const struct lines *lines = (const struct lines *)consumer;

	return sink_written_bytes(lines->sink) + compress_progress(lines->config.compressor);
}

/* --- the beginning, the end --------------------------------------------------------- */

/* A line that is no record, for free(). */
static int write_line(struct lines *lines, char *line)
{
	size_t length;
	char *out;

	if (!line)
		return -ENOMEM;
	length = strlen(line);
	out = sink_room(lines->sink, length);
	if (out) {
		memcpy(out, line, length);
		sink_commit_heading(lines->sink, length);
	}
	free(line);
	return out ? 0 : -ENOBUFS;
}

/* JSON's end record: in a log file always, on stdout if something is lost unsaid. */
static int finish(struct consumer *consumer, const struct trace_end *end)
{
	struct lines *lines = lines_of(consumer);
	struct account all = { 0 };

	for (int kind = 0; kind < RECORD_KIND_COUNT; kind++) {
		if (end->kinds & RECORD_KIND_BIT(kind))
			account_add(&all, &end->accounts[kind]);
	}
	if (lines->config.kind != FORMAT_JSON || !lines->config.has_header ||
	    !(lines->config.path || account_lost(&all) > lines->lost_marked) ||
	    lines->is_gone || lines->copy_err || !sink_is_empty(lines->sink))
		return 0;
	return write_line(lines, banner_end(end));
}

static const struct consumer_ops copy_ops = {
	.record = copy_record,
	.flush = flush_copy,
	.count = count,
	.finish = finish,
	.progress = progress,
};

static const struct consumer_ops lines_ops = {
	.room = room,
	.record = take_record,
	.lost = lose_record,
	.flush = flush,
	.due_ns = due_ns,
	.tick = tick,
	.reopen = reopen,
	.count = count,
	.finish = finish,
	.is_at_work = is_at_work,
	.progress = progress,
};

/* What comes before the first record, but for a regular file's own. */
static int write_start(struct lines *lines)
{
	char *start;
	int err;

	if (logfile_is_regular(lines->file.log))
		return 0;
	start = lines_file_start_of_stream(&lines->file, &err);
	return start ? write_line(lines, start) : err;
}

static int start(struct lines *lines)
{
	const struct lines_config *config = &lines->config;
	int err = trail_init(&lines->trail, config->kinds);

	if (err)
		return err;
	lines->unsaid = unsaid_new(config->n_cpus);
	if (!lines->unsaid)
		return -ENOMEM;
	err = sink_new(&lines->sink, lines->file.log, config->format->line_max * config->at_once);
	return err ? err : write_start(lines);
}

struct consumer *lines_new(const struct lines_config *config)
{
	struct lines *lines = calloc(1, sizeof(*lines));
	int err;

	if (!lines) {
		log_error("cannot write: %s", strerror(ENOMEM));
		compress_stop(config->compressor);
		return NULL;
	}
	lines->consumer = (struct consumer){ config->is_copy ? &copy_ops : &lines_ops,
					     config->kinds };
	lines->config = *config;
	if (!lines_file_open(&lines->file, &lines->config)) {
		err = start(lines);
		if (!err)
			return &lines->consumer;
		lines_file_say_failed(&lines->file, err);
	}
	lines_free(&lines->consumer);
	return NULL;
}

int lines_free(struct consumer *consumer)
{
	struct lines *lines = lines_of(consumer);
	int err;

	if (!lines)
		return 0;
	sink_free(lines->sink);
	compress_stop(lines->config.compressor);
	err = lines_file_close(&lines->file);
	trail_release(&lines->trail);
	unsaid_free(lines->unsaid);
	free(lines);
	return err;
}

/* --- what wakes it -------------------------------------------------------------------- */

static void take_receiver_news(void *context, uint32_t events)
{
	struct lines *lines = context;

	if (!(events & (EPOLLERR | EPOLLHUP)))
		return;
	lines->is_gone = true;
	/* It would be told again and again, and a copy's trace goes on. */
	loop_remove(lines->loop, &lines->receiver);
}

/* The last news of a helper is that it is gone. */
static void take_helper_news(void *context, uint32_t events)
{
	struct lines *lines = context;

	(void)events;
	if (compress_fd(lines->config.compressor) >= 0)
		logfile_service_compressor(lines->file.log);
}

int lines_want(const struct consumer *consumer, struct privilege_wants *wants)
{
	int err = privilege_want_calls(wants, &sink_calls);

	return err ? err : lines_file_want(&((const struct lines *)consumer)->file, wants);
}

int lines_watch(struct consumer *consumer, struct loop *loop)
{
	struct lines *lines = lines_of(consumer);
	int helper = compress_fd(lines->config.compressor), err = 0;

	lines->loop = loop;
	lines->receiver = (struct watch){ sink_fd(lines->sink), 0, take_receiver_news, lines };
	lines->helper = (struct watch){ helper, EPOLLIN, take_helper_news, lines };
	if (sink_can_wait(lines->sink))
		err = loop_add(loop, &lines->receiver);
	if (!err && helper >= 0)
		err = loop_add(loop, &lines->helper);
	return err;
}

void lines_say_failed(const struct consumer *consumer, int err)
{
	const struct lines *lines = (const struct lines *)consumer;

	if (!logfile_is_regular(lines->file.log))
		lines_file_say_failed(&lines->file, err);
}

bool lines_is_writing(const struct consumer *consumer)
{
	return sink_is_writing(((const struct lines *)consumer)->sink);
}

void lines_say_stuck(const struct consumer *consumer)
{
	log_error("cannot write to %s: it does not answer; given up",
		  ((const struct lines *)consumer)->file.name);
}
