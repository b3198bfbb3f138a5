// SPDX-License-Identifier: GPL-2.0-or-later
/* Files as a source of records; see read.h. */
#include "read/read.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "base/log.h"
#include "read/read_check.h"
#include "read/read_filter.h"
#include "read/read_follow.h"
#include "read/read_input.h"
#include "record/conn.h"
#include "record/derive.h"

static const struct call calls[] = {
	{ .name = "poll" }, { .name = "ppoll" }, { .name = "epoll_ctl" },
	/* Of a set that is followed over its rotation. */
	{ .name = "getdents64" }, CALL_COMMAND("fcntl", F_SETFL),
};

const struct call_set read_calls = CALL_SET(calls);

/* Lines that may be read, and pass no filter, before signals are to be heard again. */
#define LINES_MAX 4096

/* A set of files, and its next record. */
struct head {
	struct read_input *input;
	struct record *record;	/* NULL where there is one input alone */
	bool has_record;
	bool is_over;
	int64_t ahead_ns;	/* of a file that grows: see read_follow_is_ripe() */
	int64_t again_ns;	/* CLOCK_MONOTONIC: not before that it is looked at again */
};

struct reader {
	struct source source;
	struct read_common common;
	struct head *heads;
	size_t n_heads;
	const struct head *waiting;	/* for whose bytes it waits, or NULL */
	struct watch watch;
	bool is_watching;
	struct conn_table *thinned;	/* struct tcc_thin_state, or NULL */
	bool is_stopped;
	size_t n_looked;		/* heads whose last records' times are known */
	int64_t last_ns;		/* the latest of these */
	bool has_range;			/* which times are asked for is known */
};

static struct reader *reader_of(struct source *source)
{
	return (struct reader *)source;
}

/* Files are looked at when a record is asked for. */
static void scan(struct source *source, uint64_t now_ns, bool is_last)
{
	(void)source;
	(void)now_ns;
	(void)is_last;
}

/* --- which times -------------------------------------------------------------------- */

/* Whether it takes the last record to know when that is: what grows ends now. */
static bool needs_last(const struct read_config *config, const struct when *when)
{
	return when_is_relative(when) && !(config->follows && when->form == WHEN_BEFORE);
}

static int64_t resolve(const struct reader *reader, const struct when *when)
{
	bool is_of_last = needs_last(&reader->common.config, when) && reader->last_ns;

	/* What has none yet, and grows, will have one of now. */
	return when_resolve(when, is_of_last ? reader->last_ns : read_follow_now_ns());
}

/* Of all heads the time of the last record. */
static enum source_state find_last(struct reader *reader)
{
	for (; reader->n_looked < reader->n_heads; reader->n_looked++) {
		struct head *head = &reader->heads[reader->n_looked];
		int64_t ns;
		enum source_state state = read_input_last(head->input, &reader->common, &ns);

		if (state == SOURCE_IDLE)
			reader->waiting = head;
		if (state != SOURCE_RECORD)
			return state;
		if (ns > reader->last_ns)
			reader->last_ns = ns;
	}
	return SOURCE_RECORD;
}

/* SOURCE_RECORD: records may be read now. */
static enum source_state find_range(struct reader *reader)
{
	const struct read_config *config = &reader->common.config;
	struct read_range *range = &reader->common.range;
	enum source_state state = SOURCE_RECORD;

	if (needs_last(config, &config->since) || needs_last(config, &config->until))
		state = find_last(reader);
	if (state != SOURCE_RECORD)
		return state;
	range->has_since = config->since.form != WHEN_NEVER;
	range->has_until = config->until.form != WHEN_NEVER;
	range->since_ns = resolve(reader, &config->since);
	range->until_ns = resolve(reader, &config->until);
	if (range->has_since && range->has_until && range->until_ns < range->since_ns) {
		log_error("--until: expected a moment that is not before that of --since");
		reader->common.outcome = READ_MISUSED;
		return SOURCE_END;
	}
	reader->has_range = true;
	return SOURCE_RECORD;
}

/* --- records ------------------------------------------------------------------------- */

/*
 * Each input's next record, but for those that have none any more, and those that are
 * followed and have none yet: of these `waiting` is one.
 */
static enum source_state fill_heads(struct reader *reader)
{
	for (size_t i = 0; i < reader->n_heads; i++) {
		struct head *head = &reader->heads[i];
		enum source_state state;

		if (head->has_record || head->is_over)
			continue;
		if (head->again_ns && read_follow_steady_ns() < head->again_ns) {
			reader->waiting = head;
			continue;
		}
		head->again_ns = 0;
		state = read_input_next(head->input, &reader->common, head->record);
		if (state == SOURCE_IDLE) {
			reader->waiting = head;
			if (!read_input_is_waiting(head->input))
				return SOURCE_IDLE;
			/* The clocks of those that wait may be some ms apart. */
			head->again_ns = read_follow_steady_ns() + (READ_FOLLOW_MS - 5) * 1000000;
		}
		head->has_record = state == SOURCE_RECORD;
		head->is_over = state == SOURCE_END;
	}
	return SOURCE_RECORD;
}

static enum source_state next_of_all(struct reader *reader, struct record *record,
				     uint64_t *origin)
{
	struct head *first = NULL;

	if (fill_heads(reader) == SOURCE_IDLE)
		return SOURCE_IDLE;
	for (size_t i = 0; i < reader->n_heads; i++) {
		struct head *head = &reader->heads[i];

		if (head->has_record && (!first || read_input_time_ns(head->input) <
						   read_input_time_ns(first->input)))
			first = head;
	}
	if (!first)
		return reader->waiting ? SOURCE_IDLE : SOURCE_END;
	if (reader->waiting &&
	    !read_follow_is_ripe(read_input_time_ns(first->input), &first->ahead_ns))
		return SOURCE_IDLE;
	*record = *first->record;
	*origin = read_input_origin(first->input);
	first->has_record = false;
	return SOURCE_RECORD;
}

static enum source_state next_of_one(struct reader *reader, struct record *record,
				     uint64_t *origin)
{
	struct head *head = reader->heads;
	enum source_state state = read_input_next(head->input, &reader->common, record);

	if (state == SOURCE_IDLE)
		reader->waiting = head;
	head->is_over = state == SOURCE_END;
	*origin = read_input_origin(head->input);
	return state;
}

/* Whether --changes or --interval leave it out. */
static bool is_left_out(struct reader *reader, struct record *record, uint64_t origin)
{
	struct tcc_thin_state *state;
	struct conn *conn;

	if (!reader->thinned || record->kind != RECORD_KIND_PROBE)
		return false;
	conn = conn_table_get(reader->thinned, record->conn_key, record->ktime_ns);
	state = conn_table_state(reader->thinned, conn);
	if (!state || read_filter_thins(&reader->common.config.thin, state, record))
		return false;
	reader->common.counts[record->kind].filtered++;
	read_marks_keep(reader->common.marks, origin, record);
	return true;
}

static enum source_state next(struct source *source, struct record *record)
{
	struct reader *reader = reader_of(source);
	enum source_state state;
	uint64_t origin;

	if (reader->is_stopped)
		return SOURCE_END;
	reader->waiting = NULL;
	reader->common.lines_left = LINES_MAX;
	state = reader->has_range ? SOURCE_RECORD : find_range(reader);
	if (state != SOURCE_RECORD)
		return state;
	do {
		state = reader->n_heads == 1 ? next_of_one(reader, record, &origin)
					     : next_of_all(reader, record, &origin);
		if (reader->common.outcome != READ_GOES_ON)
			return SOURCE_END;
	} while (state == SOURCE_RECORD && is_left_out(reader, record, origin));
	if (state == SOURCE_END)
		read_check_members(&reader->common);
	/* What is in a head is as unread as what is in its file. */
	if (state == SOURCE_RECORD) {
		reader->common.counts[record->kind].recorded++;
		reader->common.counts[record->kind].taken++;
		read_marks_give(reader->common.marks, origin, record);
	}
	return state;
}

/* --- waiting --------------------------------------------------------------------------- */

/* What it is told is that it may try again. */
static void hear(void *context, uint32_t events)
{
	(void)context;
	(void)events;
}

static int begin_wait(struct source *source, bool has_moved)
{
	struct reader *reader = reader_of(source);
	int timeout_ms, fd;

	(void)has_moved;
	if (!reader->waiting)
		return 0;
	timeout_ms = read_input_wait(reader->waiting->input, &fd);
	if (fd < 0)
		return timeout_ms;
	reader->watch = (struct watch){ .fd = fd, .events = EPOLLIN, .ready = hear };
	reader->is_watching = loop_add(reader->common.config.loop, &reader->watch) == 0;
	return reader->is_watching ? timeout_ms : 0;
}

/* Only while it waits: what is ready, or closed, would wake those who wait for others. */
static void end_wait(struct source *source, bool has_news)
{
	struct reader *reader = reader_of(source);

	(void)has_news;
	if (reader->is_watching)
		loop_remove(reader->common.config.loop, &reader->watch);
	reader->is_watching = false;
}

static void stop(struct source *source)
{
	reader_of(source)->is_stopped = true;
}

static struct source_counts count(const struct source *source, uint8_t kind)
{
	return ((const struct reader *)source)->common.counts[kind];
}

/* What was not read does not say. */
static bool is_unknown(const struct source *source)
{
	const struct reader *reader = (const struct reader *)source;

	for (size_t i = 0; reader->is_stopped && i < reader->n_heads; i++) {
		const struct head *head = &reader->heads[i];

		if (!head->is_over && (head->has_record || !read_input_has_ended(head->input)))
			return true;
	}
	return reader->common.is_unknown;
}

static uint64_t duration_ns(const struct source *source)
{
	const struct read_common *common = &((const struct reader *)source)->common;

	return common->last_ns - common->first_ns;
}

static const struct source_ops read_ops = {
	.scan = scan,
	.next = next,
	.begin_wait = begin_wait,
	.end_wait = end_wait,
	.stop = stop,
	.count = count,
	.is_unknown = is_unknown,
	.duration_ns = duration_ns,
};

/* --- opening ------------------------------------------------------------------------------ */

static int open_inputs(struct reader *reader, const struct read_config *config)
{
	for (size_t i = 0; i < config->n_paths; i++) {
		struct head *head = &reader->heads[i];
		int err = read_input_open(&head->input, config->paths[i], config);

		if (!err && config->n_paths > 1) {
			head->record = malloc(sizeof(*head->record));
			err = head->record ? 0 : -ENOMEM;
		}
		if (err)
			return err;
		for (size_t before = 0; before < i; before++)
			read_input_leave_out(head->input, reader->heads[before].input);
	}
	return 0;
}

/* Of all that is asked for, and of what that is made of. */
static void choose_kinds(struct read_common *common)
{
	uint32_t kinds = common->config.kinds;

	common->default_kind = (uint8_t)__builtin_ctz(kinds);
	common->config.kinds |= derive_takes(kinds);
	for (uint8_t kind = 0; kind < RECORD_KIND_COUNT; kind++) {
		struct field_set needs = derive_needs(kinds, kind);

		field_set_add_all(&common->derive_needs, &needs);
	}
}

struct source *read_new(const struct read_config *config)
{
	struct reader *reader = calloc(1, sizeof(*reader));

	if (!reader)
		return NULL;
	reader->source.ops = &read_ops;
	reader->common.config = *config;
	choose_kinds(&reader->common);
	reader->common.values = read_values_new();
	reader->common.ca = read_ca_new();
	reader->common.marks = read_marks_new();
	reader->heads = calloc(config->n_paths, sizeof(*reader->heads));
	reader->n_heads = reader->heads ? config->n_paths : 0;
	if (tcc_thin_is_on(&config->thin))
		reader->thinned = conn_table_new(CONN_TABLE_LIMIT, sizeof(struct tcc_thin_state));
	if (!reader->common.values || !reader->common.ca || !reader->common.marks || !reader->heads ||
	    (tcc_thin_is_on(&config->thin) && !reader->thinned)) {
		log_error("cannot read: %s", strerror(ENOMEM));
		read_free(&reader->source);
		return NULL;
	}
	if (open_inputs(reader, config)) {
		read_free(&reader->source);
		return NULL;
	}
	return &reader->source;
}

void read_free(struct source *source)
{
	struct reader *reader = reader_of(source);

	if (!reader)
		return;
	for (size_t i = 0; i < reader->n_heads; i++) {
		read_input_close(reader->heads[i].input);
		free(reader->heads[i].record);
	}
	free(reader->heads);
	conn_table_free(reader->thinned);
	read_ca_free(reader->common.ca);
	read_marks_free(reader->common.marks);
	read_values_free(reader->common.values);
	free(reader);
}

enum read_outcome read_outcome(const struct source *source)
{
	return ((const struct reader *)source)->common.outcome;
}

bool read_has(const struct source *source, dev_t device, ino_t inode)
{
	const struct reader *reader = (const struct reader *)source;

	for (size_t i = 0; i < reader->n_heads; i++) {
		if (read_input_has(reader->heads[i].input, device, inode))
			return true;
	}
	return false;
}
