// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the checks inside a booted kernel need beside a shell: TCP traffic, and
 * the pages of ftrace. Static, for an initramfs. Knows nothing of tcc-trace.
 *
 *	helper serve PORT [CC]			until killed; says "listening"
 *	helper run [-c CC] [-m MARK] ADDRESS PORT ROUNDS REQUEST REPLY
 *						each round sends and receives so many bytes
 *	helper drain PIPE FILE			what a trace_pipe_raw has, page by page
 *	helper clock				CLOCK_MONOTONIC, in ns
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define TIMEOUT_S 60

struct header {
	uint32_t rounds, request, reply;
};

static char block[1 << 16];

static void fail(const char *what)
{
	fprintf(stderr, "helper: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void send_bytes(int fd, const void *data, size_t n_bytes)
{
	size_t n;
	ssize_t sent;

	while (n_bytes > 0) {
		n = n_bytes < sizeof(block) ? n_bytes : sizeof(block);
		sent = send(fd, data ? data : block, n, MSG_NOSIGNAL);
		if (sent <= 0)
			fail("send");
		n_bytes -= (size_t)sent;
	}
}

static void receive_bytes(int fd, void *data, size_t n_bytes)
{
	size_t n;
	ssize_t got;

	while (n_bytes > 0) {
		n = n_bytes < sizeof(block) ? n_bytes : sizeof(block);
		got = recv(fd, data ? data : block, n, data ? MSG_WAITALL : 0);
		if (got <= 0)
			fail("receive");
		n_bytes -= (size_t)got;
	}
}

static void prepare(int fd)
{
	struct timeval timeout = { .tv_sec = TIMEOUT_S };
	int one = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
}

static void answer(int fd)
{
	struct header header;

	prepare(fd);
	receive_bytes(fd, &header, sizeof(header));
	for (uint32_t i = 0; i < header.rounds; i++) {
		receive_bytes(fd, NULL, header.request);
		send_bytes(fd, NULL, header.reply);
	}
	if (recv(fd, block, 1, 0) != 0)	/* until the client has closed */
		fail("close");
	exit(0);
}

/* One socket for IPv4, IPv6 and IPv4 through IPv6. */
static void serve(const char *port, const char *cc)
{
	struct sockaddr_in6 address = {
		.sin6_family = AF_INET6,
		.sin6_port = htons((uint16_t)atoi(port)),
	};
	int fd = socket(AF_INET6, SOCK_STREAM, 0), one = 1, client;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) || listen(fd, 64))
		fail("listen");
	if (cc && setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, cc, (socklen_t)strlen(cc)))
		fail(cc);
	signal(SIGCHLD, SIG_IGN);
	puts("listening");
	fflush(stdout);
	for (;;) {
		client = accept(fd, NULL, NULL);
		if (client < 0)
			fail("accept");
		if (fork() == 0)
			answer(client);
		close(client);
	}
}

static int connect_to(const char *address, const char *port, const char *cc, uint32_t mark)
{
	struct sockaddr_in to4 = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)) };
	struct sockaddr_in6 to6 = { .sin6_family = AF_INET6, .sin6_port = to4.sin_port };
	int is_ipv6 = strchr(address, ':') != NULL;
	int fd = socket(is_ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM, 0);

	if (cc && setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, cc, (socklen_t)strlen(cc)))
		fail(cc);
	if (mark && setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, sizeof(mark)))
		fail("mark");
	prepare(fd);
	if (inet_pton(is_ipv6 ? AF_INET6 : AF_INET, address,
		      is_ipv6 ? (void *)&to6.sin6_addr : (void *)&to4.sin_addr) != 1)
		fail("address");
	if (is_ipv6 ? connect(fd, (struct sockaddr *)&to6, sizeof(to6)) :
		      connect(fd, (struct sockaddr *)&to4, sizeof(to4)))
		fail("connect");
	return fd;
}

static int run(int argc, char **argv)
{
	struct header header;
	const char *cc = NULL;
	uint32_t mark = 0;
	int option, fd;

	while ((option = getopt(argc, argv, "c:m:")) != -1) {
		if (option == 'c')
			cc = optarg;
		else if (option == 'm')
			mark = (uint32_t)strtoul(optarg, NULL, 0);
		else
			return 2;
	}
	if (argc - optind != 5)
		return 2;
	argv += optind;
	header.rounds = (uint32_t)atoi(argv[2]);
	header.request = (uint32_t)atoi(argv[3]);
	header.reply = (uint32_t)atoi(argv[4]);
	fd = connect_to(argv[0], argv[1], cc, mark);
	send_bytes(fd, &header, sizeof(header));
	for (uint32_t i = 0; i < header.rounds; i++) {
		send_bytes(fd, NULL, header.request);
		receive_bytes(fd, NULL, header.reply);
	}
	close(fd);
	return 0;
}

static int drain(const char *pipe, const char *file)
{
	int in = open(pipe, O_RDONLY | O_NONBLOCK);
	int out = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	ssize_t n;

	if (in < 0 || out < 0)
		fail(pipe);
	while ((n = read(in, block, page)) > 0)
		if (write(out, block, (size_t)n) != n)
			fail(file);
	if (n < 0 && errno != EAGAIN)
		fail(pipe);
	return close(out) ? 1 : 0;
}

static int clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	printf("%" PRIu64 "\n", (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec);
	return 0;
}

int main(int argc, char **argv)
{
	const char *command = argc > 1 ? argv[1] : "";

	if (strcmp(command, "serve") == 0 && argc >= 3)
		serve(argv[2], argv[3]);
	if (strcmp(command, "run") == 0)
		return run(argc - 1, argv + 1);
	if (strcmp(command, "drain") == 0 && argc == 4)
		return drain(argv[2], argv[3]);
	if (strcmp(command, "clock") == 0)
		return clock_ns();
	fprintf(stderr, "helper: unknown command '%s'\n", command);
	return 2;
}
