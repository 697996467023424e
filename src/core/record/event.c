/* event.c - see event.h. Members are written in a fixed order, so that people can read the lines
 * and tests can compare them as text. */
#include "core/record/event.h"

#include <math.h>
#include <string.h>

/* Maximum number of bytes of a message in an event. */
#define MESSAGE_MAX 512
/* Maximum number of bytes of a message about a client that is held back. This maximum is lower,
 * because the event also contains all the evidence. */
#define ADVICE_MAX 160
/* Maximum number of bytes of a path with its escapes. An alert of the site with five paths then has
 * at most 3,820 bytes. If a path needs more, only its first PATH_BYTES_ESCAPED bytes are written,
 * each as up to 6 bytes. */
#define PATH_ESCAPED_MAX   300
#define PATH_BYTES_ESCAPED 50
/* Maximum number of bytes of the SSH peers in a start event. The rest of the event has fewer than
 * 200 bytes. */
#define PEERS_BYTES_MAX 3840

static void put_key(struct buf *b, const char *name)
{
	buf_put_text(b, ",\"");
	buf_put_text(b, name);
	buf_put_text(b, "\":");
}

static void put_u64(struct buf *b, const char *name, uint64_t v)
{
	put_key(b, name);
	buf_put_u64(b, v);
}

static void put_number(struct buf *b, const char *name, double v)
{
	put_key(b, name);
	buf_put_fixed(b, v, 3);
}

/* Counts are whole numbers, so the fraction of a limit is left out. */
static void put_limit(struct buf *b, const char *name, double v)
{
	put_key(b, name);
	buf_put_fixed(b, floor(v), 0);
}

static void put_bool(struct buf *b, const char *name, bool v)
{
	put_key(b, name);
	buf_put_text(b, v ? "true" : "false");
}

static void put_text(struct buf *b, const char *name, const char *text)
{
	put_key(b, name);
	buf_put_json(b, text, strlen(text), MESSAGE_MAX);
}

static void put_client(struct buf *b, const struct address *a)
{
	buf_put_text(b, "\"client\":\"");
	buf_put_address(b, a);
	buf_put_char(b, '"');
}

static void put_rules(struct buf *b, const struct verdict *v)
{
	put_key(b, "rules");
	buf_put_char(b, '[');
	for (size_t i = 0; i < v->evidence_n; i++) {
		buf_put_text(b, i ? ",\"" : "\"");
		buf_put_text(b, rule_name(v->evidence[i].rule));
		buf_put_char(b, '"');
	}
	buf_put_char(b, ']');
}

static void put_evidence(struct buf *b, const struct verdict *v)
{
	put_key(b, "evidence");
	buf_put_char(b, '[');
	for (size_t i = 0; i < v->evidence_n; i++) {
		const struct evidence *e = &v->evidence[i];
		buf_put_text(b, i ? ",{\"rule\":\"" : "{\"rule\":\"");
		buf_put_text(b, rule_name(e->rule));
		buf_put_char(b, '"');
		put_number(b, "value", e->value);
		put_number(b, "limit", e->limit);
		put_text(b, "unit", rule_unit(e->rule));
		buf_put_char(b, '}');
	}
	buf_put_char(b, ']');
}

static void put_tight(struct buf *b, unsigned tight)
{
	static const enum tight bits[] = {TIGHT_ERROR_SURGE, TIGHT_SITE_SURGE};
	bool first = true;

	put_key(b, "tight");
	buf_put_char(b, '[');
	for (size_t i = 0; i < sizeof bits / sizeof *bits; i++) {
		if (!(tight & bits[i]))
			continue;
		buf_put_text(b, first ? "\"" : ",\"");
		buf_put_text(b, tight_name(bits[i]));
		buf_put_char(b, '"');
		first = false;
	}
	buf_put_char(b, ']');
}

static void put_baseline_figures(struct buf *b, const struct verdict *v)
{
	put_number(b, "mean", v->mean);
	put_number(b, "stddev", v->stddev);
	put_number(b, "z", v->z);
	put_text(b, "source", baseline_source_name(v->source));
}

/* Writes the request that crossed the limit, if the log contains its path or its method. */
static void put_request(struct buf *b, const struct request *r)
{
	if (!r || (r->path_len == 0 && r->method[0] == '\0'))
		return;
	put_key(b, "request");
	buf_put_text(b, "{\"method\":");
	buf_put_json(b, r->method, strlen(r->method), sizeof r->method);
	buf_put_text(b, ",\"path\":");
	buf_put_json(b, r->path, r->path_len, REQUEST_PATH_SHOWN_MAX);
	put_u64(b, "status", r->status);
	buf_put_char(b, '}');
}

/* Writes the members of a verdict on a client, for a ban or an alert. */
static void put_client_verdict(struct buf *b, const struct event *e)
{
	const struct verdict *v = &e->verdict;

	buf_put_char(b, ',');
	put_client(b, &e->client);
	put_rules(b, v);
	put_u64(b, "requests", e->requests);
	put_u64(b, "errors", e->errors);
	put_u64(b, "window", WINDOW_S);
	put_number(b, "rate", v->rate);
	put_u64(b, "limit", v->limit);
	put_baseline_figures(b, v);
	put_tight(b, v->tight);
	if (v->parole)
		put_bool(b, "parole", true);
	if (e->origins)
		put_u64(b, "origins", e->origins);
	if (e->origin)
		put_text(b, "origin", e->origin->name);
	put_request(b, e->request);
}

const char *event_length(const struct event *e)
{
	if (!e->temporary)
		return "schedule";
	bool rates = !e->verdict.paths_alone && !e->verdict.parole_alone;
	return rates || e->verdict.rates_alone ? "rates_alone" : "paths_alone";
}

/* Writes the client and the detection rules of a ban that is announced again. */
static void put_repeated_client(struct buf *b, const struct event *e)
{
	const char *between = "\"";

	buf_put_char(b, ',');
	put_client(b, &e->client);
	put_key(b, "rules");
	buf_put_char(b, '[');
	for (unsigned i = 0; i < RULE_COUNT; i++) {
		if (!(e->rules & 1u << i))
			continue;
		buf_put_text(b, between);
		buf_put_text(b, rule_name((enum rule)i));
		buf_put_char(b, '"');
		between = ",\"";
	}
	buf_put_char(b, ']');
}

static void put_strike(struct buf *b, const struct event *e)
{
	put_u64(b, "strike", e->strike);
	if (e->repeat)
		put_bool(b, "repeat", true);
}

static void put_lift(struct buf *b, const struct event *e)
{
	char text[LIFT_BYTES_MAX];
	struct buf t;

	buf_init(&t, text, sizeof text);
	lift_put(&t, e->sets, &e->client);
	put_key(b, "lift");
	buf_put_json(b, text, t.len, sizeof text);
}

static void put_ban(struct buf *b, const struct event *e)
{
	(e->repeat ? put_repeated_client : put_client_verdict)(b, e);
	put_strike(b, e);
	if (e->permanent) {
		buf_put_text(b, ",\"seconds\":null,\"until\":null");
	} else {
		put_u64(b, "seconds", (uint64_t)span_to_seconds(e->seconds));
		buf_put_text(b, ",\"until\":\"");
		buf_put_instant(b, e->until);
		buf_put_char(b, '"');
	}
	if (!e->repeat)
		put_text(b, "length", event_length(e));
	put_bool(b, "enforced", e->enforced);
	if (e->behind_proxy)
		put_bool(b, "enforceable", false);
	if (e->repeat)
		return;
	put_evidence(b, &e->verdict);
	if (e->enforced && e->sets)
		put_lift(b, e);
}

static void put_top(struct buf *b, const struct event *e)
{
	put_key(b, "top");
	buf_put_char(b, '[');
	for (size_t i = 0; i < e->top_n; i++) {
		buf_put_text(b, i ? ",{" : "{");
		put_client(b, &e->top[i].client);
		put_u64(b, "requests", e->top[i].requests);
		put_u64(b, "errors", e->top[i].errors);
		buf_put_char(b, '}');
	}
	buf_put_char(b, ']');
}

static void put_networks(struct buf *b, const struct event *e)
{
	put_key(b, "networks");
	buf_put_char(b, '[');
	for (size_t i = 0; i < e->networks_n; i++) {
		buf_put_text(b, i ? ",{\"network\":\"" : "{\"network\":\"");
		buf_put_address(b, &e->networks[i].network);
		buf_put_char(b, '"');
		put_u64(b, "requests", e->networks[i].requests);
		put_u64(b, "errors", e->networks[i].errors);
		put_number(b, "share", e->networks[i].share);
		buf_put_char(b, '}');
	}
	buf_put_char(b, ']');
}

static void put_path(struct buf *b, const struct top_path *p)
{
	size_t start = b->len;

	buf_put_json(b, p->path, p->path_len, REQUEST_PATH_SHOWN_MAX);
	if (b->len - start <= PATH_ESCAPED_MAX + 2) /* 2 for its quotes */
		return;
	b->len = start;
	buf_put_json(b, p->path, p->path_len, PATH_BYTES_ESCAPED);
}

static void put_paths(struct buf *b, const struct event *e)
{
	if (!e->has_paths)
		return;
	put_key(b, "paths");
	buf_put_char(b, '[');
	for (size_t i = 0; i < e->paths_n; i++) {
		buf_put_text(b, i ? ",{\"path\":" : "{\"path\":");
		put_path(b, &e->paths[i]);
		put_u64(b, "requests", e->paths[i].requests);
		buf_put_char(b, '}');
	}
	buf_put_char(b, ']');
}

/* Writes an alert about the ban of one client or about the number of bans. */
static void put_bans_alert(struct buf *b, const struct event *e)
{
	put_text(b, "reason", e->reason);
	if (e->client.prefix_len) {
		buf_put_char(b, ',');
		put_client(b, &e->client);
	}
	put_u64(b, "count", e->count);
	if (e->message)
		put_text(b, "message", e->message);
}

static void put_origin(struct buf *b, const struct event *e)
{
	const struct origin *o = e->origin;

	put_text(b, "origin", o->name);
	put_text(b, "reason", origin_trouble_name(e->trouble));
}

/* Writes an alert about a host that sends counts. */
static void put_origin_alert(struct buf *b, const struct event *e)
{
	const struct origin *o = e->origin;

	put_origin(b, e);
	switch (e->trouble) {
	case ORIGIN_MISSING:
		put_u64(b, "count", o->missing);
		put_text(b, "message",
			"lines of counts from that host are missing: the broker or a link lost "
			"them, and not all requests to that host are counted");
		break;
	case ORIGIN_SILENT:
		put_number(b, "silence", (double)instant_since(e->time, o->heard).ms / 1000);
		put_text(b, "message",
			"no line of counts came from that host: its anomcount, its broker client "
			"or the link is down, and requests to that host are not counted");
		break;
	case ORIGIN_CLOCK:
		put_number(b, "offset", o->offset_s);
		put_text(b, "message",
			o->offset_s > 0
				? "the clock of that host is ahead of this host's"
				: "the clock of that host is behind this host's, or its lines "
				  "arrive late; lines over 60 s late are not counted");
		break;
	case ORIGIN_DUPLICATE:
		put_text(b, "message",
			"two hosts, or two anomcount processes on one host, publish under this "
			"name: only the counts of the newest process are judged; give each process "
			"its own --origin");
		break;
	case ORIGIN_TROUBLES:
		break;
	}
}

static void put_recovered(struct buf *b, const struct event *e)
{
	put_text(b, "scope", e->scope == SCOPE_ORIGIN ? "origin" : "site");
	if (e->scope == SCOPE_ORIGIN) {
		put_origin(b, e);
	} else {
		put_text(b, "signal", signal_name(e->signal));
		put_u64(b, "window", WINDOW_S);
		put_number(b, "rate", e->verdict.rate);
		put_baseline_figures(b, &e->verdict);
	}
	put_u64(b, "seconds", (uint64_t)span_to_seconds(e->seconds));
}

static void put_alert(struct buf *b, const struct event *e)
{
	static const char *const scopes[] = {"client", "site", "bans", "origin"};

	put_text(b, "scope", scopes[e->scope]);
	if (e->scope == SCOPE_BANS) {
		put_bans_alert(b, e);
		return;
	}
	if (e->scope == SCOPE_ORIGIN) {
		put_origin_alert(b, e);
		return;
	}
	if (e->scope == SCOPE_CLIENT) {
		put_client_verdict(b, e);
		put_text(b, "hold", e->hold);
		if (e->message) {
			put_key(b, "message");
			buf_put_json(b, e->message, strlen(e->message), ADVICE_MAX);
		}
		put_evidence(b, &e->verdict);
		return;
	}
	put_text(b, "signal", signal_name(e->signal));
	put_rules(b, &e->verdict);
	put_u64(b, "window", WINDOW_S);
	put_number(b, "rate", e->verdict.rate);
	put_baseline_figures(b, &e->verdict);
	put_u64(b, "clients", e->clients);
	put_u64(b, "new_clients", e->new_clients);
	put_top(b, e);
	put_networks(b, e);
	put_paths(b, e);
	put_evidence(b, &e->verdict);
}

static void put_counters(struct buf *b, const struct counters *c)
{
#define PUT(name) put_u64(b, #name, c->name);
	COUNTERS(PUT)
#undef PUT
}

/* Writes all peers that fit (at least 200 of IPv4 or 80 of IPv6) and the number of the remaining
 * peers. */
static void put_peers(struct buf *b, const struct event *e)
{
	size_t end = b->len + PEERS_BYTES_MAX, i = 0;

	put_key(b, "ssh_peers");
	buf_put_char(b, '[');
	for (; i < e->ssh_peers_n && b->len + ADDRESS_TEXT_MAX + 3 <= end; i++) {
		buf_put_text(b, i ? ",\"" : "\"");
		buf_put_address(b, &e->ssh_peers[i]);
		buf_put_char(b, '"');
	}
	buf_put_char(b, ']');
	if (i < e->ssh_peers_n)
		put_u64(b, "ssh_peers_more", e->ssh_peers_n - i);
}

static void put_details(struct buf *b, const struct event *e)
{
	switch (e->kind) {
	case EVENT_START:
		put_text(b, "version", e->version);
		put_bool(b, "enforced", e->enforced);
		put_u64(b, "bans", e->restored);
		put_peers(b, e);
		break;
	case EVENT_BASELINE:
		put_number(b, "mean", e->baseline.mean);
		put_number(b, "stddev", e->baseline.stddev);
		put_number(b, "error_mean", e->baseline.error_mean);
		put_number(b, "error_stddev", e->baseline.error_stddev);
		put_text(b, "source", baseline_source_name(e->baseline.source));
		put_limit(b, "limit", e->limit);
		put_limit(b, "error_limit", e->error_limit);
		put_limit(b, "visit_limit", e->visit_limit);
		put_limit(b, "visit_error_limit", e->visit_error_limit);
		put_limit(b, "visits", e->visits);
		if (e->reason)
			put_text(b, "reason", e->reason);
		break;
	case EVENT_ALERT:
		put_alert(b, e);
		break;
	case EVENT_RECOVERED:
		put_recovered(b, e);
		break;
	case EVENT_BAN:
		put_ban(b, e);
		break;
	case EVENT_UNBAN:
		buf_put_char(b, ',');
		put_client(b, &e->client);
		put_text(b, "reason", e->reason);
		put_strike(b, e);
		break;
	case EVENT_ERROR:
		put_text(b, "reason", e->reason);
		if (e->message)
			put_text(b, "message", e->message);
		break;
	case EVENT_STOP:
		put_counters(b, e->counters);
		put_u64(b, "log_seconds", (uint64_t)e->log_seconds);
		break;
	case EVENT_KIND_COUNT:
		break;
	}
}

void event_write(const struct event *e, struct buf *out)
{
	buf_put_text(out, "{\"event\":\"");
	buf_put_text(out, event_name(e->kind));
	buf_put_text(out, "\",\"time\":\"");
	buf_put_instant(out, e->time);
	buf_put_text(out, e->replay ? "\",\"mode\":\"replay\"" : "\",\"mode\":\"live\"");
	if (e->lost) {
		buf_put_text(out, ",\"lost\":");
		buf_put_u64(out, e->lost);
	}
	put_details(out, e);
	buf_put_text(out, "}\n");
}

const char *event_name(enum event_kind kind)
{
	static const char *const names[EVENT_KIND_COUNT] = {
		"start", "baseline", "alert", "recovered", "ban", "unban", "error", "stop"};

	return names[kind];
}

const char *signal_name(enum signal_kind signal)
{
	return signal == SIGNAL_REQUESTS ? "requests" : "errors";
}
