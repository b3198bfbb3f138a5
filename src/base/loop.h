/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the program waits for: the doorbell, signals, the end of --duration, a
 * clock that was set, the receiver of the output. Knows nothing of what is to
 * be done about any of them.
 */
#ifndef TCC_LOOP_H
#define TCC_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#define LOOP_FOREVER (-1)

/* What woke the program. */
struct loop_news {
	bool is_timeout;	/* nothing: the time was over first */
	bool has_doorbell;	/* events have arrived */
	bool has_ended;		/* --duration is over */
	bool is_clock_set;	/* the wall clock was set */
	bool is_output_ready;	/* the output takes more */
	bool is_output_gone;	/* nobody reads the output any more */
	bool has_helper;	/* the helper process has news */
	unsigned int stop_signals;	/* SIGINT and SIGTERM that arrived */
	bool has_hangup;	/* SIGHUP */
	bool wants_summary;	/* SIGUSR1 */
};

struct loop;

/*
 * Block the signals and prepare to wait. Returns 0 or -errno. A SIGHUP that is
 * ignored at the start (nohup) stays ignored, unless it `reopens` a file.
 */
int loop_new(struct loop **loop, bool reopens);
void loop_free(struct loop *loop);	/* accepts NULL */

/*
 * Watch for it; the descriptor stays the caller's. The doorbell is heard when it
 * rings, not as long as it has rung.
 */
int loop_watch_doorbell(struct loop *loop, int fd);
int loop_watch_helper(struct loop *loop, int fd);

/*
 * Watch whether the receiver goes away, and, while is_full, whether it takes
 * more. A regular file cannot be watched, and needs not.
 */
int loop_watch_output(struct loop *loop, int fd, bool is_full);

/* End after so long, from now. */
int loop_set_duration(struct loop *loop, uint64_t duration_ns);

/* Wait, at most so long. Returns 0 or -errno. */
int loop_wait(struct loop *loop, int timeout_ms, struct loop_news *news);

#endif
