// SPDX-License-Identifier: GPL-2.0-or-later
/* What the program waits for; see loop.h. */
#include "base/loop.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

static const struct call calls[] = {
	{ .name = "epoll_wait" }, { .name = "epoll_pwait" }, { .name = "epoll_ctl" },
	{ .name = "timerfd_settime" }, { .name = "read" },
};

const struct call_set loop_calls = CALL_SET(calls);

struct loop {
	int epoll_fd;
	/* The loop's own; their owners' calls fill `news`. */
	struct watch signals, duration, clock;
	sigset_t set, stop_set;
	loop_taker *take;		/* NULL: nobody */
	void *taker;
	bool ignores_keys;		/* of two threads */
	struct loop_news news;
};

static int control(struct loop *loop, int operation, struct watch *watch)
{
	struct epoll_event event = { .events = watch->events, .data.ptr = watch };

	return epoll_ctl(loop->epoll_fd, operation, watch->fd, &event) ? -errno : 0;
}

int loop_add(struct loop *loop, struct watch *watch)
{
	return control(loop, EPOLL_CTL_ADD, watch);
}

int loop_change(struct loop *loop, struct watch *watch, uint32_t events)
{
	if (watch->events == events)
		return 0;
	watch->events = events;
	return control(loop, EPOLL_CTL_MOD, watch);
}

void loop_remove(struct loop *loop, struct watch *watch)
{
	control(loop, EPOLL_CTL_DEL, watch);
}

/* --- what the loop itself watches ----------------------------------------------- */

static void read_signals(void *context, uint32_t events)
{
	struct loop *loop = context;
	struct signalfd_siginfo info;

	(void)events;
	while (read(loop->signals.fd, &info, sizeof(info)) == sizeof(info)) {
		if (loop->take &&
		    loop->take(loop->taker, (int)info.ssi_signo, info.ssi_code == SI_KERNEL))
			continue;
		if (info.ssi_signo == SIGUSR1)
			loop->news.wants_summary = true;
		else if (info.ssi_signo == SIGHUP)
			loop->news.has_hangup = true;
		else if (info.ssi_signo != SIGUSR2)
			loop->news.stop_signals++;
	}
}

static bool is_ignored(int signal)
{
	struct sigaction action;

	return sigaction(signal, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

/*
 * What would kill the program, with no end to its output. Where somebody had it
 * ignored, as by nohup or a shell's `&`, it stays so; but not INT and TERM.
 */
static void choose_signals(sigset_t *set, bool reopens)
{
	static const int deadly[] = {
		SIGHUP, SIGQUIT, SIGUSR2, SIGXCPU, SIGALRM, SIGVTALRM, SIGPROF, SIGIO, SIGPWR,
		SIGSTKFLT,
	};

	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGUSR1);
	if (reopens)
		sigaddset(set, SIGHUP);
	for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++) {
		if (!is_ignored(deadly[i]))
			sigaddset(set, deadly[i]);
	}
	for (int signal = SIGRTMIN; signal <= SIGRTMAX; signal++) {
		if (!is_ignored(signal))
			sigaddset(set, signal);
	}
}

static int open_signals(struct loop *loop, bool reopens)
{
	choose_signals(&loop->set, reopens);
	/* What they tell comes as the error of a write, too. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	if (sigprocmask(SIG_BLOCK, &loop->set, NULL))
		return -errno;
	loop->stop_set = loop->set;
	sigdelset(&loop->stop_set, SIGUSR1);
	sigdelset(&loop->stop_set, SIGUSR2);
	if (reopens)
		sigdelset(&loop->stop_set, SIGHUP);
	loop->signals.fd = signalfd(-1, &loop->set, SFD_NONBLOCK | SFD_CLOEXEC);
	return loop->signals.fd < 0 ? -errno : loop_add(loop, &loop->signals);
}

int loop_set_taker(struct loop *loop, loop_taker *take, void *context)
{
	loop->take = take;
	loop->taker = context;
	sigaddset(&loop->set, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &loop->set, NULL) ||
	    signalfd(loop->signals.fd, &loop->set, 0) < 0)
		return -errno;
	/* What had ended before that is asked for now. */
	take(context, SIGCHLD, false);
	return 0;
}

void loop_heed_keys(struct loop *loop, bool is_heeded)
{
	__atomic_store_n(&loop->ignores_keys, !is_heeded, __ATOMIC_RELEASE);
}

/* The end of time; the kernel cuts it to what its clocks can hold. */
#define NEVER_S ((time_t)((1ULL << (8 * sizeof(time_t) - 1)) - 1))

/* A timer that never ends, but is cancelled when the clock is set. */
static int arm_clock(struct loop *loop)
{
	struct itimerspec never = { .it_value = { .tv_sec = NEVER_S } };

	if (timerfd_settime(loop->clock.fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never,
			    NULL))
		return -errno;
	return 0;
}

/* Reading fails with ECANCELED when the clock was set. */
static void read_clock(void *context, uint32_t events)
{
	struct loop *loop = context;
	uint64_t expirations;

	(void)events;
	if (read(loop->clock.fd, &expirations, sizeof(expirations)) < 0 && errno == ECANCELED) {
		loop->news.is_clock_set = true;
		arm_clock(loop);
	}
}

/* Once is enough: a timer that is not read stays readable. */
static void read_duration(void *context, uint32_t events)
{
	struct loop *loop = context;
	uint64_t expirations;

	(void)events;
	if (read(loop->duration.fd, &expirations, sizeof(expirations)) > 0)
		loop->news.has_ended = true;
}

static int open_clock(struct loop *loop)
{
	int err;

	loop->clock.fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
	if (loop->clock.fd < 0)
		return -errno;
	err = arm_clock(loop);
	return err ? err : loop_add(loop, &loop->clock);
}

int loop_new(struct loop **out, bool reopens)
{
	struct loop *loop = calloc(1, sizeof(*loop));
	int err;

	if (!loop)
		return -ENOMEM;
	loop->signals = (struct watch){ -1, EPOLLIN, read_signals, loop };
	loop->duration = (struct watch){ -1, EPOLLIN, read_duration, loop };
	loop->clock = (struct watch){ -1, EPOLLIN, read_clock, loop };
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	err = loop->epoll_fd < 0 ? -errno : 0;
	if (!err)
		err = open_signals(loop, reopens);
	if (!err)
		err = open_clock(loop);
	if (err) {
		loop_free(loop);
		return err;
	}
	*out = loop;
	return 0;
}

static void close_if_open(int fd)
{
	if (fd >= 0)
		close(fd);
}

void loop_free(struct loop *loop)
{
	if (!loop)
		return;
	close_if_open(loop->duration.fd);
	close_if_open(loop->clock.fd);
	close_if_open(loop->signals.fd);
	close_if_open(loop->epoll_fd);
	free(loop);
}

int loop_set_duration(struct loop *loop, uint64_t duration_ns)
{
	struct itimerspec once = { .it_value = {
		.tv_sec = (time_t)(duration_ns / NS_PER_S),
		.tv_nsec = (long)(duration_ns % NS_PER_S),
	} };

	loop->duration.fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (loop->duration.fd < 0 || timerfd_settime(loop->duration.fd, 0, &once, NULL))
		return -errno;
	return loop_add(loop, &loop->duration);
}

int loop_wait(struct loop *loop, int timeout_ms, struct loop_news *news)
{
	struct epoll_event events[8];
	int n = epoll_wait(loop->epoll_fd, events, 8, timeout_ms);

	loop->news = *news = (struct loop_news){ .is_timeout = n == 0 };
	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	for (int i = 0; i < n; i++) {
		struct watch *watch = events[i].data.ptr;

		watch->ready(watch->context, events[i].events);
	}
	*news = loop->news;
	return 0;
}

int loop_signal_fd(const struct loop *loop)
{
	return loop->signals.fd;
}

int loop_duration_fd(const struct loop *loop)
{
	return loop->duration.fd;
}

bool loop_is_end_due(const struct loop *loop)
{
	struct pollfd duration = { .fd = loop->duration.fd, .events = POLLIN };
	sigset_t pending;

	if (poll(&duration, 1, 0) == 1)
		return true;
	sigemptyset(&pending);
	sigpending(&pending);
	if (__atomic_load_n(&loop->ignores_keys, __ATOMIC_ACQUIRE)) {
		sigdelset(&pending, SIGINT);
		sigdelset(&pending, SIGQUIT);
	}
	for (int signal = 1; signal <= SIGRTMAX; signal++) {
		if (sigismember(&pending, signal) == 1 &&
		    sigismember(&loop->stop_set, signal) == 1)
			return true;
	}
	return false;
}
