// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * For LD_PRELOAD: tries, from inside and once the program waits, what a
 * running trace must not be able to do, and says on stderr how it went. Of
 * what is done nothing is changed. $TCC_FORBIDDEN is a file that it should not
 * write, $TCC_ALLOWED a file that is not there and that it may make. With
 * $TCC_OLD_KERNEL there is neither Landlock nor close_range(), as on Linux 5.8.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define LANDLOCK_CREATE_RULESET 444
#define CLOSE_RANGE 436

static void say(const char *what, long result)
{
	fprintf(stderr, "forbidden: %s: %s\n", what, result < 0 ? strerror(errno) : "done");
}

/* --- an older kernel ------------------------------------------------------------- */

long syscall(long number, ...)
{
	static long (*next)(long, long, long, long, long, long, long);
	va_list args;
	long a[6];

	if (getenv("TCC_OLD_KERNEL") && (number == LANDLOCK_CREATE_RULESET ||
					 number == CLOSE_RANGE)) {
		errno = ENOSYS;
		return -1;
	}
	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "syscall");
	va_start(args, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(args, long);
	va_end(args);
	return next(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

__attribute__((constructor)) static void say_landlock(void)
{
	fprintf(stderr, "forbidden: Landlock: %s\n",
		syscall(LANDLOCK_CREATE_RULESET, NULL, 0L, 1L) > 0 ? "there" : "none");
}

/* --- what the program starts ------------------------------------------------------ */

static pid_t child;

pid_t fork(void)
{
	static pid_t (*next)(void);

	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "fork");
	return child = next();
}

/* --- what is tried --------------------------------------------------------------- */

static void try_open(const char *what, const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);

	say(what, fd);
	if (fd < 0)
		return;
	close(fd);
	if (flags & O_CREAT)
		unlinkat(AT_FDCWD, path, 0);
}

static void try_files(void)
{
	const char *precious = getenv("TCC_FORBIDDEN"), *allowed = getenv("TCC_ALLOWED");
	char other[4096];

	try_open("/etc/shadow", "/etc/shadow", O_WRONLY);
	try_open("core_pattern", "/proc/sys/kernel/core_pattern", O_WRONLY);
	try_open("own memory", "/proc/self/mem", O_RDWR);
	try_open("/usr/local/bin", "/usr/local/bin/tcc-forbidden", O_WRONLY | O_CREAT | O_EXCL);
	try_open("/etc", "/etc/tcc-forbidden", O_WRONLY | O_CREAT | O_EXCL);
	try_open("a device", "/dev/null", O_WRONLY);
	if (allowed)
		try_open("a file of its own", allowed, O_WRONLY | O_CREAT | O_EXCL);
	if (!precious)
		return;
	snprintf(other, sizeof(other), "%s.moved", precious);
	try_open("append", precious, O_WRONLY | O_APPEND);
	try_open("empty", precious, O_RDONLY | O_TRUNC);
	say("truncate", truncate(precious, 0));
	say("rename", renameat(AT_FDCWD, precious, AT_FDCWD, other));
	say("link", link(precious, other));
	say("symlink", symlink(precious, other));
	say("chmod", chmod(precious, 04755));
	say("mkdir", mkdir(other, 0700));
	say("unlink", unlinkat(AT_FDCWD, precious, 0));
}

static void try_memory(void)
{
	long page = sysconf(_SC_PAGESIZE);
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	void *map = mmap(NULL, (size_t)page, PROT_READ | PROT_WRITE | PROT_EXEC,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	say("mmap wx", map == MAP_FAILED ? -1 : 0);
	map = mmap(NULL, (size_t)page, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	say("mmap x", map == MAP_FAILED ? -1 : 0);
	map = mmap(NULL, (size_t)page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	say("mmap", map == MAP_FAILED ? -1 : 0);
	say("mprotect", mprotect(map, (size_t)page, PROT_READ | PROT_EXEC));
	close(fd);
}

static void try_processes(void)
{
	char *arguments[] = { (char *)"true", NULL };
	struct iovec nothing = { arguments, 1 };

	say("execve", execve("/bin/true", arguments, arguments + 1));
	say("fork", syscall(SYS_clone, SIGCHLD, 0L, 0L, 0L, 0L));
	say("ptrace", syscall(SYS_ptrace, 0L, 0L, 0L, 0L));
	say("process_vm_readv", syscall(SYS_process_vm_readv, (long)getppid(), &nothing, 1L,
					&nothing, 1L, 0L));
	say("kill", kill(getppid(), 0));
	if (child > 0) {
		say("kill the command", kill(child, 0));
		say("kill the command's group", kill(-child, 0));
	}
	say("tgkill", syscall(SYS_tgkill, (long)getppid(), (long)getppid(), 0L));
	say("tkill", syscall(SYS_tkill, (long)getppid(), 0L));
	say("raise", syscall(SYS_tgkill, (long)getpid(), (long)getpid(), 0L));
	/* With F_SETSIG and O_ASYNC a pipe sends any signal to anybody. */
	say("F_SETOWN", fcntl(STDIN_FILENO, F_SETOWN, getppid()));
	say("F_SETFL", fcntl(STDIN_FILENO, F_SETFL, fcntl(STDIN_FILENO, F_GETFL) | O_ASYNC));
}

static void try_all(void)
{
	try_processes();
	try_files();
	try_memory();
	say("bpf", syscall(SYS_bpf, 0L, NULL, 0L));
	say("socket", socket(AF_INET, SOCK_STREAM, 0));
	/* Typing into a terminal, here with none: refused before that is seen. */
	say("ioctl", ioctl(STDIN_FILENO, TIOCSTI, "x"));
	say("descriptor 9", fcntl(9, F_GETFD));
	say("descriptor 900", fcntl(900, F_GETFD));
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
