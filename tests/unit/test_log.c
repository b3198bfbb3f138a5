// SPDX-License-Identifier: GPL-2.0-or-later
/* Messages: one line that can be shown, whatever is in it, and that waits for nobody. */
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/escape.h"
#include "base/log.h"
#include "base/outlet.h"
#include "tap.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define TEXT_MAX 8192

/* --- what can be shown --------------------------------------------------------------- */

static void check_escaped(const char *text, size_t length, const char *kept, const char *wanted)
{
	char out[TEXT_MAX];
	size_t n = escape_text(out, text, length, kept);

	out[n] = '\0';
	check_str(out, wanted);
}

static void test_escape(void)
{
	static const struct {
		const char *text, *wanted;
	} cases[] = {
		{ "", "" }, { "plain words, '~' and \\", "plain words, '~' and \\" },
		{ "\x1b[2J", "\\x1b[2J" }, { "a\nb\r\n", "a\\x0ab\\x0d\\x0a" },
		{ "\x01\x07\x08\t\x1f\x7f", "\\x01\\x07\\x08\\x09\\x1f\\x7f" },
		/* Characters of two, three and four bytes, the first and the last of each. */
		{ "caf\xc3\xa9", "caf\xc3\xa9" }, { "\xc2\xa0\xdf\xbf", "\xc2\xa0\xdf\xbf" },
		{ "\xe0\xa0\x80\xef\xbf\xbd", "\xe0\xa0\x80\xef\xbf\xbd" },
		{ "\xed\x9f\xbf\xee\x80\x80", "\xed\x9f\xbf\xee\x80\x80" },
		{ "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf" },
		/* C1, as UTF-8 and as a byte: 9b is CSI, 85 a new line. */
		{ "\xc2\x9b" "31m", "\\xc2\\x9b31m" }, { "\xc2\x85", "\\xc2\\x85" },
		{ "\xc2\x80\xc2\x9f", "\\xc2\\x80\\xc2\\x9f" }, { "\x9b" "31m", "\\x9b31m" },
		/* No UTF-8: alone, cut off, too long a form, a surrogate, too large. */
		{ "\x80", "\\x80" }, { "\xff\xfe", "\\xff\\xfe" }, { "\xc3", "\\xc3" },
		{ "\xe2\x82", "\\xe2\\x82" }, { "\xf0\x9f\x98", "\\xf0\\x9f\\x98" },
		{ "\xc3(", "\\xc3(" }, { "\xe2\x82(", "\\xe2\\x82(" },
		{ "\xc0\x8a", "\\xc0\\x8a" }, { "\xc1\xbf", "\\xc1\\xbf" },
		{ "\xe0\x80\x8a", "\\xe0\\x80\\x8a" }, { "\xe0\x9f\xbf", "\\xe0\\x9f\\xbf" },
		{ "\xf0\x8f\xbf\xbf", "\\xf0\\x8f\\xbf\\xbf" },
		{ "\xed\xa0\x80", "\\xed\\xa0\\x80" }, { "\xed\xbf\xbf", "\\xed\\xbf\\xbf" },
		{ "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80" },
		{ "\xf5\x80\x80\x80", "\\xf5\\x80\\x80\\x80" },
		{ "\xc3\xc3\xa9", "\\xc3\xc3\xa9" },
		/* Another order, another line, nothing at all. */
		{ "\xe2\x80\xae" "txt", "\\xe2\\x80\\xaetxt" },
		{ "\xe2\x81\xa6", "\\xe2\\x81\\xa6" }, { "\xe2\x80\xa8", "\\xe2\\x80\\xa8" },
		{ "\xe2\x80\x8b", "\\xe2\\x80\\x8b" }, { "\xef\xbb\xbf", "\\xef\\xbb\\xbf" },
		{ "\xf3\xa0\x81\x81", "\\xf3\\xa0\\x81\\x81" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check_escaped(cases[i].text, strlen(cases[i].text), "", cases[i].wanted);
	check_escaped("a\0b", 3, "", "a\\x00b");
	check_escaped("a\0b\t", 4, "\t", "a\\x00b\t");
}

/* --- one line ------------------------------------------------------------------------ */

/* `context` is the text so far. */
static void append(void *context, const char *line, size_t length)
{
	char *text = context;
	size_t at = strlen(text);

	if (!check(at + length < TEXT_MAX))
		return;
	memcpy(text + at, line, length);
	text[at + length] = '\0';
}

static void say_verbose(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_verbose(format, args);
	va_end(args);
}

static void test_levels(void)
{
	char text[TEXT_MAX] = "";

	log_set_writer(append, text);
	for (int level = LOG_QUIET; level <= LOG_VERBOSE; level++) {
		log_set_level((enum log_level)level);
		log_error("e%d", level);
		log_warning("w%d", level);
		log_status("s%d", level);
		say_verbose("v%d\n", level);
	}
	log_set_level(LOG_NORMAL);
	log_set_writer(NULL, NULL);
	check_str(text, "tcc-trace: e0\ntcc-trace: warning: w0\n"
		  "tcc-trace: e1\ntcc-trace: warning: w1\ntcc-trace: s1\n"
		  "tcc-trace: e2\ntcc-trace: warning: w2\ntcc-trace: s2\nv2\n");
}

static void test_one_line(void)
{
	char text[TEXT_MAX] = "";

	log_set_writer(append, text);
	log_error("cannot open '%s': %s", "a\nb\x1b[31m\xff", "why");
	log_set_level(LOG_VERBOSE);
	say_verbose("libbpf: %s\n0:\tr1 = 1\n\nno end\x1b", "x");
	log_set_level(LOG_NORMAL);
	log_set_writer(NULL, NULL);
	check_str(text, "tcc-trace: cannot open 'a\\x0ab\\x1b[31m\\xff': why\n"
		  "libbpf: x\n0:\tr1 = 1\n\nno end\\x1b\n");
}

/* Whatever is in the name, how long it ever is: the reason is there. */
static void test_long_name(void)
{
	static const char *const parts[] = { "x", "\x1b", "\xc3\xa9", "\xe2\x82\xac",
					     "\xf0\x9f\x98\x80", "\xff" };
	static char name[200000];
	char text[TEXT_MAX], escaped[TEXT_MAX * ESCAPE_GROWTH];

	for (size_t length = 1; length < sizeof(name); length += length < 3000 ? 1 : 40000) {
		const char *part = parts[length % ARRAY_SIZE(parts)];
		size_t n = strlen(part);

		for (size_t i = 0; i < length; i++)
			name[i] = i / n * n + n <= length ? part[i % n] : 'x';
		name[length] = '\0';
		*text = '\0';
		log_set_writer(append, text);
		log_error("cannot open '%s': %s", name, "No such file or directory");
		log_set_writer(NULL, NULL);
		check(strlen(text) <= OUTLET_LINE_MAX);
		check(strncmp(text, "tcc-trace: cannot open '", 24) == 0);
		n = strlen(text);
		check(n > 30 && strcmp(text + n - 29, "': No such file or directory\n") == 0);
		/* No character was cut in two. */
		n = escape_text(escaped, text, n - 1, "");
		check(n == strlen(text) - 1 && memcmp(escaped, text, n) == 0);
	}
}

/* --- where nothing is taken ------------------------------------------------------------ */

static double seconds_since(uint64_t start_ns)
{
	return (double)(clock_now_ns() - start_ns) / (double)NS_PER_S;
}

/* Full to the last byte, by an opening that does not wait. */
static void fill(int fd)
{
	char path[64];
	int own;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	own = open(path, O_WRONLY | O_NONBLOCK);
	while (write(own, "xxxxxxxx", 8) > 0 || write(own, "x", 1) > 0)
		;
	close(own);
}

static void empty(int fd)
{
	char bytes[4096];

	fcntl(fd, F_SETFL, O_NONBLOCK);
	while (read(fd, bytes, sizeof(bytes)) > 0)
		;
}

static void check_read(int fd, const char *wanted)
{
	char text[TEXT_MAX];
	ssize_t n = read(fd, text, sizeof(text) - 1);

	text[n > 0 ? n : 0] = '\0';
	check_str(text, wanted);
}

/* A pipe is opened anew, its flags stay; a socket has no such need. */
static void check_stuck(int writer, int reader, bool is_pipe)
{
	struct outlet outlet;
	uint64_t start_ns;

	outlet_init(&outlet, writer);
	check_eq(outlet.kind, is_pipe ? OUTLET_PIPE : OUTLET_SOCKET);
	check_eq(outlet.fd != writer, is_pipe);
	check(outlet_write(&outlet, "one\n", 4));
	check_read(reader, "one\n");
	if (is_pipe)
		fill(writer);
	else
		while (outlet_write(&outlet, "xxxxxxxx", 8))
			;
	start_ns = clock_now_ns();
	check(!outlet_write(&outlet, "two\n", 4));
	outlet.patience_ns = 200 * NS_PER_MS;
	check(!outlet_write(&outlet, "three\n", 6));
	check(seconds_since(start_ns) >= 0.19);
	check_eq(outlet.patience_ns, 0);
	check(!outlet_write(&outlet, "four\n", 5));
	/* Not for ever; how soon is the machine's affair. */
	check(seconds_since(start_ns) < 20);
	empty(reader);
	check(outlet_write(&outlet, "five\n", 5));
	check_read(reader, "five\n");
	check_eq(fcntl(writer, F_GETFL) & O_NONBLOCK, 0);
	if (is_pipe)
		close(outlet.fd);
}

static void test_stuck_pipe(void)
{
	int ends[2];

	check_eq(pipe(ends), 0);
	check_stuck(ends[1], ends[0], true);
	close(ends[0]);
	close(ends[1]);
}

static void test_stuck_socket(void)
{
	static const int types[] = { SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		int ends[2];

		check_eq(socketpair(AF_UNIX, types[i], 0, ends), 0);
		check_stuck(ends[1], ends[0], false);
		close(ends[0]);
		close(ends[1]);
	}
}

/* A reader that only sleeps for a while is waited for. */
static void test_slow_reader(void)
{
	struct outlet outlet;
	int ends[2];
	pid_t pid;

	check_eq(pipe(ends), 0);
	outlet_init(&outlet, ends[1]);
	outlet.patience_ns = 5 * NS_PER_S;
	fill(ends[1]);
	pid = fork();
	if (pid == 0) {
		usleep(100000);
		empty(ends[0]);
		_exit(0);
	}
	check(pid > 0 && outlet_write(&outlet, "one\n", 4));
	check(outlet.patience_ns > NS_PER_S && outlet.patience_ns < 5 * NS_PER_S);
	close(ends[0]);
	close(ends[1]);
	close(outlet.fd);
}

/* Of a terminal's partial writes: what was begun is finished, before anything else. */
static void test_begun_line(void)
{
	int terminal = posix_openpt(O_RDWR | O_NOCTTY), line;
	struct outlet outlet;
	char text[TEXT_MAX] = "";
	size_t n_written = 0, at = 0;

	if (terminal < 0 || grantpt(terminal) || unlockpt(terminal))
		return tap_skip("there are no pseudo-terminals");
	line = open(ptsname(terminal), O_RDWR | O_NOCTTY);
	check(line >= 0);
	outlet_init(&outlet, line);
	check_eq(outlet.kind, OUTLET_TERMINAL);
	check(outlet.is_nonblocking);
	while (outlet_write(&outlet, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVW\n", 60))
		n_written++;
	check(n_written > 10);
	fcntl(terminal, F_SETFL, O_NONBLOCK);
	/* All that were called written come, each whole; of the last, the rest with the next. */
	for (size_t lines = 0; lines < n_written + 1; ) {
		ssize_t n = read(terminal, text, sizeof(text));

		if (n <= 0 && !check(outlet_write(&outlet, "end\n", 4)))
			break;
		for (ssize_t i = 0; i < n; i++) {
			if (text[i] == '\n') {
				check(at == 60 || (at == 4 && lines >= n_written));
				at = 0;
				lines++;
			} else {
				at++;
			}
		}
	}
	close(line);
	close(terminal);
	close(outlet.fd);
}

/* The log itself, with descriptor 2 such a pipe: what was dropped is counted and said. */
static void test_dropped(void)
{
	int ends[2], saved = dup(STDERR_FILENO);

	check_eq(pipe(ends), 0);
	dup2(ends[1], STDERR_FILENO);
	log_start();
	log_set_patience(0);
	log_error("one");
	check_read(ends[0], "tcc-trace: one\n");
	fill(ends[1]);
	log_error("two");
	log_status("three");
	empty(ends[0]);
	log_error("four");
	check_read(ends[0], "tcc-trace: warning: 2 lines of messages dropped here: "
		   "stderr took nothing\ntcc-trace: four\n");
	fill(ends[1]);
	log_error("five");
	empty(ends[0]);
	log_set_patience(100);
	check_read(ends[0], "tcc-trace: warning: 1 line of messages dropped here: "
		   "stderr took nothing\n");
	log_set_patience(100);
	check_read(ends[0], "");
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	TAP_RUN(test_escape);
	TAP_RUN(test_levels);
	TAP_RUN(test_one_line);
	TAP_RUN(test_long_name);
	TAP_RUN(test_stuck_pipe);
	TAP_RUN(test_stuck_socket);
	TAP_RUN(test_slow_reader);
	TAP_RUN(test_begun_line);
	TAP_RUN(test_dropped);
	return tap_done();
}
