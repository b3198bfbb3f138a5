/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the lines of one set of files say: which of them are records, what is said of
 * those that are nothing, and what opening and end records tell. For read_input.c alone.
 * Says itself what is wrong, by file and line. Knows not where lines come from.
 */
#ifndef TCC_READ_TAKE_H
#define TCC_READ_TAKE_H

#include "read/read_bad.h"
#include "read/read_common.h"
#include "read/read_csv.h"
#include "read/read_json.h"

enum form { FORM_UNKNOWN, FORM_JSON, FORM_CSV };

/* Zeros at first. */
struct read_take {
	const char *path;		/* borrowed; of the file */
	uint64_t number;		/* of the line, from 1: the caller sets it */
	enum form form;
	struct read_json json;
	struct read_csv csv;
	uint32_t kinds;			/* RECORD_KIND_BIT()s: those that the file has */
	uint32_t checked;		/* CSV: RECORD_KIND_BIT()s of kinds whose fields were */
	struct read_bad bad;
	bool is_old;			/* the schema is of before SCHEMA_OF_LIMITS */
	bool is_ended;			/* the last line was an end record */
	bool is_later;			/* its trace began behind the times that are asked for */
	bool is_outside;		/* the last record was, by its time */
	bool has_lines;			/* since the file was opened */
	bool has_trace;			/* an opening record was seen */
	bool has_any;			/* of the trace, of the times that are asked for */
	bool is_remade;			/* the record before: what is made of it is made anew */
	int64_t first_ns;		/* the first time that the file says, or 0 */
	const struct record_host *host;	/* by the opening record, or NULL */
	uint64_t origin;		/* what tells its cookies from those of other hosts */
	uint64_t record_origin;		/* the same of the last record, which may say its host */
	uint64_t time_ns;		/* of the record handed out last: it never decreases */
};

void read_take_free(struct read_take *take);

/* The next file. */
void read_take_begin(struct read_take *take, struct read_common *common, const char *path);

/*
 * A line, as read_json.h has it, which is the file's last and has no LF if is_torn. Returns
 * whether *record is one to be handed out.
 */
bool read_take_line(struct read_take *take, struct read_common *common, const char *line,
		    size_t length, bool is_torn, struct record *record);

/* A line that is too long to be one. */
void read_take_lose(struct read_take *take, struct read_common *common);

/* The rest of the file is behind the times that are asked for, and is not read. */
void read_take_leave(struct read_take *take, struct read_common *common);

/* The file is at its end. Returns whether its last line could not be read. */
bool read_take_finish(struct read_take *take, struct read_common *common);

/* Whether what was read has no end record yet. */
bool read_take_lacks_end(const struct read_take *take);

#endif
