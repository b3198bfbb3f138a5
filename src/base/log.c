// SPDX-License-Identifier: GPL-2.0-or-later
/* Messages to the person who looks on; see log.h. */
#include "base/log.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/escape.h"
#include "base/outlet.h"

#define NAME "tcc-trace: "

/* Of a longer line, so many bytes at either end are shown. */
#define LINE_MAX_BYTES 2048
#define GAP "..."
#define HALF_BYTES ((LINE_MAX_BYTES - sizeof(GAP)) / 2)

_Static_assert(LINE_MAX_BYTES <= OUTLET_LINE_MAX, "outlet.h: a line is taken whole");

static struct {
	enum log_level level;
	log_writer *write;
	void *context;
	bool has_started;
	struct outlet outlet;
	uint64_t n_dropped;
	bool is_writing;
} words = { .level = LOG_NORMAL };

static const struct call calls[] = {
	{ .name = "write" }, { .name = "writev" }, { .name = "poll" }, { .name = "ppoll" },
	{ .name = "sendto" },
};

const struct call_set log_calls = CALL_SET(calls);

enum log_level log_set_level(enum log_level level)
{
	enum log_level before = words.level;

	words.level = level;
	return before;
}

void log_set_writer(log_writer *write, void *context)
{
	words.write = write;
	words.context = context;
}

/* --- to stderr ---------------------------------------------------------------------- */

void log_start(void)
{
	outlet_init(&words.outlet, STDERR_FILENO);
	words.has_started = true;
	log_set_patience(LOG_PATIENCE_MS);
}

/* False where even that is not taken. */
static bool say_dropped(void)
{
	char line[128];
	int length;

	if (!words.n_dropped)
		return true;
	length = snprintf(line, sizeof(line), NAME "warning: %" PRIu64 " line%s of messages "
			  "dropped here: stderr took nothing\n", words.n_dropped,
			  words.n_dropped == 1 ? "" : "s");
	if (!outlet_write(&words.outlet, line, (size_t)length))
		return false;
	words.n_dropped = 0;
	return true;
}

void log_set_patience(unsigned int total_ms)
{
	words.outlet.patience_ns = total_ms * NS_PER_MS;
	if (total_ms && words.has_started) {
		say_dropped();
		outlet_write(&words.outlet, "", 0);
	}
}

static void write_line(const char *line, size_t length)
{
	if (words.write) {
		words.write(words.context, line, length);
		return;
	}
	if (!words.has_started)
		words.outlet = (struct outlet){ .kind = OUTLET_FILE, .fd = STDERR_FILENO };
	__atomic_store_n(&words.is_writing, true, __ATOMIC_RELEASE);
	if (!say_dropped() || !outlet_write(&words.outlet, line, length))
		words.n_dropped++;
	__atomic_store_n(&words.is_writing, false, __ATOMIC_RELEASE);
}

bool log_is_writing(void)
{
	return __atomic_load_n(&words.is_writing, __ATOMIC_ACQUIRE);
}

/* --- to a line ---------------------------------------------------------------------- */

static bool is_inside_character(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* Cut the middle out of a line that is too long; returns how long it is then. */
static size_t shorten(char *line, size_t length)
{
	size_t head = HALF_BYTES, tail = length - HALF_BYTES;

	if (length < LINE_MAX_BYTES)
		return length;
	while (is_inside_character(line[head]))
		head--;
	while (is_inside_character(line[tail]))
		tail++;
	memcpy(line + head, GAP, strlen(GAP));
	head += strlen(GAP);
	memmove(line + head, line + tail, length - tail);
	return head + length - tail;
}

/* One write for the whole line: it must not mix with other programs' lines. */
static void print_line(const char *prefix, const char *text, size_t length, const char *kept)
{
	size_t prefix_length = strlen(prefix);
	char *line = malloc(prefix_length + ESCAPE_GROWTH * length + 1);

	if (!line) {
		words.n_dropped++;
		return;
	}
	memcpy(line, prefix, prefix_length);
	length = prefix_length + escape_text(line + prefix_length, text, length, kept);
	length = shorten(line, length);
	line[length++] = '\n';
	write_line(line, length);
	free(line);
}

static void print(const char *prefix, const char *format, va_list args)
{
	char *text;
	int length = vasprintf(&text, format, args);

	if (length < 0) {
		words.n_dropped++;
		return;
	}
	print_line(prefix, text, (size_t)length, "");
	free(text);
}

#define PRINT(prefix)				\
	do {					\
		va_list args;			\
						\
		va_start(args, format);		\
		print(NAME prefix, format, args); \
		va_end(args);			\
	} while (0)

void log_error(const char *format, ...)
{
	PRINT("");
}

void log_warning(const char *format, ...)
{
	PRINT("warning: ");
}

void log_status(const char *format, ...)
{
	if (words.level >= LOG_NORMAL)
		PRINT("");
}

void log_verbose(const char *format, va_list args)
{
	char *text;

	if (words.level < LOG_VERBOSE || vasprintf(&text, format, args) < 0)
		return;
	for (const char *line = text; *line; ) {
		size_t length = strcspn(line, "\n");

		print_line("", line, length, "\t");
		line += length + (line[length] == '\n');
	}
	free(text);
}
