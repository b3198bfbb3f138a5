// SPDX-License-Identifier: GPL-2.0-or-later
/* Which parts of a file have the times that are asked for; see read_span.h. */
#include "read/read_span.h"

#include "read/read_probe.h"
#include "read/read_stream.h"

/* How far looks are apart, and how many there are at most. */
#define STEP_BYTES ((uint64_t)4 << 20)
#define STEPS_MAX 256

/*
 * What is found between two looks: no closer than this, and by so much earlier and later.
 * A clock that is set by less goes back unseen, and what it does is among these.
 */
#define CLOSE_BYTES ((uint64_t)256 << 10)
#define MARGIN_NS 100000000LL
/* By so much what is said of a whole file may be beside its records. */
#define SLACK_NS (60 * 1000000000LL)

struct look {
	struct read_place place;
	bool is_known;
};

static bool is_before(const struct read_range *range, int64_t ns, int64_t margin_ns)
{
	return range->has_since && ns < range->since_ns - margin_ns;
}

static bool is_behind(const struct read_range *range, int64_t ns, int64_t margin_ns)
{
	return range->has_until && ns > range->until_ns + margin_ns;
}

/* Whether what is asked for may be between two looks; where times go back it may be anything. */
static bool may_be_between(const struct read_range *range, const struct look *a,
			   const struct look *b)
{
	if (!a->is_known || !b->is_known || b->place.ns < a->place.ns)
		return true;
	return !is_before(range, b->place.ns, MARGIN_NS) && !is_behind(range, a->place.ns, MARGIN_NS);
}

/*
 * Bring two looks together, between which the first time of `ns` or later is. Afterwards it
 * still is.
 */
static void narrow(struct read_probe *probe, struct look *a, struct look *b, int64_t ns)
{
	struct read_place found;

	if (!a->is_known || !b->is_known || a->place.ns >= ns || b->place.ns < ns)
		return;
	while (b->place.at - a->place.at > CLOSE_BYTES) {
		uint64_t middle = a->place.at + (b->place.at - a->place.at) / 2;

		if (!read_probe_at(probe, middle, &found) || found.at >= b->place.at)
			return;
		if (found.ns < ns)
			a->place = found;
		else
			b->place = found;
	}
}

/* Looks all over the file; returns how many steps are between them, or 0. */
static size_t look(struct read_probe *probe, struct look looks[STEPS_MAX + 1], uint64_t *tail)
{
	size_t n = probe->size / STEP_BYTES;

	n = n < 1 ? 1 : n > STEPS_MAX ? STEPS_MAX : n;
	for (size_t i = 0; i < n; i++) {
		uint64_t at = probe->start + probe->size / n * i;

		looks[i] = (struct look){ .place.at = at };
		looks[i].is_known = read_probe_at(probe, at, &looks[i].place);
	}
	looks[n] = (struct look){ .place.at = *tail };
	looks[n].is_known = read_probe_last(probe, &looks[n].place, tail);
	return n;
}

static struct read_span find(struct read_probe *probe, const struct read_range *range)
{
	struct read_span span = { .to = UINT64_MAX };
	struct look looks[STEPS_MAX + 1], a, b;
	size_t n = look(probe, looks, &span.tail), first = 0, last = n;

	while (first < n && !may_be_between(range, &looks[first], &looks[first + 1]))
		first++;
	while (last > first && !may_be_between(range, &looks[last - 1], &looks[last]))
		last--;
	if (first == n) {
		span.from = span.to = span.tail;
		return span;
	}
	a = looks[first];
	b = looks[first + 1];
	if (range->has_since)
		narrow(probe, &a, &b, range->since_ns - MARGIN_NS);
	/* Before the first look there is only what the file begins with. */
	span.from = a.is_known && a.place.at > looks[0].place.at ? a.place.at : 0;
	a = looks[last - 1];
	b = looks[last];
	if (range->has_until)
		narrow(probe, &a, &b, range->until_ns + MARGIN_NS + 1);
	if (range->has_until && b.is_known && b.place.ns > range->until_ns + MARGIN_NS)
		span.to = b.place.at;
	else if (last < n)
		span.to = looks[last].place.at;
	return span;
}

struct read_span read_span_find(const struct read_common *common, const struct read_file *file)
{
	struct read_span all = { .to = UINT64_MAX };
	struct read_probe probe;

	if (read_probe_open(&probe, common, file) == 0 && probe.size)
		all = find(&probe, &common->range);
	read_probe_close(&probe);
	return all;
}

bool read_span_is_outside(const struct read_range *range, const struct read_file *file,
			  const struct read_file *older)
{
	if (!file->is_regular || !read_range_is_any(range) || !read_stream_is_packed(file))
		return false;
	if (file->mtime_ns && is_before(range, file->mtime_ns, SLACK_NS))
		return true;
	if (file->stamp_ns && is_before(range, file->stamp_ns, SLACK_NS))
		return true;
	return older && older->stamp_ns && is_behind(range, older->stamp_ns, SLACK_NS);
}

bool read_span_is_over(const struct read_range *range, const struct read_file *file,
		       int64_t first_ns)
{
	/* A file that was written last before it began was so by a clock that was set back. */
	return first_ns && file->mtime_ns >= first_ns && is_behind(range, first_ns, SLACK_NS);
}
