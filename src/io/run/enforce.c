/* enforce.c - see enforce.h. A query of one entry takes about 4 microseconds, so the ENFORCE_CHECKS
 * queries per second take one millisecond. Reading a whole set takes about a millisecond per
 * thousand entries. So during a run a large set is read only after somebody has changed it on
 * purpose. */
#include "io/run/enforce.h"

#include <stdio.h>

#include "core/judge/ban_drift.h"

/* list_every: interval at which small sets are read. The sets are small if they have at most
 * LIST_MAX entries. */
static const struct span list_every = {60 * 1000};
#define LIST_MAX 5000
/* ends_every: minimum time between two readings of the sets before bans end. ahead_max: how far a
 * line's time may be ahead of the clock without being corrected (core/measure/logclock). */
static const struct span ends_every = {1000};
static const struct span ahead_max = {2000};
/* Pause after a ban that the firewall refused. Its client is flooding, so the retries go on until
 * the firewall accepts the ban. Without the pause, the retries would use a whole core. */
static const struct span refused_pause = {100};

/* True if the sets contain the marker. False also if the query to the kernel fails. */
static bool is_marked(struct enforce *f, enum firewall_marker marker)
{
	bool is_set = false;

	return firewall_has_marker(f->firewall, marker, &is_set) && is_set;
}

/* True if somebody is changing entries on purpose, by hand or by an order. If both markers exist,
 * the change counts as a change by hand. */
static bool is_changed(struct enforce *f)
{
	bool manual = is_marked(f, FIREWALL_MARKER_MANUAL);
	bool ordered = is_marked(f, FIREWALL_MARKER_ORDERED);

	if (manual || ordered)
		f->ordered = !manual;
	return manual || ordered;
}

static enum ban_outcome removal_of(const struct enforce *f)
{
	return f->ordered ? BAN_ORDERED : BAN_REMOVED;
}

void enforce_init(struct enforce *f, struct firewall *firewall, struct rule_keeper *keeper,
	struct engine *engine)
{
	*f = (struct enforce){.firewall = firewall, .engine = engine, .rules = {.keeper = keeper}};
	f->new_sets = firewall_made_sets(firewall) > 0 || is_marked(f, FIREWALL_MARKER_NEW);
}

static bool is_enforcing(const struct enforce *f)
{
	return firewall_enforces(f->firewall) && !f->torn_down;
}

/* ---- start ---- */

struct adopting {
	struct enforce *enforce;
	struct instant now;
	size_t n;
};

static void adopt_one(void *ctx, const struct address *client, struct span left)
{
	struct adopting *a = ctx;
	struct instant until = left.ms >= SPAN_MAX.ms ? INSTANT_MAX : instant_add(a->now, left);

	a->n++;
	engine_report_outcome(a->enforce->engine, client, BAN_ADOPTED, a->now, until);
}

bool enforce_adopt(struct enforce *f, struct instant now)
{
	struct adopting a = {f, now, 0};

	if (!is_enforcing(f))
		return true;
	if (!firewall_list(f->firewall, adopt_one, &a))
		return false;
	f->listed = now;
	f->listed_n = a.n;
	return true;
}

/* Reports an outcome for which the engine needs neither the present time nor an end of the ban. */
static void report_outcome(
	struct enforce *f, const struct address *client, enum ban_outcome outcome)
{
	engine_report_outcome(f->engine, client, outcome, (struct instant){0}, (struct instant){0});
}

size_t enforce_in_force(const struct enforce *f)
{
	uint32_t cursor = 0;
	struct ban ban;
	size_t n = 0;

	if (!is_enforcing(f))
		return bans_active(engine_bans(f->engine));
	if (!f->new_sets)
		return f->listed_n;
	while (bans_walk(engine_bans(f->engine), &cursor, &ban))
		n += ban.form == BAN_ACTIVE &&
		     ban_drift_at_start(&ban, true) != BAN_DRIFT_PRINTED_ONLY;
	return n;
}

void enforce_settle(struct enforce *f)
{
	const struct bans *bans = engine_bans(f->engine);
	uint32_t cursor = 0;
	struct ban ban;

	if (!is_enforcing(f))
		return;
	f->behind = true;
	f->made = firewall_made_sets(f->firewall);
	while (bans_walk(bans, &cursor, &ban)) {
		if (ban.form != BAN_ACTIVE)
			continue;
		switch (ban_drift_at_start(&ban, f->new_sets)) {
		case BAN_DRIFT_PRINTED_ONLY:
			report_outcome(f, &ban.client, BAN_DISOWNED);
			break;
		case BAN_DRIFT_REMOVED:
			report_outcome(f, &ban.client, BAN_REMOVED);
			break;
		case BAN_DRIFT_PUT_BACK: /* enforce_catch_up puts the ban back */
		case BAN_DRIFT_IN_FORCE:
			break;
		}
	}
	(void)firewall_remove_marker(f->firewall, FIREWALL_MARKER_NEW);
}

/* ---- bans and unbans ---- */

/* Stores the firewall's reason until enforce_catch_up finds all bans in force. firewall_why would
 * return another text after the next call to the firewall. */
static void note_refusal(struct enforce *f)
{
	snprintf(f->refused, sizeof f->refused, "%s", firewall_why(f->firewall));
}

enum ban_outcome enforce_ban(struct enforce *f, const struct address *client, struct span left)
{
	if (!is_enforcing(f))
		return BAN_NOT_ASKED;
	bool reaches = firewall_reaches(f->firewall, client);
	if (reaches && firewall_ban(f->firewall, client, left))
		return BAN_ENFORCED;
	if (reaches)
		note_refusal(f);
	/* the current round of enforce_catch_up may already have passed this ban in the table */
	f->behind = f->again = true;
	return BAN_REFUSED;
}

bool enforce_unban(struct enforce *f, const struct address *client)
{
	return !is_enforcing(f) || firewall_unban(f->firewall, client);
}

/* Ends a round of enforce_catch_up: one walk through the whole table of bans. */
static void end_round(struct enforce *f)
{
	f->behind = f->again;
	if (!f->again)
		f->refused[0] = '\0';
	f->again = f->refill = false;
	f->catch_cursor = 0;
}

/* True during the refused_pause after a refused ban. False if the time of the retry is further
 * ahead than refused_pause, because the clock was set back. */
static bool is_pausing(const struct enforce *f, struct instant now)
{
	int64_t ms = instant_since(f->retry, now).ms;

	return ms > 0 && ms <= refused_pause.ms;
}

/* True if the kernel lacks a ban that should be in force. If the query to the kernel fails, the ban
 * counts as in force. */
static bool is_missing(struct enforce *f, const struct ban *ban, struct instant now)
{
	bool in = true;

	return ban_drift_must_be_there(ban, now) && firewall_has(f->firewall, &ban->client, &in) &&
	       !in;
}

/* Checks a part of the table of bans after entries were changed on purpose. Each ban that is
 * missing in the kernel becomes an unban. */
static void check_some(struct enforce *f, struct instant now)
{
	const struct bans *bans = engine_bans(f->engine);
	struct ban ban;

	for (int n = 0, step = 0; n < ENFORCE_BATCH && step < 16 * ENFORCE_BATCH; step++) {
		if (!bans_walk(bans, &f->check_cursor, &ban)) {
			f->checking = f->check_again;
			f->check_again = false;
			f->check_cursor = 0;
			return;
		}
		if (ban.form != BAN_ACTIVE)
			continue;
		n++;
		if (f->torn_down ? ban.tried : is_missing(f, &ban, now))
			report_outcome(f, &ban.client, removal_of(f));
	}
}

static void check_all(struct enforce *f)
{
	f->check_again = f->checking;
	f->checking = true;
}

bool enforce_catch_up(struct enforce *f, struct instant now)
{
	const struct bans *bans = engine_bans(f->engine);
	struct ban ban;

	if (f->checking) {
		check_some(f, now);
		return true;
	}
	if (!enforce_is_busy(f, now))
		return true;
	/* the table may contain many clients whose bans have ended: then a round takes several
	 * calls */
	for (int n = 0, step = 0; n < ENFORCE_BATCH && step < 16 * ENFORCE_BATCH; step++) {
		if (!bans_walk(bans, &f->catch_cursor, &ban)) {
			end_round(f);
			return true;
		}
		if (ban.form != BAN_ACTIVE || (ban.enforced && !f->refill))
			continue;
		if (!firewall_reaches(f->firewall, &ban.client))
			continue; /* never enforced in this run */
		bool permanent = ban.until.ms >= INSTANT_MAX.ms;
		struct span left = permanent ? SPAN_MAX : instant_since(ban.until, now);
		if (left.ms <= 0)
			continue; /* its unban is due */
		n++;
		bool enforced = firewall_ban(f->firewall, &ban.client, left);
		report_outcome(f, &ban.client, enforced ? BAN_ENFORCED : BAN_REFUSED);
		if (!enforced) { /* the next ban would most likely be refused, too */
			note_refusal(f);
			f->again = true;
			f->retry = instant_add(now, refused_pause);
			return false;
		}
	}
	return true;
}

bool enforce_is_busy(const struct enforce *f, struct instant now)
{
	return f->checking || (is_enforcing(f) && f->behind && !is_pausing(f, now));
}

/* ---- checks of the kernel's entries ---- */

/* A sample of the bans, and the bans in it that are missing in the kernel. */
struct round {
	struct ban_drift_sample sample;
	struct address missing[ENFORCE_CHECKS];
};

static void check_round(
	struct enforce *f, uint32_t *cursor, size_t most, struct instant now, struct round *r)
{
	const struct bans *bans = engine_bans(f->engine);
	struct ban_drift_sample *s = &r->sample;
	size_t active = bans_active(bans);
	struct ban ban;

	*s = (struct ban_drift_sample){0};
	if (most > active)
		most = active;
	/* the table may contain many clients whose bans have ended: then a walk through it takes
	 * several seconds */
	for (size_t step = 0; s->checked < most && step < 16 * ENFORCE_CHECKS; step++) {
		if (!bans_walk(bans, cursor, &ban)) {
			*cursor = 0;
			break;
		}
		if (ban.form != BAN_ACTIVE || !ban.enforced)
			continue;
		s->checked++;
		if (is_missing(f, &ban, now))
			r->missing[s->missing++] = ban.client;
	}
	unsigned before = f->made;
	f->made = firewall_made_sets(f->firewall);
	s->set_vanished = f->made > before;
}

enum ban_outcome enforce_find_ban(struct enforce *f, const struct address *client)
{
	struct instant now;
	struct round r;
	uint32_t cursor = 0;
	bool in = true;

	if (f->refill || !is_enforcing(f) || !engine_now(f->engine, &now))
		return BAN_ENFORCED;
	if (!firewall_has(f->firewall, client, &in) || in)
		return BAN_ENFORCED;
	if (is_changed(f) || f->checking)
		return removal_of(f);
	check_round(f, &cursor, BAN_DRIFT_SAMPLE, now, &r);
	if (ban_drift_judge(&r.sample) != BAN_DRIFT_FLUSHED)
		return BAN_REMOVED;
	f->flush_seen = f->refill = f->behind = true;
	f->catch_cursor = 0;
	return BAN_ENFORCED;
}

/* True if the sets can be read within a few milliseconds. */
static bool are_small(const struct enforce *f)
{
	return f->listed_n <= LIST_MAX && bans_active(engine_bans(f->engine)) <= LIST_MAX;
}

/* Adopts bans that were added by hand. If the entry of a known ban ends later than the ban, adopts
 * this end, too. */
static void read_sets(struct enforce *f, struct instant now)
{
	if (!enforce_adopt(f, now))
		f->listed = now; /* no retry before the next interval */
}

/* Checks all bans while there is a marker, and again when the marker has expired. By then, all
 * changes that the marker announced are complete. Then even large sets are read. */
static void check_changes(struct enforce *f, struct instant now)
{
	bool before = f->changed;

	f->changed = is_changed(f);
	if (!f->changed && !before)
		return;
	if (!f->changed || are_small(f))
		read_sets(f, now);
	check_all(f);
}

void enforce_check_ends(struct enforce *f, struct instant wall)
{
	struct instant end;

	/* a line's time may be ahead of the clock by ahead_max */
	if (!is_enforcing(f) || !bans_next_end(engine_bans(f->engine), &end) ||
		instant_before(instant_add(wall, ahead_max), end))
		return;
	bool due = span_is_over(f->listed, wall, ends_every), small = are_small(f);
	if ((small && due) || ((small || due) && is_changed(f)))
		read_sets(f, wall);
}

static unsigned check_sets(struct enforce *f, struct instant now)
{
	struct round r;

	if (is_marked(f, FIREWALL_MARKER_TEARDOWN)) {
		firewall_remove_marker(f->firewall, FIREWALL_MARKER_TEARDOWN);
		f->torn_down = true;
		f->rules.keeper = NULL; /* the caller owns the keeper; it gets no more queries */
		f->ordered = false;
		check_all(f);
		return ENFORCE_TORN_DOWN;
	}
	check_changes(f, now);
	if (span_is_over(f->listed, now, list_every) && are_small(f))
		read_sets(f, now);
	if (f->checking || f->refill || enforce_is_busy(f, now))
		return 0;
	check_round(f, &f->walk_cursor, ENFORCE_CHECKS, now, &r);
	if (ban_drift_judge(&r.sample) == BAN_DRIFT_FLUSHED) {
		if (is_changed(f)) /* the marker was added just now */
			return 0;
		f->behind = f->refill = true;
		f->catch_cursor = 0;
		return ENFORCE_FLUSHED;
	}
	/* the marker was added just now: the next check decides whether the change was made by
	 * hand */
	if (r.sample.missing && is_changed(f))
		return 0;
	for (size_t i = 0; i < r.sample.missing; i++)
		report_outcome(f, &r.missing[i], BAN_REMOVED);
	return 0;
}

unsigned enforce_check(struct enforce *f, struct instant now)
{
	unsigned found = f->flush_seen ? ENFORCE_FLUSHED : 0;

	f->flush_seen = false;
	if (!is_enforcing(f))
		return 0;
	found |= check_sets(f, now);
	if (found & ENFORCE_FLUSHED)
		rule_watch_hurry(&f->rules);
	return found | rule_watch_step(&f->rules, now);
}

const char *enforce_trouble(const struct enforce *f)
{
	return f->rules.bad ? f->rules.answer.why : f->refused;
}

const char *enforce_rule_why(const struct enforce *f)
{
	return f->rules.answer.why;
}
