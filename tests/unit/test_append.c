// SPDX-License-Identifier: GPL-2.0-or-later
/* Opening log files for appending: what was there stays whole, or all of it as it is. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../tap.h"
#include "file/append.h"

#define HEADING "event,snd_cwnd,srtt\n"
#define HEADING_LENGTH (sizeof(HEADING) - 1)
#define TORN_MAX (64u << 10)	/* what may be cut off */
#define LARGE (256u << 10)

static char directory[] = "/tmp/tcc-logfile.XXXXXX";
static char path[64];
static struct append_state state;

/* What tests call a line of theirs begins with a letter or an LF. */
static bool begins_with_letter(const void *context, const char *bytes, size_t length)
{
	(void)context;
	return length && (isalpha((unsigned char)bytes[0]) || bytes[0] == '\n');
}

static struct append_form form = { .heading = "" };

static int open_path(const char *where, const char *heading, size_t heading_length)
{
	struct place place;
	int fd, err = place_open(&place, where);

	if (err)
		return err;
	form.heading = heading;
	form.heading_length = heading_length;
	fd = append_open(&place, &form, &state);
	place_close(&place);
	return fd;
}

static void make_file(const char *bytes, size_t length)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	check_eq(write(fd, bytes, length), length);
	close(fd);
}

/* Whether the file is these bytes and no more. */
static bool file_is(const char *bytes, size_t length)
{
	static char found[LARGE + 1];
	int fd = open(path, O_RDONLY);
	ssize_t got = read(fd, found, sizeof(found));

	close(fd);
	return got == (ssize_t)length && memcmp(found, bytes, length) == 0;
}

/* Open without a heading, write a line, close. */
static int append(const char *line)
{
	int fd = open_path(path, "", 0);

	if (fd < 0)
		return fd;
	check_eq(write(fd, line, strlen(line)), strlen(line));
	close(fd);
	return 0;
}

static int open_headed(void)
{
	int fd = open_path(path, HEADING, HEADING_LENGTH);

	if (fd >= 0)
		close(fd);
	return fd < 0 ? fd : 0;
}

static void a_new_file_is_made_empty(void)
{
	int fd = open_path(path, HEADING, HEADING_LENGTH);

	check(fd >= 0);
	check(state.is_empty);
	check_eq(state.torn_bytes, 0);
	check(file_is("", 0));
	check(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	check(fcntl(fd, F_GETFL) & O_APPEND);
	close(fd);
	unlink(path);
}

static void its_mode_is_0640_less_the_umask(void)
{
	static const struct {
		mode_t mask, mode;
	} cases[] = { { 0, 0640 }, { 022, 0640 }, { 027, 0640 }, { 077, 0600 }, { 0177, 0600 } };
	mode_t before = umask(0);
	struct stat st;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		umask(cases[i].mask);
		check_eq(append("x\n"), 0);
		check_eq(stat(path, &st), 0);
		check_eq(st.st_mode & 07777, cases[i].mode);
		unlink(path);
	}
	/* One that is there keeps its own. */
	umask(0);
	make_file("a\n", 2);
	chmod(path, 0604);
	check_eq(append("b\n"), 0);
	check_eq(stat(path, &st), 0);
	check_eq(st.st_mode & 07777, 0604);
	umask(before);
	unlink(path);
}

static void what_is_there_is_appended_to(void)
{
	make_file("one\ntwo\n", 8);
	check_eq(append("three\n"), 0);
	check(!state.is_empty);
	check_eq(state.torn_bytes, 0);
	check_eq(append("four\n"), 0);
	check(file_is("one\ntwo\nthree\nfour\n", 19));
	unlink(path);
}

static void others_may_append_meanwhile(void)
{
	int fd, other;

	make_file("one\n", 4);
	fd = open_path(path, "", 0);
	other = open(path, O_WRONLY | O_APPEND);
	check_eq(write(other, "theirs\n", 7), 7);
	check_eq(write(fd, "ours\n", 5), 5);
	close(other);
	close(fd);
	check(file_is("one\ntheirs\nours\n", 16));
	unlink(path);
}

static void a_torn_last_line_is_cut_off(void)
{
	make_file("one\ntwo\nthr", 11);
	check_eq(append("next\n"), 0);
	check(!state.is_empty);
	check_eq(state.torn_bytes, 3);
	check(file_is("one\ntwo\nnext\n", 13));
	make_file("\nx", 2);
	check_eq(append(""), 0);
	check_eq(state.torn_bytes, 1);
	check(file_is("\n", 1));
	unlink(path);
}

/* The file is searched in blocks of 4096 from its end: lengths about their edges. */
static void a_torn_line_of_any_length_is_cut_off(void)
{
	static const size_t torn[] = { 1,    4094, 4095, 4096,	4097,  5000,	 8191,
				       8192, 8193, 12288, 20000, 65535, TORN_MAX };
	static const size_t whole[] = { 1, 2, 100, 4095, 4096, 4097, 20000 };
	static char bytes[LARGE];

	for (size_t i = 0; i < sizeof(torn) / sizeof(torn[0]); i++) {
		for (size_t j = 0; j < sizeof(whole) / sizeof(whole[0]); j++) {
			memset(bytes, 'w', whole[j]);
			bytes[whole[j] - 1] = '\n';
			memset(bytes + whole[j], 't', torn[i]);
			make_file(bytes, whole[j] + torn[i]);
			check_eq(append(""), 0);
			check_eq(state.torn_bytes, torn[i]);
			check(!state.is_empty);
			check(file_is(bytes, whole[j]));
		}
	}
	unlink(path);
}

static void a_file_of_one_torn_line_becomes_empty(void)
{
	static const size_t lengths[] = { 1, 4095, 4096, 4097, 10000 };
	static char bytes[LARGE];

	memset(bytes, 't', sizeof(bytes));
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		make_file(bytes, lengths[i]);
		check_eq(append("next\n"), 0);
		check(state.is_empty);
		check_eq(state.torn_bytes, lengths[i]);
		check(file_is("next\n", 5));
	}
	unlink(path);
}

/* No line of ours is that long. */
static void a_file_without_line_ends_is_refused_and_left_alone(void)
{
	static char bytes[LARGE];

	memset(bytes, 't', sizeof(bytes));
	make_file(bytes, TORN_MAX + 1);
	check_eq(append(""), -APPEND_OTHER_END);
	check(file_is(bytes, TORN_MAX + 1));
	bytes[9] = '\n';
	make_file(bytes, TORN_MAX + 11);
	check_eq(append(""), -APPEND_OTHER_END);
	check(file_is(bytes, TORN_MAX + 11));
	make_file(bytes, LARGE);
	check_eq(append(""), -APPEND_OTHER_END);
	check(file_is(bytes, LARGE));
	unlink(path);
}

/* As JSON's: any file that begins so. */
static void a_start_is_enough(void)
{
	static const char record[] = "{\"a\":1}\n";
	int fd;

	make_file(record, sizeof(record) - 1);
	fd = open_path(path, "{", 1);
	check(fd >= 0);
	close(fd);
	make_file("{", 1);
	fd = open_path(path, "{", 1);
	check(fd >= 0 && state.is_empty && state.torn_bytes == 1);
	close(fd);
	make_file("k:1 ", 4);
	check_eq(open_path(path, "{", 1), -APPEND_OTHER_HEADING);
	check(file_is("k:1 ", 4));
	unlink(path);
}

static void nul_bytes_are_bytes(void)
{
	make_file("a\0b\nto\0rn", 9);
	check_eq(append("c\n"), 0);
	check_eq(state.torn_bytes, 5);
	check(file_is("a\0b\nc\n", 6));
	unlink(path);
}

static void the_same_heading_is_accepted(void)
{
	make_file(HEADING, HEADING_LENGTH);
	check_eq(open_headed(), 0);
	check(!state.is_empty);
	make_file(HEADING "probe,10,5\n", HEADING_LENGTH + 11);
	check_eq(open_headed(), 0);
	make_file(HEADING "probe,10,5\npro", HEADING_LENGTH + 14);
	check_eq(open_headed(), 0);
	check_eq(state.torn_bytes, 3);
	check(file_is(HEADING "probe,10,5\n", HEADING_LENGTH + 11));
	unlink(path);
}

/* The heading itself may have been torn. */
static void what_a_crash_left_of_the_heading_is_cut_off(void)
{
	for (size_t length = 0; length < HEADING_LENGTH; length++) {
		make_file(HEADING, length);
		check_eq(open_headed(), 0);
		check(state.is_empty);
		check_eq(state.torn_bytes, length);
		check(file_is("", 0));
	}
	unlink(path);
}

/* A file that is refused is somebody else's: not one byte of it may change. */
static void another_heading_is_refused_and_the_file_left_alone(void)
{
	static const char *const others[] = {
		"event,snd_cwnd\nprobe,10\n",
		"event,snd_cwnd,srtt,mark\nprobe,10,5,0\n",
		"event,snd_cwnd,srtX\n",
		"Event,snd_cwnd,srtt\n",
		"event,snd_cwnd,srtt\r\nprobe,10,5\r\n",
		"x\n",
		"\n",
		"\n" HEADING,
		"k:1 0.000 ms | 0.000 ms | 1.2.3.4.5 > 1.2.3.5.6 | snd_cwnd 10\n",
		"event,snd_cwnd\nprobe,10\nprobe,1",
		"no line end at all",
		"eventually",
	};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		make_file(others[i], strlen(others[i]));
		if (!check(open_headed() == -APPEND_OTHER_HEADING))
			printf("#   %s\n", others[i]);
		check(file_is(others[i], strlen(others[i])));
	}
	unlink(path);
}

static int lock(int fd, short type, off_t start, off_t length)
{
	struct flock lock = { .l_type = type, .l_whence = SEEK_SET, .l_start = start,
			      .l_len = length };

	return fcntl(fd, F_OFD_SETLK, &lock) ? -errno : 0;
}

static void a_file_that_is_being_written_is_refused(void)
{
	int first, second;

	make_file("one\ntor", 7);
	/* Another program's, over all of it. */
	first = open(path, O_RDWR);
	check_eq(lock(first, F_WRLCK, 0, 0), 0);
	check_eq(open_path(path, "", 0), -EDEADLK);
	check(file_is("one\ntor", 7));
	close(first);
	first = open_path(path, "", 0);
	check(first >= 0 && !state.is_unlocked);
	check_eq(open_path(path, "", 0), -EBUSY);
	close(first);
	second = open_path(path, "", 0);
	check(second >= 0);
	close(second);
	unlink(path);
}

/* Neither of the locks that it takes no right to write to have. */
static void who_may_only_read_it_keeps_nobody_out(void)
{
	int reader, fd;

	make_file("one\n", 4);
	reader = open(path, O_RDONLY);
	check_eq(flock(reader, LOCK_EX), 0);
	fd = open_path(path, "", 0);
	check(fd >= 0 && !state.is_unlocked);
	/* The reader cannot even lock now. */
	check_eq(lock(reader, F_RDLCK, 0, 0), -EAGAIN);
	close(fd);
	check_eq(lock(reader, F_WRLCK, 0, 0), -EBADF);
	check_eq(lock(reader, F_RDLCK, 0, 0), 0);
	fd = open_path(path, "", 0);
	check(fd >= 0 && state.is_unlocked);
	close(fd);
	close(reader);
	fd = open_path(path, "", 0);
	check(fd >= 0 && !state.is_unlocked);
	close(fd);
	unlink(path);
}

/* Cut off is the beginning of a line of ours alone. */
static void half_a_line_of_others_is_refused_and_left_alone(void)
{
	static const char *const others[] = {
		"no end", "\177ELF", "{\"a\": [\n1,\n2\n]}", "#!/bin/sh\n\texit 1", "one\n 2", "one\n2",
	};

	form.is_line = begins_with_letter;
	make_file("one\ntw", 6);
	check_eq(append(""), 0);
	check_eq(state.torn_bytes, 2);
	for (size_t i = 1; i < sizeof(others) / sizeof(others[0]); i++) {
		make_file(others[i], strlen(others[i]));
		if (!check(append("") == -APPEND_OTHER_END))
			printf("#   %s\n", others[i]);
		check(file_is(others[i], strlen(others[i])));
	}
	/* With its heading it is ours, whatever there is. */
	make_file(HEADING "#", HEADING_LENGTH + 1);
	check_eq(open_headed(), 0);
	check_eq(state.torn_bytes, 1);
	form.is_line = NULL;
	unlink(path);
}

/* A sparse file: it would take minutes to look through all of it. */
static void a_large_file_without_line_ends_is_refused_at_once(void)
{
	struct timespec before, after;

	make_file("x", 1);
	check_eq(truncate(path, (off_t)40 << 30), 0);
	clock_gettime(CLOCK_MONOTONIC, &before);
	check_eq(append(""), -APPEND_OTHER_END);
	clock_gettime(CLOCK_MONOTONIC, &after);
	check((after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000 < 500);
	unlink(path);
}

static void a_fifo_is_only_opened(void)
{
	char found[8];
	int reader, fd;

	check_eq(mkfifo(path, 0600), 0);
	reader = open(path, O_RDONLY | O_NONBLOCK);
	fd = open_path(path, HEADING, HEADING_LENGTH);
	check(fd >= 0);
	check(state.is_empty);
	check_eq(fcntl(fd, F_GETFL) & O_ACCMODE, O_WRONLY);
	check_eq(write(fd, "x\n", 2), 2);
	check_eq(read(reader, found, sizeof(found)), 2);
	/* No lock either: it has its reader, not its writer, to itself. */
	check(close(fd) == 0 && close(reader) == 0);
	unlink(path);
}

/* Who would wait for a reader waits for ever. */
static void a_fifo_that_nobody_reads_is_refused_at_once(void)
{
	check_eq(mkfifo(path, 0600), 0);
	check_eq(open_path(path, "", 0), -ENXIO);
	form.is_regular = true;
	check_eq(open_path(path, "", 0), -APPEND_IRREGULAR);
	form.is_regular = false;
	unlink(path);
}

static void what_is_open_already_is_opened_by_its_number(void)
{
	char name[64];
	int other, fd;

	make_file("one\n", 4);
	other = open(path, O_RDWR);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", other);
	/* Also when it has no name any more; and none is made. */
	check_eq(unlink(path), 0);
	fd = open_path(name, "", 0);
	check(fd >= 0 && state.is_regular && !state.is_empty);
	check_eq(write(fd, "two\n", 4), 4);
	check_eq(lseek(other, 0, SEEK_END), 8);
	close(fd);
	close(other);
	check_eq(open_path(name, "", 0), -ENOENT);
}

static void a_device_is_only_opened(void)
{
	int fd = open_path("/dev/null", HEADING, HEADING_LENGTH);

	check(fd >= 0);
	check(state.is_empty);
	close(fd);
	fd = open_path("/dev/full", HEADING, HEADING_LENGTH);
	check(fd >= 0);
	check_eq(write(fd, "x", 1), -1);
	check_eq(errno, ENOSPC);
	close(fd);
}

static void what_cannot_be_opened_is_told(void)
{
	check_eq(open_path("/tmp/tcc-no-such-directory/x", "", 0), -ENOENT);
	check_eq(open_path("", "", 0), -ENOENT);
	check_eq(open_path("/", "", 0), -EISDIR);
	check_eq(open_path("/tmp/x/", "", 0), -EISDIR);
	check_eq(open_path("/dev/null/x", "", 0), -ENOTDIR);
	check_eq(open_path(directory, "", 0), -EISDIR);
	check_eq(symlink("/tmp/tcc-no-such-directory/x", path), 0);
	check_eq(open_path(path, "", 0), -ENOENT);
	unlink(path);
}

static void a_link_leads_to_the_file(void)
{
	char target[64];

	snprintf(target, sizeof(target), "%s/target", directory);
	check_eq(symlink(target, path), 0);
	check_eq(append("one\n"), 0);
	check_eq(append("two\n"), 0);
	check(file_is("one\ntwo\n", 8));
	unlink(path);
	unlink(target);
}

int main(void)
{
	if (!mkdtemp(directory))
		return 1;
	snprintf(path, sizeof(path), "%s/log", directory);
	TAP_RUN(a_new_file_is_made_empty);
	TAP_RUN(its_mode_is_0640_less_the_umask);
	TAP_RUN(what_is_there_is_appended_to);
	TAP_RUN(others_may_append_meanwhile);
	TAP_RUN(a_torn_last_line_is_cut_off);
	TAP_RUN(a_torn_line_of_any_length_is_cut_off);
	TAP_RUN(a_file_of_one_torn_line_becomes_empty);
	TAP_RUN(a_file_without_line_ends_is_refused_and_left_alone);
	TAP_RUN(a_start_is_enough);
	TAP_RUN(nul_bytes_are_bytes);
	TAP_RUN(the_same_heading_is_accepted);
	TAP_RUN(what_a_crash_left_of_the_heading_is_cut_off);
	TAP_RUN(another_heading_is_refused_and_the_file_left_alone);
	TAP_RUN(a_file_that_is_being_written_is_refused);
	TAP_RUN(who_may_only_read_it_keeps_nobody_out);
	TAP_RUN(half_a_line_of_others_is_refused_and_left_alone);
	TAP_RUN(a_large_file_without_line_ends_is_refused_at_once);
	TAP_RUN(a_fifo_is_only_opened);
	TAP_RUN(a_fifo_that_nobody_reads_is_refused_at_once);
	TAP_RUN(what_is_open_already_is_opened_by_its_number);
	TAP_RUN(a_device_is_only_opened);
	TAP_RUN(what_cannot_be_opened_is_told);
	TAP_RUN(a_link_leads_to_the_file);
	rmdir(directory);
	return tap_done();
}
