// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * For LD_PRELOAD: another kernel. bpf(BPF_MAP_CREATE) of an array of more than
 * $TCC_REFUSE_BYTES fails with ENOMEM, or with EPERM if $TCC_REFUSE_EPERM is
 * set; uname() gives $TCC_RELEASE for the kernel's release. All else goes
 * through.
 */
#include <dlfcn.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

long syscall(long number, ...);

static int is_refused(const union bpf_attr *attr)
{
	const char *limit = getenv("TCC_REFUSE_BYTES");

	return limit && attr->map_type == BPF_MAP_TYPE_ARRAY &&
	       (unsigned long long)attr->value_size * attr->max_entries >
		       strtoull(limit, NULL, 10);
}

long syscall(long number, ...)
{
	static long (*next)(long, ...);
	long a[6];
	va_list args;

	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "syscall");
	va_start(args, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(args, long);
	va_end(args);
	if (number == SYS_bpf && a[0] == BPF_MAP_CREATE &&
	    is_refused((const union bpf_attr *)a[1])) {
		errno = getenv("TCC_REFUSE_EPERM") ? EPERM : ENOMEM;
		return -1;
	}
	return next(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

int uname(struct utsname *name)
{
	static int (*next)(struct utsname *);
	const char *release = getenv("TCC_RELEASE");
	int err;

	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "uname");
	err = next(name);
	if (!err && release)
		snprintf(name->release, sizeof(name->release), "%s", release);
	return err;
}
