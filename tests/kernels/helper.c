// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the checks inside a booted kernel need beside a shell: TCP traffic, and
 * the pages of ftrace. Static, for an initramfs. Knows nothing of tcc-trace.
 *
 *	helper serve PORT [CC]			until killed; says "listening"
 *	helper run [-c CC] [-m MARK] ADDRESS PORT ROUNDS REQUEST REPLY
 *						each round sends and receives so many bytes
 *	helper pair NETNS NETNS ADDRESS PORT	both ends, a and b, of one connection between
 *						two network namespaces; does what stdin says,
 *						see pair()
 *	helper drain PIPE FILE			what a trace_pipe_raw has, page by page
 *	helper terminal PROGRAM [ARGUMENT]...	becomes it; its stderr is a terminal, what it says there
 *						ours
 *	helper clock				CLOCK_MONOTONIC, in ns
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/filter.h>
#include <linux/tcp.h>		/* the C library's has an older struct tcp_info */
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TIMEOUT_S 60
#define QUIET_MS 100

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
static int listen_at(const char *port)
{
	struct sockaddr_in6 address = {
		.sin6_family = AF_INET6,
		.sin6_port = htons((uint16_t)atoi(port)),
	};
	int fd = socket(AF_INET6, SOCK_STREAM, 0), one = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) || listen(fd, 64))
		fail("listen");
	return fd;
}

static void serve(const char *port, const char *cc)
{
	int fd = listen_at(port), client;

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

/* ---- both ends of a connection --------------------------------------------- */

struct pair {
	int a, b;
	uint16_t port_a, port_b;
};

static void enter(const char *netns)
{
	int fd = open(netns, O_RDONLY);

	if (fd < 0 || setns(fd, CLONE_NEWNET))
		fail(netns);
	close(fd);
}

/* As much of struct tcp_info as this kernel has, its length. */
static socklen_t get_info(int fd, void *info, size_t size)
{
	socklen_t n_bytes = (socklen_t)size;

	memset(info, 0, size);
	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, &n_bytes))
		fail("TCP_INFO");
	return n_bytes;
}

/* Until all has arrived. One process is both ends: neither call may block. */
static void transfer(int from, int to, size_t n_bytes)
{
	size_t n_unsent = n_bytes, n_awaited = n_bytes, n;
	ssize_t done;

	while (n_awaited > 0) {
		struct pollfd ends[] = { { .fd = to, .events = POLLIN },
					 { .fd = from, .events = n_unsent ? POLLOUT : 0 } };

		if (poll(ends, 2, TIMEOUT_S * 1000) <= 0)
			fail("transfer");
		n = n_unsent < sizeof(block) ? n_unsent : sizeof(block);
		done = n ? send(from, block, n, MSG_NOSIGNAL | MSG_DONTWAIT) : 0;
		n_unsent -= done > 0 ? (size_t)done : 0;
		done = recv(to, block, sizeof(block), MSG_DONTWAIT);
		n_awaited -= done > 0 ? (size_t)done : 0;
	}
}

/*
 * Until neither end has sent a segment for QUIET_MS and all is acknowledged or,
 * with `is_hole`, some of a's segments are so by SACK alone and one is sent again,
 * by a timeout as well. Acknowledgements are delayed by up to 40 ms here; a timeout
 * takes over 200 ms, and after the first twice as long, so that there is more of
 * the quiet of a hole left than it took.
 */
static void await_quiet(const struct pair *pair, int is_hole)
{
	uint32_t quiet_ms = 0, n_segments = 0, n_before;
	struct tcp_info a, b;

	for (int ms = 0; quiet_ms < QUIET_MS; ms += 5) {
		if (ms > TIMEOUT_S * 1000) {
			errno = ETIMEDOUT;
			fail("quiet");
		}
		usleep(5000);
		get_info(pair->a, &a, sizeof(a));
		get_info(pair->b, &b, sizeof(b));
		n_before = n_segments;
		n_segments = a.tcpi_segs_out + b.tcpi_segs_out + a.tcpi_segs_in + b.tcpi_segs_in;
		if (n_segments == n_before &&
		    (is_hole ? a.tcpi_sacked && a.tcpi_retrans && a.tcpi_backoff :
			       a.tcpi_unacked + b.tcpi_unacked == 0))
			quiet_ms += 5;
		else
			quiet_ms = 0;
	}
}

/* What reaches b with over N_BYTES, all headers of TCP included, is lost, as
 * often as it is sent again. */
static void lose_over(const struct pair *pair, uint32_t n_bytes)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, n_bytes, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
	};
	struct sock_fprog filter = { .len = 4, .filter = code };

	if (setsockopt(pair->b, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)))
		fail("filter");
}

/* What the kernel says of one end, and at once a segment to it, of that LENGTH
 * and pushed by the other: "END PORT LENGTH HEX". */
static void show(const struct pair *pair, char end, size_t length)
{
	uint8_t info[1024];
	size_t n_bytes = get_info(end == 'a' ? pair->a : pair->b, info, sizeof(info));

	send_bytes(end == 'a' ? pair->b : pair->a, NULL, length);
	printf("%c %u %zu ", end, end == 'a' ? pair->port_a : pair->port_b, length);
	for (size_t i = 0; i < n_bytes; i++)
		printf("%02x", info[i]);
	putchar('\n');
}

static int obey(const struct pair *pair, char *line)
{
	size_t n = strtoul(line + strcspn(line, "0123456789"), NULL, 10);

	line[strcspn(line, "\n")] = '\0';
	if (strncmp(line, "send ", 5) == 0)	/* from a to b */
		transfer(pair->a, pair->b, n);
	else if (strncmp(line, "reply ", 6) == 0)
		transfer(pair->b, pair->a, n);
	else if (strncmp(line, "write ", 6) == 0)	/* what b does not read */
		send_bytes(pair->a, NULL, n);
	else if (strncmp(line, "lose ", 5) == 0)
		lose_over(pair, (uint32_t)n);
	else if (strcmp(line, "quiet") == 0)
		await_quiet(pair, 0);
	else if (strcmp(line, "hole") == 0)
		await_quiet(pair, 1);
	else if (strncmp(line, "show a ", 7) == 0 || strncmp(line, "show b ", 7) == 0)
		show(pair, line[5], n);
	else	/* a command of the shell, in the namespace of a */
		return system(line);
	return 0;
}

static int pair(char **argv)
{
	struct sockaddr_in6 address;
	socklen_t length = sizeof(address);
	struct pair pair = { .port_b = (uint16_t)atoi(argv[3]) };
	char line[256];
	int listener;

	enter(argv[1]);
	listener = listen_at(argv[3]);
	enter(argv[0]);
	pair.a = connect_to(argv[2], argv[3], NULL, 0);
	pair.b = accept(listener, NULL, NULL);
	if (pair.b < 0 || getsockname(pair.a, (struct sockaddr *)&address, &length))
		fail("accept");
	pair.port_a = ntohs(address.sin6_port);		/* where IPv4 has it too */
	prepare(pair.b);
	while (fgets(line, sizeof(line), stdin))
		if (obey(&pair, line)) {
			fprintf(stderr, "helper: failed: %s\n", line);
			return 1;
		}
	return 0;
}

/* ---- what is not TCP ---------------------------------------------------------- */

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

/* A grandchild passes on what is said, so that the program has no child. */
static void pass_on(int from)
{
	ssize_t n;

	if (fork() != 0)
		_exit(0);
	while ((n = read(from, block, sizeof(block))) > 0)
		if (write(STDERR_FILENO, block, (size_t)n) != n)
			fail("write");
	_exit(0);
}

static int terminal(char **argv)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), slave;
	char name[64];
	pid_t pid;

	if (master < 0 || grantpt(master) || unlockpt(master) ||
	    ptsname_r(master, name, sizeof(name)))
		fail("a terminal");
	slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	pid = slave < 0 ? -1 : fork();
	if (pid < 0)
		fail(name);
	if (pid == 0) {
		close(slave);
		pass_on(master);
	}
	waitpid(pid, NULL, 0);
	dup2(slave, STDERR_FILENO);
	execvp(argv[0], argv);
	return 127;
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
	if (strcmp(command, "pair") == 0 && argc == 6)
		return pair(argv + 2);
	if (strcmp(command, "drain") == 0 && argc == 4)
		return drain(argv[2], argv[3]);
	if (strcmp(command, "terminal") == 0 && argc >= 3)
		return terminal(argv + 2);
	if (strcmp(command, "clock") == 0)
		return clock_ns();
	fprintf(stderr, "helper: unknown command '%s'\n", command);
	return 2;
}
