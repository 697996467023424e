/* view_prometheus.c - see view.h. Names follow Prometheus' rules: base units, _total for counters,
 * one family for values that a label distinguishes. A client is never a label, because anybody
 * could make as many series as they have addresses. A host that sends counts is a label: the
 * broker's access list limits the names of hosts, and a state has at most STATE_ORIGINS_MAX
 * hosts. */
#include "core/show/view.h"

#include <string.h>

#define PREFIX "anomdetect_"

static void put_family(struct buf *out, const char *name, const char *type, const char *help)
{
	buf_put_format(
		out, "# HELP " PREFIX "%s %s\n# TYPE " PREFIX "%s %s\n", name, help, name, type);
}

static void put_value(struct buf *out, double v)
{
	buf_put_char(out, ' ');
	buf_put_number(out, v, 6);
	buf_put_char(out, '\n');
}

static void put_one(struct buf *out, const char *name, const char *type, const char *help, double v)
{
	put_family(out, name, type, help);
	buf_put_format(out, PREFIX "%s", name);
	put_value(out, v);
}

static void put_gauge(struct buf *out, const char *name, const char *help, double v)
{
	put_one(out, name, "gauge", help, v);
}

static void put_labelled(
	struct buf *out, const char *name, const char *label, const char *value, double v)
{
	buf_put_format(out, PREFIX "%s{%s=\"%s\"}", name, label, value);
	put_value(out, v);
}

/* Puts one value for each of the site's two signals. */
static void put_signals(
	struct buf *out, const char *name, const char *help, double requests, double errors)
{
	put_family(out, name, "gauge", help);
	put_labelled(out, name, "signal", signal_name(SIGNAL_REQUESTS), requests);
	put_labelled(out, name, "signal", signal_name(SIGNAL_ERRORS), errors);
}

/* Puts a label. In a value, the format escapes '"', '\' and newline. A text of the state never has
 * a newline. */
static void put_label(struct buf *out, const char *label, const char *value)
{
	buf_put_format(out, "%s=\"", label);
	for (; *value; value++) {
		if (*value == '"' || *value == '\\')
			buf_put_char(out, '\\');
		buf_put_char(out, *value);
	}
	buf_put_char(out, '"');
}

/* Puts the flaws of the log, and whether they make the detector blind. */
static void put_input(struct buf *out, const struct state *s, struct instant now)
{
	enum status_blind blind = status_blind(s, now);

	put_gauge(out, "silence_seconds",
		"Time without a request until now; 0 before the first request, and in a replay.",
		s->silence_s);
	put_gauge(out, "silence_longest_seconds",
		"Longest time without a request, today and in the seven days before.",
		s->silence_longest_s);
	put_gauge(out, "silence_limit_seconds",
		"A longer time without a request is reported; 0: not known, as in a replay.",
		s->silence_limit_s);
	put_family(out, "bad_lines_share", "gauge",
		"Share of the newest lines that have this flaw, from 0 to 1.");
	put_labelled(out, "bad_lines_share", "flaw", "any", s->bad_share);
	put_labelled(out, "bad_lines_share", "flaw", "rejected", s->rejected_share);
	put_labelled(out, "bad_lines_share", "flaw", "late", s->late_share);
	put_labelled(out, "bad_lines_share", "flaw", "no_status", s->no_status_share);
	put_family(out, "blind", "gauge",
		"1 while anomdetect reads too little of the site's traffic, by reason.");
	for (int k = BLIND_NOT + 1; k < BLIND_COUNT; k++)
		put_labelled(out, "blind", "reason", status_blind_name((enum status_blind)k),
			(int)blind == k);
}

static void put_process(struct buf *out, const struct state *s, struct instant now)
{
	enum status_run run = status_run(s, now);

	put_gauge(out, "up",
		"1 while anomdetect runs and its state is fresh; 0: all other metrics are old.",
		run == STATUS_RUNNING);
	put_family(out, "status", "gauge", "1 if the run has this status, otherwise 0.");
	for (int k = 0; k < STATUS_RUN_COUNT; k++)
		put_labelled(out, "status", "status", status_run_name((enum status_run)k),
			(int)run == k);
	put_family(out, "info", "gauge",
		"Version, host, mode and firewall of the run, as labels; always 1.");
	buf_put_text(out, PREFIX "info{");
	put_label(out, "version", s->program_version);
	buf_put_char(out, ',');
	put_label(out, "host", s->host);
	buf_put_char(out, ',');
	put_label(out, "mode", s->replay ? "replay" : "live");
	buf_put_char(out, ',');
	put_label(out, "firewall", s->firewall);
	buf_put_text(out, "} 1\n");
	put_gauge(out, "state_timestamp_seconds", "Time when the state was written.",
		(double)s->saved.ms / 1000);
	put_gauge(out, "start_time_seconds", "Time when the run began.",
		(double)s->started.ms / 1000);
	put_gauge(out, "last_line_timestamp_seconds",
		"Time when the newest request was read; 0: none yet.",
		(double)s->last_line.ms / 1000);
	put_input(out, s, now);
	put_gauge(out, "lag_seconds",
		"How far the time of the newest request was behind the clock.", s->lag_s);
	put_one(out, "cpu_seconds_total", "counter", "CPU time of anomdetect, user and system.",
		s->cpu_seconds);
	put_gauge(out, "resident_memory_bytes", "Resident memory of anomdetect; 0: not known.",
		(double)s->memory_bytes);
}

static void put_site(struct buf *out, const struct state *s)
{
	const struct baseline *b = &s->baseline;

	put_signals(out, "site_rate", "Rate per second of the site in the last 60 s.",
		status_rate(s, SIGNAL_REQUESTS), status_rate(s, SIGNAL_ERRORS));
	put_signals(out, "site_mean", "Mean rate per second of the site's baseline.", b->mean,
		b->error_mean);
	put_signals(out, "site_stddev", "Standard deviation per second of the site's baseline.",
		b->stddev, b->error_stddev);
	put_signals(out, "site_alarm",
		"A higher rate per second is a site anomaly; 0: not known yet.",
		s->alarm[SIGNAL_REQUESTS], s->alarm[SIGNAL_ERRORS]);
	put_signals(out, "site_zscore",
		"Number of standard deviations by which the rate is above the mean; "
		"negative: below.",
		s->z[SIGNAL_REQUESTS], s->z[SIGNAL_ERRORS]);
	put_signals(out, "site_abnormal", "1 while the site has an anomaly.",
		s->abnormal[SIGNAL_REQUESTS], s->abnormal[SIGNAL_ERRORS]);
	put_gauge(out, "site_swarm", "1 while many clients flood the site together.",
		s->swarm || s->visit_swarm);
	put_family(out, "failing", "gauge",
		"1 while the site or some pages fail, and errors do not count against clients.");
	put_labelled(out, "failing", "what", "site", s->failing);
	put_labelled(out, "failing", "what", "pages", s->pages_failing);
	put_gauge(out, "learning_seconds",
		"Rest of the time in which only the worst clients are banned.", s->learning_s);
}

static void put_clients(struct buf *out, const struct state *s)
{
	put_gauge(out, "active_clients", "Number of clients with a request in the last 60 s.",
		s->clients);
	put_family(out, "client_limit", "gauge", "Limit of one client, by detection rule.");
	put_labelled(out, "client_limit", "rule", rule_name(RULE_REQUESTS), status_limit(s));
	put_labelled(out, "client_limit", "rule", rule_name(RULE_ERRORS), s->limits[LIMIT_ERRORS]);
	put_labelled(
		out, "client_limit", "rule", rule_name(RULE_VISIT_REQUESTS), status_visit_limit(s));
	put_labelled(out, "client_limit", "rule", rule_name(RULE_VISIT_ERRORS),
		s->limits[LIMIT_VISIT_ERRORS]);
	put_gauge(out, "limits_learned",
		"1 when the limits are learned, 0 while the limits of a new site are used.",
		s->limits_known);
	put_gauge(out, "visits",
		"Number of visits that taught the limits; older visits count less.", s->visits);
	put_gauge(out, "known_paths", "Number of known paths of the site.", s->paths);
	put_gauge(out, "slow_clients",
		"Number of entries in the table of clients that fail or write; "
		"slow_evicted_total counts evictions.",
		s->slow_clients);
	put_gauge(out, "banned_clients", "Number of bans in force.", (double)s->bans_total);
	put_gauge(out, "bans_not_enforced",
		"Number of bans that the kernel lacks, in a run with --ban.",
		(double)s->bans_not_enforced);
	put_family(out, "bans_status", "gauge",
		"1 if the bans have this status, otherwise 0; not enforced: bans are only printed; "
		"not in force: bans may have no effect.");
	for (int k = 0; k < STATUS_BANS_COUNT; k++)
		put_labelled(out, "bans_status", "status", status_bans_name((enum status_bans)k),
			(int)status_bans(s) == k);
	put_family(out, "held_total", "counter",
		"Alerts about clients that were not banned, by reason.");
	for (int k = HOLD_ALLOWED; k < HOLD_COUNT; k++)
		put_labelled(
			out, "held_total", "hold", hold_name((enum hold)k), (double)s->held[k]);
}

/* Puts one family with a value for each host. */
static void put_hosts(struct buf *out, const struct state *s, const char *name, const char *type,
	const char *help, double value(const struct state_origin *o))
{
	put_family(out, name, type, help);
	for (size_t i = 0; i < s->origins_n; i++) {
		buf_put_format(out, PREFIX "%s{", name);
		put_label(out, "origin", s->origins[i].origin);
		buf_put_char(out, '}');
		put_value(out, value(&s->origins[i]));
	}
}

static double up_of(const struct state_origin *o)
{
	return !(o->troubles & 1u << ORIGIN_SILENT);
}

static double lag_of(const struct state_origin *o)
{
	return o->lag_s;
}

static double offset_of(const struct state_origin *o)
{
	return o->offset_s;
}

static double lines_of(const struct state_origin *o)
{
	return o->lines_per_s;
}

static double clients_of(const struct state_origin *o)
{
	return o->clients_per_s;
}

static double missing_of(const struct state_origin *o)
{
	return (double)o->missing;
}

static double lost_of(const struct state_origin *o)
{
	return (double)o->lost;
}

static void put_origins(struct buf *out, const struct state *s)
{
	if (!s->reads_counts)
		return;
	put_gauge(out, "origins", "Number of hosts that send counts.", s->origins_total);
	put_family(out, "origins_faulty", "gauge", "Number of hosts that have this fault now.");
	for (int k = 0; k < ORIGIN_TROUBLES; k++)
		put_labelled(out, "origins_faulty", "fault",
			origin_trouble_name((enum origin_trouble)k), s->origins_in[k]);
	put_hosts(out, s, "origin_up", "gauge",
		"0 while the host sends nothing: no line for over 30 s. "
		"The metrics have at most 1000 hosts.",
		up_of);
	put_hosts(out, s, "origin_lag_seconds", "gauge",
		"Time from the newest line of the host to now; "
		"a host without requests sends a line every 10 s.",
		lag_of);
	put_hosts(out, s, "origin_clock_offset_seconds", "gauge",
		"How far the host's clock is ahead; negative: behind.", offset_of);
	put_hosts(out, s, "origin_lines_per_second", "gauge",
		"Lines per second of the host in the last 10 s.", lines_of);
	put_hosts(out, s, "origin_clients_per_second", "gauge",
		"Clients per second in the lines of the host.", clients_of);
	put_hosts(out, s, "origin_missing", "gauge",
		"Lines of the host that are missing, although later lines came.", missing_of);
	put_hosts(out, s, "origin_lost_total", "counter",
		"Lines of the host that are lost for good.", lost_of);
}

static bool is_rejected(const char *name)
{
#define REJECTED_NAME(name) #name,
	static const char *const names[] = {COUNTERS_REJECTED(REJECTED_NAME)};
#undef REJECTED_NAME

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

/* Puts a family for each counter, except the reject reasons, which share one family. */
static void put_counters(struct buf *out, const struct counters *c)
{
#define REJECTED(name) put_labelled(out, "rejected_total", "reason", #name, (double)c->name);
#define COUNTER(name)                                                                              \
	if (!is_rejected(#name))                                                                   \
		put_one(out, #name "_total", "counter", "The counter " #name " of anomdetect(5).", \
			(double)c->name);
	put_family(out, "rejected_total", "counter", "Rejected lines, by reject reason.");
	COUNTERS_REJECTED(REJECTED)
	COUNTERS(COUNTER)
#undef COUNTER
#undef REJECTED
}

void view_prometheus(const struct state *s, struct instant now, struct buf *out)
{
	put_process(out, s, now);
	put_site(out, s);
	put_clients(out, s);
	put_origins(out, s);
	put_counters(out, &s->counters);
}
