// SPDX-License-Identifier: GPL-2.0-or-later
/* The process that starts the programs that unpack; see unpack_helper.h. */
#include "read/unpack_helper.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/inherited.h"
#include "base/privilege.h"

/* More than any of them takes for what was packed with its own highest level. */
#define MEMORY_MAX ((rlim_t)1 << 30)

#define SOCKET_FD 3	/* behind the three that programs expect */

bool unpack_helper_find(char path[PATH_MAX], const char *name)
{
	const char *places = getenv("PATH");

	for (places = places ? places : "/usr/bin:/bin"; *places; places += *places == ':') {
		size_t length = strcspn(places, ":");

		if (*places == '/' && length + strlen(name) + 2 <= PATH_MAX) {
			memcpy(path, places, length);
			path[length] = '/';
			strcpy(path + length + 1, name);
			if (access(path, X_OK) == 0)
				return true;
		}
		places += length;
	}
	path[0] = '\0';
	return false;
}

/* --- the program --------------------------------------------------------------------- */

static void bound(int resource, rlim_t most)
{
	setrlimit(resource, &(struct rlimit){ most, most });
}

static _Noreturn void exec_program(const char *program, const int fds[UNPACK_FILES])
{
	char *const arguments[] = { (char *)program, (char *)"-dc", NULL };
	char *const environment[] = { (char *)"PATH=/usr/bin:/bin", (char *)"LC_ALL=C", NULL };

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_DFL);
	dup2(fds[0], STDIN_FILENO);
	dup2(fds[1], STDOUT_FILENO);
	inherited_close_from(SOCKET_FD);
	/* It writes a pipe, and no file. */
	bound(RLIMIT_FSIZE, 0);
	bound(RLIMIT_CORE, 0);
	bound(RLIMIT_AS, MEMORY_MAX);
	execve(program, arguments, environment);
	_exit(127);
}

/* Wait for it, and tell how it went. */
static _Noreturn void run_program(const char *program, const int fds[UNPACK_FILES])
{
	pid_t child;
	char status;
	int how = 1;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGCHLD, SIG_DFL);
	child = fork();
	if (child == 0)
		exec_program(program, fds);
	close(fds[0]);
	close(fds[1]);
	while (child > 0 && waitpid(child, &how, 0) < 0 && errno == EINTR)
		;
	status = child > 0 && WIFEXITED(how) && WEXITSTATUS(how) == 0 ? 0 : 1;
	_exit(write(fds[2], &status, 1) == 1 ? 0 : 1);
}

/* --- the helper ------------------------------------------------------------------------ */

/* Returns the format of a request, or -1 when there is none any more. */
static int receive(int socket, int fds[UNPACK_FILES])
{
	union {
		char bytes[CMSG_SPACE(UNPACK_FILES * sizeof(int))];
		struct cmsghdr align;
	} control;
	unsigned char format;
	struct iovec data = { &format, sizeof(format) };
	struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = control.bytes,
				  .msg_controllen = sizeof(control.bytes) };
	const struct cmsghdr *header;

	if (recvmsg(socket, &message, MSG_CMSG_CLOEXEC) != sizeof(format))
		return -1;
	header = CMSG_FIRSTHDR(&message);
	if (!header || header->cmsg_len != CMSG_LEN(UNPACK_FILES * sizeof(int)) ||
	    format >= UNPACK_FORMATS)
		return -1;
	memcpy(fds, CMSG_DATA(header), UNPACK_FILES * sizeof(int));
	return format;
}

/* Nothing of the reader's stays: neither files nor signals nor the terminal. */
static int detach(int socket)
{
	int null = open("/dev/null", O_RDWR);
	sigset_t none;

	if (null < 0)
		return -errno;
	socket = fcntl(socket, F_DUPFD, SOCKET_FD + 1);
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		dup2(null, fd);
	dup3(socket, SOCKET_FD, O_CLOEXEC);
	inherited_close_from(SOCKET_FD + 1);
	setsid();
	/* Those that tell are not waited for. */
	signal(SIGCHLD, SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	return privilege_drop_helper(-1);
}

void unpack_helper_run(const struct unpack_programs *programs, int socket)
{
	int fds[UNPACK_FILES], format;

	if (detach(socket))
		_exit(1);
	while ((format = receive(SOCKET_FD, fds)) >= 0) {
		if (fork() == 0) {
			close(SOCKET_FD);
			run_program(programs->path[format], fds);
		}
		for (int i = 0; i < UNPACK_FILES; i++)
			close(fds[i]);
	}
	_exit(0);
}
