// SPDX-License-Identifier: GPL-2.0-or-later
/* The time of the last record; see read_last.h. */
#include "read/read_last.h"

#include <string.h>
#include <unistd.h>

#include "base/log.h"

static void close_stream(struct read_last *last, const struct read_file *file)
{
	read_stream_close(&last->stream);
	read_probe_close(&last->probe);
	last->is_open = false;
	/* It will be read anew; where it cannot be, that is said then. */
	(void)!lseek(file->fd, (off_t)file->start, SEEK_SET);
}

/* Of what is compressed, line by line, up to its end. */
static enum source_state read_through(struct read_last *last, const struct read_file *file,
				      struct read_common *common)
{
	for (; common->lines_left; common->lines_left--) {
		const char *line;
		size_t length;
		enum read_lines_state state = read_stream_next(&last->stream, common->config.unpacker,
							       &line, &length);

		if (state == READ_LINES_WAIT)
			return SOURCE_IDLE;
		if (state == READ_LINES_END || state == READ_LINES_FAILED) {
			close_stream(last, file);
			return SOURCE_END;
		}
		if (state == READ_LINES_WHOLE && length &&
		    read_probe_line(&last->probe, line, length, &last->ns))
			last->is_known = true;
	}
	return SOURCE_IDLE;
}

/* Of what is plain, at its end. */
static void look(struct read_last *last, const struct read_file *file,
		 const struct read_common *common)
{
	struct read_place place;
	uint64_t tail;

	if (read_probe_open(&last->probe, common, file) == 0 &&
	    read_probe_last(&last->probe, &place, &tail)) {
		last->is_known = true;
		last->ns = place.ns;
	}
	read_probe_close(&last->probe);
}

enum source_state read_last_find(struct read_last *last, const struct read_set *set,
				 struct read_common *common, int64_t *ns)
{
	if (!last->has_begun)
		*last = (struct read_last){ .has_begun = true, .left = set->n };
	while (last->is_open || (last->left && !last->is_known)) {
		const struct read_file *file = &set->files[last->left - 1];

		if (!last->is_open && !file->is_regular) {
			log_error("%s: expected a moment with its date: the last record of '%s' is "
				  "not known before it is read",
				  when_is_relative(&common->config.since) ? "--since" : "--until",
				  strcmp(file->path, "-") == 0 ? "standard input" : file->path);
			common->outcome = READ_MISUSED;
			return SOURCE_END;
		}
		if (!last->is_open && read_stream_is_packed(file)) {
			read_probe_begin(&last->probe, common);
			read_stream_open(&last->stream, file);
			last->is_open = true;
		}
		if (!last->is_open)
			look(last, file, common);
		else if (read_through(last, file, common) == SOURCE_IDLE)
			return SOURCE_IDLE;
		last->left--;
	}
	*ns = last->is_known ? last->ns : 0;
	return SOURCE_RECORD;
}

void read_last_free(struct read_last *last)
{
	if (!last->is_open)
		return;
	read_stream_close(&last->stream);
	read_probe_close(&last->probe);
}
