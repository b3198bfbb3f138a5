/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files as a source of records: JSON Lines and CSV, as tcc-trace writes them, plain or
 * compressed, several merged by time. Filters and thins as the kernel side does. Knows
 * neither options nor what becomes of the records.
 */
#ifndef TCC_READ_H
#define TCC_READ_H

#include <sys/types.h>

#include "base/calls.h"
#include "base/loop.h"
#include "base/when.h"
#include "record/fields.h"
#include "record/source.h"
#include "tcc_filter.h"
#include "tcc_thin.h"

struct unpacker;
struct read_names;

#define READ_NAME_MAX 64	/* of a host */

/* Why it is over. What it was has been said. */
enum read_outcome {
	READ_GOES_ON,		/* or the files were at their end */
	READ_LACKS,		/* a filter's field, of a file */
	READ_REFUSED,		/* a file of a version to come */
	READ_FAILED,		/* a file that is followed */
	READ_MISUSED,		/* what was asked for makes no sense, of these files */
};

struct read_config {
	const char *const *paths;
	size_t n_paths;
	const struct read_names *names;	/* borrowed, as all below */
	struct unpacker *unpacker;
	struct loop *loop;
	uint32_t kinds;			/* RECORD_KIND_BIT()s: those that are asked for */
	/* Of each kind the fields that were chosen: it is said once which of them lack. */
	struct field_set chosen[RECORD_KIND_COUNT];
	/* And of private state, as ca.MEMBER: those that no file has. */
	const char *members[FIELDS_CA_MAX];
	size_t n_members;
	const struct tcc_filter *filter;
	struct tcc_thin thin;
	bool follows;			/* files that grow, until somebody ends it */
	struct when since, until;	/* records of these times, and of those between */
	unsigned int schema;		/* ours: files of a higher one are refused */
};

/* What reading takes once the program is locked down. */
extern const struct call_set read_calls;

/*
 * Open the files, and read none yet. Returns NULL when there is no memory, or a file
 * cannot be opened, which has been said.
 */
struct source *read_new(const struct read_config *config);
void read_free(struct source *source);		/* accepts NULL */

enum read_outcome read_outcome(const struct source *source);

/* Whether this file is among those that are read. */
bool read_has(const struct source *source, dev_t device, ino_t inode);

#endif
