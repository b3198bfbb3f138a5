// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The command line; see options.h. One table of options drives getopt_long(),
 * --help and the error messages.
 */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include "filter.h"
#include "format.h"
#include "log.h"
#include "parse.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define CHOICES(names) .choices = (names), .n_choices = ARRAY_SIZE(names)
#define TRY_HELP "; try 'tcc-trace --help'"

#define QUOTED_MAX 128
#define EXPECTED_MAX 256
#define LABEL_MAX 32

#define HELP_COLUMN 28	/* where the words about an option begin */
#define HELP_WIDTH 79

enum section { SECTION_FILTER, SECTION_OUTPUT, SECTION_LOG, SECTION_REST, SECTION_COUNT };

static const char *const section_titles[SECTION_COUNT] = {
	[SECTION_FILTER] = "Choosing what to trace",
	[SECTION_OUTPUT] = "Output",
	[SECTION_LOG] = "Log files",
	[SECTION_REST] = "Ending, and the rest",
};

static const char *const time_names[] = {
	[TIME_STYLE_KTIME] = "ktime", [TIME_STYLE_WALL] = "wall", [TIME_STYLE_UTC] = "utc",
};

static const char *const color_names[] = {
	[COLOR_AUTO] = "auto", [COLOR_ALWAYS] = "always", [COLOR_NEVER] = "never",
};

struct option_def {
	const char *name;		/* long; NULL: only the letter */
	char letter;			/* 0: only the name */
	bool is_once;			/* giving it twice is an error */
	enum section section;
	const char *argument;		/* its argument's name; NULL: none, or a choice */
	const char *const *choices;	/* what the argument is one of, or NULL */
	size_t n_choices;
	const char *expected;		/* what argument is allowed, for errors; */
	const char *min, *max;		/* of a number, from here to there */
	int which;			/* for handlers that serve several options */
	const char *help;
	/* Takes the value, NULL for a flag. On an error logs, returns -EINVAL. */
	int (*handle)(struct options *options, const struct option_def *def, const char *value);
};

static bool has_argument(const struct option_def *def)
{
	return def->argument || def->choices;
}

/*
 * Messages.
 */

__attribute__((format(printf, 2, 3)))
static int complain(const struct option_def *def, const char *format, ...)
{
	char label[LABEL_MAX], text[512];
	va_list args;

	if (def->name)
		snprintf(label, sizeof(label), "--%s", def->name);
	else
		snprintf(label, sizeof(label), "-%c", def->letter);
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	log_error("%s: %s", label, text);
	return -EINVAL;
}

/* The user's word made fit for a one-line message: short, no control characters. */
static const char *quote(char text[QUOTED_MAX], const char *word, size_t length)
{
	const size_t longest = QUOTED_MAX - sizeof("...");
	size_t n = length > longest ? longest : length;

	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)word[i];

		text[i] = c < ' ' || c == 0x7f ? '?' : word[i];
	}
	strcpy(text + n, n < length ? "..." : "");
	return text;
}

static void join(char *text, size_t size, const struct option_def *def, const char *separator)
{
	size_t length = 0;

	text[0] = '\0';
	for (size_t i = 0; i < def->n_choices && length < size; i++)
		length += (size_t)snprintf(text + length, size - length, "%s%s",
					   i ? separator : "", def->choices[i]);
}

/* What the option allows. */
static const char *expected(char text[EXPECTED_MAX], const struct option_def *def)
{
	char names[EXPECTED_MAX / 2];

	if (def->choices) {
		join(names, sizeof(names), def, ", ");
		snprintf(text, EXPECTED_MAX, "one of %s", names);
	} else if (def->min) {
		snprintf(text, EXPECTED_MAX, "%s from %s to %s", def->expected, def->min,
			 def->max);
	} else {
		snprintf(text, EXPECTED_MAX, "%s", def->expected);
	}
	return text;
}

static int refuse(const struct option_def *def, const char *value, size_t length)
{
	char quoted[QUOTED_MAX], allowed[EXPECTED_MAX];

	return complain(def, "'%s': expected %s", quote(quoted, value, length),
			expected(allowed, def));
}

/*
 * Handlers.
 */

static int set_action(struct options *options, const struct option_def *def, const char *value)
{
	(void)value;
	options->action = (enum options_action)def->which;
	return 0;
}

static int add_filter(struct options *options, const struct option_def *def, const char *value)
{
	char quoted[QUOTED_MAX];
	const char *bad;
	size_t length;
	int err;

	err = filter_add(&options->filter, (enum filter_kind)def->which, value, &bad);
	if (!err)
		return 0;
	length = strcspn(bad, ",");
	if (err == -E2BIG)
		return complain(def, "'%s': expected at most %d values",
				quote(quoted, bad, length), TCC_FILTER_VALUES);
	return refuse(def, bad, length);
}

static int set_ip_version(struct options *options, const struct option_def *def,
			  const char *value)
{
	(void)value;
	if (filter_set_ip_version(&options->filter, (unsigned int)def->which))
		return complain(def, "expected only one of -4 and -6");
	return 0;
}

static int choose(const struct option_def *def, const char *value)
{
	for (size_t i = 0; i < def->n_choices; i++) {
		if (strcmp(value, def->choices[i]) == 0)
			return (int)i;
	}
	return refuse(def, value, strlen(value));
}

static int choose_format(struct options *options, const struct option_def *def, int format)
{
	if (options->format >= 0 && options->format != format)
		return complain(def, "contradicts the format '%s', given before it: "
				"expected only one format", format_names[options->format]);
	options->format = format;
	return 0;
}

static int set_format(struct options *options, const struct option_def *def, const char *value)
{
	int format = choose(def, value);

	return format < 0 ? format : choose_format(options, def, format);
}

static int set_this_format(struct options *options, const struct option_def *def,
			   const char *value)
{
	(void)value;
	return choose_format(options, def, def->which);
}

static int set_time(struct options *options, const struct option_def *def, const char *value)
{
	int style = choose(def, value);

	if (style < 0)
		return style;
	options->time_style = (enum time_style)style;
	return 0;
}

static int set_color(struct options *options, const struct option_def *def, const char *value)
{
	int mode = choose(def, value);

	if (mode < 0)
		return mode;
	options->color = (enum color_mode)mode;
	return 0;
}

static int set_fields(struct options *options, const struct option_def *def, const char *value)
{
	if (!*value)
		return refuse(def, value, 0);
	if (strcmp(value, "help") == 0)
		options->action = ACTION_FIELDS_HELP;
	options->fields = value;
	return 0;
}

static int clear_header(struct options *options, const struct option_def *def,
			const char *value)
{
	(void)def;
	(void)value;
	options->has_header = false;
	return 0;
}

static int set_log_file(struct options *options, const struct option_def *def,
			const char *value)
{
	if (!*value)
		return refuse(def, value, 0);
	options->log_file = strcmp(value, "-") == 0 ? NULL : value;
	return 0;
}

/* The limits are texts of the same kind as the value: messages show them as they are. */
static int set_number(const struct option_def *def, const char *value,
		      int (*parse)(const char *text, uint64_t *value), uint64_t *number)
{
	uint64_t min, max, parsed;

	if (parse(def->min, &min) || parse(def->max, &max) || parse(value, &parsed) ||
	    parsed < min || parsed > max)
		return refuse(def, value, strlen(value));
	*number = parsed;
	return 0;
}

static int set_duration(struct options *options, const struct option_def *def,
			const char *value)
{
	return set_number(def, value, parse_time, &options->duration_ns);
}

static int parse_count(const char *text, uint64_t *value)
{
	return parse_uint(text, PARSE_DECIMAL, 0, UINT64_MAX, value);
}

static int set_count(struct options *options, const struct option_def *def, const char *value)
{
	return set_number(def, value, parse_count, &options->count);
}

static int set_buffer(struct options *options, const struct option_def *def, const char *value)
{
	return set_number(def, value, parse_size, &options->buffer_bytes);
}

static int set_strict(struct options *options, const struct option_def *def, const char *value)
{
	(void)def;
	(void)value;
	options->is_strict = true;
	return 0;
}

/* --quiet and --verbose; `which` tells whether it is the latter. */
static int set_verbosity(struct options *options, const struct option_def *def,
			 const char *value)
{
	(void)value;
	if (def->which)
		options->is_verbose = true;
	else
		options->is_quiet = true;
	if (options->is_verbose && options->is_quiet)
		return complain(def, "expected only one of --quiet and --verbose");
	return 0;
}

/*
 * The table, in the order of --help.
 */

#define EXPECTED_PREFIX "an IPv4 or IPv6 address, a prefix ADDR/LEN, or either after '!'"
#define EXPECTED_PORT "a port from 1 to 65535, a range A-B, or either after '!'"

static const struct option_def defs[] = {
	{ .name = "ip", .letter = 'i', .argument = "ADDR[/LEN],...",
	  .expected = EXPECTED_PREFIX, .which = FILTER_IP, .handle = add_filter,
	  .help = "either end has this address or prefix; IPv4 ones match v4-mapped "
		  "IPv6 too" },
	{ .name = "src", .argument = "ADDR[/LEN],...",
	  .expected = EXPECTED_PREFIX, .which = FILTER_SRC, .handle = add_filter,
	  .help = "the same for the local end" },
	{ .name = "dst", .argument = "ADDR[/LEN],...",
	  .expected = EXPECTED_PREFIX, .which = FILTER_DST, .handle = add_filter,
	  .help = "the same for the remote end" },
	{ .name = "port", .letter = 'p', .argument = "PORT[-PORT],...",
	  .expected = EXPECTED_PORT, .which = FILTER_PORT, .handle = add_filter,
	  .help = "either end has this port, or one in this range" },
	{ .name = "sport", .argument = "PORT[-PORT],...",
	  .expected = EXPECTED_PORT, .which = FILTER_SPORT, .handle = add_filter,
	  .help = "the same for the local port" },
	{ .name = "dport", .argument = "PORT[-PORT],...",
	  .expected = EXPECTED_PORT, .which = FILTER_DPORT, .handle = add_filter,
	  .help = "the same for the remote port" },
	{ .letter = '4', .which = 4, .handle = set_ip_version,
	  .help = "only IPv4, v4-mapped IPv6 included" },
	{ .letter = '6', .which = 6, .handle = set_ip_version,
	  .help = "only IPv6" },
	{ .name = "mark", .argument = "VALUE[/MASK],...",
	  .expected = "a 32-bit VALUE or VALUE/MASK, decimal or 0x hex, or either after '!'",
	  .which = FILTER_MARK, .handle = add_filter,
	  .help = "the packet has this mark (skb->mark)" },

	{ .name = "format", .section = SECTION_OUTPUT, .is_once = true, CHOICES(format_names),
	  .handle = set_format,
	  .help = "how records are written; default text, or as the log file's suffix says" },
	{ .name = "json", .section = SECTION_OUTPUT, .which = FORMAT_JSON,
	  .handle = set_this_format, .help = "the same as --format=json" },
	{ .name = "csv", .section = SECTION_OUTPUT, .which = FORMAT_CSV,
	  .handle = set_this_format, .help = "the same as --format=csv" },
	{ .name = "fields", .letter = 'F', .section = SECTION_OUTPUT, .is_once = true,
	  .argument = "LIST", .expected = "a list of field names, or 'help'",
	  .handle = set_fields,
	  .help = "the fields and their order; +NAME adds to the default set, -NAME takes "
		  "away; 'all'; 'help' lists them" },
	{ .name = "time", .section = SECTION_OUTPUT, .is_once = true, CHOICES(time_names),
	  .handle = set_time,
	  .help = "first column of a text line: kernel ns (default), local time, UTC" },
	{ .name = "color", .section = SECTION_OUTPUT, .is_once = true, CHOICES(color_names),
	  .handle = set_color,
	  .help = "color the text; auto (default) looks at the terminal and NO_COLOR" },
	{ .name = "no-header", .section = SECTION_OUTPUT, .handle = clear_header,
	  .help = "no CSV heading, no opening or end record" },

	{ .name = "log-file", .letter = 'o', .section = SECTION_LOG, .is_once = true,
	  .argument = "FILE", .expected = "a file name, or '-' for stdout",
	  .handle = set_log_file,
	  .help = "append records to FILE instead of writing them to stdout" },

	{ .name = "duration", .letter = 'd', .section = SECTION_REST, .is_once = true,
	  .argument = "TIME", .expected = "a time", .min = "1ms", .max = "3650d",
	  .handle = set_duration, .help = "stop after TIME" },
	{ .name = "count", .letter = 'c', .section = SECTION_REST, .is_once = true,
	  .argument = "N", .expected = "a whole number", .min = "1",
	  .max = "18446744073709551615",
	  .handle = set_count, .help = "stop after N records" },
	{ .name = "buffer", .letter = 'b', .section = SECTION_REST, .is_once = true,
	  .argument = "SIZE", .expected = "a size", .min = "64K", .max = "64G",
	  .handle = set_buffer,
	  .help = "kernel buffer of each CPU; default 1M, less on hosts of more than "
		  "64 CPUs" },
	{ .name = "strict", .section = SECTION_REST, .handle = set_strict,
	  .help = "exit 3 if any event was lost or missed; end at the first write that "
		  "fails" },
	{ .name = "quiet", .letter = 'q', .section = SECTION_REST, .which = false,
	  .handle = set_verbosity, .help = "no status, no summary" },
	{ .name = "verbose", .letter = 'v', .section = SECTION_REST, .which = true,
	  .handle = set_verbosity, .help = "libbpf's and the verifier's words too" },
	{ .name = "help", .letter = 'h', .section = SECTION_REST, .which = ACTION_HELP,
	  .handle = set_action, .help = "show this help" },
	{ .name = "version", .letter = 'V', .section = SECTION_REST, .which = ACTION_VERSION,
	  .handle = set_action, .help = "show the version" },
};

/*
 * getopt_long(). It gives a letter for a short option, LONG_BASE and the
 * place in the table for a long one.
 */

#define LONG_BASE 256

struct getopt_tables {
	struct option longs[ARRAY_SIZE(defs) + 1];
	char shorts[1 + 2 * ARRAY_SIZE(defs) + 1];
};

static void build_tables(struct getopt_tables *tables)
{
	struct option *next_long = tables->longs;
	char *next_short = tables->shorts;

	*next_short++ = ':';	/* tells a missing argument from an unknown option */
	for (size_t i = 0; i < ARRAY_SIZE(defs); i++) {
		if (defs[i].name)
			*next_long++ = (struct option){
				.name = defs[i].name,
				.has_arg = has_argument(&defs[i]) ? required_argument
								  : no_argument,
				.val = LONG_BASE + (int)i,
			};
		if (!defs[i].letter)
			continue;
		*next_short++ = defs[i].letter;
		if (has_argument(&defs[i]))
			*next_short++ = ':';
	}
	*next_long = (struct option){ 0 };
	*next_short = '\0';
}

/* NULL when there is no such option. */
static const struct option_def *find_def(int id)
{
	if (id >= LONG_BASE)
		return &defs[id - LONG_BASE];
	for (size_t i = 0; i < ARRAY_SIZE(defs); i++) {
		if (id && defs[i].letter == id)
			return &defs[i];
	}
	return NULL;
}

static int refuse_unknown_letter(int letter)
{
	if (letter > ' ' && letter < 0x7f)
		log_error("unknown option '-%c'" TRY_HELP, letter);
	else
		log_error("unknown option '-\\x%02x'" TRY_HELP, letter & 0xff);
	return -EINVAL;
}

/* `word` is "--name" or "--name=value"; getopt found no option, or several. */
static int refuse_unknown_name(const char *word)
{
	size_t length = strcspn(word, "="), n_found = 0, used = 0;
	char candidates[EXPECTED_MAX] = "", quoted[QUOTED_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(defs); i++) {
		if (length == 2 || !defs[i].name ||
		    strncmp(defs[i].name, word + 2, length - 2) != 0)
			continue;
		n_found++;
		if (used < sizeof(candidates))
			used += (size_t)snprintf(candidates + used, sizeof(candidates) - used,
						 "%s--%s", n_found > 1 ? ", " : "",
						 defs[i].name);
	}
	quote(quoted, word, length);
	if (n_found)
		log_error("ambiguous option '%s': one of %s" TRY_HELP, quoted, candidates);
	else
		log_error("unknown option '%s'" TRY_HELP, quoted);
	return -EINVAL;
}

/* What getopt_long() itself objects to: it returned `id`, having read `word`. */
static int refuse_usage(int id, const char *word)
{
	const struct option_def *def = find_def(optopt);
	char quoted[QUOTED_MAX], allowed[EXPECTED_MAX];
	const char *value;

	if (optopt == 0)
		return refuse_unknown_name(word);
	if (!def)
		return refuse_unknown_letter(optopt);
	if (id == ':')
		return complain(def, "no value given: expected %s" TRY_HELP,
				expected(allowed, def));
	value = strchr(word, '=') + 1;
	return complain(def, "'%s': expected no value" TRY_HELP,
			quote(quoted, value, strlen(value)));
}

static int handle_option(struct options *options, int id, const char *word, const char *value,
			 bool seen[ARRAY_SIZE(defs)])
{
	const struct option_def *def;
	char quoted[QUOTED_MAX];

	if (id == '?' || id == ':')
		return refuse_usage(id, word);
	def = find_def(id);
	if (def->is_once && seen[def - defs])
		return complain(def, "'%s': expected only once, it was given before",
				quote(quoted, value, strlen(value)));
	seen[def - defs] = true;
	return def->handle(options, def, value);
}

/* The first of --help, --version and --fields=help ends it, whatever follows. */
int options_parse(struct options *options, int argc, char **argv)
{
	bool seen[ARRAY_SIZE(defs)] = { false };
	struct getopt_tables tables;
	char quoted[QUOTED_MAX];
	int id, err;

	*options = (struct options){ .format = -1, .has_header = true };
	build_tables(&tables);
	opterr = 0;
	optind = 0;	/* glibc: start anew */
	while ((id = getopt_long(argc, argv, tables.shorts, tables.longs, NULL)) != -1) {
		err = handle_option(options, id, argv[optind - 1], optarg, seen);
		if (err || options->action != ACTION_TRACE)
			return err;
	}
	if (optind < argc) {
		log_error("unexpected operand '%s'" TRY_HELP,
			  quote(quoted, argv[optind], strlen(argv[optind])));
		return -EINVAL;
	}
	filter_describe(&options->filter, options->filter_text, sizeof(options->filter_text));
	return 0;
}

/*
 * --help.
 */

/* From `column`, where the line is now, on; further lines begin there too. */
static void print_wrapped(FILE *out, const char *text, int column)
{
	int at = column;

	while (*text) {
		int length = (int)strcspn(text, " ");

		if (at > column && at + 1 + length > HELP_WIDTH) {
			fprintf(out, "\n%*s", column, "");
			at = column;
		} else if (at > column) {
			putc(' ', out);
			at++;
		}
		fprintf(out, "%.*s", length, text);
		at += length;
		text += length;
		text += strspn(text, " ");
	}
	putc('\n', out);
}

static void print_option(FILE *out, const struct option_def *def)
{
	char choices[EXPECTED_MAX];
	int length;

	join(choices, sizeof(choices), def, "|");
	if (def->letter)
		length = fprintf(out, "  -%c%s", def->letter, def->name ? ", " : "");
	else
		length = fprintf(out, "      ");
	if (def->name)
		length += fprintf(out, "--%s", def->name);
	if (has_argument(def))
		length += fprintf(out, "=%s", def->argument ? def->argument : choices);
	if (length > HELP_COLUMN - 2) {
		putc('\n', out);
		length = 0;
	}
	fprintf(out, "%*s", HELP_COLUMN - length, "");
	print_wrapped(out, def->help, HELP_COLUMN);
}

void options_print_help(FILE *out)
{
	fputs("Usage: tcc-trace [OPTION]...\n"
	      "Trace TCP congestion control: one record for each segment that arrives.\n", out);
	for (int section = 0; section < SECTION_COUNT; section++) {
		fprintf(out, "\n%s:\n", section_titles[section]);
		for (size_t i = 0; i < ARRAY_SIZE(defs); i++) {
			if ((int)defs[i].section == section)
				print_option(out, &defs[i]);
		}
	}
	fputs("\n"
	      "Filters may repeat and take comma lists, at most 32 values each. The values\n"
	      "of one kind are ORed, the kinds ANDed; '!' before a value excludes it.\n"
	      "TIME is a number with ms, s, m, h or d, bare seconds; SIZE a number with\n"
	      "K, M or G (powers of 1024), bare bytes.\n"
	      "\n"
	      "Examples:\n"
	      "  tcc-trace --port=443\n"
	      "  tcc-trace --dst=10.0.0.0/8 --port='!22' --json | jq .snd_cwnd\n"
	      "  tcc-trace --dport=443 --duration=10m --log-file=trace.csv\n"
	      "  tcc-trace -6 --fields=+cpu,-mark --count=1000 --csv\n"
	      "\n"
	      "Exit status: 0 done; 1 failure; 2 wrong usage; 3 events were lost or missed,\n"
	      "with --strict.\n"
	      "\n"
	      "Report bugs as README.md says, with the output of 'tcc-trace --version'.\n", out);
}
