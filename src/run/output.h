/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is to be written, as the options say: which format with which fields, to
 * stdout or a log file. Says itself, on stderr, what is wrong, in the user's words.
 */
#ifndef TCC_OUTPUT_H
#define TCC_OUTPUT_H

#include "consume/lines.h"
#include "options/options.h"

/* Exit statuses, INTERFACE: also those of the program; but of EXIT_FAILED, with a command. */
enum exit_status { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_LOST = 3,
		   EXIT_FAILED_BESIDE = 125 };

/* The records of a trace, and a copy of them if there is --tee. */
#define OUTPUTS_MAX 2

struct output {
	struct lines_config config[OUTPUTS_MAX];
	struct consumer *lines[OUTPUTS_MAX];	/* NULL: not open */
	size_t n;
};

/*
 * First the format: all that can be wrong with the options shows here.
 * Returns an exit_status; on all but EXIT_DONE it has been said what is wrong.
 */
int output_open_format(struct output *output, const struct options *options);

/* Before any privilege is given away: the helper of --compress. Returns as above. */
int output_start_compressor(struct output *output, const struct options *options);

/*
 * Then, once tracing is possible, where it goes: files are touched here. Returns as
 * above. Records come from CPUs below `n_cpus`.
 */
int output_open(struct output *output, uint32_t n_cpus);

/* RECORD_KIND_BIT()s: what is written, by one or the other. */
uint32_t output_kinds(const struct output *output);

/*
 * TCC_PROP()s: what the kernel side has to copy for the lines of a kind of event, and
 * of those that are made of it.
 */
uint64_t output_needs(const struct output *output, uint8_t kind);

/* The fields that are chosen for the lines of a kind of event. */
struct field_set output_chosen(const struct output *output, uint8_t kind);

/* The members of private state that are chosen by name, as ca.MEMBER; returns how many. */
size_t output_members(const struct output *output, const char *names[FIELDS_CA_MAX]);

/* Whether lines show that the congestion window has fallen. */
bool output_watches_cwnd(const struct output *output);

/* Returns EXIT_DONE, or EXIT_FAILED, said, when what was written did not last. */
int output_close(struct output *output);

#endif
