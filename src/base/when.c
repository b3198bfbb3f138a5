// SPDX-License-Identifier: GPL-2.0-or-later
/* Moments as users name them; see when.h. */
#include "base/when.h"

#include <errno.h>
#include <time.h>

#include "base/parse.h"

#define NS_PER_S 1000000000LL

/* As many digits as the form has zeros, all else as it stands; returns what is behind, or NULL. */
static const char *match(const char *text, const char *form)
{
	for (; *form; form++, text++) {
		if (*form == '0' ? *text < '0' || *text > '9' : *text != *form)
			return NULL;
	}
	return text;
}

static int two(const char *at)
{
	return (at[0] - '0') * 10 + (at[1] - '0');
}

/* Of a second, behind a point if there is one; what is below a ns is cut off. */
static const char *take_fraction(const char *at, int64_t *ns)
{
	int64_t unit = NS_PER_S;

	if (*at != '.')
		return at;
	if (!match(++at, "0"))
		return NULL;
	for (; match(at, "0"); at++) {
		unit /= 10;
		*ns += (*at - '0') * unit;
	}
	return at;
}

/* HH:MM[:SS[.fraction]]; returns what is behind it, or NULL. */
static const char *take_clock(const char *at, int64_t *ns)
{
	const char *end = match(at, "00:00");

	if (!end || two(at) > 23 || two(at + 3) > 59)
		return NULL;
	*ns = (two(at) * 3600LL + two(at + 3) * 60LL) * NS_PER_S;
	if (*end != ':')
		return end;
	if (!match(end, ":00") || two(end + 1) > 59)
		return NULL;
	*ns += two(end + 1) * NS_PER_S;
	return take_fraction(end + 3, ns);
}

/* Z or +HH[:MM]: how much it is ahead of UTC. */
static bool take_zone(const char *at, int64_t *ahead_s)
{
	int sign = *at == '-' ? -1 : 1;
	const char *end;
	int minutes = 0;

	if (*at == 'Z') {
		*ahead_s = 0;
		return !at[1];
	}
	if ((*at != '+' && *at != '-') || !match(at + 1, "00"))
		return false;
	end = at + 3;
	if (*end) {
		end += *end == ':';
		if (!match(end, "00") || end[2])
			return false;
		minutes = two(end);
	}
	*ahead_s = sign * (two(at + 1) * 3600LL + minutes * 60LL);
	return two(at + 1) < 24 && minutes < 60;
}

/* Whether there is such a day: timegm() and mktime() make another of what is none. */
static bool is_day(const struct tm *tm)
{
	struct tm same = { .tm_year = tm->tm_year, .tm_mon = tm->tm_mon, .tm_mday = tm->tm_mday };

	/* What int64_t holds in ns ends in 2262. */
	return tm->tm_year >= 70 && tm->tm_year < 362 && timegm(&same) != -1 &&
	       same.tm_mon == tm->tm_mon && same.tm_mday == tm->tm_mday;
}

static int64_t local(struct tm tm, int64_t day_ns)
{
	int64_t s = day_ns / NS_PER_S;

	tm.tm_hour = (int)(s / 3600);
	tm.tm_min = (int)(s / 60 % 60);
	tm.tm_sec = (int)(s % 60);
	tm.tm_isdst = -1;
	return mktime(&tm) * NS_PER_S + day_ns % NS_PER_S;
}

static int parse_moment(const char *text, struct when *when)
{
	const char *at = match(text, "0000-00-00");
	struct tm tm;
	int64_t day_ns = 0, ahead_s;

	tm = (struct tm){ .tm_year = two(text) * 100 + two(text + 2) - 1900,
			  .tm_mon = two(text + 5) - 1, .tm_mday = two(text + 8) };
	if (!is_day(&tm))
		return -EINVAL;
	if (*at == 'T' || *at == ' ') {
		at = take_clock(at + 1, &day_ns);
		if (!at)
			return -EINVAL;
	} else if (*at) {
		return -EINVAL;
	}
	when->form = WHEN_MOMENT;
	if (!*at)
		when->ns = local(tm, day_ns);
	else if (take_zone(at, &ahead_s))
		when->ns = (timegm(&tm) - ahead_s) * NS_PER_S + day_ns;
	else
		return -EINVAL;
	return 0;
}

static int parse(const char *text, struct when *when)
{
	uint64_t span;

	if (match(text, "0000-00-00"))
		return parse_moment(text, when);
	if (*text == '-') {
		if (parse_time(text + 1, &span) || span > INT64_MAX / 2)
			return -EINVAL;
		when->form = WHEN_BEFORE;
		when->ns = (int64_t)span;
		return 0;
	}
	when->form = WHEN_OF_DAY;
	text = take_clock(text, &when->ns);
	return text && !*text ? 0 : -EINVAL;
}

int when_parse(const char *text, struct when *when)
{
	struct when parsed;
	int err = parse(text, &parsed);

	if (!err)
		*when = parsed;
	return err;
}

bool when_is_relative(const struct when *when)
{
	return when->form == WHEN_OF_DAY || when->form == WHEN_BEFORE;
}

int64_t when_resolve(const struct when *when, int64_t other_ns)
{
	time_t seconds = other_ns / NS_PER_S;
	struct tm tm;

	if (when->form == WHEN_BEFORE)
		return other_ns - when->ns;
	if (when->form != WHEN_OF_DAY)
		return when->ns;
	localtime_r(&seconds, &tm);
	return local(tm, when->ns);
}
