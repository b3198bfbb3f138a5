// SPDX-License-Identifier: GPL-2.0-or-later
/* The sink: whole lines into pipes and files, full ones, vanished readers. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "file/logfile.h"
#include "file/sink.h"
#include "tap.h"

#define LINE 100

static int ends[2];
static struct sink *sink;
static struct logfile *file;

static int open_sink(int fd, size_t line_max)
{
	file = logfile_borrow(fd, "it");
	return sink_new(&sink, file, line_max);
}

static void setup_pipe(void)
{
	check_eq(pipe(ends), 0);
	check_eq(open_sink(ends[1], 1000), 0);
}

static void teardown(void)
{
	sink_free(sink);
	logfile_close(file);
	close(ends[0]);
	close(ends[1]);
}

/* Commit lines of LINE bytes that carry their number; how many fitted. */
static unsigned int fill(unsigned int first, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		char *room = sink_room(sink, 1000);

		if (!room)
			return i;
		memset(room, '.', LINE);
		snprintf(room, LINE, "%u", first + i);
		room[strlen(room)] = ' ';
		room[LINE - 1] = '\n';
		sink_commit(sink, LINE);
	}
	return n;
}

/* Read what the pipe has; count its lines; all must be whole and in order. */
static unsigned int drain(unsigned int expected)
{
	static char data[1 << 20];
	ssize_t length;
	unsigned int lines = 0;

	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	while ((length = read(ends[0], data, sizeof(data))) > 0) {
		check_eq(length % LINE, 0);
		for (ssize_t at = 0; at < length; at += LINE) {
			check_eq(atoi(data + at), expected + lines);
			lines++;
		}
	}
	return lines;
}

static void a_block_goes_through(void)
{
	setup_pipe();
	check_eq(fill(0, 5), 5);
	check_eq(sink_flush(sink), 0);
	check(sink_is_empty(sink));
	check_eq(drain(0), 5);
	teardown();
}

/* Whatever a full pipe leaves out, each moment's content is whole lines. */
static void a_full_pipe_never_holds_half_a_line(void)
{
	unsigned int committed = 0, read_lines = 0;
	bool was_full = false;

	setup_pipe();
	for (int round = 0; round < 300; round++) {
		int err;

		committed += fill(committed, 1 + (unsigned int)round * 37 % 400);
		err = sink_flush(sink);
		check(err == 0 || err == -EAGAIN);
		was_full |= err == -EAGAIN;
		check_eq(sink_pending_lines(sink) == 0, err == 0);
		if (round % 40 == 39)
			read_lines += drain(read_lines);
	}
	while (sink_flush(sink) == -EAGAIN || !sink_is_empty(sink))
		read_lines += drain(read_lines);
	read_lines += drain(read_lines);
	check(was_full);
	check_eq(read_lines, committed);
	teardown();
}

static void blocking_mode_of_others_is_left_alone(void)
{
	setup_pipe();
	check_eq(fcntl(ends[1], F_GETFL) & O_NONBLOCK, 0);
	teardown();
}

static void a_vanished_reader_is_told(void)
{
	setup_pipe();
	signal(SIGPIPE, SIG_IGN);
	close(ends[0]);
	fill(0, 7);
	check_eq(sink_flush(sink), -EPIPE);
	check_eq(sink_pending_lines(sink), 7);
	teardown();
}

static void a_heading_is_no_line(void)
{
	char *room;

	setup_pipe();
	room = sink_room(sink, 1000);
	memcpy(room, "a,b\n", 4);
	sink_commit_heading(sink, 4);
	check_eq(sink_pending_lines(sink), 0);
	check(!sink_is_empty(sink));
	fill(0, 3);
	check_eq(sink_pending_lines(sink), 3);
	check_eq(sink_flush(sink), 0);
	check_eq(sink_pending_lines(sink), 0);
	teardown();
}

static void a_full_device_is_told(void)
{
	int fd = open("/dev/full", O_WRONLY);

	check_eq(open_sink(fd, 1000), 0);
	fill(0, 3);
	check_eq(sink_flush(sink), -ENOSPC);
	check_eq(sink_pending_lines(sink), 3);
	check(!sink_can_wait(sink));
	sink_free(sink);
	logfile_close(file);
	close(fd);
}

static void a_block_that_is_full_has_no_room(void)
{
	unsigned int n;

	setup_pipe();
	n = fill(0, 1000000);
	check(n > 1000 && n < 1000000);
	check_eq(sink_pending_lines(sink), n);
	teardown();
}

/* A datagram is a line: a receiver could not tell them apart otherwise. */
static void a_datagram_holds_one_line(void)
{
	char data[1000];

	check_eq(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends), 0);
	check_eq(open_sink(ends[1], 1000), 0);
	fill(0, 3);
	check_eq(sink_flush(sink), 0);
	for (int i = 0; i < 3; i++)
		check_eq(recv(ends[0], data, sizeof(data), MSG_DONTWAIT), LINE);
	teardown();
}

static void what_is_not_open_is_refused(void)
{
	int fd = open("/dev/null", O_RDONLY);

	check_eq(open_sink(fd, 10), -EBADF);
	close(fd);
	check_eq(sink_new(&sink, file, 10), -EBADF);
	logfile_close(file);
}

int main(void)
{
	TAP_RUN(a_block_goes_through);
	TAP_RUN(a_full_pipe_never_holds_half_a_line);
	TAP_RUN(blocking_mode_of_others_is_left_alone);
	TAP_RUN(a_vanished_reader_is_told);
	TAP_RUN(a_heading_is_no_line);
	TAP_RUN(a_full_device_is_told);
	TAP_RUN(a_block_that_is_full_has_no_room);
	TAP_RUN(a_datagram_holds_one_line);
	TAP_RUN(what_is_not_open_is_refused);
	return tap_done();
}
