// SPDX-License-Identifier: GPL-2.0-or-later
/* Text made fit to be shown; see escape.h. */
#include "base/escape.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* How long a character is that begins with this byte, 0: none does; its own bits. */
static size_t begin(unsigned char byte, uint32_t *point)
{
	if (byte < 0x80) {
		*point = byte;
		return 1;
	}
	if (byte >= 0xc2 && byte <= 0xdf) {
		*point = byte & 0x1f;
		return 2;
	}
	if ((byte & 0xf0) == 0xe0) {
		*point = byte & 0x0f;
		return 3;
	}
	if (byte >= 0xf0 && byte <= 0xf4) {
		*point = byte & 0x07;
		return 4;
	}
	return 0;
}

/* The character at the start of `text`: its length, or 0 where there is none. */
static size_t decode(const char *text, size_t length, uint32_t *point)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = begin((unsigned char)*text, point);

	if (n == 0 || n > length)
		return 0;
	for (size_t i = 1; i < n; i++) {
		unsigned char byte = (unsigned char)text[i];

		if ((byte & 0xc0) != 0x80)
			return 0;
		*point = *point << 6 | (byte & 0x3f);
	}
	if (*point < least[n] || *point > 0x10ffff || (*point >= 0xd800 && *point <= 0xdfff))
		return 0;
	return n;
}

static bool is_plain(uint32_t point)
{
	static const struct {
		uint32_t first, last;
	} unfit[] = {
		{ 0x00, 0x1f }, { 0x7f, 0x9f },		/* controls */
		{ 0x61c, 0x61c }, { 0x200b, 0x200f },	/* no width; direction */
		{ 0x2028, 0x202e }, { 0x2060, 0x206f },	/* line ends; direction */
		{ 0xfeff, 0xfeff }, { 0xfff9, 0xfffb },	/* no width; annotation */
		{ 0xe0000, 0xe007f },			/* tags, which do not show */
	};

	for (size_t i = 0; i < ARRAY_SIZE(unfit); i++) {
		if (point >= unfit[i].first && point <= unfit[i].last)
			return false;
	}
	return true;
}

static char *put_hex(char *out, unsigned char byte)
{
	static const char digits[] = "0123456789abcdef";

	*out++ = '\\';
	*out++ = 'x';
	*out++ = digits[byte >> 4];
	*out++ = digits[byte & 15];
	return out;
}

size_t escape_text(char *out, const char *text, size_t length, const char *kept)
{
	char *start = out;

	while (length) {
		uint32_t point;
		size_t n = decode(text, length, &point);
		bool is_shown = n && (is_plain(point) || (point && strchr(kept, *text)));

		/* Of what is no character, the first byte: a good one may come next. */
		n = n ? n : 1;
		for (size_t i = 0; i < n; i++) {
			if (is_shown)
				*out++ = text[i];
			else
				out = put_hex(out, (unsigned char)text[i]);
		}
		text += n;
		length -= n;
	}
	return (size_t)(out - start);
}
