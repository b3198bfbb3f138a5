// SPDX-License-Identifier: GPL-2.0-or-later
/* The command that is traced; see command.h. */
#include "run/command.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/privilege.h"

static const struct call calls[] = {
	/* Not send() and recv(): s390x has these by another call. */
	{ .name = "waitid" }, { .name = "write" }, { .name = "read" },
};

const struct call_set command_calls = CALL_SET(calls);

struct command {
	struct command_config config;
	struct tcc_command identity;
	pid_t pid;
	struct loop *loop;	/* borrowed; NULL until command_watch() */
	int socket;		/* to the process, until it has become the command */
	struct call kill;	/* of that process alone */
	struct call_set own_calls;
	int last_signal;	/* that asked for the end; 0: none yet */
	bool leads_session;	/* this process */
	bool is_given_up, has_ended;
	uint64_t ended_ns;
	int status, err;
};

/* --- the process ------------------------------------------------------------------- */

#define NAMESPACE "/proc/self/ns/pid"

/* What the process says of itself at first. */
struct hello {
	struct tcc_command identity;
	int err;	/* why it cannot */
};

static struct hello identify(void)
{
	struct hello hello = { .identity.pid = (__u32)getpid() };
	struct stat st;

	if (stat(NAMESPACE, &st)) {
		hello.err = -errno;
		return hello;
	}
	hello.identity.ns_dev = (__u64)major(st.st_dev) << 20 | minor(st.st_dev);
	hello.identity.ns_ino = st.st_ino;
	return hello;
}

/* Returns -errno, or not at all. */
static int become(const struct command_config *config, const struct sigaction *child_action)
{
	int err = config->user ? privilege_become_wholly(config->user) : 0;

	if (err)
		return err;
	sigaction(SIGCHLD, child_action, NULL);
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (config->closed & 1u << fd)
			close(fd);
	}
	execvp(config->argv[0], config->argv);
	return -errno;
}

static _Noreturn void run(const struct command_config *config, int socket,
			  const struct sigaction *child_action)
{
	struct hello hello = identify();
	char go;
	int err;

	if (send(socket, &hello, sizeof(hello), MSG_NOSIGNAL) != sizeof(hello) || hello.err ||
	    recv(socket, &go, 1, 0) != 1)
		_exit(COMMAND_CANNOT_RUN);
	err = become(config, child_action);
	send(socket, &err, sizeof(err), MSG_NOSIGNAL);
	_exit(err == -ENOENT ? COMMAND_NOT_FOUND : COMMAND_CANNOT_RUN);
}

/* --- this side --------------------------------------------------------------------- */

static int fork_process(struct command *command, const int ends[2])
{
	struct sigaction before;
	const struct sigaction by_default = { .sa_handler = SIG_DFL };

	/* Where it is ignored the kernel throws the status away. */
	sigaction(SIGCHLD, &by_default, &before);
	command->pid = fork();
	if (command->pid < 0)
		return -errno;
	if (command->pid == 0) {
		close(ends[0]);
		run(&command->config, ends[1], &before);
	}
	return 0;
}

/* *what: what cannot be done, if so. */
static int start(struct command *command, const char **what)
{
	struct hello hello;
	int ends[2], err;

	*what = "start a process";
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return -errno;
	command->socket = ends[0];
	err = fork_process(command, ends);
	close(ends[1]);
	if (err)
		return err;
	if (recv(command->socket, &hello, sizeof(hello), 0) != sizeof(hello))
		return -ECHILD;
	*what = "tell the command from other processes by " NAMESPACE;
	if (hello.err)
		return hello.err;
	command->identity = hello.identity;
	command->kill = (struct call){ "kill", 0, UINT32_MAX, (uint64_t)command->pid };
	command->own_calls = (struct call_set){ &command->kill, 1 };
	return 0;
}

int command_fork(struct command **out, const struct command_config *config)
{
	struct command *command = calloc(1, sizeof(*command));
	const char *what;
	int err;

	if (!command) {
		log_error("cannot start a process: %s", strerror(ENOMEM));
		return -ENOMEM;
	}
	command->config = *config;
	command->socket = -1;
	err = start(command, &what);
	if (err) {
		log_error("cannot %s: %s", what, strerror(-err));
		command_free(command);
	} else {
		*out = command;
	}
	return err;
}

void command_free(struct command *command)
{
	if (!command)
		return;
	/* If it still waits to be let go it ends by that. */
	if (command->socket >= 0)
		close(command->socket);
	free(command);
}

struct tcc_command command_identity(const struct command *command)
{
	return command->identity;
}

const struct call_set *command_own_calls(const struct command *command)
{
	return &command->own_calls;
}

int command_go(struct command *command)
{
	char go = 1;

	/* That it was killed meanwhile is its end, and will be told. */
	if (write(command->socket, &go, 1) != 1 && errno != EPIPE)
		return -errno;
	return 0;
}

/* --- what is heard of it ----------------------------------------------------------- */

/* The shell that waits for this process must hear that the terminal is free. */
static void stop_too(const struct command *command, int signal)
{
	if (signal != SIGTSTP && signal != SIGTTIN && signal != SIGTTOU)
		return;
	raise(SIGSTOP);
	/* Who continues this process may mean it alone. */
	kill(command->pid, SIGCONT);
}

static void end(struct command *command, const siginfo_t *info)
{
	command->has_ended = true;
	loop_heed_keys(command->loop, true);
	command->ended_ns = clock_now_ns();
	command->status = info->si_code == CLD_EXITED ? info->si_status
						      : COMMAND_SIGNAL + info->si_status;
	/* Nobody has the other end any more. */
	if (read(command->socket, &command->err, sizeof(command->err)) != sizeof(command->err))
		command->err = 0;
}

static void look(struct command *command)
{
	siginfo_t info;

	while (!command->has_ended) {
		info.si_pid = 0;
		if (waitid(P_PID, (id_t)command->pid, &info, WEXITED | WSTOPPED | WNOHANG) ||
		    !info.si_pid)
			return;
		if (info.si_code == CLD_STOPPED)
			stop_too(command, info.si_status);
		else
			end(command, &info);
	}
}

/*
 * The first is passed on; whoever sends a second does not wait for the command. The kernel
 * is nobody: of a terminal that hangs up it tells the session's leader, and when that has
 * ended the foreground, the command with it.
 */
static bool take_request(struct command *command, int signal, bool is_of_kernel)
{
	bool is_first = !command->last_signal;

	if (is_of_kernel) {
		if (command->leads_session)
			kill(command->pid, signal);
		return true;
	}
	command->last_signal = signal;
	if (!is_first) {
		command->is_given_up = true;
		return false;
	}
	kill(command->pid, signal);
	return true;
}

static bool take_signal(void *context, int signal, bool is_of_kernel)
{
	struct command *command = context;

	if (signal == SIGCHLD) {
		look(command);
		return true;
	}
	if (command->has_ended)
		return false;
	if (signal == SIGTERM || signal == SIGHUP)
		return take_request(command, signal, is_of_kernel);
	return signal == SIGINT || signal == SIGQUIT;
}

int command_watch(struct command *command, struct loop *loop)
{
	static const int of_terminal[] = { SIGTSTP, SIGTTIN, SIGTTOU };

	command->loop = loop;
	loop_heed_keys(loop, false);
	command->leads_session = getsid(0) == getpid();
	for (size_t i = 0; i < sizeof(of_terminal) / sizeof(of_terminal[0]); i++)
		signal(of_terminal[i], SIG_IGN);
	return loop_set_taker(loop, take_signal, command);
}

bool command_has_ended(const struct command *command)
{
	return command && command->has_ended;
}

uint64_t command_ended_ns(const struct command *command)
{
	return command->ended_ns;
}

bool command_is_given_up(const struct command *command)
{
	return command->is_given_up;
}

int command_error(const struct command *command)
{
	return command->err;
}

int command_status(const struct command *command)
{
	return command->has_ended ? command->status : COMMAND_SIGNAL + command->last_signal;
}

const char *command_name(const struct command *command)
{
	return command->config.argv[0];
}
