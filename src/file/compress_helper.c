// SPDX-License-Identifier: GPL-2.0-or-later
/* The process that compresses rotated files; see compress_helper.h. */
#include "file/compress_helper.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/inherited.h"
#include "base/privilege.h"
#include "file/rotate.h"

/* ioprio_set(): include/uapi/linux/ioprio.h, which older distributions lack. */
#define IOPRIO_WHO_PROCESS 1
#define IOPRIO_IDLE (3 << 13)

#define NICEST 19

/* How often the tracer hears whether the program goes on. */
#define PROGRESS_MS 500

struct helper {
	const struct compress_job *job;
	struct place place;
	int socket;
	char temporary[NAME_MAX + 1];
};

/* --- what to compress --------------------------------------------------------------- */

/* When a file was rotated. */
struct age {
	char stamp[NAME_MAX + 1];	/* "" for numbered ones */
	uint64_t number;
};

static bool find_age(const struct compress_job *job, const char *rest, struct age *age)
{
	age->stamp[0] = '\0';
	if (!job->keeps_all)
		return rotate_is_number(rest, &age->number);
	age->number = 0;
	snprintf(age->stamp, sizeof(age->stamp), "%s", rest);
	return rotate_is_stamp(rest);
}

static bool is_older(const struct age *a, const struct age *b)
{
	int order = strcmp(a->stamp, b->stamp);

	return order ? order < 0 : a->number > b->number;
}

/* A stream of what is there: `dir` of its place is only a name for it. */
static DIR *open_directory(const struct place *place)
{
	int fd = openat(place->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;

	if (!dir && fd >= 0)
		close(fd);
	return dir;
}

/* The oldest rotated file that is not compressed: `oldest`, "" if there is none. */
static int find_oldest(const struct helper *helper, char oldest[NAME_MAX + 1])
{
	const char *base = helper->place.name;
	size_t length = strlen(base);
	struct age age, best = { .number = 0 };
	DIR *dir = open_directory(&helper->place);
	struct dirent *entry;

	oldest[0] = '\0';
	if (!dir)
		return -errno;
	while ((entry = readdir(dir))) {
		const char *rest = entry->d_name + length + 1;

		if (strncmp(entry->d_name, base, length) != 0 || entry->d_name[length] != '.' ||
		    !find_age(helper->job, rest, &age) ||
		    (oldest[0] && !is_older(&age, &best)) ||
		    rotate_check(&helper->place, helper->job->form, entry->d_name))
			continue;
		snprintf(oldest, NAME_MAX + 1, "%s", rest);
		best = age;
	}
	closedir(dir);
	return 0;
}

/* --- running the program --------------------------------------------------------------- */

static _Noreturn void exec_program(const struct compress_job *job, int from, int to)
{
	char *const arguments[] = { (char *)job->name, (char *)"-c", NULL };
	char *const environment[] = { (char *)"PATH=/usr/bin:/bin", (char *)"LC_ALL=C", NULL };

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(from, STDIN_FILENO);
	dup2(to, STDOUT_FILENO);
	execve(job->program, arguments, environment);
	_exit(127);
}

/* It reads by our own opening of the file: where that stands says whether it goes on. */
static void say_progress(const struct helper *helper, int from, off_t *offset)
{
	const struct compress_reply reply = { .what = COMPRESS_GOES_ON };
	off_t now = lseek(from, 0, SEEK_CUR);

	if (now != *offset)
		send(helper->socket, &reply, sizeof(reply), MSG_NOSIGNAL | MSG_DONTWAIT);
	*offset = now;
}

/* Until the child ends, or the tracer wants an end or has gone: then it is killed. */
static int wait_for_child(const struct helper *helper, int from, pid_t child)
{
	int pidfd = (int)syscall(SYS_pidfd_open, child, 0);
	struct pollfd events[] = {
		{ .fd = helper->socket, .events = POLLIN },
		{ .fd = pidfd, .events = POLLIN },
	};
	bool is_wanted = true;
	off_t offset = 0;
	int status, n;

	while (pidfd >= 0 && (n = poll(events, 2, PROGRESS_MS)) <= 0 && (n == 0 || errno == EINTR))
		say_progress(helper, from, &offset);
	if (pidfd >= 0 && events[0].revents && !events[1].revents) {
		is_wanted = false;
		kill(child, SIGKILL);
	}
	close(pidfd);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (!is_wanted)
		return -EINTR;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -ECHILD;
}

static int run_program(const struct helper *helper, int from, int to)
{
	pid_t child = fork();
	int err;

	if (child < 0)
		return -errno;
	if (child == 0)
		exec_program(helper->job, from, to);
	err = wait_for_child(helper, from, child);
	/* Before the original is removed this must be on the disk. */
	return err ? err : fsync(to) ? -errno : 0;
}

/* As the original: who may read it, and when it was last written. */
static int copy_attributes(const struct stat *st, int to)
{
	const struct timespec times[] = { st->st_atim, st->st_mtim };

	return fchmod(to, st->st_mode & 0777) || futimens(to, times) ? -errno : 0;
}

static int compress(const struct helper *helper, int from, const struct stat *st)
{
	int to, err;

	to = openat(helper->place.dir, helper->temporary,
		    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (to < 0)
		return -errno;
	err = copy_attributes(st, to);
	if (!err)
		err = run_program(helper, from, to);
	if (!err)
		err = copy_attributes(st, to);
	close(to);
	if (err)
		rotate_remove(&helper->place, helper->temporary);
	return err;
}

static int compress_oldest(const struct helper *helper, struct compress_reply *reply)
{
	char name[NAME_MAX + 1];
	struct stat st;
	int from, err;

	rotate_remove(&helper->place, helper->temporary);	/* what a crash left */
	err = find_oldest(helper, reply->name);
	if (err || !reply->name[0])
		return err;
	err = rotate_name(name, &helper->place, reply->name);
	if (err)
		return err;
	if (rotate_has_compressed(&helper->place, name)) {
		reply->what = COMPRESS_DUPLICATE;
		return 0;
	}
	from = openat(helper->place.dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (from < 0)
		return -errno;
	err = fstat(from, &st) ? -errno : S_ISREG(st.st_mode) ? 0 : -EINVAL;
	if (!err)
		err = compress(helper, from, &st);
	close(from);
	reply->what = COMPRESS_DONE;
	reply->device = st.st_dev;
	reply->inode = st.st_ino;
	return err;
}

/* --- the process ------------------------------------------------------------------------- */

/* Nothing of the tracer's stays: neither files nor signals nor the terminal. */
static int detach(struct helper *helper)
{
	int null = open("/dev/null", O_RDWR);
	sigset_t none;

	if (null < 0 || rotate_name(helper->temporary, &helper->place, COMPRESS_TEMPORARY))
		return -1;
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		dup2(null, fd);
	helper->socket = fcntl(helper->socket, F_DUPFD_CLOEXEC, 5);
	helper->place.dir = fcntl(helper->place.dir, F_DUPFD_CLOEXEC, 5);
	helper->socket = dup3(helper->socket, 3, O_CLOEXEC);
	helper->place.dir = dup3(helper->place.dir, 4, O_CLOEXEC);
	inherited_close_from(helper->place.dir + 1);
	setsid();
	signal(SIGCHLD, SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setpriority(PRIO_PROCESS, 0, NICEST);
	syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_IDLE);
	return privilege_drop_helper(helper->place.dir);
}

void compress_helper_run(const struct compress_job *job, int socket)
{
	struct helper helper = { .job = job, .place = *job->place, .socket = socket };
	bool has_worked = false;
	char command;

	if (detach(&helper))
		_exit(1);
	/* Before the first command FILE may be another tracer's: it is not locked yet. */
	while (read(helper.socket, &command, 1) == 1 && command == COMPRESS_GO) {
		struct compress_reply reply = { .what = COMPRESS_NOTHING };

		has_worked = true;
		reply.err = compress_oldest(&helper, &reply);
		if (reply.err == -EINTR)
			break;
		if (send(helper.socket, &reply, sizeof(reply), MSG_NOSIGNAL) < 0)
			break;
	}
	/* Done, but nobody is there any more to give it its name. */
	if (has_worked)
		rotate_remove(&helper.place, helper.temporary);
	_exit(0);
}
