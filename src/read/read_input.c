// SPDX-License-Identifier: GPL-2.0-or-later
/* The records of one set of files; see read_input.h. */
#include "read/read_input.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "read/read_follow.h"
#include "read/read_last.h"
#include "read/read_span.h"
#include "read/read_stream.h"
#include "read/read_take.h"

/* Until a slow writer is looked at again, who has not said yet what it is. */
#define PART_MS 20

struct read_input {
	struct read_set set;
	size_t at;			/* the file that is read */
	bool is_open;
	struct read_stream stream;
	struct read_take take;
	struct read_last last;
	bool is_pausing;		/* it could go on at once */
	const char *path;		/* what was asked for; borrowed */
	bool follows;
	bool is_waiting;		/* for more, of a file that was read up to its end */
	bool has_checked;		/* whether that can be opened */
};

/* --- files -------------------------------------------------------------------------------------- */

static bool is_last(const struct read_input *input)
{
	return input->at + 1 >= input->set.n;
}

static void begin_file(struct read_input *input, struct read_common *common)
{
	read_take_begin(&input->take, common, input->set.files[input->at].path);
	read_stream_open(&input->stream, &input->set.files[input->at]);
	input->stream.is_growing = input->follows && is_last(input);
	input->is_open = true;
}

/* Of a stream that failed: whatever was behind is lost, and is counted as one. */
static void say_failed(struct read_input *input, struct read_common *common, int err,
		       bool is_torn)
{
	if (err == -ECHILD)
		log_warning("'%s': cut off or damaged: %s gives up", input->take.path,
			    unpack_name(input->stream.format));
	else if (err == -ENOENT)
		log_warning("'%s': cannot be read: the program '%s' is not in $PATH",
			    input->take.path, unpack_name(input->stream.format));
	else if (err == -EFBIG)
		log_warning("'%s': is no text; given up", input->take.path);
	else
		log_warning("'%s': cannot be read: %s", input->take.path, strerror(-err));
	if (!is_torn)
		common->counts[common->default_kind].unreadable++;
}

static void end_file(struct read_input *input, struct read_common *common, int err)
{
	bool is_torn = read_take_finish(&input->take, common);
	int end_err = read_stream_close(&input->stream);

	if (!err)
		err = end_err;
	if (err)
		say_failed(input, common, err, is_torn);
	input->is_open = false;
	input->at++;
}

/* Whether what is left of a file is none of what is asked for. Of a plain one lines say it. */
static bool is_over(struct read_input *input, struct read_common *common)
{
	enum read_span_place place;

	if (input->stream.format < 0 || !read_range_is_any(&common->range))
		return false;
	place = read_span_place(&common->range, input->stream.file, input->take.first_ns);
	if (place == READ_SPAN_BEHIND)
		read_take_leave(&input->take, common);
	return place != READ_SPAN_MAY_BE;
}

/* --- files that grow ----------------------------------------------------------------------------- */

/* What it had behind the last look nobody knows. */
static void begin_anew(struct read_input *input, struct read_common *common)
{
	struct read_lines *lines = &input->stream.lines;

	log_warning("'%s': was cut: it is read from its beginning", input->take.path);
	common->is_unknown = true;
	input->take.number = lines->number + 1;
	if (read_lines_has_part(lines))
		read_take_lose(&input->take, common);
	read_take_finish(&input->take, common);
	read_take_begin(&input->take, common, input->set.files[input->at].path);
	read_lines_rewind(lines);
}

/* All was read of the file: is that all there will be of it? Returns whether to go on at once. */
static bool await_more(struct read_input *input, struct read_common *common)
{
	struct read_lines *lines = &input->stream.lines;
	const struct read_file *file = &input->set.files[input->at];

	if (!input->has_checked)
		read_follow_check(input->path);
	input->has_checked = true;
	switch (read_follow_look(file, input->path, lines->behind)) {
	case READ_FOLLOW_CUT:
		begin_anew(input, common);
		return true;
	case READ_FOLLOW_MOVED:
		lines->is_growing = false;
		return true;
	case READ_FOLLOW_SAME:
		break;
	}
	input->is_waiting = true;
	return false;
}

/* All its files were read. Returns whether there are others by now. */
static bool find_more(struct read_input *input, struct read_common *common)
{
	const struct read_file *last = &input->set.files[input->set.n - 1];
	bool has_gap;
	int err;

	input->is_waiting = true;
	if (read_follow_look(last, input->path, 0) != READ_FOLLOW_MOVED)
		return false;
	err = read_set_follow(&input->set, input->path, common->config.names, &has_gap);
	/* Who rotates it is just at it. */
	if (err && err != -ENOENT && err != -ESTALE)
		common->outcome = READ_FAILED;
	if (err)
		return false;
	if (has_gap) {
		log_warning("'%s': the file that was read last is not there any more: what was "
			    "written between is not read", input->path);
		common->is_unknown = true;
	}
	input->at = 0;
	return true;
}

/* --- records ----------------------------------------------------------------------------------- */

/* The next line, if there is one now. Returns whether it is a record to be handed out. */
static bool take_line(struct read_input *input, struct read_common *common,
		      struct record *record, enum read_lines_state *state)
{
	const char *line;
	size_t length;

	*state = read_stream_next(&input->stream, common->config.unpacker, &line, &length);
	input->take.number = input->stream.lines.number;
	switch (*state) {
	case READ_LINES_WAIT:
		break;
	case READ_LINES_END:
	case READ_LINES_FAILED:
		end_file(input, common, *state == READ_LINES_FAILED ? input->stream.err : 0);
		break;
	case READ_LINES_LONG:
		read_take_lose(&input->take, common);
		break;
	case READ_LINES_WHOLE:
	case READ_LINES_TORN:
		return length && read_take_line(&input->take, common, line, length,
						*state == READ_LINES_TORN, record);
	}
	return false;
}

/* Whether there is a file to be read on. */
static bool has_file(struct read_input *input, struct read_common *common)
{
	input->is_waiting = false;
	if (common->outcome != READ_GOES_ON)
		return false;
	return input->at < input->set.n || (input->follows && find_more(input, common));
}

enum source_state read_input_next(struct read_input *input, struct read_common *common,
				  struct record *record)
{
	enum read_lines_state state;

	while (has_file(input, common)) {
		input->is_pausing = common->lines_left == 0;
		if (input->is_pausing)
			return SOURCE_IDLE;
		common->lines_left--;
		if (!input->is_open)
			begin_file(input, common);
		else if (input->stream.has_begun && is_over(input, common)) {
			end_file(input, common, 0);
			continue;
		}
		if (take_line(input, common, record, &state))
			return SOURCE_RECORD;
		if (state == READ_LINES_WAIT &&
		    !(input->stream.lines.is_growing && await_more(input, common)))
			return SOURCE_IDLE;
	}
	if (input->is_waiting && common->outcome == READ_GOES_ON)
		return SOURCE_IDLE;
	if (read_take_lacks_end(&input->take) && common->outcome == READ_GOES_ON)
		common->is_unknown = true;
	return SOURCE_END;
}

enum source_state read_input_last(struct read_input *input, struct read_common *common,
				  int64_t *ns)
{
	enum source_state state = read_last_find(&input->last, &input->set, common, ns);

	input->is_pausing = state == SOURCE_IDLE && !common->lines_left;
	return state;
}

uint64_t read_input_time_ns(const struct read_input *input)
{
	return input->take.time_ns;
}

uint64_t read_input_origin(const struct read_input *input)
{
	return input->take.record_origin;
}

int read_input_wait(const struct read_input *input, int *fd)
{
	*fd = -1;
	if (!input->is_pausing && !input->is_waiting)
		*fd = read_stream_fd(input->last.is_open ? &input->last.stream : &input->stream);
	if (input->is_pausing)
		return 0;
	if (input->is_waiting)
		return READ_FOLLOW_MS;
	return *fd < 0 ? PART_MS : LOOP_FOREVER;
}

bool read_input_is_waiting(const struct read_input *input)
{
	return input->is_waiting;
}

bool read_input_has_ended(const struct read_input *input)
{
	return input->is_waiting && !read_take_lacks_end(&input->take) &&
	       !(input->is_open && read_lines_has_part(&input->stream.lines));
}

bool read_input_has(const struct read_input *input, dev_t device, ino_t inode)
{
	for (size_t i = 0; i < input->set.n; i++) {
		if (input->set.files[i].device == device && input->set.files[i].inode == inode)
			return true;
	}
	return false;
}

void read_input_leave_out(struct read_input *input, const struct read_input *other)
{
	for (size_t i = input->set.n; i > 0; i--) {
		const struct read_file *file = &input->set.files[i - 1];

		if (read_input_has(other, file->device, file->inode))
			read_set_remove(&input->set, i - 1);
	}
	/* The other one is followed. */
	input->follows &= input->set.n > 0;
}

int read_input_open(struct read_input **out, const char *path, const struct read_config *config)
{
	struct read_input *input = calloc(1, sizeof(*input));
	int err = input ? read_set_open(&input->set, path, config->names) : -ENOMEM;

	if (err) {
		free(input);
		return err;
	}
	input->path = path;
	input->follows = config->follows && input->set.files[input->set.n - 1].is_regular;
	*out = input;
	return 0;
}

void read_input_close(struct read_input *input)
{
	if (!input)
		return;
	if (input->is_open)
		read_stream_close(&input->stream);
	read_last_free(&input->last);
	read_set_close(&input->set);
	read_take_free(&input->take);
	free(input);
}
