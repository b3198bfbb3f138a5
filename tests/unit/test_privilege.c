// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The lock-down, in processes of their own: where they may write, and what they
 * still have open. Also run in the booted kernels, built without libseccomp, so
 * that Landlock stands alone.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../tap.h"
#include "base/privilege.h"

#define LANDLOCK_CREATE_RULESET 444

static char root[] = "/tmp/test_privilege.XXXXXX";

/* Else the calls would be refused before Landlock sees them. */
static const struct call file_calls[] = {
	{ .name = "open" }, { .name = "openat" }, { .name = "unlink" }, { .name = "unlinkat" },
	{ .name = "rename" }, { .name = "renameat" }, { .name = "renameat2" },
	{ .name = "truncate" }, { .name = "mkdir" }, { .name = "mkdirat" },
	{ .name = "write" }, { .name = "fcntl" },
};
static const struct call_set files = CALL_SET(file_calls);

static int landlock_abi(void)
{
	return (int)syscall(LANDLOCK_CREATE_RULESET, NULL, 0L, 1L);
}

/* --- what a child does once it is locked down: true if it could -------------------- */

static bool can_open(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static bool tries_ours(void)
{
	return can_open("ours/new", O_WRONLY | O_CREAT | O_EXCL) &&
	       can_open("ours/file", O_WRONLY | O_TRUNC) && rename("ours/new", "ours/file") == 0 &&
	       unlink("ours/file") == 0 && can_open("others/file", O_RDONLY);
}

static bool tries_to_make(void)
{
	return can_open("others/new", O_WRONLY | O_CREAT | O_EXCL) || mkdir("others/new", 0700) == 0;
}

static bool tries_to_write(void)
{
	return can_open("others/file", O_WRONLY) || can_open("/dev/null", O_WRONLY);
}

static bool tries_to_move(void)
{
	return rename("others/file", "others/moved") == 0 ||
	       rename("ours/file", "others/moved") == 0 || rename("others/file", "ours/moved") == 0;
}

static bool tries_to_remove(void)
{
	return unlink("others/file") == 0;
}

static bool tries_to_truncate(void)
{
	return truncate("others/file", 0) == 0;
}

static bool tries_memory(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		    0) != MAP_FAILED;
}

static bool tries_inherited(void)
{
	return fcntl(9, F_GETFD) >= 0 || fcntl(900, F_GETFD) >= 0;
}

static bool tries_own(void)
{
	return fcntl(10, F_GETFD) >= 0;
}

/* --- the parent ------------------------------------------------------------------------- */

static void make_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	check(fd >= 0 && write(fd, "precious\n", 9) == 9);
	close(fd);
}

static void make_files(void)
{
	make_file("ours/file");
	make_file("others/file");
}

/* By chance: 9 and 900, which the limit no longer has; our own: 10. */
static void open_descriptors(void)
{
	struct rlimit limit = { 1024, 1024 };
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	setrlimit(RLIMIT_NOFILE, &limit);
	dup2(fd, 9);
	dup2(fd, 900);
	dup3(fd, 10, O_CLOEXEC);
	limit.rlim_cur = 64;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static int want(struct privilege_wants *wants, const char *directory)
{
	int fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int err = privilege_want_directory(wants, fd);

	close(fd);
	return err;
}

/* Returns 1 if a locked-down child could, 0 if not, else what went wrong. */
static int could(bool (*tries)(void))
{
	int status;
	pid_t pid;

	make_files();
	pid = fork();
	if (pid == 0) {
		struct privilege_wants wants = { 0 };

		open_descriptors();
		if (privilege_want_calls(&wants, &files) ||
		    want(&wants, "ours") || privilege_drop(&wants))
			_exit(100);
		_exit(tries());
	}
	if (waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : status;
}

static void test_where_it_writes(void)
{
	int abi = landlock_abi();

	check_eq(could(tries_ours), 1);
	if (abi < 1) {
		tap_reason = "no Landlock";
		return;
	}
	printf("# Landlock, ABI %d\n", abi);
	check_eq(could(tries_to_make), 0);
	check_eq(could(tries_to_write), 0);
	check_eq(could(tries_to_move), 0);
	check_eq(could(tries_to_remove), 0);
	if (abi >= 3)
		check_eq(could(tries_to_truncate), 0);
}

/* Without Landlock the program goes on. */
static void test_descriptors(void)
{
	check_eq(could(tries_inherited), 0);
	check_eq(could(tries_own), 1);
}

/* Where neither seccomp nor PR_SET_MDWE (Linux 6.3) is, it is not refused. */
static void test_memory(void)
{
	int could_map = could(tries_memory);

	if (could_map)
		tap_reason = "memory can be made executable here";
	check(could_map == 0 || could_map == 1);
}

static void test_wants(void)
{
	struct privilege_wants wants = { 0 };

	for (int i = 0; i < PRIVILEGE_WANTS_MAX; i++) {
		check_eq(privilege_want_calls(&wants, &files), 0);
		check_eq(want(&wants, "ours"), 0);
	}
	check_eq(privilege_want_calls(&wants, &files), -E2BIG);
	check_eq(want(&wants, "ours"), -E2BIG);
	for (int i = 0; i < PRIVILEGE_WANTS_MAX; i++)
		close(wants.directories[i]);
	wants.n_directories = 0;
	check_eq(want(&wants, "nowhere"), -EBADF);
}

int main(void)
{
	if (!mkdtemp(root) || chdir(root) || mkdir("ours", 0700) || mkdir("others", 0700))
		return 1;
	TAP_RUN(test_where_it_writes);
	TAP_RUN(test_descriptors);
	TAP_RUN(test_memory);
	TAP_RUN(test_wants);
	unlink("ours/file");
	unlink("others/file");
	rmdir("ours");
	rmdir("others");
	chdir("/");
	rmdir(root);
	return tap_done();
}
