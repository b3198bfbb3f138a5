// SPDX-License-Identifier: GPL-2.0-or-later
/* A file that lines are appended to; see logfile.h. */
#include "file/logfile.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "file/rotate.h"
#include "base/trouble.h"

/* A failed write is tried again after so long, a rotation, a compression. */
#define WRITE_RETRY_NS (100 * (uint64_t)NS_PER_MS)
#define ROTATE_RETRY_NS (1 * (uint64_t)NS_PER_S)
#define COMPRESS_RETRY_NS (30 * (uint64_t)NS_PER_S)

/* The longest that is added to a name: .YYYYMMDDTHHMMSSZ.99999.zst */
#define NAME_ADDED 28

/* What is still to be done of a rotation; all but the first can fail. */
enum step { STEP_NONE, STEP_MAKE_ROOM, STEP_MOVE, STEP_OPEN };

struct logfile {
	struct logfile_config config;
	const char *name;		/* for messages */
	int fd;
	bool is_owned;			/* opened here, so a regular file with a name */
	char *start;			/* lines still to be written, or NULL */
	size_t start_written;
	size_t torn;			/* bytes of the next line that are in the file */
	bool has_records;
	uint64_t began_ns;		/* this file's time, for the period */
	enum step step;
	bool is_rotation;		/* else the step serves a reopening */
	uint64_t write_retry_ns, step_retry_ns, compress_retry_ns;
	struct trouble writing, stepping, compressing;
};

/* --- opening and closing ------------------------------------------------------------ */

static void want_start(struct logfile *log, bool is_empty)
{
	free(log->start);
	log->start = log->config.start ? log->config.start(log->config.context, is_empty) : NULL;
	log->start_written = 0;
}

static void begin(struct logfile *log, int fd, bool is_empty)
{
	log->fd = fd;
	log->torn = 0;
	log->has_records = !is_empty;
	log->began_ns = clock_now_ns();
	log->write_retry_ns = 0;	/* it may take what the old one did not */
	want_start(log, is_empty);
}

static bool is_rotated(const struct logfile_config *config)
{
	return config->limit_bytes || config->period_ns;
}

static int check_name(const struct logfile_config *config)
{
	const char *slash = strrchr(config->path, '/');
	struct stat st;

	if (!is_rotated(config))
		return 0;
	if (strlen(slash ? slash + 1 : config->path) + NAME_ADDED > NAME_MAX ||
	    strlen(config->path) + NAME_ADDED >= PATH_MAX)
		return -ENAMETOOLONG;
	/* The link would be moved, not the file. */
	return lstat(config->path, &st) == 0 && !S_ISREG(st.st_mode) ? -ENXIO : 0;
}

int logfile_open(struct logfile **out, const struct logfile_config *config,
		 struct append_state *state)
{
	struct logfile *log;
	int fd, err = check_name(config);

	if (err)
		return err;
	fd = append_open(config->path, config->heading, config->heading_length, state);
	if (fd < 0)
		return fd;
	log = logfile_borrow(fd, config->path);
	if (!log) {
		close(fd);
		return -ENOMEM;
	}
	log->config = *config;
	log->is_owned = state->is_regular;
	begin(log, fd, state->is_empty);
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
	log->fd = fd;
	log->name = name;
	log->compress_retry_ns = LOGFILE_NEVER;
	return log;
}

int logfile_close(struct logfile *log)
{
	int err = 0;

	if (!log)
		return 0;
	if (log->config.path && close(log->fd))
		err = -errno;
	free(log->start);
	free(log);
	return err;
}

/* --- rotating and reopening ------------------------------------------------------------ */

/* Whether FILE is still the one that is written: it may have been moved. */
static bool is_at_its_name(const struct logfile *log)
{
	struct stat here, there;

	return fstat(log->fd, &here) == 0 && stat(log->config.path, &there) == 0 &&
	       here.st_dev == there.st_dev && here.st_ino == there.st_ino;
}

static int move(struct logfile *log)
{
	struct timespec now;

	if (!is_at_its_name(log))
		return 0;
	clock_gettime(CLOCK_REALTIME, &now);
	return rotate_move(log->config.path, log->config.keep,
			   (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec);
}

/* The new one first: should it fail, the old one is still there. */
static int open_anew(struct logfile *log)
{
	struct append_state state;
	int fd;

	/* Ours by its name still: opened again, it would be locked, by us. */
	if (is_at_its_name(log)) {
		if (!log->start && !log->torn)
			want_start(log, false);
		return 0;
	}
	fd = append_open(log->config.path, log->config.heading, log->config.heading_length,
			 &state);
	if (fd >= 0 && !state.is_regular) {
		close(fd);
		fd = -ENXIO;
	}
	if (fd < 0)
		return fd;
	if (close(log->fd))
		log_warning("'%s': what was written last may be lost: %s", log->name,
			    strerror(errno));
	begin(log, fd, state.is_empty);
	return 0;
}

/* Keep nothing: the file is emptied where it is. */
static int empty(struct logfile *log)
{
	if (ftruncate(log->fd, 0))
		return -errno;
	begin(log, log->fd, true);
	return 0;
}

static int take_step(struct logfile *log)
{
	switch (log->step) {
	case STEP_MAKE_ROOM:
		return log->config.keep ? rotate_make_room(log->config.path, log->config.keep)
					: empty(log);
	case STEP_MOVE:
		return move(log);
	case STEP_OPEN:
		return open_anew(log);
	case STEP_NONE:
		break;
	}
	return 0;
}

static enum step next_step(const struct logfile *log)
{
	if (log->step == STEP_OPEN || (log->step == STEP_MAKE_ROOM && !log->config.keep))
		return STEP_NONE;
	return log->step + 1;
}

static void say_step_failed(const struct logfile *log, int err)
{
	if (log->is_rotation)
		log_warning("cannot rotate '%s': %s; going on in the old file, over its limit",
			    log->name, strerror(-err));
	else
		log_warning("cannot reopen '%s': %s; going on in the old file", log->name,
			    strerror(-err));
}

/* What is left of the steps, as far as they go. Returns 0 or why one failed. */
static int take_steps(struct logfile *log, uint64_t now_ns)
{
	int err = 0;

	while (!err && log->step != STEP_NONE) {
		err = take_step(log);
		if (!err)
			log->step = next_step(log);
	}
	if (err) {
		log->step_retry_ns = now_ns + ROTATE_RETRY_NS;
		if (trouble_begins(&log->stepping, err))
			say_step_failed(log, err);
		return err;
	}
	/* A reopening too may end what a rotation began. */
	if (log->config.compressor)
		compress_kick(log->config.compressor);
	return 0;
}

static void rotate(struct logfile *log, uint64_t now_ns)
{
	if (log->step == STEP_NONE) {
		log->step = STEP_MAKE_ROOM;
		log->is_rotation = true;
	}
	take_steps(log, now_ns);
}

void logfile_reopen(struct logfile *log)
{
	if (!log->is_owned) {
		log_warning("cannot reopen '%s': it is not a regular file", log->name);
		return;
	}
	log->step = STEP_OPEN;
	log->is_rotation = false;
	take_steps(log, clock_now_ns());
}

/* --- writing ---------------------------------------------------------------------------- */

/*
 * A write that was cut short in a line, by a full disk, leaves half a line in
 * the file: take it back, where nobody wrote behind it. Returns the bytes
 * that are left there.
 */
static size_t take_back(const struct logfile *log, size_t torn)
{
	off_t end = lseek(log->fd, 0, SEEK_CUR);
	struct stat st;

	if (!torn || end < (off_t)torn || fstat(log->fd, &st) || st.st_size != end ||
	    ftruncate(log->fd, end - (off_t)torn))
		return torn;
	lseek(log->fd, end - (off_t)torn, SEEK_SET);
	return 0;
}

/* The lines that a new opening begins with. Of what fails nothing is left in the file. */
static int write_start(struct logfile *log)
{
	while (log->start && log->start[log->start_written]) {
		const char *rest = log->start + log->start_written;
		ssize_t written = write(log->fd, rest, strlen(rest));
		int err = errno;

		if (written < 0 && err != EINTR) {
			log->start_written = take_back(log, log->start_written);
			return -err;
		}
		log->start_written += written > 0 ? (size_t)written : 0;
	}
	free(log->start);
	log->start = NULL;
	return 0;
}

static size_t line_length(const char *lines, size_t length)
{
	const char *end = memchr(lines, '\n', length);

	return end ? (size_t)(end + 1 - lines) : length;
}

/* Whole lines within `limit` bytes. */
static size_t whole_lines(const char *lines, size_t length, uint64_t limit)
{
	const char *last;

	if (length <= limit)
		return length;
	last = memrchr(lines, '\n', (size_t)limit);
	return last ? (size_t)(last + 1 - lines) : 0;
}

/*
 * How many of the lines the file may take, having made way if it is none; also
 * if there are none, and the lines of the start alone are too many.
 */
static size_t make_way(struct logfile *log, const char *lines, size_t length,
		       const struct stat *st, uint64_t now_ns)
{
	uint64_t limit = log->config.limit_bytes;
	uint64_t size = (uint64_t)st->st_size;
	size_t n;

	if (!limit)
		return length;
	if (log->start)
		size += strlen(log->start + log->start_written);
	n = whole_lines(lines, length, limit > size ? limit - size : 0);
	if (n || (!length && size <= limit))
		return n;
	if (!log->has_records)
		return line_length(lines, length);
	if (now_ns < log->step_retry_ns)
		return length;
	rotate(log, now_ns);
	/* Either it is new, or it goes on as it is. */
	return line_length(lines, length);
}

/* Returns the bytes of whole lines that are in the file now, or -errno. */
static ssize_t write_lines(struct logfile *log, const char *lines, size_t length)
{
	ssize_t written = write(log->fd, lines + log->torn, length - log->torn);
	size_t n, whole;

	if (written < 0)
		return errno == EINTR ? 0 : -errno;
	n = log->torn + (size_t)written;
	whole = n == length ? n : whole_lines(lines, length, n);
	log->torn = take_back(log, n - whole);
	log->has_records |= whole > 0;
	/* Nothing is gained by asking again at once. */
	return whole || n == length ? (ssize_t)whole : -ENOSPC;
}

/*
 * Somebody removed the file: what is written to it would be lost. Somebody
 * emptied it: it lacks its beginning.
 */
static int check_file(struct logfile *log, struct stat *st)
{
	int err;

	if (fstat(log->fd, st))
		return -errno;
	if (!log->is_owned)
		return 0;
	if (st->st_nlink == 0) {
		err = open_anew(log);
		if (err)
			return err;
		log_warning("'%s' was removed; begun anew", log->name);
		return fstat(log->fd, st) ? -errno : 0;
	}
	if (st->st_size == 0 && !log->start)
		begin(log, log->fd, true);
	return 0;
}

static ssize_t try_write(struct logfile *log, const char *lines, size_t length, uint64_t now_ns)
{
	struct stat st;
	size_t way;
	int err = check_file(log, &st);

	if (err)
		return err;
	way = make_way(log, lines, length, &st, now_ns);
	err = write_start(log);
	if (err)
		return err;
	return way ? write_lines(log, lines, way) : 0;
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
			log_error("cannot write to %s: %s", log->name, strerror((int)-written));
	} else {
		log->write_retry_ns = 0;
	}
	return written;
}

bool logfile_has_start(const struct logfile *log)
{
	return log->start;
}

/* --- what is due ------------------------------------------------------------------------- */

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

uint64_t logfile_due_ns(const struct logfile *log)
{
	uint64_t due = trouble_due_ns(&log->writing, log->write_retry_ns);

	due = earlier(due, trouble_due_ns(&log->stepping, log->step != STEP_NONE));
	due = earlier(due, log->compress_retry_ns);
	if (log->write_retry_ns)
		due = earlier(due, log->write_retry_ns);
	if (log->step != STEP_NONE)
		due = earlier(due, log->step_retry_ns);
	else if (log->config.period_ns)
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
	if (log->step == STEP_NONE)
		rotate_if_old(log, now_ns);
	else if (now_ns >= log->step_retry_ns)
		take_steps(log, now_ns);
	if (log->step == STEP_NONE && trouble_is_over(&log->stepping, now_ns))
		log_warning("'%s' is rotated or reopened again", log->name);
	if (!log->write_retry_ns && trouble_is_over(&log->writing, now_ns))
		log_warning("writing to %s works again", log->name);
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
	return strerror(-err);
}

void logfile_service_compressor(struct logfile *log)
{
	int err = compress_service(log->config.compressor);

	if (!err) {
		if (log->compressing.err && trouble_is_over(&log->compressing, clock_now_ns()))
			log_warning("rotated files of '%s' are compressed again", log->name);
		return;
	}
	if (err != -EPIPE)
		log->compress_retry_ns = clock_now_ns() + COMPRESS_RETRY_NS;
	if (trouble_begins(&log->compressing, err))
		log_warning("cannot compress rotated files of '%s': %s", log->name,
			    explain_compression(err));
}

bool logfile_is_regular(const struct logfile *log)
{
	return log->is_owned;
}

int logfile_fd(const struct logfile *log)
{
	return log->fd;
}
