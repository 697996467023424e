/* engine_snapshot.c - see engine_parts.h.
 *
 * The engine makes a state between two lines, so the search for the newest bans must take a bounded
 * time. It walks WALK_MAX entries of the table and collects candidates in a buffer. Each time the
 * buffer is full, all but the newest STATE_BANS_MAX are dropped. This takes a few steps per ban in
 * any order of the table. A heap of the newest bans would take ten steps per ban in the usual
 * order, which is oldest first.
 */
#include "core/engine/engine_parts.h"

#include <stdlib.h>
#include <string.h>

/* Maximum number of table entries that are examined. In a larger table, the first entries are
 * skipped. Most of them are clients whose bans are over. */
#define WALK_MAX       200000
#define CANDIDATES_MAX (4 * STATE_BANS_MAX) /* 64 KB of the stack */

struct counters engine_counters(const struct engine *e)
{
	struct clients_totals totals = clients_totals(e->clients);
	struct counters c = e->counters;

	c.clients = totals.entered;
	c.evicted = totals.evicted;
	c.coarse = totals.coarse;
	if (e->paths) {
		struct paths_totals paths = paths_totals(e->paths);
		c.paths_evicted_single = paths.evicted[PATHS_SINGLE];
		c.paths_evicted_several = paths.evicted[PATHS_SEVERAL];
		c.paths_evicted_honest_single = paths.evicted[PATHS_HONEST_SINGLE];
		c.paths_evicted_honest_few = paths.evicted[PATHS_HONEST_FEW];
		c.paths_evicted_honest_many = paths.evicted[PATHS_HONEST_MANY];
		c.slow_evicted = slow_failures_totals(e->slow).evicted;
		c.written_evicted = written_paths_totals(e->written).evicted;
	}
	if (e->origins) {
		c.counts_missing = origins_lost(e->origins);
		c.origins_evicted = origins_evicted(e->origins);
	}
	return c;
}

struct candidate {
	int64_t since_ms;
	uint32_t place; /* a cursor of bans_walk; sorts bans that began at the same time */
};

static bool is_newer(const struct candidate *a, const struct candidate *b)
{
	return a->since_ms != b->since_ms ? a->since_ms > b->since_ms : a->place > b->place;
}

static int newest_first(const void *a, const void *b)
{
	return is_newer(b, a) - is_newer(a, b);
}

/* Moves the newest `k` of the n candidates to the front. The oldest of these k is the last; the
 * others have no order (Hoare 1961, FIND). 0 < k <= n. */
static void select_newest(struct candidate *c, size_t n, size_t k)
{
	size_t low = 0, high = n - 1;

	while (low < high) {
		struct candidate pivot = c[low + (high - low) / 2];
		size_t i = low, j = high;
		for (;; i++, j--) {
			while (is_newer(&c[i], &pivot))
				i++;
			while (is_newer(&pivot, &c[j]))
				j--;
			if (i >= j)
				break;
			struct candidate swapped = c[i];
			c[i] = c[j];
			c[j] = swapped;
		}
		if (k <= j + 1) /* no candidate in low..j is older than any after j */
			high = j;
		else
			low = j + 1;
	}
}

/* Puts the newest bans in force at the front of `c`, newest first, and returns their number.
 * Examines at most WALK_MAX entries. Also counts the bans in force that the firewall does not
 * have. */
static size_t select_bans(
	const struct bans *bans, struct candidate c[CANDIDATES_MAX], uint64_t *not_enforced)
{
	uint32_t n_all = bans_n(bans), left = bans_active(bans);
	uint32_t place, cursor = n_all > WALK_MAX ? n_all - WALK_MAX : 0;
	bool is_full =
		false; /* c[STATE_BANS_MAX - 1] is the oldest one kept; older bans are skipped */
	struct ban ban;
	size_t n = 0;

	for (uint32_t walked = 0; left && walked < WALK_MAX; walked++) {
		place = cursor;
		if (!bans_walk(bans, &cursor, &ban))
			break;
		if (ban.form != BAN_ACTIVE)
			continue;
		left--;
		*not_enforced += !ban.enforced;
		struct candidate one = {ban.since.ms, place};
		if (is_full && !is_newer(&one, &c[STATE_BANS_MAX - 1]))
			continue;
		c[n++] = one;
		if (n == CANDIDATES_MAX) {
			select_newest(c, n, STATE_BANS_MAX);
			n = STATE_BANS_MAX;
			is_full = true;
		}
	}
	if (n > STATE_BANS_MAX) {
		select_newest(c, n, STATE_BANS_MAX);
		n = STATE_BANS_MAX;
	}
	if (n)
		qsort(c, n, sizeof *c, newest_first);
	return n;
}

static void snapshot_bans(const struct engine *e, struct state *out)
{
	struct candidate newest[CANDIDATES_MAX];
	struct ban ban;

	out->bans_total = bans_active(e->bans);
	out->bans_not_enforced = 0;
	out->bans_n = select_bans(e->bans, newest, &out->bans_not_enforced);
	for (size_t i = 0; i < out->bans_n; i++) {
		bans_walk(e->bans, &newest[i].place, &ban);
		out->bans[i] = (struct state_ban){.client = ban.client,
			.strike = ban.strikes,
			.since = ban.since,
			.until = ban.until,
			.rules = ban.rules & ~RULES_MARKS,
			.evidence = ban.evidence,
			.enforced = ban.enforced,
			.temporary = ban.temporary,
			.request = ban_requests_find(e->requests, &ban.client)};
	}
}

static void snapshot_top(const struct engine *e, struct state *out)
{
	struct top_client top[STATE_TOP_MAX];

	out->top_n = clients_top(e->clients, site_second(e->site), top, STATE_TOP_MAX);
	for (size_t i = 0; i < out->top_n; i++) {
		out->top[i].client = top[i].client;
		out->top[i].requests = top[i].requests;
		out->top[i].errors = top[i].errors;
		out->top[i].held = bans_is_muted(e->bans, &top[i].client);
	}
}

/* Fills in how many alerts were reported instead of bans, by reason. While the site is new, also
 * fills in how long only the worst clients will be banned. */
static void snapshot_holds(const struct engine *e, struct state *out)
{
	int64_t left = span_to_seconds(e->config.holds.learn) - (int64_t)site_age(e->site);

	memcpy(out->held, e->held, sizeof out->held);
	out->learning_s = left > 0 ? (double)left : 0;
	out->no_effect = e->no_effect;
}

/* Live: the faults of the log's recent lines, and how long the log has been silent. */
static void snapshot_input(const struct engine *e, struct state *out)
{
	struct recent_shares shares = recent_lines_shares(&e->recent);

	out->last_line = e->last_line;
	out->lag_s = e->lag_ms > 0 ? (double)e->lag_ms / 1000 : 0;
	if (e->config.replay)
		return;
	out->silence_s = (double)silences_now(&e->silences, out->saved).ms / 1000;
	out->silence_longest_s = (double)silences_longest(&e->silences, out->saved).ms / 1000;
	out->silence_limit_s = (double)silences_limit(&e->silences, out->saved).ms / 1000;
	out->bad_share = shares.bad;
	out->rejected_share = shares.flaws[RECENT_REJECTED];
	out->late_share = shares.flaws[RECENT_LATE];
	out->no_status_share = shares.flaws[RECENT_NO_STATUS];
}

void engine_snapshot(const struct engine *e, struct state *out)
{
	struct site_window w = site_window(e->site);
	struct verdict v;

	_Static_assert(STATE_HISTORY_MAX == SITE_HISTORY_MAX &&
			       STATE_HISTORY_STEP_S == SITE_HISTORY_STEP_S,
		"the state contains the site's history");
	out->replay = e->config.replay;
	out->now = e->clock.now;
	snapshot_input(e, out);
	engine_snapshot_origins(e, out);
	out->failing = e->failing.site;
	out->pages_failing = e->failing.pages;
	out->error_share = CLIENTS_ERROR_SHARE;
	out->requests = w.requests < UINT32_MAX ? (uint32_t)w.requests : UINT32_MAX;
	out->errors = w.errors < UINT32_MAX ? (uint32_t)w.errors : UINT32_MAX;
	out->baseline = *site_baseline(e->site);
	for (int k = 0; k < SIGNAL_COUNT; k++) {
		rules_judge_site(&out->baseline, k == SIGNAL_ERRORS,
			k == SIGNAL_ERRORS ? w.errors : w.requests, false, &v);
		out->z[k] = v.z;
		out->alarm[k] = rules_alarm(&out->baseline, k == SIGNAL_ERRORS);
		out->abnormal[k] = e->anomalies[k].open;
		out->abnormal_since[k] = e->anomalies[k].since;
	}
	memcpy(out->limits, visits_limits(e->visits)->most, sizeof out->limits);
	out->limits_known = visits_limits(e->visits)->known;
	out->visits = visits_n(e->visits);
	out->swarm = e->swarm.on;
	out->visit_swarm = e->visit_swarm.on;
	out->clients = clients_n(e->clients);
	out->paths = e->paths ? paths_n(e->paths) : 0;
	out->slow_clients = e->slow ? slow_failures_n(e->slow) : 0;
	snapshot_top(e, out);
	snapshot_holds(e, out);
	snapshot_bans(e, out);
	out->history_n = site_history(e->site, out->history_requests, out->history_errors);
	for (int hour = 0; hour < SITE_HOURS; hour++) {
		struct site_hour_rates h = site_hour(e->site, hour);
		out->hours[hour] = (struct state_hour){h.mean, h.stddev, h.error_mean, h.learned};
	}
	out->counters = engine_counters(e);
}
