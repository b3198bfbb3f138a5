// SPDX-License-Identifier: GPL-2.0-or-later
/* --help, out of the table of options; see options.h. */
#include "options/options.h"

#include <stdio.h>
#include <string.h>

#include "options/option_table.h"

#define HELP_COLUMN 28	/* where the words about an option begin */
#define HELP_WIDTH 79

static const char *const section_titles[SECTION_COUNT] = {
	[SECTION_FILTER] = "Choosing what to trace",
	[SECTION_OUTPUT] = "Output",
	[SECTION_LOG] = "Log files",
	[SECTION_READ] = "Reading back",
	[SECTION_REST] = "Ending, and the rest",
};

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
	char choices[OPTION_CHOICES_MAX];
	int length;

	option_table_join_choices(choices, sizeof(choices), def, "|");
	if (def->letter)
		length = fprintf(out, "  -%c%s", def->letter, def->name ? ", " : "");
	else
		length = fprintf(out, "      ");
	if (def->name)
		length += fprintf(out, "--%s", def->name);
	if (option_table_has_argument(def))
		length += fprintf(out, def->is_optional ? "[=%s]" : "=%s",
				  def->argument ? def->argument : choices);
	if (length > HELP_COLUMN - 2) {
		putc('\n', out);
		length = 0;
	}
	fprintf(out, "%*s", HELP_COLUMN - length, "");
	print_wrapped(out, def->help, HELP_COLUMN);
}

void options_print_help(FILE *out)
{
	fputs("Usage: tcc-trace [OPTION]... [--] [COMMAND [ARG]...]\n"
	      "       tcc-trace [OPTION]... --read=FILE [FILE]...\n"
	      "Trace TCP congestion control: one record for each segment that arrives, of all\n"
	      "connections, or of those of COMMAND and its descendants alone.\n", out);
	for (int section = 0; section < SECTION_COUNT; section++) {
		fprintf(out, "\n%s:\n", section_titles[section]);
		for (size_t i = 0; i < option_table_n; i++) {
			if ((int)option_table[i].section == section)
				print_option(out, &option_table[i]);
		}
	}
	fputs("\n"
	      "Filters may repeat and take comma lists, at most 32 values each. The values\n"
	      "of one kind are ORed, the kinds ANDed; '!' before a value excludes it.\n"
	      "TIME is a number with ms, s, m, h or d, bare seconds; SIZE a number with\n"
	      "K, M or G in either case (powers of 1024), bare bytes.\n"
	      "\n"
	      "Examples:\n"
	      "  tcc-trace --port=443\n"
	      "  tcc-trace --dst=10.0.0.0/8 --port='!22' --json | jq .snd_cwnd\n"
	      "  tcc-trace --dport=443 --duration=10m --log-file=trace.csv\n"
	      "  tcc-trace -6 --fields=+cpu,-mark --count=1000 --csv\n"
	      "  sudo tcc-trace --user=\"$USER\" curl -O https://www.example.org/\n"
	      "  tcc-trace --read=trace.csv --dst=10.0.0.0/8\n"
	      "\n"
	      "Exit status: 0 done; 1 failure; 2 wrong usage; 3 events were lost or missed,\n"
	      "with --strict. With a COMMAND its own; 125 failure, or lost with --strict;\n"
	      "126 it cannot be run; 127 it is not there.\n"
	      "\n"
	      "Report bugs as README.md says, with the output of 'tcc-trace --version'.\n", out);
}
