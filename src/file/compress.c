// SPDX-License-Identifier: GPL-2.0-or-later
/* The tracer's side of compressing rotated files; see compress.h. */
#include "file/compress.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
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
#define REAP_PATIENCE_MS 100

struct compressor {
	enum compress_kind kind;
	struct place place;
	struct append_form form;	/* what is ours */
	uint64_t keep;
	int socket;
	pid_t pid;		/* 0: it was waited for */
	int pidfd;		/* or -1 */
	bool is_at_work;
	bool is_kicked;		/* while at work */
	uint64_t n_replies;
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
		.place = &compressor->place,
		.form = &compressor->form,
		.keeps_all = compressor->keep == ROTATE_KEEP_ALL,
	};
	int ends[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return -errno;
	pid = fork();
	if (pid == 0)
		compress_helper_run(&job, ends[1]);
	close(ends[1]);
	if (pid < 0) {
		close(ends[0]);
		return -errno;
	}
	compressor->socket = ends[0];
	compressor->pid = pid;
	compressor->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	return 0;
}

int compress_start(struct compressor **out, enum compress_kind kind, const char *path,
		   uint64_t keep, append_is_log *is_log)
{
	struct compressor *compressor = calloc(1, sizeof(*compressor));
	char *program = find_program(compress_names[kind]);
	int err;

	if (!compressor || !program) {
		free(compressor);
		free(program);
		return compressor ? -ENOENT : -ENOMEM;
	}
	*compressor = (struct compressor){ .kind = kind, .keep = keep, .form.is_log = is_log,
					   .socket = -1, .pidfd = -1 };
	/* Of a place that is none, who opens the file there has the words. */
	err = place_open(&compressor->place, path) ? 0 : fork_helper(compressor, program);
	free(program);
	if (err) {
		place_close(&compressor->place);
		free(compressor);
		return err;
	}
	*out = compressor;
	return 0;
}

/*
 * Take its status, so that no zombie stays. It hangs up a moment before it ends:
 * that long it is waited for, but no longer. Without a pidfd the moment is slept.
 */
static void reap(struct compressor *compressor, int patience_ms)
{
	struct pollfd ended = { .fd = compressor->pidfd, .events = POLLIN };

	if (!compressor->pid)
		return;
	if (patience_ms)
		poll(&ended, 1, patience_ms);
	/* No child: whoever started us has SIGCHLD ignored, and the kernel took it. */
	if (waitpid(compressor->pid, NULL, WNOHANG) == 0)
		return;
	compressor->pid = 0;
	if (compressor->pidfd >= 0)
		close(compressor->pidfd);
	compressor->pidfd = -1;
}

/* The helper hangs up when it has cleaned up. Returns whether it has. */
static bool ask_to_quit(const struct compressor *compressor)
{
	struct pollfd readable = { .fd = compressor->socket, .events = POLLIN };
	struct compress_reply reply;
	char quit = COMPRESS_QUIT;

	if (send(compressor->socket, &quit, 1, MSG_NOSIGNAL | MSG_DONTWAIT) != 1)
		return false;
	while (poll(&readable, 1, STOP_PATIENCE_MS) == 1) {
		if (read(compressor->socket, &reply, sizeof(reply)) <= 0)
			return true;
	}
	return false;
}

void compress_stop(struct compressor *compressor)
{
	bool has_hung_up;

	if (!compressor)
		return;
	has_hung_up = compressor->socket < 0 || ask_to_quit(compressor);
	if (compressor->socket >= 0)
		close(compressor->socket);
	reap(compressor, has_hung_up ? REAP_PATIENCE_MS : 0);
	if (compressor->pidfd >= 0)
		close(compressor->pidfd);
	place_close(&compressor->place);
	free(compressor);
}

void compress_kick(struct compressor *compressor)
{
	char go = COMPRESS_GO;

	if (compressor->socket < 0)
		reap(compressor, 0);
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
	char temporary[NAME_MAX + 1];
	const struct place *place = &compressor->place;

	if (reply->err || rotate_name(temporary, place, COMPRESS_TEMPORARY))
		return reply->err;
	if (reply->what == COMPRESS_DONE)
		return rotate_adopt(place, compressor->keep, reply->name, reply->device,
				    reply->inode, temporary, suffixes[compressor->kind]);
	if (reply->what == COMPRESS_DUPLICATE)
		return rotate_remove_double(place, &compressor->form, reply->name);
	return 0;
}

/* It was killed: what it was at, which it would have removed itself, goes too. */
static void lose_helper(struct compressor *compressor, bool was_at_work)
{
	char temporary[NAME_MAX + 1];

	close(compressor->socket);
	compressor->socket = -1;
	reap(compressor, REAP_PATIENCE_MS);
	if (was_at_work && rotate_name(temporary, &compressor->place, COMPRESS_TEMPORARY) == 0)
		rotate_remove(&compressor->place, temporary);
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
	compressor->n_replies++;
	if (got == sizeof(reply) && reply.what == COMPRESS_GOES_ON)
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

const struct place *compress_place(const struct compressor *compressor)
{
	return &compressor->place;
}

int compress_fd(const struct compressor *compressor)
{
	return compressor ? compressor->socket : -1;
}

uint64_t compress_progress(const struct compressor *compressor)
{
	return compressor ? compressor->n_replies : 0;
}

bool compress_is_at_work(const struct compressor *compressor)
{
	return compressor && compressor->is_at_work;
}
