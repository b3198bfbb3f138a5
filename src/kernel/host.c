// SPDX-License-Identifier: GPL-2.0-or-later
/* What the kernel offers and the process may do; see host.h. */
#include "kernel/host.h"

#include <errno.h>
#include <linux/btf.h>
#include <linux/capability.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/log.h"

#define KERNEL(major, minor) ((major) * 1000u + (minor))

/* CAP_BPF, the BPF ring buffer, sockets by BTF given to helpers. */
#define KERNEL_OLDEST KERNEL(5, 10)
/* Atomic instructions that return a value, on arm64. */
#define KERNEL_OLDEST_WEAK KERNEL(5, 18)
#define KERNEL_MEMORY_BY_CGROUP KERNEL(5, 11)
#define KERNEL_SOCKET_STORAGE KERNEL(5, 11)
#define KERNEL_COOKIE_HELPER KERNEL(5, 12)
#define KERNEL_CA_STATE_EVENTS KERNEL(5, 19)
#define KERNEL_RECURSION_GUARD KERNEL(6, 1)

#ifndef CAP_BPF
#define CAP_PERFMON 38
#define CAP_BPF 39
#endif

#define BTF_PATH "/sys/kernel/btf/vmlinux"

static int check_version(struct host *host)
{
	unsigned int major = 0, minor = 0, version, oldest;
	struct utsname name;

	uname(&name);
	sscanf(name.release, "%u.%u", &major, &minor);
	version = KERNEL(major, minor);
	host->keeps_stores_in_order = strcmp(name.machine, "x86_64") == 0 ||
				      strcmp(name.machine, "s390x") == 0;
	host->has_cookie_helper = version >= KERNEL_COOKIE_HELPER;
	host->has_socket_storage = version >= KERNEL_SOCKET_STORAGE;
	host->counts_locked_memory = version < KERNEL_MEMORY_BY_CGROUP;
	host->has_ca_state_events = version >= KERNEL_CA_STATE_EVENTS;
	host->has_recursion_guard = version >= KERNEL_RECURSION_GUARD;
	oldest = host->keeps_stores_in_order ? KERNEL_OLDEST : KERNEL_OLDEST_WEAK;
	if (version >= oldest)
		return 0;
	log_error("Linux %s is too old: on %s tcc-trace needs %u.%u or later", name.release,
		  name.machine, oldest / 1000, oldest % 1000);
	return -ENOTSUP;
}

static int check_btf(void)
{
	FILE *file = fopen(BTF_PATH, "re");
	uint16_t magic = 0;

	if (!file) {
		log_error("this kernel has no BTF (%s: %s): "
			  "tcc-trace needs one built with CONFIG_DEBUG_INFO_BTF=y",
			  BTF_PATH, strerror(errno));
		return -ENOTSUP;
	}
	if (fread(&magic, sizeof(magic), 1, file) != 1 || magic != BTF_MAGIC) {
		log_error("this kernel's BTF (%s) is not readable as such: "
			  "tcc-trace needs a kernel built with CONFIG_DEBUG_INFO_BTF=y",
			  BTF_PATH);
		fclose(file);
		return -ENOTSUP;
	}
	fclose(file);
	return 0;
}

static bool has_capability(const struct __user_cap_data_struct data[2], unsigned int cap)
{
	return data[cap / 32].effective & (1u << (cap % 32));
}

int host_refuse_privilege(void)
{
	log_error("not permitted to trace: run as root, or with the capabilities "
		  "CAP_BPF and CAP_PERFMON, in the initial user namespace");
	return -EPERM;
}

static int check_privilege(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };

	if (syscall(SYS_capget, &header, data))
		return 0;	/* then loading will tell */
	if (has_capability(data, CAP_SYS_ADMIN) ||
	    (has_capability(data, CAP_BPF) && has_capability(data, CAP_PERFMON)))
		return 0;
	return host_refuse_privilege();
}

/* One more than the last of "0-3,8-11": numbers may have gaps. */
static unsigned int count_cpus(void)
{
	FILE *file = fopen("/sys/devices/system/cpu/possible", "re");
	char line[256] = "";
	const char *last;
	long configured;

	if (file && fgets(line, sizeof(line), file)) {
		fclose(file);
		last = line + strcspn(line, "\n");
		while (last > line && last[-1] >= '0' && last[-1] <= '9')
			last--;
		return (unsigned int)strtoul(last, NULL, 10) + 1;
	}
	if (file)
		fclose(file);
	configured = sysconf(_SC_NPROCESSORS_CONF);
	return configured > 0 ? (unsigned int)configured : 1;
}

/* A trace of all kinds takes some fifty. */
#define DESCRIPTORS 64

bool host_lacks_descriptors(void)
{
	struct rlimit limit = { 0 };
	int fds[DESCRIPTORS];
	size_t n = 0;

	while (n < DESCRIPTORS && (fds[n] = dup(STDIN_FILENO)) >= 0)
		n++;
	for (size_t i = 0; i < n; i++)
		close(fds[i]);
	if (n == DESCRIPTORS)
		return false;
	getrlimit(RLIMIT_NOFILE, &limit);
	log_error("too few file descriptors to load the BPF program: of %llu (ulimit -n) %zu are "
		  "left", (unsigned long long)limit.rlim_cur, n);
	return true;
}

int host_check(struct host *host)
{
	int err = check_version(host);

	if (!err)
		err = check_btf();
	if (!err)
		err = check_privilege();
	host->n_cpus = count_cpus();
	host->memory_bytes = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
	return err;
}
