/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command that is traced: forked before anything of this process is changed, let go
 * when all is ready, heard of until its end. Knows nothing of what is traced of it.
 *
 * The terminal is the command's: what its keys send is not for this process, and where
 * that stops the command this process stops as well, so that the shell is told.
 */
#ifndef TCC_COMMAND_RUN_H
#define TCC_COMMAND_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/calls.h"
#include "tcc_command.h"

struct command;
struct loop;

/* As a shell has them. */
#define COMMAND_CANNOT_RUN 126
#define COMMAND_NOT_FOUND 127
#define COMMAND_SIGNAL 128

struct command_config {
	char *const *argv;	/* borrowed, as all here; ends in NULL */
	const char *user;	/* as whom it is to run, or NULL */
	unsigned int closed;	/* bit n: descriptor n was closed at the start, and is to be */
};

/*
 * Fork a process that waits, and then becomes the command: with the descriptors, limits,
 * signals and rights that this process has by now, or those of `user`; no threads may run.
 * It ends with this process, if that does before command_go(). Returns 0 or -errno,
 * and has said why.
 */
int command_fork(struct command **command, const struct command_config *config);

/* For the kernel's side. */
struct tcc_command command_identity(const struct command *command);

/* Its signals come by the loop from now on, and its end does. Returns 0 or -errno. */
int command_watch(struct command *command, struct loop *loop);

/* What this takes once the program is locked down: also to send that one process signals. */
extern const struct call_set command_calls;
const struct call_set *command_own_calls(const struct command *command);

/* It begins. Returns 0 or -errno. */
int command_go(struct command *command);

/* Whether it has ended; then when, CLOCK_MONOTONIC. Accepts NULL: false. */
bool command_has_ended(const struct command *command);
uint64_t command_ended_ns(const struct command *command);

/* Whether a second signal asked for the end while the command went on. */
bool command_is_given_up(const struct command *command);

/* Why it could not be run, -errno, once it has ended; else 0. */
int command_error(const struct command *command);

/*
 * Of its end, as a shell tells it: its status, or COMMAND_SIGNAL and the signal's number;
 * where it has not ended, that of the signal that ended the wait for it.
 */
int command_status(const struct command *command);

const char *command_name(const struct command *command);

/* One that was not let go ends. Accepts NULL. */
void command_free(struct command *command);

#endif
