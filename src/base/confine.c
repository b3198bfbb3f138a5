// SPDX-License-Identifier: GPL-2.0-or-later
/* Confining this process to system calls; see confine.h. */
#include "config.h"

#include "base/confine.h"

#if defined(HAVE_LIBSECCOMP) && !defined(__SANITIZE_ADDRESS__)

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>

/* O_TMPFILE is among these, as it opens for writing; O_RDONLY with O_TRUNC empties. */
#define WRITES (O_ACCMODE | O_CREAT | O_TRUNC)

/* What libc does for memory, for reading a file, and at the end. */
static const struct call base_calls[] = {
	{ .name = "read" }, { .name = "pread64" }, { .name = "close" }, { .name = "lseek" },
	{ "open", 1, WRITES, O_RDONLY },
	{ "openat", 2, WRITES, O_RDONLY },
	{ .name = "stat" }, { .name = "lstat" }, { .name = "fstat" }, { .name = "newfstatat" },
	{ .name = "statx" }, { .name = "uname" },
	CALL_COMMAND("fcntl", F_GETFD), CALL_COMMAND("fcntl", F_GETFL),
	{ .name = "clock_gettime" }, { .name = "gettimeofday" },
#ifdef __s390__
	{ .name = "mmap" },	/* has its arguments in memory, which a filter cannot see */
#else
	{ "mmap", 2, PROT_EXEC, 0 },
#endif
	{ "mprotect", 2, PROT_EXEC, 0 },
	{ .name = "munmap" }, { .name = "mremap" }, { .name = "brk" }, { .name = "madvise" },
	{ .name = "futex" }, { .name = "getrandom" }, { .name = "getpid" }, { .name = "gettid" },
	{ .name = "rt_sigprocmask" }, { .name = "rt_sigaction" }, { .name = "rt_sigreturn" },
	{ .name = "restart_syscall" }, { .name = "exit" }, { .name = "exit_group" },
};

/*
 * What reaches into the kernel, into other processes or into the network. Not
 * among them: what a dynamically linked program needs to begin, and its threads.
 */
static const char *const never_of_a_helper[] = {
	"acct", "add_key", "adjtimex", "bpf", "chroot", "clock_adjtime", "clock_settime",
	"connect", "delete_module", "finit_module", "fsconfig", "fsmount", "fsopen", "init_module",
	"io_uring_enter", "io_uring_register", "io_uring_setup", "ioperm", "iopl", "kcmp",
	"kexec_file_load", "kexec_load", "keyctl", "mknod", "mknodat", "mount", "mount_setattr",
	"move_mount", "name_to_handle_at", "open_by_handle_at", "open_tree", "perf_event_open",
	"personality", "pidfd_getfd", "pidfd_send_signal", "pivot_root", "process_madvise",
	"process_vm_readv", "process_vm_writev", "ptrace", "quotactl", "reboot", "request_key",
	"rt_sigqueueinfo", "rt_tgsigqueueinfo", "setdomainname", "sethostname", "setns",
	"settimeofday", "socket", "swapoff", "swapon", "syslog", "umount2", "unshare",
	"userfaultfd", "vhangup",
};

/* One that this machine has not is never called; -1 where libseccomp is too old for it. */
static int allow(scmp_filter_ctx filter, const struct call *call)
{
	int number = seccomp_syscall_resolve_name(call->name);
	struct scmp_arg_cmp rule = { call->argument, SCMP_CMP_MASKED_EQ, call->mask, call->value };

	if (number == __NR_SCMP_ERROR)
		return 0;
	return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, number, call->mask ? 1 : 0, &rule);
}

static int allow_all(scmp_filter_ctx filter, const struct call_set *set)
{
	int err = 0;

	for (size_t i = 0; !err && i < set->n; i++)
		err = allow(filter, &set->calls[i]);
	return err;
}

int confine_to(const struct call_set *const *sets, size_t n_sets)
{
	static const struct call_set base = CALL_SET(base_calls);
	/* For abort(): raise() is this. */
	const struct call self[] = {
		{ "tgkill", 0, UINT32_MAX, (uint64_t)getpid() },
	};
	const struct call_set self_set = CALL_SET(self);
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int err = filter ? allow_all(filter, &base) : -ENOMEM;

	if (!err)
		err = allow_all(filter, &self_set);
	for (size_t i = 0; !err && i < n_sets; i++)
		err = allow_all(filter, sets[i]);
	if (!err)
		err = seccomp_load(filter);
	seccomp_release(filter);
	return err;
}

int confine_helper(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	size_t n = sizeof(never_of_a_helper) / sizeof(never_of_a_helper[0]);
	int err = filter ? 0 : -ENOMEM;

	for (size_t i = 0; !err && i < n; i++) {
		int number = seccomp_syscall_resolve_name(never_of_a_helper[i]);

		if (number != __NR_SCMP_ERROR)
			err = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), number, 0);
	}
	if (!err)
		err = seccomp_load(filter);
	seccomp_release(filter);
	return err;
}

bool confine_knows(const char *name)
{
	return seccomp_syscall_resolve_name(name) != __NR_SCMP_ERROR;
}

#else

int confine_to(const struct call_set *const *sets, size_t n_sets)
{
	(void)sets;
	(void)n_sets;
	return 0;
}

int confine_helper(void)
{
	return 0;
}

bool confine_knows(const char *name)
{
	return name;
}

#endif
