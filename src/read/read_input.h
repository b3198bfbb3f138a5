/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The records of one set of files, in their order: which of the files are read, and from
 * where to where. For read.c alone. Says itself what is wrong with a file.
 */
#ifndef TCC_READ_INPUT_H
#define TCC_READ_INPUT_H

#include <stdint.h>

#include "read/read_common.h"
#include "read/read_set.h"
#include "read/unpack.h"

struct read_input;

/* The files are opened, and none is read. Returns 0 or -errno, which has been said. */
int read_input_open(struct read_input **input, const char *path,
		    const struct read_config *config);
void read_input_close(struct read_input *input);	/* accepts NULL */

/*
 * As struct source_ops has it. SOURCE_END also where `outcome` says that it is over,
 * SOURCE_IDLE also where no lines are left to this turn.
 */
enum source_state read_input_next(struct read_input *input, struct read_common *common,
				  struct record *record);

/*
 * The time of its last record, before the first is read: as read_last_find(). Where it is
 * SOURCE_IDLE, read_input_wait() says for what to wait.
 */
enum source_state read_input_last(struct read_input *input, struct read_common *common,
				  int64_t *ns);

/* The time of the record that was handed out last: it never decreases. */
uint64_t read_input_time_ns(const struct read_input *input);

/* What tells the host and boot of the record that was handed out last from others. */
uint64_t read_input_origin(const struct read_input *input);

/*
 * After SOURCE_IDLE: for how long to wait at most, ms, or LOOP_FOREVER. *fd: what is
 * readable when it is over before, or -1.
 */
int read_input_wait(const struct read_input *input, int *fd);

/* Whether all was read of a file that may grow. */
bool read_input_is_waiting(const struct read_input *input);

/* Whether what was read of it is whole: the last was an end record. */
bool read_input_has_ended(const struct read_input *input);

/* Leave out its files that another has: none is read twice. Before the first is read. */
void read_input_leave_out(struct read_input *input, const struct read_input *other);

/* Whether one of its files is this one. */
bool read_input_has(const struct read_input *input, dev_t device, ino_t inode);

#endif
