/* status.c - see status.h. */
#include "core/show/status.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/base/figure.h"
#include "core/record/lift.h"

#define RATE_STEPS (WINDOW_S / STATE_HISTORY_STEP_S)

struct status_text status_lift(const struct state *s, const struct address *client)
{
	struct lift_sets sets = {s->set_name, (int)s->ipv4_prefix, (int)s->ipv6_prefix};
	struct status_text t = {""};
	struct buf b;

	if (s->replay || !s->set_name[0] || strcmp(s->firewall, "none") == 0)
		return t;
	buf_init(&b, t.s, sizeof t.s - 1);
	lift_put(&b, &sets, client);
	if (b.full)
		t.s[0] = '\0'; /* an incomplete command would be useless */
	return t;
}

enum status_run status_run(const struct state *s, struct instant now)
{
	if (!s->running)
		return STATUS_STOPPED;
	return fabs((double)instant_since(now, s->saved).ms) > 2000 * s->interval_s
		       ? STATUS_STALE
		       : STATUS_RUNNING;
}

const char *status_run_name(enum status_run run)
{
	static const char *const names[STATUS_RUN_COUNT] = {"running", "stale", "stopped"};

	return names[run];
}

struct span status_age(const struct state *s, struct instant now)
{
	struct span age = instant_since(now, s->saved);

	if (age.ms < 0)
		age.ms = 0;
	return age;
}

struct status_text status_age_text(const struct state *s, struct instant now)
{
	bool ahead = instant_before(now, s->saved) && status_run(s, now) == STATUS_STALE;
	struct status_text t;

	if (ahead)
		snprintf(t.s, sizeof t.s, "%s ahead of the clock",
			figure_span(instant_since(s->saved, now)).s);
	else
		snprintf(t.s, sizeof t.s, "%s old", figure_span(status_age(s, now)).s);
	return t;
}

const char *status_site(const struct state *s, enum signal_kind signal)
{
	if (s->abnormal[signal])
		return "abnormal";
	if (s->now.ms == 0)
		return "no line yet";
	return s->baseline.ready ? "normal" : "warming up";
}

struct instant status_abnormal_since(const struct state *s)
{
	struct instant since = INSTANT_MAX;

	for (int k = 0; k < SIGNAL_COUNT; k++)
		if (s->abnormal[k] && instant_before(s->abnormal_since[k], since))
			since = s->abnormal_since[k];
	return since;
}

const char *status_bans_name(enum status_bans bans)
{
	static const char *const names[STATUS_BANS_COUNT] = {
		"in force", "not enforced", "not in force"};

	return names[bans];
}

/* Number of bans that the firewall lacks. A state of an older version does not contain this number,
 * so the bans in its list are counted. */
static uint64_t not_enforced(const struct state *s)
{
	uint64_t n = 0;

	for (size_t i = 0; i < s->bans_n; i++)
		n += !s->bans[i].enforced;
	return s->bans_not_enforced > n ? s->bans_not_enforced : n;
}

static bool has_no_effect(const struct state *s)
{
	return s->no_effect.ms &&
	       instant_since(s->now, s->no_effect).ms < STATUS_NO_EFFECT_S * 1000;
}

enum status_bans status_bans(const struct state *s)
{
	if (s->replay || strcmp(s->firewall, "none") == 0)
		return STATUS_NOT_ENFORCED;
	return s->trouble[0] || not_enforced(s) || has_no_effect(s) ? STATUS_NOT_IN_FORCE
								    : STATUS_IN_FORCE;
}

struct status_text status_trouble(const struct state *s)
{
	struct status_text t = {""};

	if (status_bans(s) != STATUS_NOT_IN_FORCE)
		return t;
	if (s->trouble[0])
		snprintf(t.s, sizeof t.s, "%s", s->trouble);
	else if (not_enforced(s))
		snprintf(t.s, sizeof t.s, "the kernel lacks %" PRIu64 " of the bans",
			not_enforced(s));
	else
		snprintf(t.s, sizeof t.s,
			"requests of a banned client still arrive (see the event no_effect)");
	return t;
}

static struct span span_of(double seconds)
{
	return (struct span){(int64_t)(seconds * 1000)};
}

/* Rejected lines explain why no request comes, so they are tested first. A log that has stopped is
 * worse than the flaws of its last lines, so these flaws are tested last. */
enum status_blind status_blind(const struct state *s, struct instant now)
{
	bool bad = s->bad_share > STATUS_BAD_SHARE;
	bool late = s->late_share >= s->no_status_share;

	if (s->replay || status_run(s, now) != STATUS_RUNNING || s->silence_limit_s <= 0)
		return BLIND_NOT;
	if (bad && s->rejected_share >= (late ? s->late_share : s->no_status_share))
		return BLIND_REJECTED;
	if (s->last_line.ms == 0)
		return BLIND_NO_LINE;
	if (s->silence_s >= s->silence_limit_s)
		return BLIND_SILENT;
	if (!bad)
		return BLIND_NOT;
	return late ? BLIND_LATE : BLIND_NO_STATUS;
}

const char *status_blind_name(enum status_blind blind)
{
	static const char *const names[BLIND_COUNT] = {
		"", "rejected", "no_line", "silent", "late", "no_status"};

	return names[blind];
}

struct status_text status_blind_badge(const struct state *s, struct instant now, bool loud)
{
	static const char *const badges[BLIND_COUNT] = {
		"", "lines rejected", "no request yet", "no request", "lines late", "no status"};
	enum status_blind blind = status_blind(s, now);
	struct status_text t;
	size_t len = (size_t)snprintf(t.s, sizeof t.s, "%s", badges[blind]);

	for (size_t i = 0; loud && i < len; i++)
		t.s[i] = (char)toupper(t.s[i]);
	if (blind == BLIND_SILENT)
		snprintf(t.s + len, sizeof t.s - len, " for %s",
			figure_span(span_of(s->silence_s)).s);
	return t;
}

/* Names one flaw if most lines have it. Otherwise most lines have one of several flaws, and the
 * most frequent flaw is named. */
static void put_bad(struct status_text *t, double bad, double share, const char *what)
{
	if (share > STATUS_BAD_SHARE)
		snprintf(t->s, sizeof t->s, "%.0f %% of the newest lines %s", floor(100 * share),
			what);
	else
		snprintf(t->s, sizeof t->s, "%.0f %% of the newest lines are unusable: %.0f %% %s",
			floor(100 * bad), floor(100 * share), what);
}

struct status_text status_blind_why(const struct state *s, struct instant now)
{
	struct status_text t = {""};

	switch (status_blind(s, now)) {
	case BLIND_REJECTED:
		put_bad(&t, s->bad_share, s->rejected_share,
			"are not requests (see anomdetect --explain and --doctor)");
		break;
	case BLIND_NO_LINE:
		snprintf(t.s, sizeof t.s, "no request since the start, %s ago",
			figure_span(instant_since(now, s->started)).s);
		break;
	case BLIND_SILENT:
		snprintf(t.s, sizeof t.s, "no request for %s (longest silence in 7 days: %s)",
			figure_span(span_of(s->silence_s)).s,
			figure_span(span_of(s->silence_longest_s)).s);
		break;
	case BLIND_LATE:
		put_bad(&t, s->bad_share, s->late_share,
			"arrived over a minute late and were not judged (see the event "
			"late_lines)");
		break;
	case BLIND_NO_STATUS:
		put_bad(&t, s->bad_share, s->no_status_share,
			"have no status, so errors are not counted (see the event no_status)");
		break;
	case BLIND_NOT:
	case BLIND_COUNT:
		break;
	}
	return t;
}

/* ---- hosts that send counts ---- */

/* From the worst fault to the mildest: nothing is counted; one of two hosts is not counted; counts
 * may be too late to be judged; some counts are missing. */
static const enum origin_trouble worst_first[ORIGIN_TROUBLES] = {
	ORIGIN_SILENT, ORIGIN_DUPLICATE, ORIGIN_CLOCK, ORIGIN_MISSING};

bool status_hosts_faulty(const struct state *s)
{
	bool faulty = false;

	for (int k = 0; k < ORIGIN_TROUBLES; k++)
		faulty |= s->origins_in[k] != 0;
	return faulty;
}

/* The worst fault that any host has; ORIGIN_TROUBLES: no host has a fault. */
static enum origin_trouble worst_trouble(const struct state *s)
{
	for (int k = 0; k < ORIGIN_TROUBLES; k++)
		if (s->origins_in[worst_first[k]])
			return worst_first[k];
	return ORIGIN_TROUBLES;
}

struct status_text status_hosts(const struct state *s, bool loud)
{
	static const char *const words[ORIGIN_TROUBLES] = {[ORIGIN_MISSING] = "with missing lines",
		[ORIGIN_SILENT] = "silent",
		[ORIGIN_CLOCK] = "with a wrong clock",
		[ORIGIN_DUPLICATE] = "with two senders"};
	enum origin_trouble worst = worst_trouble(s);
	struct status_text t = {""};

	if (!s->reads_counts)
		return t;
	size_t len =
		(size_t)(s->origins_total == 0
				 ? snprintf(t.s, sizeof t.s, "no host yet")
				 : snprintf(t.s, sizeof t.s, "%" PRIu32 " %s", s->origins_total,
					   s->origins_total == 1 ? "host" : "hosts"));
	if (worst == ORIGIN_TROUBLES)
		return t;
	snprintf(t.s + len, sizeof t.s - len, ", %" PRIu32 " %s", s->origins_in[worst],
		words[worst]);
	for (char *c = t.s + len; loud && *c; c++)
		*c = (char)toupper(*c);
	return t;
}

/* A host without a line in this run was already silent before the run. */
static struct figure silent_for(const struct state *s, const struct state_origin *o)
{
	return figure_span(o->heard.ms ? instant_since(s->replay ? s->now : s->saved, o->heard)
				       : span_of(o->lag_s));
}

struct status_text status_host(const struct state *s, const struct state_origin *o)
{
	struct status_text t = {""};
	size_t len = 0;

	if (o->troubles & 1u << ORIGIN_SILENT)
		len += (size_t)snprintf(t.s, sizeof t.s, "silent for %s", silent_for(s, o).s);
	if (o->troubles & 1u << ORIGIN_DUPLICATE)
		len += (size_t)snprintf(
			t.s + len, sizeof t.s - len, "%stwo senders", len ? ", " : "");
	if (o->troubles & 1u << ORIGIN_CLOCK)
		len += (size_t)snprintf(t.s + len, sizeof t.s - len, "%sclock %s s %s",
			len ? ", " : "", figure_amount(fabs(o->offset_s)).s,
			o->offset_s < 0 ? "behind" : "ahead");
	if (o->troubles & 1u << ORIGIN_MISSING)
		snprintf(t.s + len, sizeof t.s - len, "%s%s %s missing", len ? ", " : "",
			figure_whole((double)o->missing).s, o->missing == 1 ? "line" : "lines");
	return t;
}

struct figure status_lag(const struct state_origin *o)
{
	struct figure t;

	if (o->lag_s >= 60)
		return figure_span(span_of(o->lag_s));
	snprintf(t.s, sizeof t.s, "%.20s s", figure_amount(o->lag_s).s);
	return t;
}

/* Number of hosts with a fault; a lower bound if there are more than STATE_ORIGINS_MAX hosts. */
static uint32_t faulty_hosts(const struct state *s)
{
	uint32_t n = 0;

	for (size_t i = 0; i < s->origins_n; i++)
		n += s->origins[i].troubles != 0;
	for (int k = 0; k < ORIGIN_TROUBLES; k++)
		n = s->origins_in[k] > n ? s->origins_in[k] : n;
	return n;
}

/* Copies the first listed host with the fault to *room, with only this fault. NULL: no listed host
 * has it. */
static const struct state_origin *find_troubled(
	const struct state *s, enum origin_trouble trouble, struct state_origin *room)
{
	for (size_t i = 0; i < s->origins_n; i++) {
		if (!(s->origins[i].troubles & 1u << trouble))
			continue;
		*room = s->origins[i];
		room->troubles = 1u << trouble;
		return room;
	}
	return NULL;
}

struct status_text status_hosts_why(const struct state *s)
{
	static const char *const advice[ORIGIN_TROUBLES] = {
		[ORIGIN_MISSING] = "check the broker's queues and the link",
		[ORIGIN_SILENT] = "check anomcount, broker client and link",
		[ORIGIN_CLOCK] = "check its time daemon",
		[ORIGIN_DUPLICATE] = "give each sender its own --origin"};
	enum origin_trouble worst = worst_trouble(s);
	struct state_origin room;
	const struct state_origin *o =
		worst == ORIGIN_TROUBLES ? NULL : find_troubled(s, worst, &room);
	struct status_text t = {""};
	char more[32] = "";

	if (!o)
		return t;
	uint32_t others = faulty_hosts(s) - 1;
	if (others)
		snprintf(more, sizeof more, " (%" PRIu32 " more %s)", others,
			others == 1 ? "has a fault" : "have faults");
	snprintf(t.s, sizeof t.s, "%.63s: %.24s; %.40s%.28s", o->origin, status_host(s, o).s,
		advice[worst], more);
	return t;
}

enum status_check status_check(const struct state *s, struct instant now)
{
	enum status_blind blind = status_blind(s, now);

	if (status_run(s, now) != STATUS_RUNNING || status_bans(s) == STATUS_NOT_IN_FORCE)
		return CHECK_CRITICAL;
	if (s->abnormal[SIGNAL_REQUESTS] || s->abnormal[SIGNAL_ERRORS] || status_hosts_faulty(s))
		return CHECK_WARNING;
	if (blind == BLIND_NO_LINE)
		return CHECK_UNKNOWN;
	return blind == BLIND_NOT ? CHECK_OK : CHECK_WARNING;
}

const char *status_check_name(enum status_check check)
{
	static const char *const names[] = {"OK", "WARNING", "CRITICAL", "UNKNOWN"};

	return names[check];
}

double status_rate(const struct state *s, enum signal_kind signal)
{
	return (double)(signal == SIGNAL_ERRORS ? s->errors : s->requests) / WINDOW_S;
}

static double limit_now(
	const struct state *s, bool swarm, enum limit_kind limit, enum limit_kind mark)
{
	return floor(swarm ? fmin(s->limits[limit], s->limits[mark]) : s->limits[limit]);
}

double status_limit(const struct state *s)
{
	return limit_now(s, s->swarm, LIMIT_REQUESTS, LIMIT_MARK);
}

double status_visit_limit(const struct state *s)
{
	return limit_now(s, s->visit_swarm, LIMIT_VISIT_REQUESTS, LIMIT_VISIT_MARK);
}

/* The share is only displayed. The detection rules have more facts, for example which errors are
 * own errors. */
double status_share(const struct state *s, const struct state_top *t)
{
	double limit = status_limit(s), error_limit = floor(s->limits[LIMIT_ERRORS]);
	double share = limit > 0 ? t->requests / limit : INFINITY;

	if (s->failing || s->pages_failing || t->errors < s->error_share * t->requests ||
		error_limit <= 0)
		return share;
	return fmax(share, t->errors / error_limit);
}

struct instant status_now(const struct state *s, struct instant now)
{
	return s->replay ? s->now : now;
}

void status_history(const struct state *s, enum signal_kind signal, double *out)
{
	const uint32_t *counts = signal == SIGNAL_ERRORS ? s->history_errors : s->history_requests;
	bool full = s->history_n == STATE_HISTORY_MAX;
	double sum = 0;

	for (size_t i = 0; i < s->history_n; i++) {
		size_t steps = full && i + 1 < RATE_STEPS ? i + 1 : RATE_STEPS;
		sum += counts[i];
		if (i >= RATE_STEPS)
			sum -= counts[i - RATE_STEPS];
		out[i] = sum / (double)(steps * STATE_HISTORY_STEP_S);
	}
}
