// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Parses each line of a file (or of stdin) with jansson and prints how many
 * there were; a line that is no object, names a member twice or has no LF
 * fails.
 *
 *	jsonl_check [FILE]
 */
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int check_line(const char *line, size_t length, unsigned long number)
{
	json_error_t error = { 0 };
	json_t *record;
	bool is_object;

	if (line[length - 1] != '\n') {
		fprintf(stderr, "line %lu: has no end\n", number);
		return -1;
	}
	record = json_loadb(line, length - 1, JSON_REJECT_DUPLICATES, &error);
	if (!record)
		fprintf(stderr, "line %lu: %s\n%s", number, error.text, line);
	is_object = json_is_object(record);
	json_decref(record);
	return is_object ? 0 : -1;
}

int main(int argc, char **argv)
{
	FILE *file = argc > 1 ? fopen(argv[1], "re") : stdin;
	char *line = NULL;
	size_t size = 0;
	ssize_t length;
	unsigned long n = 0;
	int err = 0;

	if (!file) {
		perror(argv[1]);
		return 1;
	}
	while (!err && (length = getline(&line, &size, file)) > 0)
		err = check_line(line, (size_t)length, ++n);
	free(line);
	if (file != stdin)
		fclose(file);
	if (err)
		return 1;
	printf("%lu\n", n);
	return 0;
}
