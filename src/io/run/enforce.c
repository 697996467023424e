/* enforce.c - see enforce.h. A question about one entry is one round trip of some 4 microseconds: a
 * second's looks take one millisecond. Reading a whole set takes about that for a thousand entries,
 * so it is left out for large ones, but when somebody has changed them by hand. */
#include "io/run/enforce.h"

#include <stdio.h>

/* How often the sets are read, and up to which size. */
static const struct span rules_every = {60 * 1000};
static const struct span list_every = {60 * 1000};
#define LIST_MAX 5000
/* The same before bans end, and how far ahead of the clock a line is taken as it is
 * (core/measure/logclock). */
static const struct span ends_every = {1000};
static const struct span ahead_max = {2000};
/* A ban that is so young may be on its way, one that is so near its end may be over in the kernel.
 */
static const struct span settled = {2000};
/* Until a ban is tried again that the firewall refused. */
static const struct span retry_after = {100};
/* Others that are asked about when one is missing: enough to see a tenth. */
#define SAMPLE 50
/* One gone is a manual unban, whatever share it is. */
#define FLUSH_MIN   2
#define FLUSH_SMALL 20
#define FLUSH_SHARE 10 /* one in so many */

void enforce_init(struct enforce *f, struct firewall *firewall, struct rule_keeper *keeper,
	struct engine *engine)
{
	*f = (struct enforce){.firewall = firewall, .keeper = keeper, .engine = engine};
}

/* Also when the clock was set back since. */
static bool is_due(struct instant last, struct instant now, struct span every)
{
	int64_t since = instant_since(now, last).ms;

	return since >= every.ms || since < 0;
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
	engine_adopt(a->enforce->engine, client, a->now, until);
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

/* Only: by a run that enforces nothing. */
static bool was_printed(const struct ban *ban)
{
	return !ban->enforced && !ban->was_enforced && !ban->tried;
}

size_t enforce_in_force(const struct enforce *f)
{
	uint32_t cursor = 0;
	struct ban ban;
	size_t n = 0;

	if (!is_enforcing(f))
		return bans_active(engine_bans(f->engine));
	if (!firewall_made_sets(f->firewall))
		return f->listed_n;
	while (bans_walk(engine_bans(f->engine), &cursor, &ban))
		n += ban.form == BAN_ACTIVE && !was_printed(&ban);
	return n;
}

void enforce_settle(struct enforce *f)
{
	struct bans *bans = engine_bans(f->engine);
	uint32_t cursor = 0;
	struct ban ban;

	if (!is_enforcing(f))
		return;
	f->behind = true;
	f->made = firewall_made_sets(f->firewall);
	while (bans_walk(bans, &cursor, &ban)) {
		if (ban.form != BAN_ACTIVE || ban.enforced)
			continue;
		/* nobody has been told that it would be in force */
		if (was_printed(&ban))
			engine_end_printed(f->engine, &ban.client);
		/* sets that were made are filled by enforce_catch_up; what was refused is tried
		 * again */
		else if (ban.was_enforced && !f->made)
			engine_unban(f->engine, &ban.client);
	}
}

/* ---- bans and unbans ---- */

/* Until a round finds all bans in force. The firewall's own text is gone with its next call. */
static void note_refusal(struct enforce *f)
{
	snprintf(f->refused, sizeof f->refused, "%s", firewall_why(f->firewall));
}

bool enforce_ban(struct enforce *f, struct event *e)
{
	if (!is_enforcing(f))
		return true;
	bool reaches = firewall_reaches(f->firewall, &e->client);
	e->enforced = reaches &&
		      firewall_ban(f->firewall, &e->client, e->permanent ? SPAN_MAX : e->seconds);
	if (reaches && !e->enforced)
		note_refusal(f);
	engine_enforced(f->engine, &e->client, e->enforced);
	f->behind |= !e->enforced;
	f->again |= !e->enforced; /* its place may be one that a round under way has passed */
	return e->enforced;
}

bool enforce_unban(struct enforce *f, const struct event *e)
{
	return !is_enforcing(f) || firewall_unban(f->firewall, &e->client);
}

/* A round through the table is over. */
static void end_round(struct enforce *f)
{
	f->behind = f->again;
	if (!f->again)
		f->refused[0] = '\0';
	f->again = f->refill = false;
	f->catch_cursor = 0;
}

/* A pause after a ban that was refused. Longer than that it may be ahead when the clock was set
 * back. */
static bool is_pausing(const struct enforce *f, struct instant now)
{
	int64_t ms = instant_since(f->retry, now).ms;

	return ms > 0 && ms <= retry_after.ms;
}

/* Whether the kernel lacks a ban that it should hold. When it cannot be asked, it is taken to hold
 * it. */
static bool is_missing(struct enforce *f, const struct ban *ban, struct instant now)
{
	bool in = true;

	if (ban->form != BAN_ACTIVE || !ban->enforced)
		return false;
	if (instant_since(now, ban->since).ms < settled.ms ||
		instant_since(ban->until, now).ms < settled.ms)
		return false;
	return firewall_has(f->firewall, &ban->client, &in) && !in;
}

/* A part of a round through the table after a change by hand; each that is gone is an unban. */
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
			engine_unban(f->engine, &ban.client);
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
	/* a table of many clients that are no longer banned takes several calls to walk */
	for (int n = 0, step = 0; n < ENFORCE_BATCH && step < 16 * ENFORCE_BATCH; step++) {
		if (!bans_walk(bans, &f->catch_cursor, &ban)) {
			end_round(f);
			return true;
		}
		if (ban.form != BAN_ACTIVE || (ban.enforced && !f->refill))
			continue;
		if (!firewall_reaches(f->firewall, &ban.client))
			continue; /* never, in this run */
		bool permanent = ban.until.ms >= INSTANT_MAX.ms;
		struct span left = permanent ? SPAN_MAX : instant_since(ban.until, now);
		if (left.ms <= 0)
			continue; /* its unban is due */
		n++;
		bool enforced = firewall_ban(f->firewall, &ban.client, left);
		engine_enforced(f->engine, &ban.client, enforced);
		if (!enforced) { /* the next would most likely be refused too */
			note_refusal(f);
			f->again = true;
			f->retry = instant_add(now, retry_after);
			return false;
		}
	}
	return true;
}

bool enforce_is_busy(const struct enforce *f, struct instant now)
{
	return f->checking || (is_enforcing(f) && f->behind && !is_pausing(f, now));
}

/* ---- what the kernel really holds ---- */

/* What a round of looks found. */
struct round {
	size_t looked;
	size_t missing_n;
	struct address missing[ENFORCE_CHECKS];
};

static void look_round(
	struct enforce *f, uint32_t *cursor, size_t most, struct instant now, struct round *r)
{
	const struct bans *bans = engine_bans(f->engine);
	size_t active = bans_active(bans);
	struct ban ban;

	*r = (struct round){0};
	if (most > active)
		most = active;
	/* a table of many clients that are no longer banned takes several seconds to walk */
	for (size_t step = 0; r->looked < most && step < 16 * ENFORCE_CHECKS; step++) {
		if (!bans_walk(bans, cursor, &ban)) {
			*cursor = 0;
			return;
		}
		if (ban.form != BAN_ACTIVE || !ban.enforced)
			continue;
		r->looked++;
		if (is_missing(f, &ban, now))
			r->missing[r->missing_n++] = ban.client;
	}
}

/* A set that vanished was made anew by the call that missed it. */
static bool has_set_vanished(struct enforce *f)
{
	unsigned before = f->made;

	f->made = firewall_made_sets(f->firewall);
	return f->made > before;
}

/* In a small set only all of it: two entries may well be taken back together. */
static bool is_flush(struct enforce *f, const struct round *r)
{
	if (has_set_vanished(f))
		return true;
	if (r->looked < FLUSH_SMALL && r->missing_n < r->looked)
		return false;
	return r->missing_n >= FLUSH_MIN && r->missing_n * FLUSH_SHARE > r->looked;
}

/* When the kernel cannot be asked, it is taken as not said. */
static bool is_marked(struct enforce *f, enum firewall_marker word)
{
	bool said = false;

	return firewall_has_marker(f->firewall, word, &said) && said;
}

bool enforce_has_ban(struct enforce *f, const struct address *client)
{
	struct instant now;
	struct round r;
	uint32_t cursor = 0;
	bool in = true;

	if (f->refill || !is_enforcing(f) || !engine_now(f->engine, &now))
		return true;
	if (!firewall_has(f->firewall, client, &in) || in)
		return true;
	if (f->checking || is_marked(f, FIREWALL_MARKER_MANUAL))
		return false;
	look_round(f, &cursor, SAMPLE, now, &r);
	if (!is_flush(f, &r))
		return false;
	f->flush_seen = f->refill = f->behind = true;
	f->catch_cursor = 0;
	return true;
}

/* Looks, one a second, until a keeper is called silent, and again after as many. Its calls end
 * within CHILD_MS each: 12 at most, when rules are for ports, which is 120 s. */
#define SILENT_MAX 180

/* It is not killed: what holds it up may end, and with --user there would be none any more. */
static unsigned note_silence(struct enforce *f)
{
	if (f->silent == 0 || f->silent++ % SILENT_MAX)
		return 0;
	f->rule_bad = true;
	snprintf(f->answer.why, sizeof f->answer.why,
		"the process that looks after the firewall rules does not answer; restart anomdetect");
	return ENFORCE_RULE_FAILED;
}

/* At most once a minute, however often it ends. */
static unsigned revive_keeper(struct enforce *f, struct instant now)
{
	char why[128];

	if (!is_due(f->revived, now, rules_every))
		return 0;
	f->revived = now;
	if (rule_keeper_revive(f->keeper, why, sizeof why)) {
		f->rules_asked = (struct instant){0}; /* what was flushed since is put back now */
		snprintf(f->answer.why, sizeof f->answer.why,
			"the process that looks after the firewall rules had gone; there is a new one");
	} else {
		f->rule_bad = true;
		snprintf(f->answer.why, sizeof f->answer.why,
			"the process that looks after the firewall rules has gone: %s; restart anomdetect",
			why);
	}
	return ENFORCE_KEEPER_GONE;
}

/* Has the rules looked after, and tells what was found the last time. */
static unsigned look_at_rules(struct enforce *f, struct instant now)
{
	unsigned found = 0;

	if (!f->keeper)
		return 0;
	enum rule_keeper_result result = rule_keeper_answer(f->keeper, &f->answer);
	if (result == RULE_KEEPER_WAITING)
		found |= note_silence(f);
	else
		f->silent = 0;
	if (result == RULE_KEEPER_GONE)
		return revive_keeper(f, now);
	if (result == RULE_KEEPER_OK) {
		f->rule_bad = !f->answer.ok || f->answer.behind;
		found |= f->answer.put_back ? ENFORCE_RULE_MISSING : 0;
		found |= f->answer.ok ? 0 : ENFORCE_RULE_FAILED;
		found |= f->answer.ok && f->answer.behind ? ENFORCE_RULE_BEHIND : 0;
	}
	if (is_due(f->rules_asked, now, rules_every) && rule_keeper_ask(f->keeper)) {
		f->rules_asked = now;
		f->silent = 1;
	}
	return found;
}

/* Reading them takes no longer than a few milliseconds. */
static bool are_small(const struct enforce *f)
{
	return f->listed_n <= LIST_MAX && bans_active(engine_bans(f->engine)) <= LIST_MAX;
}

/* Takes over what was added by hand, and later ends. */
static void read_sets(struct enforce *f, struct instant now)
{
	if (!enforce_adopt(f, now))
		f->listed = now; /* not at once again */
}

/* While there is word, and once more when it has gone: then all that was done under it is
 * settled, and even large sets are read. */
static void look_at_hand(struct enforce *f, struct instant now)
{
	bool before = f->by_hand;

	f->by_hand = is_marked(f, FIREWALL_MARKER_MANUAL);
	if (!f->by_hand && !before)
		return;
	if (!f->by_hand || are_small(f))
		read_sets(f, now);
	check_all(f);
}

void enforce_check_ends(struct enforce *f, struct instant wall)
{
	struct instant end;

	/* a line may be ahead of the clock by as much */
	if (!is_enforcing(f) || !bans_next_end(engine_bans(f->engine), &end) ||
		instant_before(instant_add(wall, ahead_max), end))
		return;
	bool due = is_due(f->listed, wall, ends_every), small = are_small(f);
	if ((small && due) || ((small || due) && is_marked(f, FIREWALL_MARKER_MANUAL)))
		read_sets(f, wall);
}

static unsigned look_at_sets(struct enforce *f, struct instant now)
{
	struct round r;

	if (is_marked(f, FIREWALL_MARKER_TEARDOWN)) {
		firewall_remove_marker(f->firewall, FIREWALL_MARKER_TEARDOWN);
		f->torn_down = true;
		f->keeper = NULL; /* it is the caller's, and is not asked any more */
		check_all(f);
		return ENFORCE_TORN_DOWN;
	}
	look_at_hand(f, now);
	if (is_due(f->listed, now, list_every) && are_small(f))
		read_sets(f, now);
	if (f->checking || f->refill || enforce_is_busy(f, now))
		return 0;
	look_round(f, &f->walk_cursor, ENFORCE_CHECKS, now, &r);
	if (is_flush(f, &r)) {
		if (is_marked(f, FIREWALL_MARKER_MANUAL)) /* just now */
			return 0;
		f->behind = f->refill = true;
		f->catch_cursor = 0;
		return ENFORCE_FLUSHED;
	}
	for (size_t i = 0; i < r.missing_n; i++)
		engine_unban(f->engine, &r.missing[i]);
	return 0;
}

unsigned enforce_check(struct enforce *f, struct instant now)
{
	unsigned found = f->flush_seen ? ENFORCE_FLUSHED : 0;

	f->flush_seen = false;
	if (!is_enforcing(f))
		return 0;
	found |= look_at_sets(f, now);
	if (found & ENFORCE_FLUSHED) /* who flushed the sets may have flushed the rules */
		f->rules_asked = (struct instant){0};
	return found | look_at_rules(f, now);
}

const char *enforce_trouble(const struct enforce *f)
{
	return f->rule_bad ? f->answer.why : f->refused;
}

const char *enforce_rule_why(const struct enforce *f)
{
	return f->answer.why;
}
