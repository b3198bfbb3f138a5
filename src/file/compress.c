// SPDX-License-Identifier: GPL-2.0-or-later
/* The tracer's side of compressing rotated files; see compress.h. */
#include "file/compress.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "file/compress_helper.h"
#include "file/rotate.h"

const char *const compress_names[COMPRESS_KIND_COUNT] = {
	[COMPRESS_GZIP] = "gzip", [COMPRESS_ZSTD] = "zstd", [COMPRESS_XZ] = "xz",
};

static const char *const suffixes[COMPRESS_KIND_COUNT] = {
	[COMPRESS_GZIP] = ".gz", [COMPRESS_ZSTD] = ".zst", [COMPRESS_XZ] = ".xz",
};

/* Beside those of a log file. */
static const struct call calls[] = {
	{ .name = "sendto" }, { .name = "recvfrom" }, { .name = "poll" }, { .name = "ppoll" },
	{ .name = "wait4" },
};

const struct call_set compress_calls = CALL_SET(calls);

#define STOP_PATIENCE_MS 1000

struct compressor {
	enum compress_kind kind;
	const char *path;
	uint64_t keep;
	int socket;
	bool is_at_work;
	bool is_kicked;		/* while at work */
};

/* As execvp() would find it; the caller frees. */
static char *find_program(const char *name)
{
	const char *path = getenv("PATH");
	char candidate[PATH_MAX];

	for (path = path ? path : "/usr/bin:/bin"; *path; path += *path == ':') {
		int length = (int)strcspn(path, ":");

		if (length && length + strlen(name) + 2 <= sizeof(candidate)) {
			memcpy(candidate, path, (size_t)length);
			candidate[length] = '/';
			strcpy(candidate + length + 1, name);
			if (candidate[0] == '/' && access(candidate, X_OK) == 0)
				return strdup(candidate);
		}
		path += length;
	}
	return NULL;
}

static int fork_helper(struct compressor *compressor, const char *program)
{
	struct compress_job job = {
		.program = program,
		.name = compress_names[compressor->kind],
		.path = compressor->path,
		.keeps_all = compressor->keep == ROTATE_KEEP_ALL,
	};
	int ends[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return -errno;
	/* Its end is seen at the socket; nobody waits for it. */
	signal(SIGCHLD, SIG_IGN);
	pid = fork();
	if (pid == 0)
		compress_helper_run(&job, ends[1]);
	close(ends[1]);
	if (pid < 0) {
		close(ends[0]);
		return -errno;
	}
	compressor->socket = ends[0];
	return 0;
}

int compress_start(struct compressor **out, enum compress_kind kind, const char *path,
		   uint64_t keep)
{
	struct compressor *compressor = calloc(1, sizeof(*compressor));
	char *program = find_program(compress_names[kind]);
	int err;

	if (!compressor || !program) {
		free(compressor);
		free(program);
		return compressor ? -ENOENT : -ENOMEM;
	}
	*compressor = (struct compressor){ .kind = kind, .path = path, .keep = keep };
	err = fork_helper(compressor, program);
	free(program);
	if (err) {
		free(compressor);
		return err;
	}
	*out = compressor;
	return 0;
}

/* The helper hangs up when it has cleaned up. */
void compress_stop(struct compressor *compressor)
{
	struct compress_reply reply;
	struct pollfd readable;
	char quit = COMPRESS_QUIT;

	if (!compressor)
		return;
	readable = (struct pollfd){ .fd = compressor->socket, .events = POLLIN };
	if (compressor->socket >= 0 &&
	    send(compressor->socket, &quit, 1, MSG_NOSIGNAL | MSG_DONTWAIT) == 1) {
		while (poll(&readable, 1, STOP_PATIENCE_MS) == 1 &&
		       read(compressor->socket, &reply, sizeof(reply)) > 0)
			;
	}
	if (compressor->socket >= 0)
		close(compressor->socket);
	free(compressor);
}

void compress_kick(struct compressor *compressor)
{
	char go = COMPRESS_GO;

	if (compressor->is_at_work || compressor->socket < 0) {
		compressor->is_kicked = true;
		return;
	}
	compressor->is_at_work =
		send(compressor->socket, &go, 1, MSG_NOSIGNAL | MSG_DONTWAIT) == 1;
	compressor->is_kicked = false;
}

static int take_reply(struct compressor *compressor, const struct compress_reply *reply)
{
	char temporary[PATH_MAX], plain[PATH_MAX];

	if (reply->err || rotate_name(temporary, compressor->path, COMPRESS_TEMPORARY) ||
	    rotate_name(plain, compressor->path, reply->name))
		return reply->err;
	if (reply->what == COMPRESS_DONE)
		return rotate_adopt(compressor->path, compressor->keep, reply->name, reply->device,
				    reply->inode, temporary, suffixes[compressor->kind]);
	/* Both are there: a crash came between giving the name and removing. */
	if (reply->what == COMPRESS_DUPLICATE && rotate_has_compressed(plain))
		return unlink(plain) && errno != ENOENT ? -errno : 0;
	return 0;
}

/* It was killed: what it was at, which it would have removed itself, goes too. */
static void lose_helper(struct compressor *compressor, bool was_at_work)
{
	char temporary[PATH_MAX];

	close(compressor->socket);
	compressor->socket = -1;
	if (was_at_work && rotate_name(temporary, compressor->path, COMPRESS_TEMPORARY) == 0)
		unlink(temporary);
}

int compress_service(struct compressor *compressor)
{
	struct compress_reply reply;
	ssize_t got = recv(compressor->socket, &reply, sizeof(reply), MSG_DONTWAIT);
	bool was_at_work = compressor->is_at_work;
	bool is_more;
	int err;

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	compressor->is_at_work = false;
	if (got != sizeof(reply)) {
		lose_helper(compressor, was_at_work);
		return -EPIPE;
	}
	err = take_reply(compressor, &reply);
	is_more = !err && reply.what != COMPRESS_NOTHING;
	if (is_more || compressor->is_kicked)
		compress_kick(compressor);
	return err;
}

int compress_fd(const struct compressor *compressor)
{
	return compressor ? compressor->socket : -1;
}

bool compress_is_at_work(const struct compressor *compressor)
{
	return compressor && compressor->is_at_work;
}
