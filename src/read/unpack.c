// SPDX-License-Identifier: GPL-2.0-or-later
/* The reader's side of unpacking; see unpack.h. */
#include "read/unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "read/unpack_helper.h"

static const struct call calls[] = {
	{ .name = "sendmsg" }, { .name = "pipe2" }, { .name = "tee" }, { .name = "recvfrom" },
	{ .name = "poll" }, { .name = "ppoll" },
};

const struct call_set unpack_calls = CALL_SET(calls);

static const struct {
	const char *name;
	unsigned char bytes[UNPACK_MAGIC_MAX];
	size_t length;
} formats[UNPACK_FORMATS] = {
	{ "gzip", { 0x1f, 0x8b }, 2 },
	{ "zstd", { 0x28, 0xb5, 0x2f, 0xfd }, 4 },
	{ "xz", { 0xfd, '7', 'z', 'X', 'Z', 0 }, 6 },
};

struct unpacker {
	int socket;
	bool has[UNPACK_FORMATS];	/* there is such a program */
	pid_t pid;
};

int unpack_format(const unsigned char *bytes, size_t length)
{
	for (int i = 0; i < UNPACK_FORMATS; i++) {
		if (length >= formats[i].length &&
		    memcmp(bytes, formats[i].bytes, formats[i].length) == 0)
			return i;
	}
	return -1;
}

int unpack_may_be(const unsigned char *bytes, size_t length)
{
	for (int i = 0; i < UNPACK_FORMATS; i++) {
		if (length < formats[i].length && memcmp(bytes, formats[i].bytes, length) == 0)
			return true;
	}
	return false;
}

const char *unpack_name(int format)
{
	return formats[format].name;
}

int unpacker_start(struct unpacker **out)
{
	struct unpacker *unpacker = calloc(1, sizeof(*unpacker));
	struct unpack_programs programs;
	int ends[2], err = 0;

	if (!unpacker)
		return -ENOMEM;
	for (int i = 0; i < UNPACK_FORMATS; i++)
		unpacker->has[i] = unpack_helper_find(programs.path[i], formats[i].name);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends)) {
		err = -errno;
		free(unpacker);
		return err;
	}
	unpacker->pid = fork();
	if (unpacker->pid == 0)
		unpack_helper_run(&programs, ends[1]);
	if (unpacker->pid < 0)
		err = -errno;
	close(ends[1]);
	unpacker->socket = ends[0];
	if (err) {
		close(ends[0]);
		free(unpacker);
		return err;
	}
	*out = unpacker;
	return 0;
}

/* It ends by itself as soon as nobody asks it any more, and is reaped by whoever is left. */
void unpacker_stop(struct unpacker *unpacker)
{
	if (!unpacker)
		return;
	close(unpacker->socket);
	free(unpacker);
}

static int send_files(int socket, unsigned char format, const int fds[UNPACK_FILES])
{
	union {
		char bytes[CMSG_SPACE(UNPACK_FILES * sizeof(int))];
		struct cmsghdr align;
	} control = { 0 };
	struct iovec data = { &format, sizeof(format) };
	struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = control.bytes,
				  .msg_controllen = sizeof(control.bytes) };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(UNPACK_FILES * sizeof(int));
	memcpy(CMSG_DATA(header), fds, UNPACK_FILES * sizeof(int));
	return sendmsg(socket, &message, MSG_NOSIGNAL) == sizeof(format) ? 0 : -errno;
}

int unpack_begin(struct unpacker *unpacker, int format, int fd, struct unpacked *unpacked)
{
	int output[2], status[2], err;

	if (!unpacker->has[format])
		return -ENOENT;
	if (pipe2(output, O_CLOEXEC))
		return -errno;
	if (pipe2(status, O_CLOEXEC)) {
		err = -errno;
		close(output[0]);
		close(output[1]);
		return err;
	}
	err = send_files(unpacker->socket, (unsigned char)format,
			 (const int[UNPACK_FILES]){ fd, output[1], status[1] });
	close(output[1]);
	close(status[1]);
	*unpacked = (struct unpacked){ output[0], status[0] };
	if (err)
		unpack_end(unpacked);
	return err;
}

bool unpack_has_ended(const struct unpacked *unpacked)
{
	struct pollfd ended = { .fd = unpacked->status_fd, .events = POLLIN };

	return poll(&ended, 1, 0) == 1;
}

int unpack_end(struct unpacked *unpacked)
{
	char status = 1;

	close(unpacked->fd);
	if (!unpack_has_ended(unpacked) || read(unpacked->status_fd, &status, 1) != 1)
		status = 1;
	close(unpacked->status_fd);
	return status ? -ECHILD : 0;
}
