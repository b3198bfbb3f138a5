/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The records of one set of files, in their order: which of its lines are some, what is
 * said of those that are none, and what its opening and end records tell. For read.c
 * alone. Says itself what is wrong, by file and line.
 */
#ifndef TCC_READ_INPUT_H
#define TCC_READ_INPUT_H

#include <stdint.h>

#include "read/read.h"
#include "read/read_ca.h"
#include "read/read_marks.h"
#include "read/read_set.h"
#include "read/read_value.h"
#include "read/unpack.h"

struct read_input;

/* What all inputs of a reader share. */
struct read_common {
	struct read_config config;
	struct read_values *values;
	struct read_ca *ca;
	struct read_marks *marks;
	struct field_set derive_needs;	/* what a record must have of which others are made */
	uint8_t default_kind;		/* of records that do not say theirs: the first asked for */
	struct field_set said;		/* fields of which it has been said that they lack */
	struct source_counts counts[RECORD_KIND_COUNT];
	uint64_t first_origin;		/* 0: none yet */
	uint64_t first_ns, last_ns;	/* of the records' times; 0: there was none */
	enum read_outcome outcome;
	unsigned int lines_left;	/* to be read before others are to be heard */
	bool has_said_made;		/* that nothing is made of the records of a file */
	bool is_unknown;		/* a file does not say what was lost */
};

/* The files are opened, and none is read. Returns 0 or -errno, which has been said. */
int read_input_open(struct read_input **input, const char *path,
		    const struct read_names *names);
void read_input_close(struct read_input *input);	/* accepts NULL */

/*
 * As struct source_ops has it. SOURCE_END also where `outcome` says that it is over,
 * SOURCE_IDLE also where no lines are left to this turn.
 */
enum source_state read_input_next(struct read_input *input, struct read_common *common,
				  struct record *record);

/* The time of the record that was handed out last: it never decreases. */
uint64_t read_input_time_ns(const struct read_input *input);

/* What tells the host and boot of the record that was handed out last from others. */
uint64_t read_input_origin(const struct read_input *input);

/*
 * After SOURCE_IDLE: for how long to wait at most, ms, or LOOP_FOREVER. *fd: what is
 * readable when it is over before, or -1.
 */
int read_input_wait(const struct read_input *input, int *fd);

/* Leave out its files that another has: none is read twice. Before the first is read. */
void read_input_leave_out(struct read_input *input, const struct read_input *other);

/* Whether one of its files is this one. */
bool read_input_has(const struct read_input *input, dev_t device, ino_t inode);

#endif
