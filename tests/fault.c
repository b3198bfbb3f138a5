// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * For LD_PRELOAD: makes system calls on files fail, or hang. The file that TCC_FAULT
 * names says which, for as long as it says so: the name of a call and an errno,
 * "write 28", "write -1" where it does not return, or "none". "stderr" is a write to
 * what is standard error, "stdout" one to standard output alone. A test writes it anew
 * while the program runs; it is mapped, as the program may not be allowed to read it later.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define TEXT_MAX 64

static const char *text;

__attribute__((constructor)) static void start(void)
{
	const char *path = getenv("TCC_FAULT");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	void *map = mmap(NULL, TEXT_MAX, PROT_READ, MAP_SHARED, fd, 0);

	close(fd);
	text = map == MAP_FAILED ? NULL : map;
}

/* What this call is to fail with; 0: it is not. */
static int fault(const char *call)
{
	char copy[TEXT_MAX + 1] = "", name[TEXT_MAX + 1];
	int err;

	if (!text)
		return 0;
	memcpy(copy, text, TEXT_MAX);
	return sscanf(copy, "%s %d", name, &err) == 2 && strcmp(name, call) == 0 ? err : 0;
}

/* Whether this call is to fail; then errno is set. As for a dead server, only KILL helps. */
static int fails(const char *call)
{
	const struct timespec ms = { .tv_nsec = 1000000 };
	int err;

	while ((err = fault(call)) < 0)
		nanosleep(&ms, NULL);
	errno = err;
	return err != 0;
}

static void *next(const char *call)
{
	return dlsym(RTLD_NEXT, call);
}

int renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	int (*real)(int, const char *, int, const char *) = next("renameat");

	return fails("renameat") ? -1 : real(from_dir, from, to_dir, to);
}

int renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned int flags)
{
	int (*real)(int, const char *, int, const char *, unsigned int) = next("renameat2");

	return fails("renameat2") ? -1 : real(from_dir, from, to_dir, to, flags);
}

int unlinkat(int dir, const char *path, int flags)
{
	int (*real)(int, const char *, int) = next("unlinkat");

	return fails("unlinkat") ? -1 : real(dir, path, flags);
}

int socket(int family, int type, int protocol)
{
	int (*real)(int, int, int) = next("socket");

	return fails("socket") ? -1 : real(family, type, protocol);
}

int ftruncate(int fd, off_t length)
{
	int (*real)(int, off_t) = next("ftruncate");

	return fails("ftruncate") ? -1 : real(fd, length);
}

int fsync(int fd)
{
	int (*real)(int) = next("fsync");

	return fails("fsync") ? -1 : real(fd);
}

/* Messages are written too. */
ssize_t write(int fd, const void *data, size_t length)
{
	ssize_t (*real)(int, const void *, size_t) = next("write");
	const char *call = fd == STDERR_FILENO ? "stderr" : "write";

	if (fails(call) || (fd == STDOUT_FILENO && fails("stdout")))
		return -1;
	return real(fd, data, length);
}

/* A file is closed all the same; one that was only read never fails. */
int close(int fd)
{
	int (*real)(int) = next("close");
	int flags = fcntl(fd, F_GETFL), result = real(fd);

	return (flags & O_ACCMODE) != O_RDONLY && fails("close") ? -1 : result;
}

/* Only for writing: libraries read files of their own. */
int openat(int dir, const char *path, int flags, ...)
{
	int (*real)(int, const char *, int, ...) = next("openat");
	va_list arguments;
	mode_t mode;

	va_start(arguments, flags);
	mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
	va_end(arguments);
	return (flags & O_ACCMODE) != O_RDONLY && fails("openat") ? -1
								  : real(dir, path, flags, mode);
}
