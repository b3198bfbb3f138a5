/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The output as the user asked for it: which format with which fields, to
 * stdout or a log file, with which lines before and after the records. Says
 * itself, on stderr, what is wrong, in the user's words.
 */
#ifndef TCC_OUTPUT_H
#define TCC_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "record/account.h"
#include "file/compress.h"
#include "format/format.h"
#include "file/logfile.h"
#include "options/options.h"
#include "file/sink.h"

/* Exit statuses, INTERFACE: also those of the program. */
enum exit_status { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_LOST = 3 };

struct output {
	enum format_kind kind;
	struct format *format;
	struct compressor *compressor;	/* of rotated files, or NULL */
	struct logfile *log;
	struct sink *sink;
	char *heading;		/* what a log file begins with */
	const char *name;	/* for messages: "standard output", the file */
	const char *filter_text;	/* for the opening record */
	bool has_header;
};

/*
 * First the format: all that can be wrong with the options shows here.
 * Returns an exit_status; on all but EXIT_DONE it has been said what is wrong.
 */
int output_open_format(struct output *output, const struct options *options);

/* Before any privilege is given away: the helper of --compress. Returns as above. */
int output_start_compressor(struct output *output, const struct options *options);

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

/* Returns EXIT_DONE, or EXIT_FAILED, said, when what was written did not last. */
int output_close(struct output *output);

/* Say that the output cannot be written; returns EXIT_FAILED. */
int output_fail(const struct output *output, int err);

/* The same, unless it was said when it happened: a log file does that itself. */
int output_fail_write(const struct output *output, int err);

#endif
