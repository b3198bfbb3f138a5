// SPDX-License-Identifier: GPL-2.0-or-later
/* Starting a trace of files; see reading.h. */
#include "run/reading.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/notify.h"
#include "file/rotate.h"
#include "format/banner.h"
#include "read/read.h"
#include "read/read_set.h"
#include "read/unpack.h"

/* Of files the numbers of CPUs are not known: the marks of higher ones do not move. */
#define CPUS_MAX 1024

/* A set may be of many files, and each is opened before the first is read. */
static void raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

/* Those of --read and the operands; the caller frees. */
static const char **list_paths(const struct options *options, size_t *n)
{
	const char **paths = calloc(options->n_read + options->n_operands, sizeof(*paths));

	for (*n = 0; paths && *n < options->n_read; (*n)++)
		paths[*n] = options->read[*n];
	for (size_t i = 0; paths && i < options->n_operands; i++)
		paths[(*n)++] = options->operands[i];
	return paths;
}

/* A number is all that a file has of a namespace. */
static void use_numbers(struct tcc_filter *filter)
{
	for (size_t i = 0; i < TCC_FILTER_VALUES; i++)
		filter->netns.value[i].cookie = 0;
}

static bool can_follow(const struct read_config *config)
{
	for (size_t i = 0; i < config->n_paths; i++) {
		if (!read_set_is_rotated(config->paths[i], config->names))
			continue;
		log_error("--follow: '%s': expected the name of the log file: a rotated one does not "
			  "grow", config->paths[i]);
		return false;
	}
	return true;
}

static int open_files(struct parts *parts, const struct options *options)
{
	static const struct read_names names = {
		.is_number = rotate_is_number, .is_stamp = rotate_is_stamp,
		.suffixes = rotate_suffixes, .n_suffixes = ROTATE_SUFFIXES,
	};
	struct read_config config = {
		.names = &names, .unpacker = parts->unpacker, .loop = parts->loop,
		.kinds = options->kinds, .filter = &parts->filter, .thin = options->thin,
		.schema = BANNER_SCHEMA, .since = options->since, .until = options->until,
		.follows = options->follows,
	};
	const char **paths = list_paths(options, &config.n_paths);

	if (!paths)
		return parts_fail("read", -ENOMEM);
	config.paths = paths;
	if (options->follows && !can_follow(&config)) {
		free(paths);
		return EXIT_USAGE;
	}
	for (uint8_t kind = 0; options->n_fields && kind < RECORD_KIND_COUNT; kind++)
		config.chosen[kind] = output_chosen(&parts->output, kind);
	config.n_members = output_members(&parts->output, config.members);
	parts->filter = options->filter;
	use_numbers(&parts->filter);
	parts->files = read_new(&config);
	free(paths);
	return parts->files ? EXIT_DONE : EXIT_FAILED;
}

/* Which would be read for ever. */
static int check_output(const struct parts *parts, const struct options *options)
{
	struct stat st;

	if ((!options->log_file || options->tee >= 0) && fstat(STDOUT_FILENO, &st) == 0 &&
	    S_ISREG(st.st_mode) && read_has(parts->files, st.st_dev, st.st_ino)) {
		log_error("standard output is one of the files that are read: expected another");
		return EXIT_USAGE;
	}
	if (!options->log_file || stat(options->log_file, &st) ||
	    !read_has(parts->files, st.st_dev, st.st_ino))
		return EXIT_DONE;
	log_error("--log-file: '%s': expected another file than those that are read",
		  options->log_file);
	return EXIT_USAGE;
}

static int make_pipeline(struct parts *parts)
{
	struct pipeline_config config = {
		.kinds = output_kinds(&parts->output),
		.n_cpus = CPUS_MAX,
		.watches_cwnd = output_watches_cwnd(&parts->output),
		.keeps_times = true,
	};

	parts->kinds = RECORD_KINDS_ALL;
	parts->start_ns = clock_now_ns();
	parts->source = parts->files;
	parts->pipeline = pipeline_new(&config);
	return parts->pipeline ? EXIT_DONE : parts_fail("start", -ENOMEM);
}

static int start_helpers(struct parts *parts, const struct options *options)
{
	int status = parts_become(options->user), err;

	if (!status)
		status = output_start_compressor(&parts->output, options);
	if (status)
		return status;
	raise_limit();
	err = unpacker_start(&parts->unpacker);
	if (!err)
		err = loop_new(&parts->loop, options->log_file);
	return err ? parts_fail("start", err) : EXIT_DONE;
}

static int open_all(struct parts *parts, const struct options *options)
{
	int status = open_files(parts, options);

	if (!status)
		status = check_output(parts, options);
	if (!status)
		status = output_open(&parts->output, CPUS_MAX);
	for (size_t i = 0; i < parts->output.n && !status; i++)
		status = lines_watch(parts->output.lines[i], parts->loop)
			 ? parts_fail("wait for events", -errno) : EXIT_DONE;
	return status ? status : make_pipeline(parts);
}

int reading_start(struct parts *parts, const struct options *options)
{
	static const struct call_set *const calls[] = { &read_calls, &unpack_calls };
	int notify_fd = notify_open();
	int status = start_helpers(parts, options), err;

	if (!status)
		status = open_all(parts, options);
	if (status)
		return status;
	if (options->duration_ns) {
		err = loop_set_duration(parts->loop, options->duration_ns);
		if (err)
			return parts_fail("set the duration", err);
	}
	tzset();
	status = parts_lock_down(parts, calls, sizeof(calls) / sizeof(calls[0]));
	if (status)
		return status;
	log_status("reading %s%s", *options->filter_text ? "what is of " : "all TCP connections",
		   options->filter_text);
	notify_ready(notify_fd);
	return EXIT_DONE;
}

int reading_status(const struct parts *parts)
{
	switch (parts->files ? read_outcome(parts->files) : READ_GOES_ON) {
	case READ_LACKS:
	case READ_MISUSED:
		return EXIT_USAGE;
	case READ_REFUSED:
	case READ_FAILED:
		return EXIT_FAILED;
	case READ_GOES_ON:
		break;
	}
	return EXIT_DONE;
}

void reading_free(struct parts *parts)
{
	read_free(parts->files);
	unpacker_stop(parts->unpacker);
}
