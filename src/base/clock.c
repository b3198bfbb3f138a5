// SPDX-License-Identifier: GPL-2.0-or-later
/* From kernel time to wall clock time; see clock.h. */
#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* The initial time namespace's number: PROC_TIME_INIT_INO, include/linux/proc_ns.h. */
#define INITIAL_NAMESPACE 0xeffffffau

/* This process's CLOCK_MONOTONIC less the kernel's: a property of the process. */
static int64_t namespace_ns;

static uint64_t read_ns(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

int clock_parse_offsets(const char *text, int64_t *offset_ns)
{
	const char *line = strstr(text, "monotonic");
	long long seconds, ns;

	if (!line || sscanf(line, "monotonic %lld %lld", &seconds, &ns) != 2)
		return -EINVAL;
	*offset_ns = (int64_t)seconds * (int64_t)NS_PER_S + (int64_t)ns;
	return 0;
}

/* 0: there is none, or it cannot be seen. */
static ino_t namespace_number(const char *path)
{
	struct stat st;

	return stat(path, &st) ? 0 : st.st_ino;
}

/*
 * The file tells of the namespace that children get, which is another between
 * unshare() and the next process.
 */
int clock_start(void)
{
	ino_t own = namespace_number("/proc/self/ns/time");
	char text[256];
	ssize_t length;
	int fd;

	/* Before Linux 5.6 and without CONFIG_TIME_NS there are none. */
	if (!own || own == INITIAL_NAMESPACE)
		return 0;
	if (own != namespace_number("/proc/self/ns/time_for_children"))
		return -ENOTSUP;
	fd = open("/proc/self/timens_offsets", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -ENOTSUP;
	length = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[length > 0 ? length : 0] = '\0';
	return clock_parse_offsets(text, &namespace_ns) ? -ENOTSUP : 0;
}

uint64_t clock_now_ns(void)
{
	return read_ns(CLOCK_MONOTONIC) - (uint64_t)namespace_ns;
}

unsigned int clock_hz(void)
{
	struct timespec tick;

	if (clock_getres(CLOCK_MONOTONIC_COARSE, &tick) || tick.tv_sec || tick.tv_nsec <= 0)
		return 100;
	return (unsigned int)((NS_PER_S + (uint64_t)tick.tv_nsec / 2) / (uint64_t)tick.tv_nsec);
}

/* The narrowest of a few bracketed readings: one may be cut by preemption. */
void clock_measure(struct clock *clock)
{
	uint64_t narrowest_ns = UINT64_MAX;

	for (int i = 0; i < 4; i++) {
		uint64_t before_ns = clock_now_ns();
		uint64_t wall_ns = read_ns(CLOCK_REALTIME);
		uint64_t after_ns = clock_now_ns();

		if (after_ns - before_ns >= narrowest_ns)
			continue;
		narrowest_ns = after_ns - before_ns;
		clock->offset_ns = (int64_t)(wall_ns - before_ns - narrowest_ns / 2);
		clock->measured_ns = after_ns;
	}
}

void clock_refresh(struct clock *clock, uint64_t now_ns)
{
	if (now_ns - clock->measured_ns >= NS_PER_S)
		clock_measure(clock);
}
