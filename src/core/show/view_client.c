/* view_client.c - see view.h. One row per question: is the client banned, why, how many times, how
 * many requests does it make now, what are its limits, which events named it. The state is newer
 * than the memory file, so a ban in the state has precedence. */
#include "core/show/view.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "core/base/allow.h"
#include "core/base/figure.h"
#include "core/judge/path_rules.h"

/* The client's bans, from the state or the memory file. */
struct known {
	bool any;
	bool banned;
	bool muted; /* no ban, and no alerts for a while: the
		     * client is allowed or its ban is held back */
	struct instant since, until;
	uint32_t strikes;
	unsigned rules;
	struct evidence evidence; /* value 0: unknown */
	struct address client;    /* the banned address, which may be a network */
	bool temporary;
	bool paroled;
	struct request_text request; /* the request that caused the ban */
	const char *firewall;        /* "; the firewall has it"; "" if this is unknown */
};

static struct known find_known(const struct state *s, struct instant now,
	const struct address *client, const struct memory_client *remembered)
{
	const struct ban *ban = remembered ? &remembered->ban : NULL;
	struct known k = {.firewall = ""};

	for (size_t i = 0; i < s->bans_n; i++) {
		const struct state_ban *b = &s->bans[i];
		if (!address_covers(&b->client, client))
			continue;
		return (struct known){.any = true,
			.client = b->client,
			.banned = instant_before(now, b->until),
			.since = b->since,
			.until = b->until,
			.strikes = b->strike,
			.rules = b->rules,
			.evidence = b->evidence,
			.temporary = b->temporary,
			.request = b->request,
			.firewall = b->enforced ? "; the firewall has it"
				    : status_bans(s) == STATUS_NOT_IN_FORCE
					    ? "; the FIREWALL LACKS it"
					    : "; not enforced"};
	}
	if (!ban)
		return k;
	bool lasts = instant_before(now, ban->until);
	/* if the state lists all bans in force, a ban that is only in the memory file has ended */
	bool listed = s->bans_total <= s->bans_n;
	return (struct known){.any = true,
		.client = ban->client,
		.banned = ban->form == BAN_ACTIVE && lasts && !listed,
		.muted = ban->form == BAN_MUTED && lasts,
		.since = ban->since,
		.until = ban->until,
		.strikes = ban->strikes,
		.rules = ban->rules & ~RULES_MARKS,
		.evidence = ban->evidence,
		.temporary = ban->temporary,
		.request = remembered->request,
		.paroled = ban->paroled,
		.firewall = ban->was_enforced ? "; the firewall had it" : ""};
}

/* "2026-11-22 04:16:00" */
static void put_time(struct buf *out, struct instant t)
{
	char text[24];
	struct buf b;

	buf_init(&b, text, sizeof text);
	buf_put_instant(&b, t);
	buf_put_format(out, "%.10s %.8s UTC", text, text + 11);
}

/* For a network wider than one client: puts the number of banned clients in it, and the first of
 * these clients. */
static void put_within(
	struct buf *out, const struct state *s, struct instant now, const struct address *network)
{
	const struct address *first = NULL;
	size_t n = 0;

	for (size_t i = 0; i < s->bans_n; i++) {
		if (!address_covers(network, &s->bans[i].client) ||
			!instant_before(now, s->bans[i].until))
			continue;
		if (!first)
			first = &s->bans[i].client;
		n++;
	}
	if (!first)
		return;
	buf_put_format(out, "; banned clients in this network: %zu, such as ", n);
	buf_put_address(out, first);
}

static void put_ban(struct buf *out, const struct state *s, const struct known *k,
	struct instant now, const struct address *client)
{
	buf_put_text(out, "ban      ");
	if (k->banned && k->until.ms == INSTANT_MAX.ms) {
		buf_put_text(out, "banned, permanent");
	} else if (k->banned) {
		buf_put_text(out, "banned until ");
		put_time(out, k->until);
		buf_put_format(out, ", %s left", figure_span(instant_since(k->until, now)).s);
	} else if (k->muted) {
		buf_put_text(out,
			"not banned: the client is allowed or the ban is held back; no alert "
			"before ");
		put_time(out, k->until);
	} else {
		buf_put_text(out, "not banned");
		put_within(out, s, now, client);
	}
	buf_put_format(out, "%s\n", k->banned ? k->firewall : "");
	if (!k->banned)
		return;
	buf_put_text(out, "since    ");
	put_time(out, k->since);
	buf_put_format(out, ", %s ago\n", figure_span(instant_since(now, k->since)).s);
	struct status_text lift = status_lift(s, &k->client);
	buf_put_format(out, "lift     %s\n",
		lift.s[0] ? lift.s : "nothing to lift: this run bans no client in the kernel");
}

/* Puts the meanings of the detection rules for paths, the request, and why the ban is not
 * permanent. */
static void put_reasons(struct buf *out, const struct known *k)
{
	const unsigned rates = 1u << RULE_REQUESTS | 1u << RULE_VISIT_REQUESTS | 1u << RULE_ZSCORE |
			       1u << RULE_MULTIPLIER | RULES_MARKS;
	bool rates_alone = (k->rules & ~rates) == 0;

	for (unsigned i = 0; i < RULE_COUNT; i++) {
		const char *words = path_rules_words((enum rule)i);
		if (words && k->rules & 1u << i)
			buf_put_format(out, "rule     %s: %s\n", rule_name((enum rule)i), words);
	}
	if (request_text_is_known(&k->request))
		buf_put_format(
			out, "request  %s\n", request_text_line(&k->request, REQUEST_LINE_MAX).s);
	if (k->temporary)
		buf_put_format(out, "length   not permanent: %s\n",
			rates_alone ? "only the number of requests was too high"
				    : "only the paths of its requests count against it");
}

static void put_why(struct buf *out, const struct known *k, struct instant now)
{
	const char *between = "why      ";

	for (unsigned i = 0; i < RULE_COUNT; i++) {
		if (!(k->rules & 1u << i))
			continue;
		buf_put_format(out, "%s%s", between, rule_name((enum rule)i));
		if (k->evidence.value > 0 && k->evidence.rule == (enum rule)i)
			buf_put_format(out, " %s > %s %s", figure_fine(k->evidence.value).s,
				figure_fine(k->evidence.limit).s, rule_unit((enum rule)i));
		between = ", ";
	}
	if (k->rules == 0)
		buf_put_text(out,
			"why      not known: anomdetect did not make the ban, or only reported an "
			"alert");
	buf_put_char(out, '\n');
	put_reasons(out, k);
	if (k->strikes == 0) {
		buf_put_text(out, "strikes  none\n");
		return;
	}
	buf_put_format(out, "strikes  %" PRIu32 ", the last ", k->strikes);
	put_time(out, k->since);
	buf_put_format(out, ", %s ago\n", figure_span(instant_since(now, k->since)).s);
	struct instant end = instant_add(k->until, span_seconds(BANS_PAROLE_S));
	if (k->banned || k->muted || !k->paroled || !instant_before(now, end))
		return;
	buf_put_text(out, "parole   until ");
	put_time(out, end);
	buf_put_text(out, ": a fifth of the limits below applies\n");
}

static void put_counts(struct buf *out, const struct state *s, const struct address *client)
{
	for (size_t i = 0; i < s->top_n; i++) {
		const struct state_top *t = &s->top[i];
		if (!address_covers(&t->client, client))
			continue;
		buf_put_format(out,
			"now      %" PRIu32 " request%s, %" PRIu32
			" error%s in 60 s: %.0f %% of its limit%s\n",
			t->requests, figure_plural(t->requests), t->errors,
			figure_plural(t->errors), fmin(ceil(100 * status_share(s, t)), 1e6),
			t->held ? "; not banned: allowed or held back" : "");
		return;
	}
	if (s->top_n == 0)
		buf_put_text(out, "now      no client has sent a request in 60 s\n");
	else if (s->top_n == 1)
		buf_put_text(out, "now      not the client with the most requests in 60 s\n");
	else
		buf_put_format(out,
			"now      not among the %zu clients with the most requests in 60 s\n",
			s->top_n);
}

static void put_limit(struct buf *out, double requests, double errors)
{
	buf_put_format(out, "%s request%s, %s error%s", figure_whole(requests).s,
		figure_plural(requests), figure_whole(errors).s, figure_plural(errors));
}

static void put_limits(struct buf *out, const struct state *s)
{
	buf_put_text(out, "limits   ");
	put_limit(out, status_limit(s), s->limits[LIMIT_ERRORS]);
	buf_put_text(out, " in 60 s; ");
	put_limit(out, status_visit_limit(s), s->limits[LIMIT_VISIT_ERRORS]);
	buf_put_format(out, " in a visit; %s\n", s->limits_known ? "learned" : "cold");
}

/* True if the text contains the client, or a network that contains the client. */
static bool names_client(const char *text, const struct address *client)
{
	struct address found;

	for (const char *word = text; *word; word += strspn(word, " ")) {
		size_t len = strcspn(word, " ");
		if (address_parse_prefix(word, len, &found) && address_covers(&found, client))
			return true;
		word += len;
	}
	return false;
}

/* After the words "not banned: ", an event's text may give the reason why a ban was held back.
 * Returns the advice for this reason. NULL: the text names no reason. */
static const char *advice_of(const char *text, bool translated)
{
	static const char begin[] = "not banned: ";
	const char *word = strstr(text, begin);

	for (int k = 0; word && k < HOLD_COUNT; k++) {
		const char *name = hold_name((enum hold)k);
		size_t len = strlen(name);
		if (strncmp(word + sizeof begin - 1, name, len) == 0 &&
			word[sizeof begin - 1 + len] == ';')
			return hold_advice((enum hold)k, translated);
	}
	return NULL;
}

/* Puts the request at the end of an event's line. */
static void put_request(struct buf *out, const struct request_text *r)
{
	const char *between = request_text_is_known(r) ? "  " : "";

	buf_put_format(out, "%s%s\n", between, request_text_line(r, REQUEST_LINE_MAX).s);
}

static void put_events(struct buf *out, const struct state *s, const struct address *client)
{
	const char *advice = NULL; /* of the newest event with advice */

	for (size_t i = 0; i < s->events_n; i++) {
		if (!names_client(s->events[i].text, client))
			continue;
		buf_put_text(out, "event    ");
		put_time(out, s->events[i].time);
		buf_put_format(out, "  %s  %s", s->events[i].event, s->events[i].text);
		put_request(out, &s->events[i].request);
		if (!advice)
			advice = advice_of(s->events[i].text, allow_is_translated(client));
	}
	if (advice)
		buf_put_format(out, "advice   %s\n", advice);
}

void view_client(const struct state *s, struct instant now, const struct address *client,
	const struct memory_client *remembered, const char *memory_why, struct buf *out)
{
	enum status_run run = status_run(s, now);
	struct instant then = status_now(s, now);
	struct known k = find_known(s, then, client, remembered);

	buf_put_text(out, "client   ");
	buf_put_address(out, client);
	buf_put_char(out, '\n');
	if (run != STATUS_RUNNING)
		buf_put_format(out, "state    %s, and %s; all lines below are as old\n",
			run == STATUS_STALE ? "STALE" : "of a run that has STOPPED",
			status_age_text(s, now).s);
	put_ban(out, s, &k, then, client);
	if (k.any)
		put_why(out, &k, then);
	else
		buf_put_text(out, "strikes  none known\n");
	put_counts(out, s, client);
	put_limits(out, s);
	put_events(out, s, client);
	if (memory_why)
		buf_put_format(out, "memory   the memory file could not be used: %s\n", memory_why);
}
