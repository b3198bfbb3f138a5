/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the program waits for: signals, the end of --duration, a clock that was
 * set, and whatever its parts watch. Knows nothing of what is to be done about
 * any of them.
 */
#ifndef TCC_LOOP_H
#define TCC_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/calls.h"

#define LOOP_FOREVER (-1)

/* What woke the program, besides the watches, whose owners have been called. */
struct loop_news {
	bool is_timeout;	/* nothing: the time was over first */
	bool has_ended;		/* --duration is over */
	bool is_clock_set;	/* the wall clock was set */
	unsigned int stop_signals;	/* SIGINT, SIGTERM and their like that arrived */
	bool has_hangup;	/* SIGHUP */
	bool wants_summary;	/* SIGUSR1 */
};

/*
 * A descriptor, and who is called by loop_wait() when something happens there:
 * `events` are epoll_ctl(2)'s, which always has EPOLLERR and EPOLLHUP besides.
 * Descriptor and watch stay the owner's, and live until loop_remove() or loop_free().
 */
struct watch {
	int fd;
	uint32_t events;
	void (*ready)(void *context, uint32_t events);
	void *context;
};

struct loop;

/* What waiting takes once the program is locked down. */
extern const struct call_set loop_calls;

/*
 * Block the signals and prepare to wait: those that would end the process are stop
 * signals, but for SIGUSR2, which does nothing, and for those that nobody can take.
 * Returns 0 or -errno. A SIGHUP that is ignored at the start (nohup) stays ignored,
 * unless it `reopens` a file.
 */
int loop_new(struct loop **loop, bool reopens);
void loop_free(struct loop *loop);	/* accepts NULL */

/*
 * Return 0 or -errno: -EPERM of a descriptor that cannot be waited for, as a
 * regular file. loop_change() makes `events` what is waited for, if it was another.
 */
int loop_add(struct loop *loop, struct watch *watch);
int loop_change(struct loop *loop, struct watch *watch, uint32_t events);
void loop_remove(struct loop *loop, struct watch *watch);

/*
 * Who is asked first of each signal: whether it has dealt with it, so that it is no news.
 * `is_of_kernel`: sent by no process, but for a key of the terminal, or its end.
 */
typedef bool loop_taker(void *context, int signal, bool is_of_kernel);

/* From now on SIGCHLD comes as well, for the taker. Returns 0 or -errno. */
int loop_set_taker(struct loop *loop, loop_taker *take, void *context);

/* Whether INT and QUIT, for who looks on, are a request to end: they are at first. */
void loop_heed_keys(struct loop *loop, bool is_heeded);

/* End after so long, from now. */
int loop_set_duration(struct loop *loop, uint64_t duration_ns);

/* Wait, at most so long. Returns 0 or -errno. */
int loop_wait(struct loop *loop, int timeout_ms, struct loop_news *news);

/*
 * For a thread that looks on: whether the end has been asked for, and loop_wait() has not
 * told so yet; and the descriptors (-1: none) that become readable then.
 */
bool loop_is_end_due(const struct loop *loop);
int loop_signal_fd(const struct loop *loop);
int loop_duration_fd(const struct loop *loop);

#endif
