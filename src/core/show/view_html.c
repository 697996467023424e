/* view_html.c - see view.h. The page is one file that loads nothing. The Content-Security-Policy in
 * its head forbids loading, and allows its one script by the script's hash. The script only shows a
 * warning when the page is old. Without this warning, a browser would still show RUNNING when the
 * file is no longer written. */
#include "core/show/view.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "core/show/view_plot.h"
#include "core/show/view_style.h"
#include "core/base/figure.h"
#include "core/judge/path_rules.h"

#define REFRESH_S     3
#define PLOT_HEIGHT   170
#define ERRORS_HEIGHT 80

/* The hash is the output of `printf %s "$SCRIPT" | openssl sha256 -binary | base64`. A test in a
 * browser fails when script and hash differ. */
#define SCRIPT                                                                                     \
	"var o=document.getElementById('old'),a=Math.round(Date.now()/1000-o.dataset.made);"       \
	"if(a>60||a<-60){o.textContent='By the clock of this computer, the page was made '+a+"     \
	"' s ago: the page is no longer updated, or a clock is wrong.';o.hidden=false}"
#define SCRIPT_HASH "sha256-9HjQVgW3Ec0v7I95Lm9NBlCEYL0yiicgZmKPF/zG+KY="

/* Text of a state is printable ASCII. Five of its characters must be escaped in HTML. */
static void put_text(struct buf *out, const char *s)
{
	for (; *s; s++) {
		switch (*s) {
		case '<':
			buf_put_text(out, "&lt;");
			break;
		case '>':
			buf_put_text(out, "&gt;");
			break;
		case '&':
			buf_put_text(out, "&amp;");
			break;
		case '"':
			buf_put_text(out, "&quot;");
			break;
		case '\'':
			buf_put_text(out, "&#39;");
			break;
		default:
			buf_put_char(out, *s);
		}
	}
}

/* Puts a cell with the request; an empty one if the request is unknown. */
static void put_request(struct buf *out, const struct request_text *r)
{
	buf_put_text(out, "<td class=\"r\">");
	if (!request_text_is_known(r))
		return;
	buf_put_text(out, "<code>");
	put_text(out, request_text_line(r, REQUEST_LINE_MAX).s);
	buf_put_text(out, "</code>");
}

static void put_address(struct buf *out, const struct address *a)
{
	buf_put_text(out, "<td class=\"c\"><code>");
	buf_put_address(out, a);
	buf_put_text(out, "</code>");
}

static void put_head(struct buf *out, const struct state *s, struct instant now)
{
	const char *run = status_run_name(status_run(s, now));

	buf_put_format(out,
		"<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		"<meta http-equiv=\"refresh\" content=\"%d\">\n"
		"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		"style-src 'unsafe-inline'; script-src '%s'\">\n",
		REFRESH_S, SCRIPT_HASH);
	buf_put_format(out, "<title>%s, %s - anomdetect on ", run,
		status_check_name(status_check(s, now)));
	put_text(out, s->host);
	buf_put_text(out, "</title>\n<style>");
	buf_put_text(out, view_style);
	buf_put_text(out, "</style></head>\n<body>\n");
	buf_put_format(out, "<p id=\"old\" class=\"bad\" hidden data-made=\"%" PRId64 "\"></p>\n",
		instant_second(now));
	buf_put_text(out, "<script>" SCRIPT "</script>\n");
}

static void put_badge(struct buf *out, const char *id, const char *class, const char *text)
{
	buf_put_format(out, "<span id=\"%s\" class=\"%s\">%s</span>", id, class, text);
}

static void put_site_badge(struct buf *out, const struct state *s)
{
	bool abnormal = s->abnormal[SIGNAL_REQUESTS] || s->abnormal[SIGNAL_ERRORS];
	bool known = abnormal || s->baseline.ready;

	buf_put_format(out, "<span id=\"site\" class=\"%s\">%s%s",
		abnormal ? "bad"
		: known  ? "good"
			 : "warn",
		known ? "site " : "", abnormal ? "abnormal" : status_site(s, SIGNAL_REQUESTS));
	if (abnormal)
		buf_put_format(out, " for %s",
			figure_span(instant_since(s->now, status_abnormal_since(s))).s);
	buf_put_text(out, "</span>");
}

static void put_verdict(struct buf *out, const struct state *s, struct instant now)
{
	static const char *const bans_class[] = {"good", "warn", "bad"};
	struct status_text blind = status_blind_badge(s, now, false);
	const char *blind_class = status_blind(s, now) == BLIND_NO_LINE ? "warn" : "bad";
	enum status_run run = status_run(s, now);

	buf_put_text(out, "<h1><span>anomdetect on ");
	put_text(out, s->host);
	buf_put_text(out, "</span>");
	put_badge(out, "status", run == STATUS_RUNNING ? "good" : "bad", status_run_name(run));
	if (blind.s[0])
		put_badge(out, "blind", blind_class, blind.s);
	if (s->reads_counts)
		put_badge(out, "hosts",
			s->origins_in[ORIGIN_SILENT]                      ? "bad"
			: status_hosts_faulty(s) || s->origins_total == 0 ? "warn"
									  : "good",
			status_hosts(s, false).s);
	put_site_badge(out, s);
	buf_put_format(out,
		"<span class=\"%s\"><span id=\"bans\">%" PRIu64 "</span> ban%s %s</span>",
		bans_class[status_bans(s)], s->bans_total, figure_plural((double)s->bans_total),
		status_bans_name(status_bans(s)));
	if (s->swarm || s->visit_swarm)
		put_badge(out, "swarm", "bad", "swarm");
	if (s->failing || s->pages_failing)
		put_badge(out, "failing", "bad", s->failing ? "site failing" : "pages failing");
	if (s->learning_s > 0 && s->running)
		put_badge(out, "learning", "warn", "learning");
	buf_put_text(out, "</h1>\n");
	if (blind.s[0])
		buf_put_format(out, "<p id=\"blind-why\" class=\"%s\">Input: %s</p>\n", blind_class,
			status_blind_why(s, now).s);
	if (status_hosts_faulty(s)) {
		buf_put_text(out, "<p id=\"hosts-why\" class=\"bad\">Hosts: ");
		put_text(out, status_hosts_why(s).s);
		buf_put_text(out, "</p>\n");
	}
	if (status_bans(s) == STATUS_NOT_IN_FORCE) {
		buf_put_text(out, "<p class=\"bad\">Bans: ");
		put_text(out, status_trouble(s).s);
		buf_put_text(out, "</p>\n");
	}
}

static void put_process(struct buf *out, const struct state *s, struct instant now)
{
	bool running = status_run(s, now) == STATUS_RUNNING;

	buf_put_format(out, "<p class=\"dim\">%s %s, state %s, ", running ? "up" : "ran",
		figure_span(instant_since(running ? now : s->saved, s->started)).s,
		status_age_text(s, now).s);
	buf_put_format(out, "lag %s s, %s lines/s, cpu %s %%, %s, firewall ",
		figure_amount(s->lag_s).s, figure_amount(s->lines_per_s).s,
		figure_amount(s->cpu_percent).s, figure_bytes(s->memory_bytes).s);
	put_text(out, s->firewall);
	if (s->set_name[0])
		buf_put_char(out, ' ');
	put_text(out, s->set_name);
	buf_put_text(out, ", made at ");
	buf_put_instant(out, now);
	buf_put_text(out, "</p>\n");
}

static void put_signal(struct buf *out, const struct state *s, enum signal_kind k)
{
	const struct baseline *b = &s->baseline;
	const char *name = signal_name(k);
	bool errors = k == SIGNAL_ERRORS;

	buf_put_format(out, "<tr><th>%s/s<td class=\"n\" data-l=\"now\" id=\"%s\">%s", name, name,
		figure_amount(status_rate(s, k)).s);
	buf_put_format(out,
		"<td class=\"n\" data-l=\"mean\" id=\"%s-mean\">%s"
		"<td class=\"n\" data-l=\"stddev\">%s",
		name, figure_amount(errors ? b->error_mean : b->mean).s,
		figure_amount(errors ? b->error_stddev : b->stddev).s);
	buf_put_format(out,
		"<td class=\"n\" data-l=\"alarm\" id=\"%s-alarm\">%s"
		"<td class=\"n\" data-l=\"z\">%s<td data-l=\"baseline\">%s",
		name, figure_amount(s->alarm[k]).s, figure_amount(s->z[k]).s,
		baseline_source_name(errors ? b->error_source : b->source));
	buf_put_format(
		out, "<td class=\"%s\">%s\n", s->abnormal[k] ? "bad" : "good", status_site(s, k));
}

static void put_limits(struct buf *out, double requests, double errors)
{
	buf_put_format(out, "%s request%s, %s error%s", figure_whole(requests).s,
		figure_plural(requests), figure_whole(errors).s, figure_plural(errors));
}

static void put_site(struct buf *out, const struct state *s)
{
	buf_put_text(out, "<table id=\"rates\"><thead><tr><th>"
			  "<th class=\"n\">now<th class=\"n\">mean<th class=\"n\">stddev"
			  "<th class=\"n\">alarm<th class=\"n\">z<th>baseline<th>\n<tbody>");
	for (int k = 0; k < SIGNAL_COUNT; k++)
		put_signal(out, s, (enum signal_kind)k);
	buf_put_text(out, "</table>\n<p class=\"dim\">A client's limits in 60 s: ");
	put_limits(out, status_limit(s), s->limits[LIMIT_ERRORS]);
	buf_put_text(out, "; in a visit: ");
	put_limits(out, status_visit_limit(s), s->limits[LIMIT_VISIT_ERRORS]);
	buf_put_format(out, "; %s, %s visit%s.</p>\n", s->limits_known ? "learned" : "cold",
		figure_whole(s->visits).s, figure_plural(s->visits));
	buf_put_text(out, "<h2>Requests per second, last 30 minutes</h2>\n");
	view_plot_put(out, s, SIGNAL_REQUESTS, PLOT_HEIGHT);
	buf_put_text(out, "<h2>Errors per second</h2>\n");
	view_plot_put(out, s, SIGNAL_ERRORS, ERRORS_HEIGHT);
	buf_put_text(out, "<h2>Mean requests per second by hour of the day, UTC</h2>\n");
	view_plot_put_hours(out, s);
}

static void put_hosts(struct buf *out, const struct state *s)
{
	if (!s->reads_counts)
		return;
	buf_put_text(out,
		"<h2>Hosts that send counts</h2>\n<table id=\"origins\"><thead><tr><th>host"
		"<th class=\"n\">lag<th class=\"n\">lines/s<th class=\"n\">clients/s"
		"<th>fault\n<tbody>");
	for (size_t i = 0; i < s->origins_n; i++) {
		const struct state_origin *o = &s->origins[i];
		buf_put_text(out, "<tr><td class=\"h\"><code>");
		put_text(out, o->origin);
		buf_put_format(out,
			"</code><td class=\"n\" data-l=\"lag\">%s"
			"<td class=\"n\" data-l=\"lines/s\">%s"
			"<td class=\"n\" data-l=\"clients/s\">%s",
			status_lag(o).s, figure_amount(o->lines_per_s).s,
			figure_amount(o->clients_per_s).s);
		buf_put_format(out, "<td><span class=\"%s\">%s</span>",
			o->troubles & 1u << ORIGIN_SILENT ? "bad" : "warn", status_host(s, o).s);
		if (o->lost)
			buf_put_format(out, " <span class=\"dim\">%s line%s lost</span>",
				figure_whole((double)o->lost).s, figure_plural((double)o->lost));
		buf_put_char(out, '\n');
	}
	if (s->origins_total > s->origins_n)
		buf_put_format(out, "<tr><td colspan=\"5\">... and %zu more\n",
			s->origins_total - s->origins_n);
	buf_put_text(out, "</table>\n");
}

/* Puts the only row of an empty table. */
static void put_none(struct buf *out, size_t n, int columns, const char *words)
{
	if (n == 0)
		buf_put_format(out, "<tr><td class=\"dim\" colspan=\"%d\">%s\n", columns, words);
}

static void put_top(struct buf *out, const struct state *s)
{
	buf_put_format(out,
		"<section><h2>Top of <span id=\"clients\">%" PRIu32
		"</span> client%s in 60 s</h2>\n<table id=\"top\"><thead><tr><th>client"
		"<th class=\"n\">requests<th class=\"n\">errors<th>share of limit\n<tbody>",
		s->clients, figure_plural(s->clients));
	put_none(out, s->top_n, 4, "no request in 60 s");
	for (size_t i = 0; i < s->top_n; i++) {
		const struct state_top *t = &s->top[i];
		double percent = fmin(ceil(100 * status_share(s, t)), 9999);
		buf_put_text(out, "<tr>");
		put_address(out, &t->client);
		buf_put_format(out,
			"<td class=\"n\" data-l=\"requests\">%" PRIu32
			"<td class=\"n\" data-l=\"errors\">%" PRIu32
			"<td data-l=\"share of limit\">"
			"<meter max=\"100\" high=\"80\" value=\"%.0f\"></meter> %.0f %%%s\n",
			t->requests, t->errors, fmin(percent, 100), percent,
			t->held ? ", not banned: allowed or held back" : "");
	}
	buf_put_text(out, "</table></section>\n");
}

/* Puts the detection rules. The rule with a known value is followed by this value and its limit. */
static void put_rules(struct buf *out, const struct state_ban *b)
{
	const char *between = "";
	unsigned rules = b->rules;

	for (unsigned i = 0; i < RULE_COUNT; i++) {
		if (!(rules & 1u << i))
			continue;
		const char *words = path_rules_words((enum rule)i);
		if (words)
			buf_put_format(out, "%s<span title=\"%s\">%s</span>", between, words,
				rule_name((enum rule)i));
		else
			buf_put_format(out, "%s%s", between, rule_name((enum rule)i));
		if (b->evidence.value > 0 && b->evidence.rule == (enum rule)i)
			buf_put_format(out, " %s &gt; %s %s", figure_fine(b->evidence.value).s,
				figure_fine(b->evidence.limit).s, rule_unit((enum rule)i));
		between = ", ";
	}
	if (rules == 0)
		buf_put_text(out, "by hand or by others");
}

static const char *left_of(const struct state_ban *b, struct instant now, struct figure *room)
{
	if (b->until.ms == INSTANT_MAX.ms)
		return "permanent";
	if (!instant_before(now, b->until))
		return "ended";
	*room = figure_span(instant_since(b->until, now));
	return room->s;
}

/* Puts a separate row below the ban's row: a column would be too narrow for a command. */
static void put_undo(
	struct buf *out, const struct state *s, const struct state_ban *b, struct instant now)
{
	struct status_text lift = status_lift(s, &b->client);
	char text[24];
	struct buf t;

	buf_init(&t, text, sizeof text);
	buf_put_instant(&t, b->since);
	buf_put_format(out,
		"<tr><td class=\"r\" colspan=\"5\"><span class=\"dim\">since %.10s %.5s UTC", text,
		text + 11);
	if (!instant_before(status_now(s, now), b->until)) {
		buf_put_text(out, "</span>\n");
		return;
	}
	if (!lift.s[0]) {
		buf_put_text(out, "; nothing to lift: the ban was only printed</span>\n");
		return;
	}
	buf_put_text(out, "; to lift it:</span> <code>");
	put_text(out, lift.s);
	buf_put_text(out, "</code>\n");
}

static void put_bans(struct buf *out, const struct state *s, struct instant now)
{
	buf_put_text(out,
		"<section style=\"flex-basis:100%\"><h2>Banned</h2>\n"
		"<table id=\"banned\"><thead><tr><th>client"
		"<th class=\"n\">left<th class=\"n\">strike<th>rules<th>request\n<tbody>");
	put_none(out, s->bans_n, 5, "nobody");
	for (size_t i = 0; i < s->bans_n; i++) {
		const struct state_ban *b = &s->bans[i];
		struct figure left;
		bool missing = !b->enforced && status_bans(s) == STATUS_NOT_IN_FORCE;
		buf_put_text(out, "<tr>");
		put_address(out, &b->client);
		buf_put_format(out,
			"<td class=\"n\" data-l=\"left\">%s"
			"<td class=\"n\" data-l=\"strike\">%" PRIu32 "<td data-l=\"rules\">%s",
			left_of(b, status_now(s, now), &left), b->strike,
			missing ? "<span class=\"bad\">not in force</span> " : "");
		put_rules(out, b);
		put_request(out, &b->request);
		buf_put_char(out, '\n');
		put_undo(out, s, b, now);
	}
	if (s->bans_total > s->bans_n)
		buf_put_format(out, "<tr><td colspan=\"5\">... and %" PRIu64 " more\n",
			s->bans_total - s->bans_n);
	buf_put_text(out, "</table></section>\n");
}

static void put_events(struct buf *out, const struct state *s)
{
	buf_put_text(out, "<h2>Events</h2>\n<table id=\"events\">\n");
	put_none(out, s->events_n, 4, "none yet");
	for (size_t i = 0; i < s->events_n; i++) {
		const struct recent_event *e = &s->events[i];
		buf_put_text(out, "<tr><td class=\"dim t\">");
		buf_put_instant(out, e->time);
		buf_put_text(out, "<td>");
		put_text(out, e->event);
		if (e->more)
			buf_put_format(out, " +%" PRIu32, e->more);
		buf_put_text(out, "<td class=\"r\">");
		put_text(out, e->text);
		put_request(out, &e->request);
		buf_put_char(out, '\n');
	}
	buf_put_text(out, "</table>\n");
}

static void put_counters(struct buf *out, const struct state *s)
{
	const char *between = "";

#define COUNTER(name)                                                                              \
	if (s->counters.name) {                                                                    \
		buf_put_format(out,                                                                \
			"%s" #name " <span id=\"counter-" #name "\">%" PRIu64 "</span>", between,  \
			s->counters.name);                                                         \
		between = ", ";                                                                    \
	}
	buf_put_format(out,
		"<p class=\"dim\">In memory: <span id=\"paths\">%" PRIu32
		"</span> path%s of the site, <span id=\"slow_clients\">%" PRIu32
		"</span> client%s with errors or writes.</p>\n",
		s->paths, figure_plural(s->paths), s->slow_clients, figure_plural(s->slow_clients));
	buf_put_text(out, "<p class=\"dim\">Counted since the start: ");
	COUNTERS(COUNTER)
	buf_put_format(out, "%s</p>\n", *between ? "; all other counters are 0." : "nothing.");
#undef COUNTER
}

void view_html(const struct state *s, struct instant now, struct buf *out)
{
	put_head(out, s, now);
	put_verdict(out, s, now);
	put_process(out, s, now);
	put_site(out, s);
	put_hosts(out, s);
	buf_put_text(out, "<div class=\"lists\">\n");
	put_top(out, s);
	put_bans(out, s, now);
	buf_put_text(out, "</div>\n");
	put_events(out, s);
	put_counters(out, s);
	buf_put_text(out, "</body></html>\n");
}
