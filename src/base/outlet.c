// SPDX-License-Identifier: GPL-2.0-or-later
/* Lines to a descriptor that may take nothing; see outlet.h. */
#include "base/outlet.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

static enum outlet_kind find_kind(int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		return OUTLET_FILE;
	if (S_ISFIFO(st.st_mode))
		return OUTLET_PIPE;
	if (S_ISSOCK(st.st_mode))
		return OUTLET_SOCKET;
	/* Of the devices, only a terminal makes one wait. */
	return isatty(fd) ? OUTLET_TERMINAL : OUTLET_FILE;
}

/*
 * O_NONBLOCK belongs to the opening, and that is the shell's too. Where an opening of
 * our own is not permitted, each write is preceded by a poll().
 */
void outlet_init(struct outlet *outlet, int fd)
{
	char path[64];
	int own;

	*outlet = (struct outlet){ .kind = find_kind(fd), .fd = fd };
	if (outlet->kind != OUTLET_PIPE && outlet->kind != OUTLET_TERMINAL)
		return;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	own = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (own < 0)
		return;
	outlet->fd = own;
	outlet->is_nonblocking = true;
}

/*
 * How much may be written without waiting, of `length`; 0: nothing. Of a terminal poll()
 * tells only that it takes a byte.
 */
static size_t acceptable(const struct outlet *outlet, size_t length)
{
	struct pollfd writable = { .fd = outlet->fd, .events = POLLOUT };

	if (outlet->is_nonblocking || outlet->kind == OUTLET_FILE ||
	    outlet->kind == OUTLET_SOCKET)
		return length;
	if (poll(&writable, 1, 0) <= 0)
		return 0;
	return outlet->kind == OUTLET_PIPE ? length : 1;
}

/* Bytes written, or -errno. */
static ssize_t write_some(const struct outlet *outlet, const char *text, size_t length)
{
	size_t n = acceptable(outlet, length);
	ssize_t written;

	if (!n)
		return -EAGAIN;
	if (outlet->kind == OUTLET_SOCKET)
		written = send(outlet->fd, text, n, MSG_DONTWAIT | MSG_NOSIGNAL);
	else
		written = write(outlet->fd, text, n);
	if (written < 0)
		return -errno;
	return written ? written : -EAGAIN;
}

/*
 * Until it takes more; false when there is no patience left. What poll() calls
 * writable may still refuse a line: then this must not become a busy loop.
 */
static bool wait_writable(struct outlet *outlet)
{
	struct pollfd writable = { .fd = outlet->fd, .events = POLLOUT };
	const struct timespec ms = { .tv_nsec = NS_PER_MS };
	uint64_t start_ns = clock_now_ns(), waited_ns;

	if (outlet->patience_ns < NS_PER_MS)
		return false;
	if (poll(&writable, 1, (int)(outlet->patience_ns / NS_PER_MS)) > 0)
		nanosleep(&ms, NULL);
	waited_ns = clock_now_ns() - start_ns;
	outlet->patience_ns -= waited_ns < outlet->patience_ns ? waited_ns : outlet->patience_ns;
	return true;
}

/* How many bytes were written. */
static size_t write_all(struct outlet *outlet, const char *text, size_t length)
{
	size_t done = 0;

	while (done < length) {
		ssize_t written = write_some(outlet, text + done, length - done);

		if (written > 0)
			done += (size_t)written;
		else if (written != -EINTR &&
			 (written != -EAGAIN || !wait_writable(outlet)))
			break;
	}
	return done;
}

bool outlet_write(struct outlet *outlet, const char *line, size_t length)
{
	size_t done = write_all(outlet, outlet->rest, outlet->rest_length);

	outlet->rest_length -= done;
	memmove(outlet->rest, outlet->rest + done, outlet->rest_length);
	if (outlet->rest_length || length > sizeof(outlet->rest))
		return false;
	done = write_all(outlet, line, length);
	if (!done)
		return length == 0;
	outlet->rest_length = length - done;
	memcpy(outlet->rest, line + done, outlet->rest_length);
	return true;
}
