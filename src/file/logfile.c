// SPDX-License-Identifier: GPL-2.0-or-later
/* A file that lines are appended to; see logfile.h. */
#include "file/logfile.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/trouble.h"
#include "file/named.h"
#include "file/rotate.h"
#include "file/rotation.h"
#include "file/whole.h"
#include "file/words.h"

/* A failed write is tried again after so long, a compression. */
#define WRITE_RETRY_NS (100 * (uint64_t)NS_PER_MS)
#define COMPRESS_RETRY_NS (30 * (uint64_t)NS_PER_S)

struct logfile {
	struct logfile_config config;
	const char *name;		/* for messages */
	struct named file;
	struct rotate rotate;
	bool is_owned;			/* opened here, so a regular file with a name */
	struct whole whole;
	bool has_records;
	uint64_t began_ns;		/* this file's time, for the period */
	struct rotation rotation;
	uint64_t write_retry_ns, compress_retry_ns;
	struct trouble writing, compressing;
};

/* --- opening and closing ------------------------------------------------------------ */

static char *make_start(const struct logfile *log, bool is_empty)
{
	return log->config.start ? log->config.start(log->config.context, is_empty) : NULL;
}

/* In this file, from its end on. */
static void begin_again(struct logfile *log, bool is_empty)
{
	log->has_records = !is_empty;
	log->began_ns = clock_now_ns();
	log->write_retry_ns = 0;	/* it may take what the old one did not */
	whole_begin(&log->whole, make_start(log, is_empty));
}

static void begin(struct logfile *log, const struct append_state *state)
{
	if (state->is_unlocked)
		words_say(WORDS_UNLOCKED, log->name, NULL);
	begin_again(log, state->is_empty);
}

int logfile_open(struct logfile **out, const struct logfile_config *config,
		 struct append_state *state)
{
	struct logfile *log = logfile_borrow(-1, config->path);
	const struct place *place =
		config->compressor ? compress_place(config->compressor) : NULL;
	int err;

	if (!log)
		return -ENOMEM;
	log->config = *config;
	log->file.is_moved = config->limit_bytes || config->period_ns;
	log->file.form = (struct append_form){
		.heading = config->heading, .heading_length = config->heading_length,
		.is_line = config->is_line, .is_log = config->is_log, .context = config->context,
	};
	log->rotate = (struct rotate){ &log->file.place, config->keep, &log->file.form, "" };
	/* What is compressed would not be what is rotated, if it were not the same place. */
	err = named_open(&log->file, config->path, place, state);
	if (err) {
		logfile_close(log);
		return err;
	}
	log->is_owned = state->is_regular;
	begin(log, state);
	if (config->compressor)
		compress_kick(config->compressor);	/* what an earlier run left */
	*out = log;
	return 0;
}

struct logfile *logfile_borrow(int fd, const char *name)
{
	struct logfile *log = calloc(1, sizeof(*log));

	if (!log)
		return NULL;
	log->file.fd = fd;
	log->file.place.dir = -1;
	log->name = name;
	log->compress_retry_ns = LOGFILE_NEVER;
	return log;
}

int logfile_close(struct logfile *log)
{
	int err = 0;

	if (!log)
		return 0;
	if (log->config.path)
		err = named_close(&log->file);
	whole_begin(&log->whole, NULL);
	free(log);
	return err;
}

/* --- rotating and reopening ------------------------------------------------------------ */

/* Should a file have come where there was room: once more. */
static int move(struct logfile *log)
{
	struct timespec now;
	int64_t wall_ns;
	int err;

	if (!named_is_at_its_name(&log->file))
		return 0;
	clock_gettime(CLOCK_REALTIME, &now);
	wall_ns = (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
	err = rotate_move(&log->rotate, wall_ns);
	if (err != -EEXIST)
		return err;
	err = rotate_make_room(&log->rotate);
	return err ? err : rotate_move(&log->rotate, wall_ns);
}

static int open_anew(struct logfile *log)
{
	struct append_state state;
	int result;

	/* Ours by its name still: opened again, it would be locked, by us. */
	if (named_is_at_its_name(&log->file)) {
		if (!log->whole.start && !log->whole.torn)
			whole_begin(&log->whole, make_start(log, false));
		return 0;
	}
	result = named_open_anew(&log->file, &state);
	if (result < 0)
		return result;
	if (result)
		words_say(WORDS_LAST_LOST, log->name, strerror(errno));
	begin(log, &state);
	return 0;
}

/* Keep nothing: the file is emptied where it is, and that is all. */
static int empty(struct logfile *log)
{
	if (ftruncate(log->file.fd, 0))
		return append_why(log->file.fd, "", -errno);
	begin_again(log, true);
	return 1;
}

static int take_step(void *context, enum rotation_step step)
{
	struct logfile *log = context;
	int err = named_renew(&log->file);

	log->rotate.culprit[0] = '\0';
	if (err)
		return err;
	switch (step) {
	case ROTATION_MAKE_ROOM:
		return log->config.keep ? rotate_make_room(&log->rotate) : empty(log);
	case ROTATION_MOVE:
		return move(log);
	case ROTATION_OPEN:
		return open_anew(log);
	case ROTATION_NONE:
		break;
	}
	return 0;
}

/* Where another file is in the way it is named. */
static void say_step_failed(const struct logfile *log, int err)
{
	char reason[NAME_MAX + 128];

	if (log->rotate.culprit[0])
		snprintf(reason, sizeof(reason), "'%s': %s", log->rotate.culprit, words_explain(err));
	else
		snprintf(reason, sizeof(reason), "%s", words_explain(err));
	words_say(log->rotation.is_reopening ? WORDS_CANNOT_REOPEN : WORDS_CANNOT_ROTATE, log->name,
		  reason);
}

static void go_on(struct logfile *log, uint64_t now_ns)
{
	bool is_news;
	int err = rotation_go_on(&log->rotation, now_ns, take_step, log, &is_news);

	if (is_news)
		say_step_failed(log, err);
	/* A reopening too may end what a rotation began. */
	if (!err && log->config.compressor)
		compress_kick(log->config.compressor);
}

static void rotate(struct logfile *log, uint64_t now_ns)
{
	rotation_begin(&log->rotation);
	go_on(log, now_ns);
}

void logfile_reopen(struct logfile *log)
{
	if (!log->is_owned) {
		words_say(WORDS_REOPENS_NO_FILE, log->name, NULL);
		return;
	}
	rotation_begin_reopening(&log->rotation);
	go_on(log, clock_now_ns());
}

/* --- writing ---------------------------------------------------------------------------- */

/*
 * How many of the lines the file may take, having made way if it is none; also
 * if there are none, and the lines of the start alone are too many.
 */
static size_t make_way(struct logfile *log, const char *lines, size_t length,
		       const struct stat *st, uint64_t now_ns)
{
	uint64_t limit = log->config.limit_bytes;
	uint64_t size = (uint64_t)st->st_size + whole_start_left(&log->whole);
	size_t n;

	if (!limit)
		return length;
	n = whole_lines(lines, length, limit > size ? limit - size : 0);
	if (n || (!length && size <= limit))
		return n;
	if (!log->has_records)
		return whole_first_line(lines, length);
	if (now_ns < log->rotation.retry_ns)
		return length;
	rotate(log, now_ns);
	/* Either it is new, or it goes on as it is. */
	return whole_first_line(lines, length);
}

/*
 * Somebody removed the file: what is written to it would be lost. Somebody
 * emptied it: it lacks its beginning.
 */
static int check_file(struct logfile *log, struct stat *st)
{
	int err;

	if (fstat(log->file.fd, st))
		return -errno;
	if (!log->is_owned)
		return 0;
	/* What /proc leads to is the open file, whether or not it has a name. */
	if (st->st_nlink == 0 && !log->file.place.is_magic) {
		err = named_renew(&log->file);
		if (!err)
			err = open_anew(log);
		if (err)
			return err;
		words_say(WORDS_REMOVED, log->name, NULL);
		return fstat(log->file.fd, st) ? -errno : 0;
	}
	if (st->st_size == 0 && !log->whole.start)
		begin_again(log, true);
	return 0;
}

static ssize_t try_write(struct logfile *log, const char *lines, size_t length, uint64_t now_ns)
{
	struct stat st;
	ssize_t written = 0;
	size_t way;
	int err = check_file(log, &st);

	if (err)
		return err;
	way = make_way(log, lines, length, &st, now_ns);
	err = whole_write_start(&log->whole, log->file.fd);
	if (err)
		return err;
	if (way)
		written = whole_write(&log->whole, log->file.fd, lines, way);
	log->has_records |= written > 0;
	return written;
}

ssize_t logfile_write(struct logfile *log, const char *lines, size_t length, bool is_last)
{
	uint64_t now_ns = clock_now_ns();
	ssize_t written;

	if (now_ns < log->write_retry_ns && !is_last)
		return log->writing.err;
	written = try_write(log, lines, length, now_ns);
	if (!log->is_owned)
		return written;
	if (written < 0) {
		log->write_retry_ns = now_ns + WRITE_RETRY_NS;
		if (trouble_begins(&log->writing, (int)written))
			words_say(WORDS_CANNOT_WRITE, log->name, words_explain((int)written));
	} else {
		log->write_retry_ns = 0;
	}
	return written;
}

bool logfile_has_start(const struct logfile *log)
{
	return log->whole.start;
}

/* --- what is due ------------------------------------------------------------------------- */

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

uint64_t logfile_due_ns(const struct logfile *log)
{
	uint64_t due = trouble_due_ns(&log->writing, log->write_retry_ns);

	due = earlier(due, rotation_due_ns(&log->rotation));
	due = earlier(due, log->compress_retry_ns);
	if (log->write_retry_ns)
		due = earlier(due, log->write_retry_ns);
	if (!rotation_is_under_way(&log->rotation) && log->config.period_ns)
		due = earlier(due, log->began_ns + log->config.period_ns);
	return due;
}

/* A file without a record is not worth rotating. */
static void rotate_if_old(struct logfile *log, uint64_t now_ns)
{
	uint64_t period_ns = log->config.period_ns;

	if (!period_ns || now_ns - log->began_ns < period_ns)
		return;
	if (log->has_records)
		rotate(log, now_ns);
	else
		log->began_ns = now_ns;
}

void logfile_service(struct logfile *log, uint64_t now_ns)
{
	if (!rotation_is_under_way(&log->rotation))
		rotate_if_old(log, now_ns);
	else if (now_ns >= log->rotation.retry_ns)
		go_on(log, now_ns);
	if (rotation_works_again(&log->rotation, now_ns))
		words_say(WORDS_ROTATES_AGAIN, log->name, NULL);
	if (!log->write_retry_ns && trouble_is_over(&log->writing, now_ns))
		words_say(WORDS_WRITES_AGAIN, log->name, NULL);
	if (now_ns >= log->compress_retry_ns) {
		log->compress_retry_ns = LOGFILE_NEVER;
		compress_kick(log->config.compressor);
	}
}

static const char *explain_compression(int err)
{
	if (err == -ECHILD)
		return "the program failed (no space left?)";
	if (err == -EPIPE)
		return "the process for it has ended; what is rotated stays as it is";
	return words_explain(err);
}

void logfile_service_compressor(struct logfile *log)
{
	int err = compress_service(log->config.compressor);

	if (!err) {
		if (log->compressing.err && trouble_is_over(&log->compressing, clock_now_ns()))
			words_say(WORDS_COMPRESSES_AGAIN, log->name, NULL);
		return;
	}
	if (err != -EPIPE)
		log->compress_retry_ns = clock_now_ns() + COMPRESS_RETRY_NS;
	if (trouble_begins(&log->compressing, err))
		words_say(WORDS_CANNOT_COMPRESS, log->name, explain_compression(err));
}

bool logfile_is_regular(const struct logfile *log)
{
	return log->is_owned;
}

int logfile_fd(const struct logfile *log)
{
	return log->file.fd;
}

int logfile_directory(const struct logfile *log)
{
	return log->file.place.dir;
}
