/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What one trace is made of: made in the order that privileges and files ask for, and
 * released together. Knows not what is done with them.
 */
#ifndef TCC_PARTS_H
#define TCC_PARTS_H

#include <stdint.h>

#include "base/loop.h"
#include "options/netns_watch.h"
#include "options/options.h"
#include "record/source.h"
#include "run/output.h"
#include "run/pipeline.h"
#include "run/session.h"

struct ca_decode;
struct command;
struct tracer;
struct unpacker;
struct watchdog;

/*
 * Zero at first, but for netns.filter, give_up, closed and the output, whose format is
 * open.
 */
struct parts {
	struct output output;
	struct command *command;	/* NULL: none */
	unsigned int closed;		/* see struct command_config */
	struct tracer *tracer;
	struct netns_watch netns;
	struct source *source;		/* one of these */
	struct source *live, *files;
	uint32_t kinds;			/* RECORD_KIND_BIT()s: those that it can have */
	struct tcc_filter filter;	/* of files */
	struct unpacker *unpacker;
	struct ca_decode *decode;
	struct pipeline *pipeline;
	struct loop *loop;
	struct watch bell;
	struct watchdog *watchdog;
	void (*give_up)(void *parts);	/* what the watchdog calls: base/watchdog.h */
	struct session session;		/* the caller's, as has_session and is_summed_up */
	bool has_session, is_summed_up;
	uint64_t start_ns;		/* when the trace began, CLOCK_MONOTONIC */
	uint64_t n_left;		/* descendants that had not ended with the command */
};

/*
 * Load, open the output, attach, lock the process down, and let the command go; the
 * trace has begun.
 * Returns an exit_status; on all but EXIT_DONE it has been said what is wrong.
 */
int parts_start(struct parts *parts, const struct options *options);

/*
 * The trace is over, the command perhaps is not: wait for that, and say what is to be
 * said of it. Returns the program's exit status, of one that is `status` without it.
 */
int parts_end_command(struct parts *parts, int status);

/* For reading.c: become --user, NULL for nobody else; give up all but these calls, and what
 * all traces need. Return an exit_status, as above. */
int parts_become(const char *user);
int parts_lock_down(struct parts *parts, const struct call_set *const *calls, size_t n_calls);

/* Whether somebody looks on who wants to know that nothing passes the filter. */
bool parts_looks_on(const struct options *options);

/* Of more connections than are known at a time; see struct pipeline_config. */
void parts_say_forgets(void);

/* Say that something cannot be done, and why, -errno; returns EXIT_FAILED. */
int parts_fail(const char *what, int err);

/* Whatever there is of them. Returns as output_close(). */
int parts_free(struct parts *parts);

#endif
