// SPDX-License-Identifier: GPL-2.0-or-later
/* Seeing to it that the program ends; see watchdog.h. */
#include "base/watchdog.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/loop.h"

/*
 * The other thread waits for its outputs in the loop, up to a second at a time, and for
 * stderr up to LOG_PATIENCE_MS in all: it is stuck when it has done neither for longer.
 */
#define STUCK_NS (2500 * (uint64_t)NS_PER_MS)
/*
 * The same, once the end should have been over for so long as well: a helper that is told
 * to quit is waited for last, for little more than a second (compress_stop()).
 */
#define LATE_NS (1300 * (uint64_t)NS_PER_MS)

#define TICK_MS 100

#define GIVEN_UP (1ULL << 63)

/* Giving up may hang as well, for stderr may be a file: then SIGALRM ends the process. */
#define LAST_RESORT_S 2

/* Where the stack of giving up, with its messages, has room. */
#define STACK_BYTES (256u << 10)

/* Telling the thread. */
static const struct call calls[] = { { .name = "write" } };

const struct call_set watchdog_calls = CALL_SET(calls);

static const struct call thread_calls[] = {
	{ .name = "poll" }, { .name = "ppoll" }, { .name = "setitimer" },
	{ .name = "rt_sigpending" }, { .name = "sigpending" },
};

struct watchdog {
	struct watchdog_config config;
	pthread_t thread;
	pid_t watched;		/* the other thread's number */
	int event_fd;		/* the other thread has news */
	sem_t is_ready;
	int err;		/* why it is not */
	/* Of both threads. */
	uint64_t n_beats;	/* with GIVEN_UP, once they are not waited for any more */
	uint64_t until_ns;
	bool is_ending, is_over, is_resting;
	sem_t never;
};

#define LOAD(member) __atomic_load_n(&(member), __ATOMIC_ACQUIRE)
#define STORE(member, value) __atomic_store_n(&(member), value, __ATOMIC_RELEASE)

/* --- the thread ------------------------------------------------------------------ */

/* A machine that is busy is no reason. Without /proc nobody knows. */
static bool is_running(const struct watchdog *watchdog)
{
	char path[64], text[256];
	const char *name_end;
	ssize_t length;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", (int)watchdog->watched);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	length = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[length > 0 ? length : 0] = '\0';
	name_end = strrchr(text, ')');
	return name_end && strncmp(name_end, ") R", 3) == 0;
}

static bool is_end_due(const struct watchdog *watchdog)
{
	return !LOAD(watchdog->is_resting) &&
	       (LOAD(watchdog->is_ending) || loop_is_end_due(watchdog->config.loop));
}

/* Returns when the end may be due; at once where it is. */
static void await_end(const struct watchdog *watchdog)
{
	struct pollfd fds[] = {
		{ .fd = watchdog->event_fd, .events = POLLIN },
		{ .fd = loop_signal_fd(watchdog->config.loop), .events = POLLIN },
		{ .fd = loop_duration_fd(watchdog->config.loop), .events = POLLIN },
	};

	while (!LOAD(watchdog->is_over) && !is_end_due(watchdog)) {
		eventfd_t value;

		poll(fds, LOAD(watchdog->is_resting) ? 1 : 3, -1);
		if (fds[0].revents)
			eventfd_read(watchdog->event_fd, &value);
		/* A signal that the other thread is about to take, or not. */
		if (!is_end_due(watchdog))
			poll(fds, 1, TICK_MS);
	}
}

/*
 * Unless there was another beat since; the next one will not return. The process ends in
 * there, or the last resort is what ends it.
 */
static void give_up(struct watchdog *watchdog, uint64_t n_beats)
{
	const struct itimerval last_resort = { .it_value.tv_sec = LAST_RESORT_S };
	sigset_t alarm;

	if (!__atomic_compare_exchange_n(&watchdog->n_beats, &n_beats, n_beats | GIVEN_UP, false,
					 __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return;
	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	signal(SIGALRM, SIG_DFL);
	setitimer(ITIMER_REAL, &last_resort, NULL);
	pthread_sigmask(SIG_UNBLOCK, &alarm, NULL);
	watchdog->config.give_up(watchdog->config.context);
}

static bool is_stuck(const struct watchdog *watchdog, uint64_t quiet_ns, uint64_t now_ns)
{
	uint64_t until_ns = LOAD(watchdog->until_ns);
	bool is_late = until_ns && now_ns > until_ns + LATE_NS;

	return quiet_ns >= (is_late ? LATE_NS : STUCK_NS) && !is_running(watchdog);
}

/* At most twice a tick: where the process, or the machine, was stopped, both threads were. */
static uint64_t passed_ns(uint64_t before_ns, uint64_t now_ns)
{
	uint64_t most_ns = 2 * TICK_MS * (uint64_t)NS_PER_MS;

	return now_ns - before_ns < most_ns ? now_ns - before_ns : most_ns;
}

/* Until the end is not due after all, or the program is over. */
static void watch_end(struct watchdog *watchdog)
{
	struct pollfd over = { .fd = watchdog->event_fd, .events = POLLIN };
	uint64_t n_beats = LOAD(watchdog->n_beats), quiet_ns = 0, before_ns = clock_now_ns();

	while (!LOAD(watchdog->is_over) && is_end_due(watchdog)) {
		uint64_t now_ns = clock_now_ns(), n = LOAD(watchdog->n_beats);
		eventfd_t value;

		quiet_ns = n == n_beats ? quiet_ns + passed_ns(before_ns, now_ns) : 0;
		before_ns = now_ns;
		n_beats = n;
		if (is_stuck(watchdog, quiet_ns, now_ns))
			give_up(watchdog, n);
		if (poll(&over, 1, TICK_MS) > 0)
			eventfd_read(watchdog->event_fd, &value);
	}
}

static void *run(void *argument)
{
	static const struct call_set set = CALL_SET(thread_calls);
	struct watchdog *watchdog = argument;
	struct privilege_wants wants = watchdog->config.wants;

	watchdog->err = privilege_want_calls(&wants, &set);
	if (!watchdog->err)
		watchdog->err = privilege_drop(&wants);
	sem_post(&watchdog->is_ready);
	while (!watchdog->err && !LOAD(watchdog->is_over)) {
		await_end(watchdog);
		watch_end(watchdog);
	}
	return NULL;
}

/* --- the other one ---------------------------------------------------------------- */

static int start_thread(struct watchdog *watchdog)
{
	pthread_attr_t attributes;
	sigset_t all, before;
	int err = pthread_attr_init(&attributes);

	if (err)
		return -err;
	pthread_attr_setstacksize(&attributes, STACK_BYTES);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&watchdog->thread, &attributes, run, watchdog);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	return -err;
}

int watchdog_start(struct watchdog **out, const struct watchdog_config *config)
{
	struct watchdog *watchdog = calloc(1, sizeof(*watchdog));
	int err;

	if (!watchdog)
		return -ENOMEM;
	watchdog->config = *config;
	watchdog->watched = (pid_t)syscall(SYS_gettid);
	sem_init(&watchdog->is_ready, 0, 0);
	sem_init(&watchdog->never, 0, 0);
	watchdog->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	err = watchdog->event_fd < 0 ? -errno : start_thread(watchdog);
	if (err) {
		if (watchdog->event_fd >= 0)
			close(watchdog->event_fd);
		free(watchdog);
		return err;
	}
	while (sem_wait(&watchdog->is_ready) && errno == EINTR)
		;
	err = watchdog->err;
	if (err)
		watchdog_stop(watchdog);
	else
		*out = watchdog;
	return err;
}

static void tell(const struct watchdog *watchdog)
{
	eventfd_write(watchdog->event_fd, 1);
}

void watchdog_stop(struct watchdog *watchdog)
{
	if (!watchdog)
		return;
	STORE(watchdog->is_over, true);
	tell(watchdog);
	pthread_join(watchdog->thread, NULL);
	close(watchdog->event_fd);
	sem_destroy(&watchdog->is_ready);
	sem_destroy(&watchdog->never);
	free(watchdog);
}

void watchdog_beat(struct watchdog *watchdog)
{
	if (!watchdog)
		return;
	/* Back from where it was stuck, it must not tell another story of the end. */
	if (__atomic_fetch_add(&watchdog->n_beats, 1, __ATOMIC_ACQ_REL) & GIVEN_UP) {
		for (;;)
			sem_wait(&watchdog->never);
	}
}

void watchdog_end(struct watchdog *watchdog, uint64_t until_ns)
{
	if (!watchdog)
		return;
	STORE(watchdog->until_ns, until_ns);
	if (LOAD(watchdog->is_ending) && !LOAD(watchdog->is_resting))
		return;
	STORE(watchdog->is_ending, true);
	STORE(watchdog->is_resting, false);
	tell(watchdog);
}

void watchdog_rest(struct watchdog *watchdog)
{
	if (!watchdog)
		return;
	watchdog_beat(watchdog);
	STORE(watchdog->is_resting, true);
}
