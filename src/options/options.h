/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command line, parsed once: after options_parse() everything is typed,
 * valid and const. Knows no kernel and opens no file.
 */
#ifndef TCC_OPTIONS_H
#define TCC_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/when.h"
#include "format/format.h"
#include "tcc_event.h"
#include "tcc_filter.h"
#include "tcc_thin.h"

#define OPTIONS_FIELDS_MAX 16
#define OPTIONS_READ_MAX 64

enum color_mode { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

/* What the program was asked to do. */
enum options_action {
	ACTION_TRACE,
	ACTION_HELP,
	ACTION_VERSION,
	ACTION_FIELDS_HELP,
	ACTION_EVENTS_HELP
};

struct options {
	enum options_action action;
	struct tcc_filter filter;	/* what to trace, for the kernel */
	struct tcc_thin thin;		/* --changes, --interval */
	uint32_t kinds;			/* --events: RECORD_KIND_BIT()s */
	char filter_text[512]; 	/* both in the user's words: "port 443, not
					 * dst 10.0.0.0/8"; empty when all is traced;
					 * ends in "..." when it did not fit */
	int format;			/* enum format_kind, or -1: not given */
	int tee;			/* enum format_kind, or -1: no copy on stdout */
	/* --fields as given: each list goes on from the one before. */
	const char *fields[OPTIONS_FIELDS_MAX];
	size_t n_fields;
	const char *ca_struct, *ca_btf;	/* as given, or NULL */
	enum time_style time_style;
	enum color_mode color;
	bool has_header;		/* false with --no-header */
	const char *log_file;		/* --log-file, or NULL for a stream; "-" is NULL */
	bool is_stdout_given;		/* --log-file=- */
	char *const *command;		/* what is traced, from its name on to NULL; NULL: all */
	uint64_t rotate_bytes;		/* 0: not by size */
	uint64_t rotate_ns;		/* 0: not by time */
	uint64_t rotate_keep;		/* a number, or ROTATE_KEEP_ALL */
	int compress;			/* enum compress_kind, or -1: not at all */
	const char *user;		/* to become, or NULL */
	/* --read, as given, and the operands, which then are further files; none: trace. */
	const char *read[OPTIONS_READ_MAX];
	size_t n_read;
	char *const *operands;
	size_t n_operands;
	struct when since, until;	/* of what is read */
	bool follows;			/* and on, as it grows */
	uint64_t duration_ns;		/* 0: no limit */
	uint64_t count;			/* 0: no limit */
	uint64_t buffer_bytes;		/* each CPU; 0: not given */
	bool is_strict, is_quiet, is_verbose;
};

/*
 * Parse argv. Of an option that holds one value, the last one given counts. On an error, prints one line "tcc-trace: ..." to stderr that
 * names the option, the bad value and what is allowed, and returns -EINVAL;
 * the caller exits 2. Strings in *options point into argv.
 */
int options_parse(struct options *options, int argc, char **argv);

/* Whether records go to stderr: stdout is the command's. */
bool options_is_to_stderr(const struct options *options);

/*
 * Warn of what is allowed, but can hardly be meant: filters that nothing can pass, an
 * algorithm that the kernel does not have at the moment.
 */
void options_warn(const struct options *options);

/* Print --help to `out`. */
void options_print_help(FILE *out);

#endif
