// SPDX-License-Identifier: GPL-2.0-or-later
/* Ports by the names of their services; see services.h. */
#include "options/services.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/parse.h"

#define BLANKS " \t\r\n"

/* "80/tcp": its port; 0 for what is none, or of another protocol. */
static uint16_t tcp_port(char *word)
{
	char *slash = word ? strchr(word, '/') : NULL;
	uint64_t port;

	if (!slash || strcmp(slash + 1, "tcp") != 0)
		return 0;
	*slash = '\0';
	return parse_uint(word, PARSE_DECIMAL, 1, UINT16_MAX, &port) ? 0 : (uint16_t)port;
}

/* A line is "NAME PORT/PROTOCOL [ALIAS]... [# comment]". 0: it is not about this name. */
static uint16_t port_of_line(char *line, const char *name)
{
	char *state, *word;
	uint16_t port;
	bool is_it;

	line[strcspn(line, "#")] = '\0';
	word = strtok_r(line, BLANKS, &state);
	is_it = word && strcmp(word, name) == 0;
	port = tcp_port(word ? strtok_r(NULL, BLANKS, &state) : NULL);
	while (port && !is_it && (word = strtok_r(NULL, BLANKS, &state)))
		is_it = strcmp(word, name) == 0;
	return is_it ? port : 0;
}

/* Whatever a service can be called, and no number: of all else the file need not be read. */
static bool is_name(const char *text)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	static const char others[] = "0123456789-_.+";
	size_t length = strcspn(text, letters);

	if (!text[length] || strlen(text) > 63)
		return false;
	for (; *text; text++) {
		if (!strchr(letters, *text) && !strchr(others, *text))
			return false;
	}
	return true;
}

int services_port(const char *path, const char *name, uint16_t *port)
{
	char *line = NULL;
	size_t size = 0;
	uint16_t found = 0;
	FILE *file;

	if (!is_name(name))
		return -ENOENT;
	file = fopen(path, "re");
	if (!file)
		return -errno;
	while (!found && getline(&line, &size, file) >= 0)
		found = port_of_line(line, name);
	free(line);
	fclose(file);
	if (!found)
		return -ENOENT;
	*port = found;
	return 0;
}
