// SPDX-License-Identifier: GPL-2.0-or-later
/* BTF from files; see ca_btf.h. */
#include "ca/ca_btf.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

/* A kernel's has some MiB; and a bound is to be. */
#define FILE_MAX_BYTES (256u << 20)

struct file {
	unsigned char *bytes;
	size_t size;
};

static int read_all(int fd, struct file *file)
{
	struct stat st;
	size_t room;

	if (fstat(fd, &st))
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (st.st_size <= 0 || st.st_size > FILE_MAX_BYTES)
		return -EINVAL;
	room = (size_t)st.st_size;
	file->bytes = malloc(room);
	if (!file->bytes)
		return -ENOMEM;
	while (file->size < room) {
		ssize_t n = read(fd, file->bytes + file->size, room - file->size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		file->size += (size_t)n;
	}
	return 0;
}

static int read_file(const char *path, struct file *file)
{
	/* A FIFO of this name is not to be waited for. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), err;

	if (fd < 0)
		return -errno;
	err = read_all(fd, file);
	close(fd);
	return err;
}

/* struct btf_header is as long as the kernel's headers at hand know; the first had this. */
#define HEADER_MIN_BYTES 24u

/*
 * What libbpf does not look at: the types have to lie at multiples of 4 for what
 * reads them. A header may have grown.
 */
static bool is_aligned(const struct file *file)
{
	struct btf_header header;

	if (file->size < HEADER_MIN_BYTES)
		return false;
	memcpy(&header, file->bytes, HEADER_MIN_BYTES);
	if (header.magic != BTF_MAGIC)
		header.hdr_len = __builtin_bswap32(header.hdr_len);
	return header.hdr_len >= HEADER_MIN_BYTES && header.hdr_len % 4 == 0;
}

static int hear_libbpf(enum libbpf_print_level level, const char *format, va_list args)
{
	if (level != LIBBPF_DEBUG)
		log_verbose(format, args);
	return 0;
}

static int parse(struct btf **btf, const char *path, const struct file *file, struct btf *base)
{
	static const char elf[] = ELFMAG;
	long err;

	/* Else it writes to stderr itself. */
	libbpf_set_print(hear_libbpf);
	if (file->size >= SELFMAG && memcmp(file->bytes, elf, SELFMAG) == 0)
		*btf = btf__parse_elf_split(path, base);
	else if (is_aligned(file) && base)
		/* libbpf 1.1 declares btf__new_split() and does not export it. */
		*btf = btf__parse_raw_split(path, base);
	else if (is_aligned(file))
		*btf = btf__new(file->bytes, (uint32_t)file->size);
	else
		return -EINVAL;
	/* libbpf before 1.0 returned errors as pointers unless asked not to. */
	err = libbpf_get_error(*btf);
	if (err)
		*btf = NULL;
	return (int)err;
}

int ca_btf_open(struct btf **btf, const char *path, struct btf *base, char why[CA_WHY_MAX])
{
	struct file file = { 0 };
	int err = read_file(path, &file);

	if (err) {
		snprintf(why, CA_WHY_MAX, "cannot read '%.128s': %s", path, strerror(-err));
	} else {
		err = parse(btf, path, &file, base);
		/* A section that is not there is -ENOENT too. */
		if (err == -ENOENT)
			err = -ENODATA;
		if (err == -ENOMEM)
			snprintf(why, CA_WHY_MAX, "no memory");
		else if (err)
			snprintf(why, CA_WHY_MAX, "there is no BTF in '%.128s', or it is corrupt", path);
	}
	free(file.bytes);
	return err;
}
