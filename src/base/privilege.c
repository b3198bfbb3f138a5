// SPDX-License-Identifier: GPL-2.0-or-later
/* Giving privilege away; see privilege.h. */
#include "base/privilege.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/confine.h"
#include "base/inherited.h"
#include "base/landlock.h"

/* Linux 5.8's; a C library of that time may not have them. */
#ifndef CAP_PERFMON
#define CAP_PERFMON 38
#define CAP_BPF 39
#endif

#ifndef PR_SET_MDWE
#define PR_SET_MDWE 65
#define PR_MDWE_REFUSE_EXEC_GAIN (1UL << 0)
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

/* Who is that user already needs no right to become it. */
static bool is_user(const struct passwd *user)
{
	return user->pw_uid == getuid() && user->pw_uid == geteuid();
}

static int set_ids(const struct passwd *user)
{
	return initgroups(user->pw_name, user->pw_gid) ||
	       setresgid(user->pw_gid, user->pw_gid, user->pw_gid) ||
	       setresuid(user->pw_uid, user->pw_uid, user->pw_uid) ? -errno : 0;
}

int privilege_become(const char *name)
{
	struct passwd *user = find_user(name);
	int err;

	if (!user)
		return -ENOENT;
	if (is_user(user))
		return 0;
	err = prctl(PR_SET_KEEPCAPS, 1) ? -errno : set_ids(user);
	if (err)
		return err;
	/* Else /proc/self is root's: the count of missed events is read there. */
	if (prctl(PR_SET_DUMPABLE, 1))
		return -errno;
	return keep_capabilities();
}

static int set_environment(const struct passwd *user)
{
	const char *shell = user->pw_shell && *user->pw_shell ? user->pw_shell : "/bin/sh";

	return setenv("HOME", user->pw_dir, 1) || setenv("USER", user->pw_name, 1) ||
	       setenv("LOGNAME", user->pw_name, 1) || setenv("SHELL", shell, 1) ? -errno : 0;
}

static int set_no_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2] = { 0 };

	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	return syscall(SYS_capset, &header, none) ? -errno : 0;
}

/* Else the program that it runs has every capability, by its user's number alone. */
static int make_root_nobody(void)
{
	int bits = prctl(PR_GET_SECUREBITS, 0, 0, 0, 0);

	if (bits < 0 || prctl(PR_SET_SECUREBITS, bits | SECBIT_NOROOT | SECBIT_NOROOT_LOCKED, 0,
			      0, 0))
		return -errno;
	return 0;
}

int privilege_become_wholly(const char *name)
{
	struct passwd *user = find_user(name);
	int err = user ? 0 : -ENOENT;

	if (!err)
		err = set_ids(user);
	/* Who is that user already, and may not choose its groups, stays as it is. */
	if (err == -EPERM && is_user(user))
		err = 0;
	if (!err && user->pw_uid == 0)
		err = make_root_nobody();
	if (!err)
		err = set_environment(user);
	return err ? err : set_no_capabilities();
}

/* --- no privilege at all -------------------------------------------------------------- */

/* The bounding set first: it takes a capability to empty it. */
static int drop_capabilities(void)
{
	for (int cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++) {
		/* Without CAP_SETPCAP it stays, and no_new_privs makes it void. */
		prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
	}
	return set_no_capabilities();
}

/* --- what stays ---------------------------------------------------------------------- */

int privilege_want_calls(struct privilege_wants *wants, const struct call_set *calls)
{
	if (wants->n_calls == PRIVILEGE_WANTS_MAX)
		return -E2BIG;
	wants->calls[wants->n_calls++] = calls;
	return 0;
}

int privilege_want_directory(struct privilege_wants *wants, int directory)
{
	int fd;

	if (wants->n_directories == PRIVILEGE_WANTS_MAX)
		return -E2BIG;
	fd = fcntl(directory, F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	wants->directories[wants->n_directories++] = fd;
	return 0;
}

/* --- the lock-down -------------------------------------------------------------------- */

static int lock_down(struct privilege_wants *wants, unsigned int allowed)
{
	int err = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ? -errno : 0;

	if (!err)
		err = landlock_confine(wants->directories, wants->n_directories, allowed);
	while (wants->n_directories)
		close(wants->directories[--wants->n_directories]);
	return err ? err : drop_capabilities();
}

int privilege_drop(struct privilege_wants *wants)
{
	int err;

	inherited_close();
	/* Linux 6.3's, and for builds without seccomp: no memory becomes executable. */
	prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0);
	err = lock_down(wants, wants->may_signal ? LANDLOCK_SIGNAL : 0);
	return err ? err : confine_to(wants->calls, wants->n_calls);
}

int privilege_drop_helper(int directory)
{
	struct privilege_wants wants = { 0 };
	int err = directory < 0 ? 0 : privilege_want_directory(&wants, directory);

	if (!err)
		err = lock_down(&wants, LANDLOCK_EXECUTE);
	return err ? err : confine_helper();
}
