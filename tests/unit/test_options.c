// SPDX-License-Identifier: GPL-2.0-or-later
/* The command line: what options_parse() makes of it, and what it says of errors. */
#include <errno.h>

#include "base/log.h"
#include "file/compress.h"
#include "format/format.h"
#include "options/options.h"
#include "options/suggest.h"
#include "file/rotate.h"
#include "tap.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define ARGS_MAX 80
#define OUTPUT_MAX 8192

/*
 * Every option, and a value it takes, with what must stand beside it:
 * INTERFACE.md's list, less what is still to come.
 */
static const struct known {
	const char *letter, *name, *value;
} known[] = {
	{ "-i", "--ip", "10.0.0.1" }, { NULL, "--src", "::1" }, { NULL, "--dst", "::/0" },
	{ "-p", "--port", "80" }, { NULL, "--sport", "80-90" }, { NULL, "--dport", "!80" },
	{ "-4", NULL, NULL }, { "-6", NULL, NULL }, { NULL, "--mark", "0x1/0xf" },
	{ NULL, "--cc", "bbr,!cubic" }, { NULL, "--netns", "4026531840" },
	{ "-e", "--events", "probe,close" }, { NULL, "--ca-struct", "toy" },
	{ NULL, "--ca-btf", "/tmp/x" },
	{ NULL, "--changes", NULL }, { NULL, "--interval", "100ms" },
	{ NULL, "--format", "csv" }, { NULL, "--json", NULL }, { NULL, "--csv", NULL },
	{ "-F", "--fields", "+cpu" }, { NULL, "--time", "utc" }, { NULL, "--color", "never" },
	{ NULL, "--no-header", NULL }, { "-o", "--log-file", "/tmp/x.csv" },
	{ "-r", "--read", "/tmp/y" }, { NULL, "--since", "-10m -r x" },
	{ NULL, "--until", "2026-11-22T14:00Z -r x" }, { NULL, "--follow", NULL },
	{ NULL, "--tee", "csv -o x" },
	{ NULL, "--rotate-size", "1M -o x" }, { NULL, "--rotate-time", "1h -o x" },
	{ NULL, "--rotate-keep", "all -o x --rotate-size=1M" },
	{ NULL, "--compress", "zstd -o x --rotate-time=1h" }, { NULL, "--user", "nobody" },
	{ "-d", "--duration", "10s" }, { "-c", "--count", "5" }, { "-b", "--buffer", "4M" },
	{ NULL, "--strict", NULL }, { "-q", "--quiet", NULL }, { "-v", "--verbose", NULL },
	{ "-h", "--help", NULL }, { "-V", "--version", NULL },
};

/* `context` is the message so far, of OUTPUT_MAX. */
static void append(void *context, const char *line, size_t length)
{
	char *message = context;
	size_t at = strlen(message);

	if (!check(at + length < OUTPUT_MAX))
		return;
	memcpy(message + at, line, length);
	message[at + length] = '\0';
}

/* `words` split at blanks; "''" is an empty word. They live until the next call. */
static int parse_words(struct options *options, const char *words, char message[OUTPUT_MAX])
{
	static char copy[4096], name[] = "tcc-trace";
	char *argv[ARGS_MAX + 2] = { name }, *word, *state;
	int argc = 1, err;

	snprintf(copy, sizeof(copy), "%s", words);
	for (word = strtok_r(copy, " ", &state); word && argc < ARGS_MAX;
	     word = strtok_r(NULL, " ", &state)) {
		if (strcmp(word, "''") == 0)
			*word = '\0';
		argv[argc++] = word;
	}
	*message = '\0';
	log_set_writer(append, message);
	err = options_parse(options, argc, argv);
	log_set_writer(NULL, NULL);
	return err;
}

/* One that is accepted, in silence. */
static struct options accept(const char *words)
{
	struct options options;
	char message[OUTPUT_MAX];
	int err = parse_words(&options, words, message);

	if (!tap_check(err == 0 && !*message, __FILE__, __LINE__, words))
		printf("#   %d, %s\n", err, message);
	return options;
}

/* One that is refused, with just this message, one line. */
static void refuse(const char *words, const char *message)
{
	struct options options;
	char said[OUTPUT_MAX], wanted[OUTPUT_MAX];

	if (!tap_check(parse_words(&options, words, said) == -EINVAL, __FILE__, __LINE__, words))
		return;
	snprintf(wanted, sizeof(wanted), "tcc-trace: %s\n", message);
	check_str(said, wanted);
}

/* Several values of one option, all refused alike. */
static void refuse_values(const char *option, const char *allowed, const char *const *values,
			  size_t n_values)
{
	char words[256], message[512];

	for (size_t i = 0; i < n_values; i++) {
		const char *value = values[i];

		snprintf(words, sizeof(words), "%s=%s", option, value);
		snprintf(message, sizeof(message), "%s: '%s': expected %s", option, value,
			 allowed);
		refuse(words, message);
	}
}

#define REFUSE_VALUES(option, allowed, ...)						\
	do {										\
		static const char *const values[] = { __VA_ARGS__ };			\
											\
		refuse_values(option, allowed, values, ARRAY_SIZE(values));		\
	} while (0)

static void test_defaults(void)
{
	struct options o = accept("");

	check_eq(o.action, ACTION_TRACE);
	check_eq(o.filter.needs, 0);
	check_eq(o.filter.ip_version, 0);
	check_str(o.filter_text, "");
	check_eq(o.format, -1);
	check_eq(o.n_fields, 0);
	check_eq(o.time_style, TIME_STYLE_KTIME);
	check_eq(o.color, COLOR_AUTO);
	check(o.has_header);
	check(o.log_file == NULL);
	check_eq(o.duration_ns, 0);
	check_eq(o.count, 0);
	check_eq(o.buffer_bytes, 0);
	check(!o.is_strict && !o.is_quiet && !o.is_verbose);
}

static void test_filters(void)
{
	struct options o;

	o = accept("-i 10.0.0.0/8,!10.1.0.0/16 --src ::1 --dst=!::2 -p80 --sport 1-2 --dport=3 "
		   "--mark 0x10/0xff -4");
	check_str(o.filter_text, "port 80, sport 1-2, dport 3, ip 10.0.0.0/8, "
		  "not ip 10.1.0.0/16, src ::1, not dst ::2, mark 0x10/0xff, IPv4 only");
	check_eq(o.filter.needs,
		 TCC_NEED_PORTS | TCC_NEED_ADDRS | TCC_NEED_MARK | TCC_NEED_FAMILY);
	check_eq(o.filter.ip.size.n, 2);
	check_eq(o.filter.ip.size.n_included, 1);
	o = accept("--ip=1.2.3.4");
	check_str(o.filter_text, "ip 1.2.3.4");
	o = accept("--port=1 -p 2,3 --port=!4");
	check_str(o.filter_text, "port 1 or 2 or 3, not port 4");
	o = accept("-6 -6");
	check_eq(o.filter.ip_version, 6);
	o = accept("-4p80");
	check_str(o.filter_text, "port 80, IPv4 only");
}

/* More than filter_text holds is still filtered on, and the text says so. */
static void test_long_filter_text(void)
{
	char words[1024] = "--ip=2001:db8:1111:2222:3333:4444:5555:0";
	struct options o;
	size_t length;

	for (int i = 1; i < 20; i++) {
		length = strlen(words);
		snprintf(words + length, sizeof(words) - length,
			 ",2001:db8:1111:2222:3333:4444:5555:%d", i);
	}
	o = accept(words);
	check_eq(o.filter.ip.size.n, 20);
	check_eq(strlen(o.filter_text), sizeof(o.filter_text) - 1);
	check_str(o.filter_text + sizeof(o.filter_text) - 4, "...");
}

#define PREFIX_ALLOWED "an IPv4 or IPv6 address, a prefix ADDR/LEN, or either after '!'"
#define PORT_ALLOWED "a port from 1 to 65535, a service's name, a range A-B, or any after '!'"
#define MARK_ALLOWED "a 32-bit VALUE or VALUE/MASK, decimal or 0x hex, or either after '!'"

static void test_bad_filters(void)
{
	static const char *const prefix_options[] = { "--ip", "--src", "--dst" };
	static const char *const port_options[] = { "--port", "--sport", "--dport" };

	for (size_t i = 0; i < 3; i++) {
		REFUSE_VALUES(prefix_options[i], PREFIX_ALLOWED, "", "x", "-1", "10.0.0.0/33",
			      "10.0.0", "::1/129", "::1/", "1.2.3.4x", "!", "!!::1",
			      "10.0.0.0/99999999999999999999", "::1%lo", "example.org");
		REFUSE_VALUES(port_options[i], PORT_ALLOWED, "", "0", "65536", "99999", "-1",
			      "+1", "80x", "x", "90-80", "80-", "-80", "!", "!0", "!!80", "0x50",
			      "1-65536", "18446744073709551617", "no-such-service");
	}
	REFUSE_VALUES("--mark", MARK_ALLOWED, "", "-1", "x", "0x", "4294967296", "1/", "/1",
		      "1/4294967296", "0x100000000", "1/2/3", "!", "1x",
		      "18446744073709551617");
}

#define CC_ALLOWED "the name of a congestion control algorithm, 15 characters at most, or one " \
	"after '!'"
#define CGROUP_ALLOWED "the path of a cgroup of version 2, or one after '!'"
#define NETNS_ALLOWED "a network namespace: a path, its name in ip-netns, a PID, or its inode number, " \
		      "or any after '!'"

/* Names of the kernel's things: none, too long, of something else, negative, overflowing. */
static void test_bad_kernel_names(void)
{
	REFUSE_VALUES("--cc", CC_ALLOWED, "", "!", "!!bbr", "bbr!", "sixteen_letters_",
		      "99999999999999999999", "caf\xc3\xa9");
	refuse("--cc=\xff", "--cc: '\\xff': expected " CC_ALLOWED);
	refuse("--cc=b\nbr", "--cc: 'b\\x0abr': expected " CC_ALLOWED);
	REFUSE_VALUES("--cgroup", CGROUP_ALLOWED, "", "!", "-1", "0", "/", "/nonexistent",
		      "/etc/passwd", "!/", "99999999999999999999");
	REFUSE_VALUES("--netns", NETNS_ALLOWED, "", "!", "0", "-1", "+1", "1x", "4294967296",
		      "99999999999999999999", "/", "/nonexistent", "/proc/self/ns/mnt",
		      "/proc/self/ns/netx", "!0", "!!4026531840", "0xf0000000", "no-such-name");
	refuse("--cc=bbr,,reno", "--cc: '': expected " CC_ALLOWED);
	refuse("--netns=4026531840,0", "--netns: '0': expected " NETNS_ALLOWED);
}

/* The value at fault is named, not the list around it. */
static void test_bad_value_in_list(void)
{
	char words[512] = "--port=1";
	size_t length = strlen(words);

	refuse("--port=80,99999,81", "--port: '99999': expected " PORT_ALLOWED);
	refuse("-p 80,!0", "--port: '!0': expected " PORT_ALLOWED);
	refuse("-p 80,", "--port: '': expected " PORT_ALLOWED);
	refuse("-p 80,,81", "--port: '': expected " PORT_ALLOWED);
	refuse("--ip ::1,10.0.0.256", "--ip: '10.0.0.256': expected " PREFIX_ALLOWED);
	refuse("-i ::1 -i 1.2.3", "--ip: '1.2.3': expected " PREFIX_ALLOWED);
	for (int i = 2; i <= 32; i++)
		length += (size_t)snprintf(words + length, sizeof(words) - length, ",%d", i);
	accept(words);
	snprintf(words + length, sizeof(words) - length, " --sport=1 --port=!33,34");
	refuse(words, "--port: '!33': expected at most 32 values");
}

static void test_formats(void)
{
	check_eq(accept("--format=text").format, FORMAT_TEXT);
	check_eq(accept("--format=json").format, FORMAT_JSON);
	check_eq(accept("--format csv").format, FORMAT_CSV);
	check_eq(accept("--format=tcpprobe").format, FORMAT_TCPPROBE);
	check_eq(accept("--json").format, FORMAT_JSON);
	check_eq(accept("--csv").format, FORMAT_CSV);
	check_eq(accept("--json --json --format=json").format, FORMAT_JSON);
	REFUSE_VALUES("--format", "one of text, json, csv, tcpprobe", "", "xml", "json,csv", "-1",
		      "0");
	/* An alias can be overridden. */
	check_eq(accept("--json --csv").format, FORMAT_CSV);
	check_eq(accept("--csv --format=text").format, FORMAT_TEXT);
	check_eq(accept("--format=text --json").format, FORMAT_JSON);
	check_eq(accept("--format=tcpprobe --format=csv").format, FORMAT_CSV);
}

/* --format has all of format.h's formats, and they are what they are called. */
static void test_every_format(void)
{
	char words[64];

	for (int i = 0; i < FORMAT_COUNT; i++) {
		snprintf(words, sizeof(words), "--format=%s", format_names[i]);
		check_eq(accept(words).format, i);
	}
}

static void test_output(void)
{
	struct options o;

	check_str(accept("-F +cpu,-mark").fields[0], "+cpu,-mark");
	check_str(accept("--fields=nonsense").fields[0], "nonsense");
	check_eq(accept("--fields=help").action, ACTION_FIELDS_HELP);
	check_eq(accept("--fields=help,cpu").action, ACTION_TRACE);
	REFUSE_VALUES("--fields", "a list of field names, or 'help'", "");
	check_eq(accept("--time=ktime").time_style, TIME_STYLE_KTIME);
	check_eq(accept("--time=wall").time_style, TIME_STYLE_WALL);
	check_eq(accept("--time utc").time_style, TIME_STYLE_UTC);
	REFUSE_VALUES("--time", "one of ktime, wall, utc", "", "local", "-1", "1");
	check_eq(accept("--color=auto").color, COLOR_AUTO);
	check_eq(accept("--color=always").color, COLOR_ALWAYS);
	check_eq(accept("--color=never").color, COLOR_NEVER);
	REFUSE_VALUES("--color", "one of auto, always, never", "", "yes", "-1", "1");
	check(!accept("--no-header").has_header);
	check_str(accept("-o x.csv").log_file, "x.csv");
	o = accept("--log-file=/a/b");
	check_str(o.log_file, "/a/b");
	check(accept("-o -").log_file == NULL);
	REFUSE_VALUES("--log-file", "a file name, or '-' for stdout", "");
}

#define DURATION_ALLOWED "a time from 1ms to 3650d"
#define COUNT_ALLOWED "a whole number from 1 to 18446744073709551615"
#define BUFFER_ALLOWED "a size from 64K to 64G"

static void test_numbers(void)
{
	check_eq(accept("-d 1").duration_ns, 1000000000);
	check_eq(accept("--duration=1.5m").duration_ns, 90000000000);
	check_eq(accept("--duration=1ms").duration_ns, 1000000);
	check_eq(accept("--duration=3650d").duration_ns, 3650ull * 86400 * 1000000000);
	REFUSE_VALUES("--duration", DURATION_ALLOWED, "", "0", "0s", "-1", "+1", "1x", "x",
		      "0.9ms", "3650.0000001d", "99999999999999999999", "1us", "1,5", "0x1");
	check_eq(accept("-c1").count, 1);
	check(accept("--count=18446744073709551615").count == UINT64_MAX);
	REFUSE_VALUES("--count", COUNT_ALLOWED, "", "0", "-1", "+1", "1x", "x", "1.0", "1K",
		      "0x1", "18446744073709551616", "00");
	check_eq(accept("-b 64K").buffer_bytes, 64 << 10);
	check_eq(accept("--buffer=1.5M").buffer_bytes, 3 << 19);
	check_eq(accept("--buffer=65536").buffer_bytes, 65536);
	check_eq(accept("--buffer=64G").buffer_bytes, 64ll << 30);
	check_eq(accept("-b 64k").buffer_bytes, 64 << 10);
	check_eq(accept("--buffer=1.5m").buffer_bytes, 3 << 19);
	check_eq(accept("--buffer=64g").buffer_bytes, 64ll << 30);
	REFUSE_VALUES("--buffer", BUFFER_ALLOWED, "", "0", "-1", "65535", "63.9K", "64.1G",
		      "65G", "68719476737", "M", "x", "99999999999999999999", "0x100000");
}

static void test_thinning(void)
{
	check(!accept("").thin.is_changes);
	check_eq(accept("").thin.interval_ns, 0);
	check(accept("--changes --changes").thin.is_changes);
	check_eq(accept("--interval=1.5s").thin.interval_ns, 1500000000);
	check_str(accept("--changes -p 1").filter_text, "port 1, changes only");
	check_str(accept("--interval=10ms").filter_text, "one event in 10 ms");
	REFUSE_VALUES("--interval", "a time from 1ms to 3650d", "", "0", "-1", "0.9ms", "3651d",
		      "99999999999999999999", "1x", "x", "1,5");
}

#define ROTATE_SIZE_ALLOWED "a size from 64K to 1048576G"
#define ROTATE_TIME_ALLOWED "a time from 1ms to 3650d"
#define ROTATE_KEEP_ALLOWED "'all', or a whole number from 0 to 9999"

static void test_log_files(void)
{
	struct options o = accept("");

	check_eq(o.rotate_bytes, 0);
	check_eq(o.rotate_ns, 0);
	check_eq(o.rotate_keep, 10);
	check_eq(o.compress, -1);
	check(o.user == NULL);
	o = accept("-o x --rotate-size=64K --rotate-time=1ms --rotate-keep=3 --compress=xz");
	check_eq(o.rotate_bytes, 65536);
	check_eq(o.rotate_ns, 1000000);
	check_eq(o.rotate_keep, 3);
	check_eq(o.compress, COMPRESS_XZ);
	check(accept("--rotate-size=1048576G -o x").rotate_bytes == 1ull << 50);
	check_eq(accept("-o x --rotate-time 3650d").rotate_ns, 3650ull * 86400 * 1000000000);
	check(accept("-o x --rotate-time=1 --rotate-keep=all").rotate_keep == ROTATE_KEEP_ALL);
	check_eq(accept("-o x --rotate-time=1 --rotate-keep=0").rotate_keep, 0);
	check_eq(accept("-o x --rotate-time=1 --rotate-keep=9999").rotate_keep, 9999);
	REFUSE_VALUES("--rotate-size", ROTATE_SIZE_ALLOWED, "", "0", "-1", "-1M", "65535",
		      "63.9K", "1048577G", "99999999999999999999", "99999999999999999999G", "x",
		      "0x100000", "+1M", "1,5M");
	REFUSE_VALUES("--rotate-time", ROTATE_TIME_ALLOWED, "", "0", "0s", "-1", "-1h", "+1",
		      "0.9ms", "3651d", "99999999999999999999", "99999999999999999999d", "1w",
		      "1h30m", "x", "1,5h", "0x1h");
	REFUSE_VALUES("--rotate-keep", ROTATE_KEEP_ALLOWED, "", "-1", "+1", "10000", "1x", "ALL",
		      "all,", "alle", "al", "1.0", "1K", "0x1", "18446744073709551616",
		      "18446744073709551615", "none");
	REFUSE_VALUES("--compress", "one of gzip, zstd, xz", "", "gzip,xz", "none",
		      "-1", "0", "/bin/sh");
	check_eq(accept("-o x").tee, -1);
	check_eq(accept("-o x --tee").tee, FORMAT_TEXT);
	check_eq(accept("--tee=csv -o x").tee, FORMAT_CSV);
	REFUSE_VALUES("--tee", "one of text, json, csv, tcpprobe", "", "xml", "1");
	check_str(accept("--user=nobody").user, "nobody");
	REFUSE_VALUES("--user", "the name or number of a user", "");
}

#define WITHOUT_FILE ": expected --log-file=FILE beside it"
#define WITHOUT_ROTATION ": expected --rotate-size or --rotate-time beside it"

static void test_log_files_together(void)
{
	refuse("--rotate-size=1M", "--rotate-size" WITHOUT_FILE);
	refuse("--rotate-time=1h", "--rotate-time" WITHOUT_FILE);
	refuse("--rotate-keep=1", "--rotate-keep" WITHOUT_FILE);
	refuse("--compress=xz", "--compress" WITHOUT_FILE);
	refuse("--tee", "--tee" WITHOUT_FILE);
	refuse("-o - --tee=json", "--tee" WITHOUT_FILE);
	refuse("-o - --rotate-size=1M", "--rotate-size" WITHOUT_FILE);
	refuse("-o x --rotate-keep=1", "--rotate-keep" WITHOUT_ROTATION);
	refuse("-o x --compress=gzip", "--compress" WITHOUT_ROTATION);
	refuse("-o x --compress=gzip --rotate-time=1h --rotate-keep=0",
	       "--compress: contradicts --rotate-keep=0: expected files to be kept");
	accept("--compress=gzip --rotate-time=1h -o x");
	check_eq(accept("--rotate-size=1M --help").action, ACTION_HELP);
}

static void test_flags(void)
{
	struct options o = accept("--strict -q");

	check(o.is_strict && o.is_quiet && !o.is_verbose);
	o = accept("-v");
	check(!o.is_strict && !o.is_quiet && o.is_verbose);
	check(accept("--quiet -qq").is_quiet);
	check(accept("-vv --verbose").is_verbose);
	refuse("-4 -6", "-6: expected only one of -4 and -6");
	refuse("-64", "-4: expected only one of -4 and -6");
}

/* Where an option holds one value the last one counts, as with GNU programs. */
static void test_last_wins(void)
{
	struct options o = accept("-d1 -c1 -b1M --time=utc --color=never --interval=1s --user=root "
				  "-o x --rotate-size=1M --rotate-time=1h --rotate-keep=all "
				  "--compress=xz --ca-struct=a --ca-btf=/a "
				  "--duration=2 --count=2 --buffer=2M --time=ktime --color=auto "
				  "--interval=2s --user=nobody -o y --rotate-size=2M "
				  "--rotate-time=2h --rotate-keep=3 --compress=gzip --ca-struct=b "
				  "--ca-btf=/b");

	check_eq(o.duration_ns, 2000000000);
	check_eq(o.count, 2);
	check_eq(o.buffer_bytes, 2 << 20);
	check_eq(o.time_style, TIME_STYLE_KTIME);
	check_eq(o.color, COLOR_AUTO);
	check_eq(o.thin.interval_ns, 2000000000);
	check_str(o.user, "nobody");
	check_str(o.log_file, "y");
	check_eq(o.rotate_bytes, 2 << 20);
	check_eq(o.rotate_ns, 7200000000000);
	check_eq(o.rotate_keep, 3);
	check_eq(o.compress, COMPRESS_GZIP);
	check_str(o.ca_struct, "b");
	check_str(o.ca_btf, "/b");
	check(accept("-o x -o -").log_file == NULL);
	check(accept("-qv").is_verbose && !accept("-qv").is_quiet);
	check(accept("-v --quiet").is_quiet && !accept("-v --quiet").is_verbose);
	/* What was wrong is so, even if it does not count. */
	refuse("--duration=0 --duration=1", "--duration: '0': expected " DURATION_ALLOWED);
}

/* Lists of fields: one that begins with a sign goes on from the one before. */
static void test_fields_go_on(void)
{
	struct options o = accept("--fields=cpu --fields=+mark -F -cpu");
	char words[512] = "-F cpu";

	check_eq(o.n_fields, 3);
	check_str(o.fields[0], "cpu");
	check_str(o.fields[1], "+mark");
	check_str(o.fields[2], "-cpu");
	o = accept("-F cpu -F +mark -F srtt,mss -F +cc");
	check_eq(o.n_fields, 2);
	check_str(o.fields[0], "srtt,mss");
	check_str(o.fields[1], "+cc");
	check_eq(accept("-F +cpu -F help").action, ACTION_FIELDS_HELP);
	for (int i = 1; i < OPTIONS_FIELDS_MAX; i++)
		strcat(words, " -F +cpu");
	check_eq(accept(words).n_fields, OPTIONS_FIELDS_MAX);
	strcat(words, " -F -mark");
	refuse(words, "--fields: '-mark': expected at most 16 lists that go on from the one before");
}

/* The first of these ends the parsing, as with GNU programs. */
static void test_actions(void)
{
	check_eq(accept("-h").action, ACTION_HELP);
	check_eq(accept("--help").action, ACTION_HELP);
	check_eq(accept("-V").action, ACTION_VERSION);
	check_eq(accept("--version").action, ACTION_VERSION);
	check_eq(accept("-V -h").action, ACTION_VERSION);
	check_eq(accept("--help --bogus operand").action, ACTION_HELP);
	check_eq(accept("-qh -v").action, ACTION_HELP);
	refuse("--bogus --help", "unknown option '--bogus'; try 'tcc-trace --help'");
}

#define TRY "; try 'tcc-trace --help'"

static void test_usage(void)
{
	refuse("--bogus", "unknown option '--bogus'" TRY);
	refuse("--bogus=1", "unknown option '--bogus'" TRY);
	refuse("--=1", "unknown option '--'" TRY);
	refuse("---", "unknown option '---'" TRY);
	refuse("-x", "unknown option '-x'" TRY);
	refuse("-qx", "unknown option '-x'" TRY);
	refuse("-=", "unknown option '-='" TRY);
	refuse("-:", "unknown option '-:'" TRY);
	refuse("-\xc3\xa9", "unknown option '-\\xc3'" TRY);
	refuse("--f=1", "ambiguous option '--f': one of --format, --fields, --follow" TRY);
	refuse("--co 1", "ambiguous option '--co': one of --color, --compress, --count" TRY);
	refuse("--strict=1", "--strict: '1': expected no value" TRY);
	refuse("--changes=1", "--changes: '1': expected no value" TRY);
	refuse("--json=", "--json: '': expected no value" TRY);
	refuse("-p", "--port: no value given: expected " PORT_ALLOWED TRY);
	refuse("-q --count", "--count: no value given: expected " COUNT_ALLOWED TRY);
	refuse("--time", "--time: no value given: expected one of ktime, wall, utc" TRY);
	check(!accept("--").command);
}

/* Options end where it begins: what follows is its own, whatever it looks like. */
static void test_command(void)
{
	struct options options = accept("-q curl -4 --bogus -- x");

	check_str(options.command[0], "curl");
	check_str(options.command[1], "-4");
	check_str(options.command[2], "--bogus");
	check_str(options.command[3], "--");
	check_str(options.command[4], "x");
	check(!options.command[5]);
	check(options.is_quiet);
	check_eq(options.filter.ip_version, 0);
	check_str(options.filter_text, "command curl");
	options = accept("--port=80 -- -4 -6");
	check_str(options.command[0], "-4");
	check_str(options.command[1], "-6");
	check_str(options.filter_text, "port 80, command -4");
	options = accept("\xff\xc3\x1b\"x");
	check_str(options.filter_text, "command \\xff\\xc3\\x1b\"x");
	check_str(accept("-").command[0], "-");
	check_str(accept("''").command[0], "");
	check(!accept("-q").command);
}

/* Without a command they go to stdout. */
static void test_where_records_go(void)
{
	struct options options = accept("curl");

	check(options_is_to_stderr(&options));
	options = accept("-o - curl");
	check(!options_is_to_stderr(&options));
	options = accept("-o x curl");
	check(!options_is_to_stderr(&options));
	options = accept("-o - -o x curl");
	check(!options_is_to_stderr(&options));
	check_str(options.log_file, "x");
	options = accept("-q");
	check(!options_is_to_stderr(&options));
}

/* What is meant, where that can be guessed; and nothing where it cannot. */
static void test_did_you_mean(void)
{
	static const struct {
		const char *words, *end;
	} cases[] = {
		{ "--format=jso", "tcpprobe; did you mean 'json'?" },
		{ "--format=jsonx", "; did you mean 'json'?" },
		{ "--format=JSON", "; did you mean 'json'?" },
		{ "--format=tcp", "; did you mean 'tcpprobe'?" },
		{ "--time=UTC", "utc; did you mean 'utc'?" },
		{ "--time=utc,", "; did you mean 'utc'?" },
		{ "--color=alwasy", "; did you mean 'always'?" },
		{ "--compress=gz", "; did you mean 'gzip' or 'xz'?" },
		{ "--compress=GZIP", "; did you mean 'gzip'?" },
		{ "--duration=5min", "3650d; did you mean '5m'?" },
		{ "--duration=1.5Hours", "; did you mean '1.5h'?" },
		{ "-d 30sec", "; did you mean '30s'?" }, { "-d 2days", "; did you mean '2d'?" },
		{ "--interval=10msec", "; did you mean '10ms'?" },
		{ "--buffer=1MB", "64G; did you mean '1M'?" },
		{ "--buffer=512KiB", "; did you mean '512K'?" },
		{ "-o x --rotate-size=1gb", "; did you mean '1G'?" },
		{ "--duration=min", "3650d" }, { "--duration=5x", "3650d" }, { "--buffer=", "64G" },
		{ "--prot=1", "unknown option '--prot'; did you mean '--port'?" },
		{ "--filed=1", "; did you mean '--fields'?" },
		{ "--portx=1", "; did you mean '--port', '--sport' or '--dport'?" },
		{ "--rotate=1M", ": one of --rotate-size, --rotate-time, --rotate-keep" TRY },
	};
	struct options options;
	char said[OUTPUT_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t length = strlen(cases[i].end), n;

		check_eq(parse_words(&options, cases[i].words, said), -EINVAL);
		n = strlen(said);
		if (!tap_check(n > length && strncmp(said + n - 1 - length, cases[i].end, length) == 0,
			       __FILE__, __LINE__, cases[i].words))
			printf("#   %s", said);
	}
}

static void test_fields_like(void)
{
	static const struct {
		const char *word, *wanted;
	} cases[] = {
		{ "cwnd", "; did you mean 'snd_cwnd', 'cwnd_min' or 'cwnd_max'?" },
		{ "rtt", "; did you mean 'srtt', 'rttvar' or 'rto'?" },
		{ "retrans", "; did you mean 'retransmit', 'retrans_out' or 'syn_retrans'?" },
		{ "+ktme", "; did you mean 'ktime'?" }, { "-snd_cwdn", "; did you mean 'snd_cwnd' or 'snd_wnd'?" },
		{ "SSTHRESH", "; did you mean 'ssthresh' or 'snd_ssthresh'?" },
		{ "nonsense", "" }, { "", "" }, { "+", "" }, { "a", "" }, { "srtt", "" },
		{ "a_word_that_is_much_too_long_for_that", "" }, { "\xff\xfe\xff\xfe", "" },
	};
	char text[SUGGEST_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check_str(suggest_field(text, cases[i].word, strlen(cases[i].word)),
			  cases[i].wanted);
	check_str(suggest_word(text, "reno cubic bbr\n", "cubick"), "; did you mean 'cubic'?");
	check_str(suggest_word(text, "reno cubic bbr\n", "bbr2"), "; did you mean 'bbr'?");
	check_str(suggest_word(text, "", "bbr"), "");
}

static void test_abbreviations(void)
{
	check_eq(accept("--form=csv").format, FORMAT_CSV);
	check_eq(accept("--dur 2").duration_ns, 2000000000);
	check(accept("--str").is_strict);
	refuse("--dur 0", "--duration: '0': expected " DURATION_ALLOWED);
}

/* INTERFACE.md has them, this version does not. */
#define EVENTS_ALLOWED "expected a list of probe, retransmit, ca_state, state, reset, close, reduction, 'all', or 'help'"

static void test_events(void)
{
	char message[OUTPUT_MAX];
	struct options options;

	check_eq(parse_words(&options, "", message), 0);
	check_eq(options.kinds, RECORD_KIND_BIT(RECORD_KIND_PROBE));
	check_eq(parse_words(&options, "-e state,close", message), 0);
	check_eq(options.kinds, RECORD_KIND_BIT(RECORD_KIND_STATE) | RECORD_KIND_BIT(RECORD_KIND_CLOSE));
	check_eq(parse_words(&options, "--events=reset -e retransmit,reset", message), 0);
	check_eq(options.kinds, RECORD_KIND_BIT(RECORD_KIND_RESET) | RECORD_KIND_BIT(RECORD_KIND_RETRANSMIT));
	check_eq(parse_words(&options, "-e all", message), 0);
	check_eq(options.kinds, RECORD_KINDS_ALL);
	check_eq(parse_words(&options, "--events=help", message), 0);
	check_eq(options.action, ACTION_EVENTS_HELP);
	refuse("-e probe,help", "--events: 'help': " EVENTS_ALLOWED);
	refuse("--events=", "--events: '': " EVENTS_ALLOWED);
	refuse("-e probe,", "--events: '': " EVENTS_ALLOWED);
	refuse("-e prob", "--events: 'prob': " EVENTS_ALLOWED);
	refuse("-e probe,ALL", "--events: 'ALL': " EVENTS_ALLOWED);
	refuse("--events=!probe", "--events: '!probe': " EVENTS_ALLOWED);
	refuse("-e close --changes", "--events: expected 'probe' among them: --changes and "
	       "--interval are about probes");
	refuse("-e close --interval=1s", "--events: expected 'probe' among them: --changes and "
	       "--interval are about probes");
}

static void test_private_state(void)
{
	char message[OUTPUT_MAX];
	struct options options;

	check_eq(parse_words(&options, "--ca-struct=toy --ca-btf=/x/y.ko", message), 0);
	check_str(options.ca_struct, "toy");
	check_str(options.ca_btf, "/x/y.ko");
	refuse("--ca-struct=", "--ca-struct: '': expected the name of a structure of C");
	refuse("--ca-struct=1x", "--ca-struct: '1x': expected the name of a structure of C");
	refuse("--ca-struct=a-b", "--ca-struct: 'a-b': expected the name of a structure of C");
	refuse("--ca-btf=", "--ca-btf: '': expected a file name");
}

/* Whatever the words, the message is one line, and says what is allowed. */
static void test_hostile_words(void)
{
	char words[2048] = "--port=";
	struct options options;
	char message[OUTPUT_MAX];

	refuse("--port=1\n2\x1b[31m\x7f", "--port: '1\\x0a2\\x1b[31m\\x7f': expected " PORT_ALLOWED);
	refuse("--bo\ngus", "unknown option '--bo\\x0agus'" TRY);
	memset(words + 7, '9', sizeof(words) - 8);
	check_eq(parse_words(&options, words, message), -EINVAL);
	check(strstr(message, "999...': expected " PORT_ALLOWED "\n") != NULL);
	check(strlen(message) < 256);
}

/* All of --help, at `text`. */
static void read_help(char text[OUTPUT_MAX])
{
	FILE *file = tmpfile();
	size_t length;

	check(file != NULL);
	options_print_help(file);
	rewind(file);
	length = fread(text, 1, OUTPUT_MAX - 1, file);
	text[length] = '\0';
	check(length > 0 && length < OUTPUT_MAX - 1);
	fclose(file);
}

/* Where --help begins to tell of an option; NULL: nowhere. */
static const char *find_in_help(const char *help, const struct known *k)
{
	char start[64];

	if (k->letter && k->name)
		snprintf(start, sizeof(start), "\n  %s, %s", k->letter, k->name);
	else if (k->letter)
		snprintf(start, sizeof(start), "\n  %s", k->letter);
	else
		snprintf(start, sizeof(start), "\n      %s", k->name);
	help = strstr(help, start);
	return help && strchr("=[ \n", help[strlen(start)]) ? help : NULL;
}

/* Each option is accepted in each of its forms, and told of in --help as it is. */
static void test_every_option(void)
{
	char help[OUTPUT_MAX], words[128];

	read_help(help);
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		const struct known *k = &known[i];
		const char *line = find_in_help(help, k);
		/* Of the options without a value the one that needs another. */
		const char *beside = k->name && strcmp(k->name, "--follow") == 0 ? " -r x" : "";
		size_t length = line ? strcspn(line + 1, "\n") : 0;

		tap_check(line != NULL, __FILE__, __LINE__, k->name ? k->name : k->letter);
		check(!line || !k->name ||
		      (memchr(line + 1, '=', length < 28 ? length : 28) != NULL) ==
		      (k->value != NULL));
		snprintf(words, sizeof(words), "%s%s%s%s", k->name ? k->name : k->letter,
			 k->value ? "=" : "", k->value ? k->value : "",
			 beside);
		accept(words);
		if (!k->letter)
			continue;
		snprintf(words, sizeof(words), "%s %s", k->letter, k->value ? k->value : "");
		accept(words);
	}
}

/* The other way round: --help tells of no option that `known` does not have. */
static void test_help_has_no_other(void)
{
	char help[OUTPUT_MAX];
	size_t n_options = 0;

	read_help(help);
	for (const char *line = help; (line = strchr(line, '\n')); ) {
		line++;
		if (strncmp(line, "  -", 3) == 0 || strncmp(line, "      --", 8) == 0)
			n_options++;
	}
	/* --cgroup takes a path of the running system: tests/filters.bats has it. */
	check_eq(n_options, ARRAY_SIZE(known) + 1);
}

#define USAGE "Usage: tcc-trace [OPTION]... [--] [COMMAND [ARG]...]"
#define READ_USAGE "       tcc-trace [OPTION]... --read=FILE [FILE]..."

static void test_help_layout(void)
{
	static const char *const parts[] = {
		"\nChoosing what to trace:\n", "\nOutput:\n", "\nLog files:\n",
		"\nReading back:\n", "\nEnding, and the rest:\n", "\nExamples:\n  tcc-trace ", "\nExit status: 0 ",
		"\nReport bugs ", "--format=text|json|csv|tcpprobe\n", "--time=ktime|wall|utc\n",
		"--color=auto|always|never\n",
	};
	char help[OUTPUT_MAX];

	read_help(help);
	check(strncmp(help, USAGE "\n" READ_USAGE "\nTrace ",
		      strlen(USAGE "\n" READ_USAGE "\nTrace ")) == 0);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		tap_check(strstr(help, parts[i]) != NULL, __FILE__, __LINE__, parts[i]);
	for (const char *line = help; *line; line += strcspn(line, "\n") + 1) {
		size_t length = strcspn(line, "\n");

		check(length <= 80);
		check(length == 0 || line[length - 1] != ' ');
	}
	check(help[strlen(help) - 1] == '\n');
}

int main(void)
{
	TAP_RUN(test_defaults);
	TAP_RUN(test_filters);
	TAP_RUN(test_long_filter_text);
	TAP_RUN(test_bad_filters);
	TAP_RUN(test_bad_kernel_names);
	TAP_RUN(test_bad_value_in_list);
	TAP_RUN(test_formats);
	TAP_RUN(test_every_format);
	TAP_RUN(test_output);
	TAP_RUN(test_numbers);
	TAP_RUN(test_thinning);
	TAP_RUN(test_log_files);
	TAP_RUN(test_log_files_together);
	TAP_RUN(test_flags);
	TAP_RUN(test_last_wins);
	TAP_RUN(test_fields_go_on);
	TAP_RUN(test_actions);
	TAP_RUN(test_usage);
	TAP_RUN(test_command);
	TAP_RUN(test_where_records_go);
	TAP_RUN(test_did_you_mean);
	TAP_RUN(test_fields_like);
	TAP_RUN(test_abbreviations);
	TAP_RUN(test_events);
	TAP_RUN(test_private_state);
	TAP_RUN(test_hostile_words);
	TAP_RUN(test_every_option);
	TAP_RUN(test_help_has_no_other);
	TAP_RUN(test_help_layout);
	return tap_done();
}
