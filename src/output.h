/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The output as the user asked for it: which format with which fields, to
 * stdout or a log file, with which lines before and after the records. Says
 * itself, on stderr, what is wrong, in the user's words.
 */
#ifndef TCC_OUTPUT_H
#define TCC_OUTPUT_H

#include <stdint.h>

#include "account.h"
#include "format.h"
#include "options.h"
#include "sink.h"

/* Exit statuses, INTERFACE: also those of the program. */
enum exit_status { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_LOST = 3 };

struct output {
	enum format_kind kind;
	struct format *format;
	struct sink *sink;
	const char *name;	/* for messages: "standard output", the file */
	int fd;			/* the log file's, or -1 */
};

/*
 * First the format: all that can be wrong with the options shows here.
 * Returns an exit_status; on all but EXIT_DONE it has been said what is wrong.
 */
int output_open_format(struct output *output, const struct options *options);

/*
 * Then, once tracing is possible, where it goes, and the lines before the
 * first record: files are touched here. Returns as above.
 */
int output_open(struct output *output, const struct options *options);

/*
 * The line behind the last record, if there is one: JSON's end record, in a
 * log file always, on stdout where `has_unmarked_loss`. To be flushed.
 */
struct banner_end;
int output_write_end(struct output *output, const struct options *options,
		     const struct banner_end *end, bool has_unmarked_loss);

void output_close(struct output *output);

/* Say that the output cannot be written; returns EXIT_FAILED. */
int output_fail(const struct output *output, int err);

#endif
