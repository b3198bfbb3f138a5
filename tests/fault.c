// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * For LD_PRELOAD: makes system calls on files fail. The file that TCC_FAULT
 * names says which, for as long as it says so: the name of a call and an errno,
 * "write 28", or "none". A test writes it anew while the program runs; it is
 * mapped, as the program may not be allowed to read it later.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
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

/* Whether this call is to fail; then errno is set. */
static int fails(const char *call)
{
	char copy[TEXT_MAX + 1] = "", name[TEXT_MAX + 1];
	int err;

	if (!text)
		return 0;
	memcpy(copy, text, TEXT_MAX);
	if (sscanf(copy, "%s %d", name, &err) != 2 || strcmp(name, call) != 0)
		return 0;
	errno = err;
	return 1;
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

/* Messages are written too: only to what is not standard error. */
ssize_t write(int fd, const void *data, size_t length)
{
	ssize_t (*real)(int, const void *, size_t) = next("write");

	return fd > STDERR_FILENO && fails("write") ? -1 : real(fd, data, length);
}

/* A file is closed all the same. */
int close(int fd)
{
	int (*real)(int) = next("close");
	int result = real(fd);

	return fails("close") ? -1 : result;
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
