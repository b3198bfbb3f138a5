// SPDX-License-Identifier: GPL-2.0-or-later
/* Where lines go, opened; see lines_file.h. */
#include "consume/lines_file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/privilege.h"
#include "consume/lines.h"
#include "file/append.h"
#include "file/logfile.h"
#include "file/rotate.h"
#include "file/words.h"
#include "format/banner.h"
#include "format/format_own.h"

void lines_file_say_failed(const struct lines_file *file, int err)
{
	log_error("cannot write to %s: %s", file->name, strerror(-err));
}

static void refuse_file(const struct lines_file *file, int err)
{
	const char *reason = words_reason(err);

	if (reason)
		log_error("--log-file: '%s': %s", file->name, reason);
	else
		log_error("cannot open '%s': %s", file->name, strerror(-err));
}

/* --- what comes before the first record -------------------------------------------- */

/* What a file that is appended to must begin with. NULL: no memory. */
static char *required_start(const struct lines_config *config)
{
	char *start = calloc(1, config->format->line_max + 1);

	if (start && config->kind == FORMAT_JSON)
		start[0] = '{';
	else if (start)
		start[format_heading(config->format, start)] = '\0';
	return start;
}

/* The opening record, now. */
static char *opening_record(const struct lines_config *config)
{
	struct banner_start start = { .format = config->format, .filter = config->filter_text };
	struct clock clock;

	clock_measure(&clock);
	start.ktime_ns = clock.measured_ns;
	start.wall_ns = (int64_t)clock.measured_ns + clock.offset_ns;
	return banner_start(&start);
}

/* The first lines of a log file; a heading only where there is none. */
static char *start_of_file(void *context, bool is_empty)
{
	const struct lines_file *file = context;

	if (!file->config->has_header)
		return NULL;
	if (file->config->kind == FORMAT_JSON)
		return opening_record(file->config);
	return is_empty && *file->heading ? strdup(file->heading) : NULL;
}

/* --log-file=FIFO too gets the opening record. */
char *lines_file_start_of_stream(const struct lines_file *file, int *err)
{
	const struct lines_config *config = file->config;
	char *start = NULL;

	*err = 0;
	if (!config->has_header ||
	    (config->kind == FORMAT_JSON ? !config->path : !*file->heading))
		return NULL;
	start = config->kind == FORMAT_JSON ? opening_record(config) : strdup(file->heading);
	if (!start)
		*err = -ENOMEM;
	return start;
}

/* --- opening ------------------------------------------------------------------------- */

static bool is_line(const void *context, const char *bytes, size_t length)
{
	const struct lines_file *file = context;

	return format_own_is_line(file->config->kind, bytes, length);
}

static int open_file(struct lines_file *file)
{
	const struct lines_config *config = file->config;
	struct logfile_config log_config = {
		.path = config->path,
		.heading = file->heading,
		.heading_length = strlen(file->heading),
		.is_line = is_line,
		.is_log = format_own_is_log,
		.start = start_of_file,
		.context = file,
		.limit_bytes = config->rotate_bytes,
		.period_ns = config->rotate_ns,
		.keep = config->rotate_keep,
		.compressor = config->compressor,
	};
	struct append_state state;
	int err = logfile_open(&file->log, &log_config, &state);

	if (err) {
		refuse_file(file, err);
		return err;
	}
	if (state.torn_bytes)
		log_warning("'%s' ended in half a line, left by a crash: %" PRIu64
			    " bytes cut off", file->name, state.torn_bytes);
	return 0;
}

static const char *name_of(const struct lines_config *config)
{
	if (config->path)
		return config->path;
	return config->is_stderr ? "standard error" : "standard output";
}

int lines_file_open(struct lines_file *file, const struct lines_config *config)
{
	*file = (struct lines_file){ .config = config, .heading = required_start(config),
				     .name = name_of(config) };
	if (file->heading && config->path)
		return open_file(file);
	if (file->heading)
		file->log = logfile_borrow(config->is_stderr ? STDERR_FILENO : STDOUT_FILENO,
					   file->name);
	if (!file->log) {
		lines_file_say_failed(file, -ENOMEM);
		return -ENOMEM;
	}
	return 0;
}

int lines_file_close(struct lines_file *file)
{
	int err = logfile_close(file->log);

	free(file->heading);
	if (err)
		lines_file_say_failed(file, err);
	return err ? -EIO : 0;
}

int lines_file_want(const struct lines_file *file, struct privilege_wants *wants)
{
	int err = 0;

	if (logfile_is_regular(file->log)) {
		err = privilege_want_directory(wants, logfile_directory(file->log));
		if (!err)
			err = privilege_want_calls(wants, &append_calls);
		if (!err)
			err = privilege_want_calls(wants, &rotate_calls);
	}
	if (!err && file->config->compressor)
		err = privilege_want_calls(wants, &compress_calls);
	return err;
}
