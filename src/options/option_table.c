// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of options; see option_table.h. */
#include "options/option_table.h"

#include <stdio.h>
#include <string.h>

#include "file/compress.h"
#include "options/filter.h"
#include "format/format.h"
#include "options/option_set.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define CHOICES(names) .choices = (names), .n_choices = ARRAY_SIZE(names)

static const char *const time_names[] = {
	[TIME_STYLE_KTIME] = "ktime", [TIME_STYLE_WALL] = "wall", [TIME_STYLE_UTC] = "utc",
};

static const char *const color_names[] = {
	[COLOR_AUTO] = "auto", [COLOR_ALWAYS] = "always", [COLOR_NEVER] = "never",
};

#define EXPECTED_PREFIX "an IPv4 or IPv6 address, a prefix ADDR/LEN, or either after '!'"
#define EXPECTED_WHEN "YYYY-MM-DD HH:MM[:SS], the same in ISO 8601, HH:MM[:SS], or a time behind '-'"
#define EXPECTED_PORT "a port from 1 to 65535, a service's name, a range A-B, or any after '!'"

#define KIND(NAME, name, ...) #name ", "
static const char events_expected[] = "a list of "
#include "record/kinds.def"
	"'all', or 'help'";
static const char events_help[] = "the kinds of event; default probe: "
#include "record/kinds.def"
	"'all'; 'help' lists them";
#undef KIND

const struct option_def option_table[] = {
	{ .name = "ip", .letter = 'i', .argument = "ADDR[/LEN],...",
	  .expected = EXPECTED_PREFIX, .which = FILTER_IP, .handle = option_set_filter,
	  .help = "either end has this address or prefix; IPv4 ones match v4-mapped "
		  "IPv6 too" },
	{ .name = "src", .argument = "ADDR[/LEN],...",
	  .expected = EXPECTED_PREFIX, .which = FILTER_SRC, .handle = option_set_filter,
	  .help = "the same for the local end" },
	{ .name = "dst", .argument = "ADDR[/LEN],...",
	  .expected = EXPECTED_PREFIX, .which = FILTER_DST, .handle = option_set_filter,
	  .help = "the same for the remote end" },
	{ .name = "port", .letter = 'p', .argument = "PORT[-PORT],...",
	  .expected = EXPECTED_PORT, .which = FILTER_PORT, .handle = option_set_filter,
	  .help = "either end has this port, or one in this range; names of services too" },
	{ .name = "sport", .argument = "PORT[-PORT],...",
	  .expected = EXPECTED_PORT, .which = FILTER_SPORT, .handle = option_set_filter,
	  .help = "the same for the local port" },
	{ .name = "dport", .argument = "PORT[-PORT],...",
	  .expected = EXPECTED_PORT, .which = FILTER_DPORT, .handle = option_set_filter,
	  .help = "the same for the remote port" },
	{ .letter = '4', .which = 4, .handle = option_set_ip_version,
	  .help = "only IPv4, v4-mapped IPv6 included" },
	{ .letter = '6', .which = 6, .handle = option_set_ip_version,
	  .help = "only IPv6" },
	{ .name = "mark", .argument = "VALUE[/MASK],...",
	  .expected = "a 32-bit VALUE or VALUE/MASK, decimal or 0x hex, or either after '!'",
	  .which = FILTER_MARK, .handle = option_set_filter,
	  .help = "the packet has this mark (skb->mark)" },
	{ .name = "cc", .argument = "NAME,...",
	  .expected = "the name of a congestion control algorithm, 15 characters at most, "
		      "or one after '!'",
	  .which = FILTER_CC, .handle = option_set_filter,
	  .help = "connections of this congestion control algorithm" },
	{ .name = "cgroup", .argument = "PATH,...",
	  .expected = "the path of a cgroup of version 2, or one after '!'",
	  .which = FILTER_CGROUP, .handle = option_set_filter,
	  .help = "sockets of this cgroup (v2) and those below it" },
	{ .name = "netns", .argument = "PATH|PID|INUM,...",
	  .expected = "a network namespace: a path, its name in ip-netns, a PID, or its inode "
		      "number, or any after '!'",
	  .which = FILTER_NETNS, .handle = option_set_filter,
	  .help = "sockets of this network namespace" },
	{ .name = "changes", .handle = option_set_changes,
	  .help = "only where cwnd, ssthresh or congestion state changed, and the first event" },
	{ .name = "interval", .argument = "TIME", .expected = "a time",
	  .min = "1ms", .max = "3650d", .handle = option_set_interval,
	  .help = "one event of a connection in TIME at most" },
	{ .name = "events", .letter = 'e', .argument = "LIST",
	  .expected = events_expected, .handle = option_set_events, .help = events_help },

	{ .name = "format", .section = SECTION_OUTPUT, CHOICES(format_names),
	  .handle = option_set_format,
	  .help = "how records are written; default text, or as the log file's suffix says" },
	{ .name = "json", .section = SECTION_OUTPUT, .which = FORMAT_JSON,
	  .handle = option_set_this_format, .help = "the same as --format=json" },
	{ .name = "csv", .section = SECTION_OUTPUT, .which = FORMAT_CSV,
	  .handle = option_set_this_format, .help = "the same as --format=csv" },
	{ .name = "fields", .letter = 'F', .section = SECTION_OUTPUT,
	  .argument = "LIST", .expected = "a list of field names, or 'help'",
	  .handle = option_set_fields,
	  .help = "the fields and their order; +NAME adds to the default set, -NAME takes "
		  "away; 'all'; 'help' lists them" },
	{ .name = "ca-struct", .section = SECTION_OUTPUT, .argument = "NAME",
	  .expected = "the name of a structure of C", .handle = option_set_ca_struct,
	  .help = "the private state of an unknown algorithm is a struct NAME" },
	{ .name = "ca-btf", .section = SECTION_OUTPUT, .argument = "FILE",
	  .expected = "a file name", .handle = option_set_ca_btf,
	  .help = "and is described in FILE: BTF, or a module" },
	{ .name = "time", .section = SECTION_OUTPUT, CHOICES(time_names),
	  .handle = option_set_time,
	  .help = "first column of a text line: kernel ns (default), local time, UTC" },
	{ .name = "color", .section = SECTION_OUTPUT, CHOICES(color_names),
	  .handle = option_set_color,
	  .help = "color the text; auto (default) looks at the terminal and NO_COLOR" },
	{ .name = "no-header", .section = SECTION_OUTPUT, .handle = option_set_no_header,
	  .help = "no CSV heading, no opening or end record" },

	{ .name = "log-file", .letter = 'o', .section = SECTION_LOG,
	  .argument = "FILE", .expected = "a file name, or '-' for stdout",
	  .handle = option_set_log_file,
	  .help = "append records to FILE instead of writing them to stdout" },
	{ .name = "tee", .section = SECTION_LOG, .is_optional = true,
	  CHOICES(format_names), .handle = option_set_tee,
	  .help = "the records on stdout too, default text; what stdout cannot take is lost "
		  "for this copy alone" },
	{ .name = "rotate-size", .section = SECTION_LOG, .argument = "SIZE",
	  .expected = "a size", .min = "64K", .max = "1048576G",
	  .handle = option_set_rotate_size, .help = "rotate before FILE would exceed SIZE" },
	{ .name = "rotate-time", .section = SECTION_LOG, .argument = "TIME",
	  .expected = "a time", .min = "1ms", .max = "3650d",
	  .handle = option_set_rotate_time, .help = "rotate every TIME" },
	{ .name = "rotate-keep", .section = SECTION_LOG, .argument = "N|all",
	  .expected = "'all', or a whole number", .min = "0", .max = "9999",
	  .handle = option_set_rotate_keep,
	  .help = "keep N rotated files, FILE.1 the newest; default 10; 'all' names them by "
		  "their time" },
	{ .name = "compress", .section = SECTION_LOG, CHOICES(compress_names),
	  .handle = option_set_compress,
	  .help = "compress rotated files, outside the tracing path" },
	{ .name = "user", .section = SECTION_LOG, .argument = "USER",
	  .expected = "the name or number of a user", .handle = option_set_user,
	  .help = "become USER at the start: files are opened and rotated as USER" },

	{ .name = "read", .letter = 'r', .section = SECTION_READ, .argument = "FILE",
	  .expected = "the name of a file of records, or '-' for standard input",
	  .handle = option_set_read,
	  .help = "take records from FILE and its rotated ones, of JSON or CSV, compressed or "
		  "not, instead of tracing; several are merged by time" },
	{ .name = "since", .section = SECTION_READ, .argument = "WHEN",
	  .expected = EXPECTED_WHEN, .which = OPTION_SINCE, .handle = option_set_when,
	  .help = "of what is read, the records from then on: '2026-11-22 14:00', ISO 8601, "
		  "14:00 (of the last record's day), -10m (before the last record)" },
	{ .name = "until", .section = SECTION_READ, .argument = "WHEN",
	  .expected = EXPECTED_WHEN, .which = OPTION_UNTIL, .handle = option_set_when,
	  .help = "and those up to then" },
	{ .name = "follow", .section = SECTION_READ, .handle = option_set_follow,
	  .help = "go on as FILE grows, over its rotation too, until a signal; -10m is before "
		  "now then" },

	{ .name = "duration", .letter = 'd', .section = SECTION_REST,
	  .argument = "TIME", .expected = "a time", .min = "1ms", .max = "3650d",
	  .handle = option_set_duration, .help = "stop after TIME" },
	{ .name = "count", .letter = 'c', .section = SECTION_REST,
	  .argument = "N", .expected = "a whole number", .min = "1",
	  .max = "18446744073709551615",
	  .handle = option_set_count, .help = "stop after N records" },
	{ .name = "buffer", .letter = 'b', .section = SECTION_REST,
	  .argument = "SIZE", .expected = "a size", .min = "64K", .max = "64G",
	  .handle = option_set_buffer,
	  .help = "kernel buffer of each CPU; default 1M, less on hosts of more than "
		  "64 CPUs" },
	{ .name = "strict", .section = SECTION_REST, .handle = option_set_strict,
	  .help = "exit 3 if any event was lost or missed; end at the first write that "
		  "fails" },
	{ .name = "quiet", .letter = 'q', .section = SECTION_REST, .which = false,
	  .handle = option_set_verbosity, .help = "no status, no summary" },
	{ .name = "verbose", .letter = 'v', .section = SECTION_REST, .which = true,
	  .handle = option_set_verbosity, .help = "libbpf's and the verifier's words too" },
	{ .name = "help", .letter = 'h', .section = SECTION_REST, .which = ACTION_HELP,
	  .handle = option_set_action, .help = "show this help" },
	{ .name = "version", .letter = 'V', .section = SECTION_REST, .which = ACTION_VERSION,
	  .handle = option_set_action, .help = "show the version" },
};

const size_t option_table_n = ARRAY_SIZE(option_table);

_Static_assert(ARRAY_SIZE(option_table) <= OPTION_TABLE_MAX,
	       "option_table.h: OPTION_TABLE_MAX is too small");

const struct option_def *option_table_find(int letter)
{
	for (size_t i = 0; letter && i < option_table_n; i++) {
		if (option_table[i].letter == letter)
			return &option_table[i];
	}
	return NULL;
}

const struct option_def *option_table_named(const char *name)
{
	const struct option_def *def = option_table;

	while (!def->name || strcmp(def->name, name) != 0)
		def++;
	return def;
}

void option_table_join_choices(char *text, size_t size, const struct option_def *def,
			       const char *separator)
{
	size_t length = 0;

	text[0] = '\0';
	for (size_t i = 0; i < def->n_choices && length < size; i++)
		length += (size_t)snprintf(text + length, size - length, "%s%s",
					   i ? separator : "", def->choices[i]);
}
