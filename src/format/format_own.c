// SPDX-License-Identifier: GPL-2.0-or-later
/* Whether bytes of a file may be ours; see format_own.h. */
#include "format/format_own.h"

#include <ctype.h>
#include <string.h>

/*
 * The bytes begin as `pattern` does, as far as they go: '9' is a digit, '#' some
 * digits, '@' an address with its port; all else is itself.
 */
static bool fits(const char *pattern, const char *bytes, size_t length)
{
	const char *end = bytes + length;

	for (; *pattern && bytes < end; pattern++) {
		const char *run = *pattern == '#' ? "0123456789" : "0123456789abcdef.:[]";

		if (*pattern == '#' || *pattern == '@') {
			if (!strchr(run, *bytes) || !*bytes)
				return false;
			while (bytes < end && *bytes && strchr(run, *bytes))
				bytes++;
		} else if (*pattern == '9' ? !isdigit((unsigned char)*bytes) : *bytes != *pattern) {
			return false;
		} else {
			bytes++;
		}
	}
	return true;
}

/* Whether a field begins so; where `is_whole`, is called so. */
static bool is_name(const char *text, size_t length, bool is_whole)
{
	static const char member[] = "ca.";

	if (memcmp(text, member, length < sizeof(member) - 1 ? length : sizeof(member) - 1) == 0 &&
	    (!is_whole || length > sizeof(member) - 1))
		return true;
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		const char *name = fields_table[i].name;

		if (strncmp(name, text, length) == 0 && (!is_whole || !name[length]))
			return true;
	}
	return false;
}

/* {"NAME":, or, where there was nothing to say, {}. */
static bool is_json(const char *bytes, size_t length)
{
	size_t n;

	if (length < 2 || bytes[1] == '}')
		return fits("{}", bytes, length);
	if (!fits("{\"", bytes, length))
		return false;
	bytes += 2;
	length -= 2;
	for (n = 0; n < length && bytes[n] != '"'; n++)
		;
	return is_name(bytes, n, n < length) && fits("\":", bytes + n, length - n);
}

/* Values, which have neither blanks nor quotes; the heading is such a line, too. */
static bool is_csv(const char *bytes, size_t length)
{
	for (size_t i = 0; i < length && bytes[i] != '\n'; i++) {
		if (!isalnum((unsigned char)bytes[i]) && !(bytes[i] && strchr(",.:_+-[]", bytes[i])))
			return false;
	}
	return true;
}

static bool is_text(const char *bytes, size_t length)
{
	return fits("k:# #.# ms | ", bytes, length) ||
	       fits("9999-99-99T99:99:99.#", bytes, length);
}

bool format_own_is_line(enum format_kind kind, const char *bytes, size_t length)
{
	switch (kind) {
	case FORMAT_JSON:
		return is_json(bytes, length);
	case FORMAT_CSV:
		return is_csv(bytes, length);
	case FORMAT_TEXT:
		return is_text(bytes, length);
	case FORMAT_TCPPROBE:
		return fits("#.# @ @ # ", bytes, length);
	case FORMAT_COUNT:
		break;
	}
	return false;
}

bool format_own_is_log(const void *context, const char *bytes, size_t length)
{
	(void)context;
	for (int kind = 0; kind < FORMAT_COUNT; kind++) {
		if (format_own_is_line((enum format_kind)kind, bytes, length))
			return true;
	}
	return false;
}
