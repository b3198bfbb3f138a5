// SPDX-License-Identifier: GPL-2.0-or-later
/* Giving privilege away; see privilege.h. */
#include "config.h"

#include "base/privilege.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A sanitizer's runtime has needs of its own at the end. */
#if defined(HAVE_LIBSECCOMP) && !defined(__SANITIZE_ADDRESS__)
#define CONFINES_CALLS
#include <seccomp.h>
#include <stdint.h>
#include <sys/ioctl.h>
#endif

/* Linux 5.8's; a C library of that time may not have them. */
#ifndef CAP_PERFMON
#define CAP_PERFMON 38
#define CAP_BPF 39
#endif

/* --- another user ------------------------------------------------------------------ */

static struct passwd *find_user(const char *name)
{
	struct passwd *user = getpwnam(name);
	char *end;
	unsigned long number;

	if (user || name[0] < '0' || name[0] > '9')
		return user;
	errno = 0;
	number = strtoul(name, &end, 10);
	return errno || *end || number >= (uid_t)-1 ? NULL : getpwuid((uid_t)number);
}

/* Of what is permitted, keep what attaching takes, and dropping the rest later. */
static int keep_capabilities(void)
{
	static const int kept[] = { CAP_BPF, CAP_PERFMON, CAP_SYS_RESOURCE, CAP_SETPCAP };
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct held[2], wanted[2] = { 0 };

	if (syscall(SYS_capget, &header, held))
		return -errno;
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		wanted[CAP_TO_INDEX(kept[i])].permitted |= CAP_TO_MASK(kept[i]);
	for (int i = 0; i < 2; i++) {
		wanted[i].permitted &= held[i].permitted;
		wanted[i].effective = wanted[i].permitted;
	}
	return syscall(SYS_capset, &header, wanted) ? -errno : 0;
}

int privilege_become(const char *name)
{
	struct passwd *user = find_user(name);

	if (!user)
		return -ENOENT;
	/* Who is that user already needs no right to become it. */
	if (user->pw_uid == getuid() && user->pw_uid == geteuid())
		return 0;
	if (initgroups(user->pw_name, user->pw_gid) ||
	    setresgid(user->pw_gid, user->pw_gid, user->pw_gid) || prctl(PR_SET_KEEPCAPS, 1) ||
	    setresuid(user->pw_uid, user->pw_uid, user->pw_uid))
		return -errno;
	/* Else /proc/self is root's: the count of missed events is read there. */
	if (prctl(PR_SET_DUMPABLE, 1))
		return -errno;
	return keep_capabilities();
}

/* --- no privilege at all -------------------------------------------------------------- */

/* The bounding set first: it takes a capability to empty it. */
int privilege_drop_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2] = { 0 };

	for (int cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++) {
		/* Without CAP_SETPCAP it stays, and no_new_privs makes it void. */
		prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
	}
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (syscall(SYS_capset, &header, none))
		return -errno;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ? -errno : 0;
}

#ifdef CONFINES_CALLS
/*
 * What reading the rings, writing, rotating, waiting and ending takes, and what libc
 * does for memory and for a message. All else fails with EPERM.
 */
static const int allowed_calls[] = {
	SCMP_SYS(read), SCMP_SYS(pread64), SCMP_SYS(write), SCMP_SYS(writev),
	SCMP_SYS(sendto), SCMP_SYS(recvfrom), SCMP_SYS(poll), SCMP_SYS(ppoll),
	SCMP_SYS(fcntl), SCMP_SYS(flock),
	SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(close), SCMP_SYS(lseek), SCMP_SYS(ftruncate),
	SCMP_SYS(stat), SCMP_SYS(lstat), SCMP_SYS(fstat), SCMP_SYS(newfstatat), SCMP_SYS(statx),
	SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(unlink), SCMP_SYS(unlinkat),
	SCMP_SYS(rename), SCMP_SYS(renameat), SCMP_SYS(renameat2), SCMP_SYS(geteuid),
	SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_ctl),
	SCMP_SYS(timerfd_settime), SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday),
	SCMP_SYS(clock_nanosleep), SCMP_SYS(nanosleep), SCMP_SYS(membarrier),
	SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(mprotect), SCMP_SYS(brk),
	SCMP_SYS(madvise), SCMP_SYS(futex), SCMP_SYS(getrandom), SCMP_SYS(uname),
	SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(tgkill), SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigreturn), SCMP_SYS(restart_syscall),
	SCMP_SYS(exit), SCMP_SYS(exit_group),
};

/* Of a terminal or a pipe only questions: TIOCSTI would type into the user's shell. */
static const unsigned int allowed_ioctls[] = { FIONREAD, TCGETS };

static int allow_ioctls(scmp_filter_ctx filter)
{
	int err = 0;

	for (size_t i = 0; !err && i < sizeof(allowed_ioctls) / sizeof(allowed_ioctls[0]); i++)
		err = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
				       SCMP_A1(SCMP_CMP_MASKED_EQ, UINT32_MAX, allowed_ioctls[i]));
	return err;
}

static int confine_calls(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int err = filter ? 0 : -ENOMEM;

	for (size_t i = 0; !err && i < sizeof(allowed_calls) / sizeof(allowed_calls[0]); i++)
		err = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed_calls[i], 0);
	if (!err)
		err = allow_ioctls(filter);
	if (!err)
		err = seccomp_load(filter);
	seccomp_release(filter);
	return err;
}
#else
static int confine_calls(void)
{
	return 0;
}
#endif

int privilege_drop(void)
{
	int err = privilege_drop_capabilities();

	return err ? err : confine_calls();
}
