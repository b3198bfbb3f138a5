// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * For LD_PRELOAD: tries, from inside and once the program waits, what a
 * running trace must not be able to do, and says on stderr how it went.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static void say(const char *what, long result)
{
	fprintf(stderr, "forbidden: %s: %s\n", what, result < 0 ? strerror(errno) : "done");
}

static void try_all(void)
{
	char *arguments[] = { (char *)"true", NULL };

	say("execve", execve("/bin/true", arguments, arguments + 1));
	say("bpf", syscall(SYS_bpf, 0, NULL, 0));
	say("ptrace", syscall(SYS_ptrace, 0, 0, 0, 0));
	say("socket", socket(AF_INET, SOCK_STREAM, 0));
	/* Typing into a terminal, here with none: refused before that is seen. */
	say("ioctl", ioctl(STDIN_FILENO, TIOCSTI, "x"));
}

int epoll_wait(int epfd, struct epoll_event *events, int maxevents, int timeout)
{
	static int (*next)(int, struct epoll_event *, int, int);

	if (!next) {
		*(void **)&next = dlsym(RTLD_NEXT, "epoll_wait");
		try_all();
	}
	return next(epfd, events, maxevents, timeout);
}
