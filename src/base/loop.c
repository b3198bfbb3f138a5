// SPDX-License-Identifier: GPL-2.0-or-later
/* What the program waits for; see loop.h. */
#include "base/loop.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

enum source { SOURCE_DOORBELL, SOURCE_SIGNAL, SOURCE_DURATION, SOURCE_CLOCK, SOURCE_OUTPUT,
	      SOURCE_HELPER };

struct loop {
	int epoll_fd, signal_fd, duration_fd, clock_fd;
	bool has_output;
	bool is_output_full;
};

static int watch(struct loop *loop, int fd, enum source source, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.u32 = source };

	return epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

static int open_signals(struct loop *loop, bool reopens)
{
	struct sigaction hangup;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGUSR1);
	if (reopens || (sigaction(SIGHUP, NULL, &hangup) == 0 && hangup.sa_handler != SIG_IGN))
		sigaddset(&set, SIGHUP);
	/* What they tell comes as the error of a write, too. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		return -errno;
	loop->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	return loop->signal_fd < 0 ? -errno : watch(loop, loop->signal_fd, SOURCE_SIGNAL, EPOLLIN);
}

/* The end of time; the kernel cuts it to what its clocks can hold. */
#define NEVER_S ((time_t)((1ULL << (8 * sizeof(time_t) - 1)) - 1))

/* A timer that never ends, but is cancelled when the clock is set. */
static int arm_clock(struct loop *loop)
{
	struct itimerspec never = { .it_value = { .tv_sec = NEVER_S } };

	if (timerfd_settime(loop->clock_fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never,
			    NULL))
		return -errno;
	return 0;
}

static int open_clock(struct loop *loop)
{
	int err;

	loop->clock_fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
	if (loop->clock_fd < 0)
		return -errno;
	err = arm_clock(loop);
	return err ? err : watch(loop, loop->clock_fd, SOURCE_CLOCK, EPOLLIN);
}

int loop_new(struct loop **out, bool reopens)
{
	struct loop *loop = calloc(1, sizeof(*loop));
	int err;

	if (!loop)
		return -ENOMEM;
	loop->signal_fd = loop->duration_fd = loop->clock_fd = -1;
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
	close_if_open(loop->duration_fd);
	close_if_open(loop->clock_fd);
	close_if_open(loop->signal_fd);
	close_if_open(loop->epoll_fd);
	free(loop);
}

int loop_watch_doorbell(struct loop *loop, int fd)
{
	return watch(loop, fd, SOURCE_DOORBELL, EPOLLIN | EPOLLET);
}

int loop_watch_helper(struct loop *loop, int fd)
{
	return watch(loop, fd, SOURCE_HELPER, EPOLLIN);
}

int loop_watch_output(struct loop *loop, int fd, bool is_full)
{
	struct epoll_event event = { .events = is_full ? EPOLLOUT : 0, .data.u32 = SOURCE_OUTPUT };

	if (loop->has_output && loop->is_output_full == is_full)
		return 0;
	if (epoll_ctl(loop->epoll_fd, loop->has_output ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event))
		return -errno;
	loop->has_output = true;
	loop->is_output_full = is_full;
	return 0;
}

int loop_set_duration(struct loop *loop, uint64_t duration_ns)
{
	struct itimerspec once = { .it_value = {
		.tv_sec = (time_t)(duration_ns / NS_PER_S),
		.tv_nsec = (long)(duration_ns % NS_PER_S),
	} };

	loop->duration_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (loop->duration_fd < 0 || timerfd_settime(loop->duration_fd, 0, &once, NULL))
		return -errno;
	return watch(loop, loop->duration_fd, SOURCE_DURATION, EPOLLIN);
}

static void read_signals(struct loop *loop, struct loop_news *news)
{
	struct signalfd_siginfo info;

	while (read(loop->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGUSR1)
			news->wants_summary = true;
		else if (info.ssi_signo == SIGHUP)
			news->has_hangup = true;
		else
			news->stop_signals++;
	}
}

/* Reading fails with ECANCELED when the clock was set. */
static void read_clock(struct loop *loop, struct loop_news *news)
{
	uint64_t expirations;

	if (read(loop->clock_fd, &expirations, sizeof(expirations)) < 0 && errno == ECANCELED) {
		news->is_clock_set = true;
		arm_clock(loop);
	}
}

/* Once is enough: a timer that is not read stays readable. */
static void read_duration(struct loop *loop, struct loop_news *news)
{
	uint64_t expirations;

	if (read(loop->duration_fd, &expirations, sizeof(expirations)) > 0)
		news->has_ended = true;
}

static void take_event(struct loop *loop, const struct epoll_event *event, struct loop_news *news)
{
	switch ((enum source)event->data.u32) {
	case SOURCE_DOORBELL:
		news->has_doorbell = true;
		break;
	case SOURCE_SIGNAL:
		read_signals(loop, news);
		break;
	case SOURCE_DURATION:
		read_duration(loop, news);
		break;
	case SOURCE_HELPER:
		news->has_helper = true;
		break;
	case SOURCE_CLOCK:
		read_clock(loop, news);
		break;
	case SOURCE_OUTPUT:
		if (event->events & (EPOLLERR | EPOLLHUP))
			news->is_output_gone = true;
		else
			news->is_output_ready = true;
		break;
	}
}

int loop_wait(struct loop *loop, int timeout_ms, struct loop_news *news)
{
	struct epoll_event events[8];
	int n = epoll_wait(loop->epoll_fd, events, 8, timeout_ms);

	*news = (struct loop_news){ .is_timeout = n == 0 };
	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	for (int i = 0; i < n; i++)
		take_event(loop, &events[i], news);
	return 0;
}
