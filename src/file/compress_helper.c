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

struct helper {
	const struct compress_job *job;
	int socket;
	char temporary[PATH_MAX];
};

/* --- what to compress --------------------------------------------------------------- */

/* A rotated file's place in time. */
struct place {
	char stamp[NAME_MAX + 1];	/* "" for numbered ones */
	uint64_t number;
};

static bool find_place(const struct compress_job *job, const char *rest, struct place *place)
{
	place->stamp[0] = '\0';
	if (!job->keeps_all)
		return rotate_is_number(rest, &place->number);
	if (!rotate_is_stamp(rest, &place->number))
		return false;
	snprintf(place->stamp, sizeof(place->stamp), "%.*s", (int)strcspn(rest, "."), rest);
	return true;
}

static bool is_older(const struct compress_job *job, const struct place *a, const struct place *b)
{
	int order = strcmp(a->stamp, b->stamp);

	if (order)
		return order < 0;
	return job->keeps_all ? a->number < b->number : a->number > b->number;
}

/* A directory or a link of such a name would be in the way for good. */
static bool is_regular(DIR *dir, const char *name)
{
	struct stat st;

	return fstatat(dirfd(dir), name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode);
}

/* The oldest rotated file that is not compressed: `oldest`, "" if there is none. */
static int find_oldest(const struct compress_job *job, char oldest[NAME_MAX + 1])
{
	char directory[PATH_MAX];
	const char *slash = strrchr(job->path, '/');
	const char *base = slash ? slash + 1 : job->path;
	size_t length = strlen(base);
	struct place place, best = { .number = 0 };
	struct dirent *entry;
	DIR *dir;

	snprintf(directory, sizeof(directory), "%.*s",
		 slash ? (int)(slash + 1 - job->path) : 1, slash ? job->path : ".");
	oldest[0] = '\0';
	dir = opendir(directory);
	if (!dir)
		return -errno;
	while ((entry = readdir(dir))) {
		const char *rest = entry->d_name + length + 1;

		if (strncmp(entry->d_name, base, length) != 0 || entry->d_name[length] != '.' ||
		    !find_place(job, rest, &place) ||
		    (oldest[0] && !is_older(job, &place, &best)) ||
		    !is_regular(dir, entry->d_name))
			continue;
		snprintf(oldest, NAME_MAX + 1, "%s", rest);
		best = place;
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

/* Until the child ends, or the tracer wants an end or has gone: then it is killed. */
static int wait_for_child(const struct helper *helper, pid_t child)
{
	int pidfd = (int)syscall(SYS_pidfd_open, child, 0);
	struct pollfd events[] = {
		{ .fd = helper->socket, .events = POLLIN },
		{ .fd = pidfd, .events = POLLIN },
	};
	bool is_wanted = true;
	int status;

	while (pidfd >= 0 && poll(events, 2, -1) < 0 && errno == EINTR)
		;
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
	err = wait_for_child(helper, child);
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

	to = open(helper->temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (to < 0)
		return -errno;
	err = copy_attributes(st, to);
	if (!err)
		err = run_program(helper, from, to);
	if (!err)
		err = copy_attributes(st, to);
	close(to);
	if (err)
		unlink(helper->temporary);
	return err;
}

static int compress_oldest(const struct helper *helper, struct compress_reply *reply)
{
	char name[PATH_MAX];
	struct stat st;
	int from, err;

	unlink(helper->temporary);	/* what a crash left */
	err = find_oldest(helper->job, reply->name);
	if (err || !reply->name[0])
		return err;
	err = rotate_name(name, helper->job->path, reply->name);
	if (err)
		return err;
	if (rotate_has_compressed(name)) {
		reply->what = COMPRESS_DUPLICATE;
		return 0;
	}
	from = open(name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
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

	if (null < 0 || rotate_name(helper->temporary, helper->job->path, COMPRESS_TEMPORARY))
		return -1;
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		dup2(null, fd);
	if (helper->socket != 3) {
		dup3(helper->socket, 3, O_CLOEXEC);
		helper->socket = 3;
	}
	inherited_close_from(helper->socket + 1);
	setsid();
	signal(SIGCHLD, SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setpriority(PRIO_PROCESS, 0, NICEST);
	syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_IDLE);
	return privilege_drop_helper(helper->job->path);
}

void compress_helper_run(const struct compress_job *job, int socket)
{
	struct helper helper = { .job = job, .socket = socket };
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
		unlink(helper.temporary);
	_exit(0);
}
