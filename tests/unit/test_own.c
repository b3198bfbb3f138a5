// SPDX-License-Identifier: GPL-2.0-or-later
/* Which bytes may be the beginning of a line of ours, and which are others'. */
#include "format/format_own.h"
#include "tap.h"

static const struct {
	enum format_kind kind;
	const char *line;
} lines[] = {
	{ FORMAT_JSON, "{\"event\":\"probe\",\"snd_cwnd\":10}\n" },
	{ FORMAT_JSON, "{\"event\":\"trace\",\"schema\":1}\n" },
	{ FORMAT_JSON, "{\"cookie\":\"0x1\"}\n" },
	{ FORMAT_JSON, "{\"ca.bw.s[0].v\":null}\n" },
	{ FORMAT_JSON, "{}\n" },
	{ FORMAT_CSV, "probe,2026-11-22T22:43:00.000000000Z,fe80::1,-1,,+1\n" },
	{ FORMAT_CSV, "event,snd_cwnd,ca.bw.s[0].v\n" },
	{ FORMAT_TEXT, "k:1000000000000 0.000 ms | 0.000 ms | 10.0.0.1.22 > 10.0.0.2.80 | x\n" },
	{ FORMAT_TEXT, "2026-11-22T22:43:00.000001000Z 0.001 ms | 0.001 ms | ::.1 > ::.2 | x\n" },
	{ FORMAT_TEXT, "2026-11-22T23:23:00.000001000+01:00 0.000 ms | 0.000 ms | x\n" },
	{ FORMAT_TCPPROBE, "0.000000000 172.31.46.125:22 52.95.4.0:29736 0 0xb50 0 10 46 1 2 3\n" },
	{ FORMAT_TCPPROBE, "12.000001000 [fe80::1]:22 [fe80::2]:29736 0 0 0 10 46 1 2 3\n" },
};

/* Wherever a crash cut it off. */
static void each_part_of_a_line_is_ours(void)
{
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		for (size_t length = 0; length <= strlen(lines[i].line); length++) {
			if (!check(format_own_is_line(lines[i].kind, lines[i].line, length)))
				printf("#   %.*s\n", (int)length, lines[i].line);
			check(format_own_is_log(NULL, lines[i].line, length));
		}
	}
}

static void others_are_not(void)
{
	static const char *const others[] = {
		"{\"a\": 1}", "{\"a\":1}", "{ \"event\":\"probe\"}", "{\"event\" :1}", "{\n", "[1, 2]",
		"{'event'", "{\"eventful\":1}", "{\"ca.\":1}", "{\"\":1}",
		"Dear reader", "#!/bin/sh", "\177ELF", "event, cwnd", "<html>", "/* */",
		"k:x y", "k: 1", "k:1 0.0 s", "2026-11-22 22:43", "3.14 is pi", "3,14 is pi", "\t",
		"k:1 0.000 ms |x",
	};
	static const char nul[4];

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (!check(!format_own_is_log(NULL, others[i], strlen(others[i]))))
			printf("#   %s\n", others[i]);
	}
	check(!format_own_is_log(NULL, nul, sizeof(nul)));
}

/* A line of one format is none of another, so that it is not cut off by mistake. */
static void formats_differ(void)
{
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		for (int kind = 0; kind < FORMAT_COUNT; kind++) {
			bool is_line = format_own_is_line((enum format_kind)kind, lines[i].line,
							  strlen(lines[i].line));

			if (!check(is_line == (kind == (int)lines[i].kind)))
				printf("#   %d: %s", kind, lines[i].line);
		}
	}
}

int main(void)
{
	TAP_RUN(each_part_of_a_line_is_ours);
	TAP_RUN(others_are_not);
	TAP_RUN(formats_differ);
	return tap_done();
}
