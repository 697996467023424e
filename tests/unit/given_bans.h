/* given_bans.h - a table of bans, and strikes in it. Include it after cmocka.h. */
#ifndef UNIT_GIVEN_BANS_H
#define UNIT_GIVEN_BANS_H

#include "core/judge/bans.h"

#include "unit/given.h"

static const struct instant start = {1700000000123};
static const char *const families[] = {"198.51.100.7", "2001:db8:1:2::/64"};

static inline struct bans *table(uint32_t max)
{
	struct bans_config config = given_bans_config(max);
	struct bans *b = bans_new(&config);

	assert_non_null(b);
	return b;
}

static inline struct instant later(struct instant t, int64_t seconds)
{
	return instant_add(t, span_seconds(seconds));
}

/* Ends all bans that end at t or earlier. Returns their number. */
static inline int end_all(struct bans *b, struct instant t)
{
	struct ban ban;
	int n = 0;

	while (bans_end_one(b, t, &ban))
		n++;
	return n;
}

static inline struct ban strike(struct bans *b, const struct address *a, struct instant now)
{
	struct ban ban;

	assert_true(bans_strike(b, a, now, 1, TERM_SCHEDULE, &ban));
	return ban;
}

#endif
