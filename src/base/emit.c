// SPDX-License-Identifier: GPL-2.0-or-later
/* What emit.h needs out of line. */
#include "base/emit.h"

#define PAIR(tens, ones) tens, ones
#define ROW(t)                                                                              \
	PAIR(t, '0'), PAIR(t, '1'), PAIR(t, '2'), PAIR(t, '3'), PAIR(t, '4'), PAIR(t, '5'), \
	PAIR(t, '6'), PAIR(t, '7'), PAIR(t, '8'), PAIR(t, '9')

const char emit_digit_pairs[200] = {
	ROW('0'), ROW('1'), ROW('2'), ROW('3'), ROW('4'),
	ROW('5'), ROW('6'), ROW('7'), ROW('8'), ROW('9'),
};

void emit_second_set(struct emit_second *cache, int64_t second, int is_local)
{
	time_t seconds = (time_t)second;
	struct tm tm;

	cache->second = second;
	if (is_local) {
		localtime_r(&seconds, &tm);
		/* strftime() gives +0100. */
		strftime(cache->zone, sizeof(cache->zone), "%z", &tm);
		memmove(cache->zone + 4, cache->zone + 3, 2);
		cache->zone[3] = ':';
		cache->zone_length = 6;
	} else {
		gmtime_r(&seconds, &tm);
		cache->zone[0] = 'Z';
		cache->zone_length = 1;
	}
	cache->date_length = strftime(cache->date, sizeof(cache->date), "%Y-%m-%dT%H:%M:%S", &tm);
}
