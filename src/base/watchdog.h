/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A thread that sees to it that the program ends, though its one other thread is stuck
 * in a system call: a file system that hangs is no pipe, whose writes can be made not to
 * wait. Until the end is due it sleeps. Knows not what there is to be done then.
 *
 * (Where nothing but KILL gets a process out of such a call it is this process's end
 * that does; and where not even that, nobody's.)
 */
#ifndef TCC_WATCHDOG_H
#define TCC_WATCHDOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/calls.h"
#include "base/privilege.h"

struct loop;
struct watchdog;

struct watchdog_config {
	const struct loop *loop;	/* a stop signal there, or the end of its duration, is the end */
	/* What the thread calls then: not to return. It may be amidst anything of the other's. */
	void (*give_up)(void *context);
	void *context;
	struct privilege_wants wants;	/* what give_up() takes, once the thread is locked down */
};

/* What the program's other thread takes, once it is locked down. */
extern const struct call_set watchdog_calls;

/*
 * From the thread that is to be watched. The new one has given all privilege up, as by
 * privilege_drop(), when this returns: 0 or -errno.
 */
int watchdog_start(struct watchdog **watchdog, const struct watchdog_config *config);

/* The thread is gone when this returns. Accepts NULL. */
void watchdog_stop(struct watchdog *watchdog);

/* The program is not stuck; to be called before and after whatever may be. Accepts NULL. */
void watchdog_beat(struct watchdog *watchdog);

/*
 * It is ending, whatever the loop has; `until_ns`, unless 0, is when it should be over:
 * then patience is short. Accepts NULL.
 */
void watchdog_end(struct watchdog *watchdog, uint64_t until_ns);

/* What is waited for now may take for ever: it is not stuck, up to watchdog_end(). Accepts NULL. */
void watchdog_rest(struct watchdog *watchdog);

#endif
