/* silences.c - see silences.h.
 *
 * Ten times the longest silence is a high limit, so that a quiet night causes no warning. With a
 * limit of five times the longest silence, faults of the simulated sites are reported in half the
 * time. But one in ten runs of a site with 20 requests per day then has a false warning in a month.
 * With a limit of three times the longest silence, each site that is shut at weekends has a false
 * warning. A silence over the limit cannot be ignored, because a site that is shut at weekends
 * would then be reported each weekend. Such a silence cannot be stored in full either, because
 * after a fault of 5 hours the next one would be reported after 50 hours.
 */
#include "core/measure/silences.h"

#define DAY_MS ((int64_t)86400000)

static int64_t day_of(struct instant wall)
{
	return wall.ms / DAY_MS;
}

/* False for a day in the future: the clock was set back after that day, or is not set yet
 * (1970). */
static bool is_recent(const struct silences_day *d, int64_t today)
{
	return d->all.ms > 0 && d->day <= today && today - d->day < SILENCES_DAYS;
}

/* True if `a` is replaced before `b`. A free entry is replaced first. Then follow the entries that
 * are too old or in the future, the earliest day first. */
static bool is_poorer(const struct silences_day *a, const struct silences_day *b, int64_t today)
{
	if (is_recent(a, today) || is_recent(b, today))
		return !is_recent(a, today);
	return b->all.ms > 0 && (a->all.ms == 0 || a->day < b->day);
}

/* Only eight days are recent, today included. So if today has no entry yet, one of the eight
 * entries is not recent. */
static struct silences_day *find_today(struct silences *s, int64_t today)
{
	struct silences_day *found = &s->days[0];

	for (int k = 0; k < SILENCES_DAYS; k++) {
		struct silences_day *d = &s->days[k];
		if (is_recent(d, today) && d->day == today)
			return d;
		if (is_poorer(d, found, today))
			found = d;
	}
	*found = (struct silences_day){.day = today};
	return found;
}

void silences_note(struct silences *s, struct instant wall)
{
	struct span silence = silences_now(s, wall);
	struct span limit, most;

	s->heard = true;
	s->last = wall;
	if (silence.ms <= 0)
		return;
	limit = silences_limit(s, wall);
	most.ms = limit.ms / SILENCES_TIMES * SILENCES_GROWTH;
	if (silence.ms >= limit.ms)
		silence = most;
	struct silences_day *d = find_today(s, day_of(wall));
	d->all.ms += silence.ms;
	if (d->all.ms > INSTANT_MAX.ms)
		d->all.ms = INSTANT_MAX.ms;
	if (d->longest.ms < silence.ms)
		d->longest = silence;
}

void silences_skip(struct silences *s, int64_t ms)
{
	s->last.ms += ms;
}

struct span silences_now(const struct silences *s, struct instant wall)
{
	int64_t ms = s->heard ? instant_since(wall, s->last).ms : 0;

	return (struct span){ms > 0 ? ms : 0};
}

/* The longest silence. *all: the sum of all known silences. */
static struct span find_longest(const struct silences *s, struct instant wall, struct span *all)
{
	int64_t today = day_of(wall);
	struct span longest = {0};

	all->ms = 0;
	for (int k = 0; k < SILENCES_DAYS; k++) {
		const struct silences_day *d = &s->days[k];
		if (!is_recent(d, today))
			continue;
		all->ms += d->all.ms;
		if (longest.ms < d->longest.ms)
			longest = d->longest;
	}
	return longest;
}

struct span silences_longest(const struct silences *s, struct instant wall)
{
	struct span all;

	return find_longest(s, wall, &all);
}

struct span silences_limit(const struct silences *s, struct instant wall)
{
	struct span all, limit, first;

	limit.ms = SILENCES_TIMES * find_longest(s, wall, &all).ms;
	first.ms = span_seconds(SILENCES_FIRST_S).ms - all.ms;
	if (limit.ms < first.ms)
		limit = first;
	if (limit.ms < span_seconds(SILENCES_LEAST_S).ms)
		limit = span_seconds(SILENCES_LEAST_S);
	return limit;
}
