/* options.c - see options.h. Not argp: it prints and exits by itself, and knows no file and no
 * ranges. */
#include "io/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/event.h"
#include "core/num.h"
#include "core/site.h"
#include "io/statefile.h"

#define CONFIG_BYTES_MAX (1 << 20)

enum kind {
	KIND_FLAG,
	KIND_TEXT,
	KIND_COUNT,  /* uint32_t */
	KIND_NUMBER, /* double */
	KIND_SPAN,
	KIND_EVENTS,
	KIND_SCHEDULE,
	KIND_ALLOW,
};

struct row {
	const char *name;
	char letter; /* 0: none */
	enum kind kind;
	size_t offset;
	double min, max;      /* of a span: seconds */
	const char *argument; /* its name in --help; NULL: takes none */
	const char *help;     /* with the default */
};

#define AT(member) offsetof(struct options, member)
#define YEAR       (366.0 * 86400)

/* A limit's floor and its cold value. */
#define LIMIT(name, kind, what, floor, cold)                                                       \
	{name "-floor", 0, KIND_NUMBER, AT(limit_floor[kind]), 1, 1e9, "N",                        \
		"least learned limit: " what " (" floor ")"},                                      \
	{                                                                                          \
		name "-cold", 0, KIND_NUMBER, AT(limit_cold[kind]), 1, 1e9, "N",                   \
			"limit until visits are known: " what " (" cold ")"                        \
	}

static const struct row rows[] = {
	{"ban", 'b', KIND_FLAG, AT(ban), 0, 0, NULL,
		"ban in the kernel; without it bans are only printed"},
	{"replay", 'r', KIND_FLAG, AT(replay), 0, 0, NULL,
		"take the time from the log alone; nothing is enforced"},
	{"config", 'c', KIND_TEXT, AT(config), 0, 0, "FILE", "read options from FILE"},
	{"events", 'e', KIND_EVENTS, AT(events), 0, 0, "LIST",
		"print these: start,baseline,alert,recovered,ban,unban,error,stop (all)"},
	{"format", 'f', KIND_TEXT, AT(format), 0, 0, "NAME", "of the log: auto or nginx (auto)"},
	{"state", 's', KIND_TEXT, AT(state), 0, 0, "FILE",
		"what anomstat shows; FILE.memory beside it is kept over restarts; none: no files"},
	{"state-group", 0, KIND_TEXT, AT(state_group), 0, 0, "NAME",
		"group that may read them (adm)"},
	{"state-interval", 0, KIND_SPAN, AT(state_interval), 1, 3600, "TIME",
		"between two states (3s)"},
	{"memory-interval", 0, KIND_SPAN, AT(memory_interval), 1, 86400, "TIME",
		"between two savings of the memory (60s)"},
	{"allow", 0, KIND_ALLOW, 0, 0, 0, "CIDR|@FILE", "never ban these; may be given often"},
	{"ban-private", 0, KIND_FLAG, AT(ban_private), 0, 0, NULL, "ban private addresses too"},
	{"schedule", 0, KIND_SCHEDULE, 0, 1, YEAR, "LIST",
		"of bans by strike (10m,30m,2h,permanent)"},
	{"forget", 0, KIND_SPAN, AT(forget), 1, 10 * YEAR, "TIME",
		"strikes, after the last ban's end (7d)"},
	{"set", 0, KIND_TEXT, AT(set_name), 0, 0, "NAME", "sets are NAME4 and NAME6 (anomdetect)"},
	{"chain", 0, KIND_TEXT, AT(chain), 0, 0, "TABLE/CHAIN",
		"where the rule goes (raw/PREROUTING)"},
	{"rule", 0, KIND_TEXT, AT(rule), 0, 0, "auto|none",
		"put the rule in, or leave it to you (auto)"},
	{"zscore", 0, KIND_NUMBER, AT(zscore), 0.1, 1000, "N",
		"standard deviations above the mean (3)"},
	{"multiplier", 0, KIND_NUMBER, AT(multiplier), 1, 1000, "N", "times the mean (5)"},
	{"tight-zscore", 0, KIND_NUMBER, AT(tight_zscore), 0.1, 1000, "N",
		"zscore when tightened (2)"},
	{"tight-multiplier", 0, KIND_NUMBER, AT(tight_multiplier), 1, 1000, "N",
		"multiplier when tightened (3)"},
	{"error-surge", 0, KIND_NUMBER, AT(error_surge), 0.1, 1000, "N",
		"times the mean error rate, to tighten for a client (3)"},
	{"min-requests", 0, KIND_COUNT, AT(min_requests), 1, 1e9, "N",
		"in 60 s, before a client is judged (200)"},
	{"client-baseline", 0, KIND_TEXT, AT(client_baseline), 0, 0, "visits|site",
		"judge clients by learned visits, or by the site's baseline alone (visits)"},
	{"risk", 0, KIND_NUMBER, AT(risk), 1e-9, 0.01, "N",
		"share of honest visits that may exceed a limit (0.00003)"},
	{"busy-seconds", 0, KIND_COUNT, AT(busy_seconds), 1, 60, "N",
		"different seconds of a flood's requests; a page load has fewer (15)"},
	{"burst", 0, KIND_NUMBER, AT(burst), 1, 1000, "N", "times the limit, where a burst is enough (2)"},
	{"tight-share", 0, KIND_NUMBER, AT(tight_share), 0.01, 1, "N", "of the 60-s limits when tightened (0.6)"},
	{"error-share", 0, KIND_NUMBER, AT(error_share), 0.01, 1, "N",
		"of a client's requests, for errors to be its own doing (0.25)"},
	LIMIT("requests", LIMIT_REQUESTS, "requests in 60 s", "120", "200"),
	LIMIT("errors", LIMIT_ERRORS, "errors in 60 s", "20", "60"),
	LIMIT("visit-requests", LIMIT_VISIT_REQUESTS, "requests of a visit", "300", "600"),
	LIMIT("visit-errors", LIMIT_VISIT_ERRORS, "errors of a visit", "30", "60"),
	{"mark-floor", 0, KIND_NUMBER, AT(limit_floor[LIMIT_MARK]), 1, 1e9, "N",
		"of the mark that tells a swarm, requests in 60 s (30)"},
	{"known-from", 0, KIND_COUNT, AT(known_from), 1, 1e9, "N", "visits, for limits to be learned (100)"},
	{"growth", 0, KIND_NUMBER, AT(growth), 1, 1000, "N", "times a limit may rise in 24 h (1.5)"},
	{"growth-from", 0, KIND_COUNT, AT(growth_from), 1, 1e9, "N", "visits, for growth to be bounded (1000)"},
	{"per-network", 0, KIND_COUNT, AT(per_network), 1, 255, "N",
		"clients of a /24 or /48 that teach in 24 h (8)"},
	{"half-life", 0, KIND_SPAN, AT(half_life), 3600, YEAR, "TIME", "of what visits taught (24h)"},
	{"swarm-min", 0, KIND_COUNT, AT(swarm_min), 1, 1e9, "N", "clients over the mark, in a swarm (30)"},
	{"swarm-share", 0, KIND_NUMBER, AT(swarm_share), 0.001, 1, "N", "of the active clients (0.1)"},
	{"learn", 0, KIND_SPAN, AT(learn), 0, 7 * 86400, "TIME",
		"from a cold start, only the worst is banned (10m)"},
	{"severe", 0, KIND_NUMBER, AT(severe), 1, 1000, "N", "times the cold limits: the worst (5)"},
	{"known-after", 0, KIND_SPAN, AT(known_after), 60, 86400, "TIME", "a client is known (10m)"},
	{"mass-min", 0, KIND_COUNT, AT(mass_min), 1, 1e9, "N",
		"known clients banned in 10 min before more are held back (5)"},
	{"mass-share", 0, KIND_NUMBER, AT(mass_share), 0, 1, "N", "and of all known clients (0.05)"},
	{"proxy-share", 0, KIND_NUMBER, AT(proxy_share), 0.1, 1, "N",
		"of all requests, that make at most 5 addresses proxies (0.8)"},
	{"warmup", 0, KIND_SPAN, AT(warmup), 0, 86400, "TIME", "before the first verdict (120s)"},
	{"baseline-window", 0, KIND_SPAN, AT(baseline_window), 120, SITE_RING_MAX, "TIME",
		"that the baseline is made of (30m)"},
	{"recompute", 0, KIND_SPAN, AT(recompute), 1, 3600, "TIME", "between two baselines (60s)"},
	{"hour-min", 0, KIND_SPAN, AT(hour_min), 60, 10 * YEAR, "TIME",
		"learned on earlier days, before an hour of the day counts (30m)"},
	{"mean-floor", 0, KIND_NUMBER, AT(mean_floor), 0.001, 1e6, "N",
		"of the mean, per second (1)"},
	{"stddev-floor", 0, KIND_NUMBER, AT(stddev_floor), 0.001, 1e6, "N",
		"of the standard deviation, per second (0.5)"},
	{"error-floor", 0, KIND_NUMBER, AT(error_floor), 0.001, 1e6, "N",
		"of both for errors, per second (0.1)"},
	{"recovery", 0, KIND_SPAN, AT(recovery), 1, 3600, "TIME",
		"below the tight thresholds, before a site anomaly is over (30s)"},
	{"accept-after", 0, KIND_SPAN, AT(accept_after), 60, 7 * 86400, "TIME",
		"of a site anomaly, before its level is normal (30m)"},
	{"max-clients", 0, KIND_COUNT, AT(max_clients), 100, 1e8, "N", "held at a time (1000000)"},
	{"max-strikes", 0, KIND_COUNT, AT(max_strikes), 100, 1e8, "N",
		"clients remembered (1000000)"},
	{"ipv4-prefix", 0, KIND_COUNT, AT(ipv4_prefix), 8, 32, "BITS",
		"that make an IPv4 client (32)"},
	{"ipv6-prefix", 0, KIND_COUNT, AT(ipv6_prefix), 16, 128, "BITS",
		"that make an IPv6 client (64)"},
	{"verbose", 'v', KIND_FLAG, AT(verbose), 0, 0, NULL, "say more on standard error"},
	{"version", 'V', KIND_FLAG, AT(version), 0, 0, NULL, "print the version and exit"},
	{"help", 'h', KIND_FLAG, AT(help), 0, 0, NULL, "print this and exit"},
};

#define ROWS_N (sizeof rows / sizeof *rows)

/* What a setter needs to say what is wrong. */
struct report {
	char *why;
	size_t cap;
	const char *where; /* "--" on the command line; "FILE: line 3: " in a file */
};

static bool fail(const struct report *r, const char *name, const char *value, const char *want)
{
	snprintf(r->why, r->cap, "%s%s: '%.200s' is not %s", r->where, name, value, want);
	return false;
}

static void set_defaults(struct options *o)
{
	*o = (struct options){
		.state_group = "adm",
		.format = "auto",
		.set_name = "anomdetect",
		.chain = "raw/PREROUTING",
		.rule = "auto",
		.events = (1u << EVENT_KIND_COUNT) - 1,
		.max_clients = 1000000,
		.max_strikes = 1000000,
		.ipv4_prefix = 32,
		.ipv6_prefix = 64,
		.min_requests = 200,
		.zscore = 3,
		.multiplier = 5,
		.tight_zscore = 2,
		.tight_multiplier = 3,
		.error_surge = 3,
		.client_baseline = "visits",
		.busy_seconds = 15,
		.burst = 2,
		.tight_share = 0.6,
		.error_share = 0.25,
		.risk = 3e-5,
		.growth = 1.5,
		.limit_floor = {120, 20, 300, 30, 30},
		.limit_cold = {200, 60, 600, 60, UINT32_MAX}, /* no mark before it is known */
		.known_from = 100,
		.growth_from = 1000,
		.per_network = 8,
		.half_life = {24 * 3600 * 1000},
		.swarm_min = 30,
		.swarm_share = 0.1,
		.learn = {600 * 1000},
		.severe = 5,
		.known_after = {600 * 1000},
		.mass_min = 5,
		.mass_share = 0.05,
		.proxy_share = 0.8,
		.mean_floor = 1,
		.stddev_floor = 0.5,
		.error_floor = 0.1,
		.warmup = {120 * 1000},
		.baseline_window = {1800 * 1000},
		.recompute = {60 * 1000},
		.hour_min = {1800 * 1000},
		.recovery = {30 * 1000},
		.accept_after = {1800 * 1000},
		.forget = {7 * 86400 * 1000},
		.state_interval = {3 * 1000},
		.memory_interval = {60 * 1000},
		.schedule = {{600 * 1000}, {1800 * 1000}, {7200 * 1000}, SPAN_MAX},
		.schedule_n = 4,
	};
}

/* The next item of a comma-separated list; false at its end. */
static bool next_item(const char **list, const char **item, size_t *len)
{
	if (!**list)
		return false;
	*item = *list;
	*len = strcspn(*list, ",");
	*list += *len;
	*list += **list == ',';
	return true;
}

static bool set_events(struct options *o, const char *value, const struct report *r)
{
	static const char want[] =
		"a list of start,baseline,alert,recovered,ban,unban,error,stop or all";
	const char *list = value, *item;
	size_t len;

	o->events = 0;
	while (next_item(&list, &item, &len)) {
		int k = 0;
		while (k < EVENT_KIND_COUNT &&
			(strlen(event_name((enum event_kind)k)) != len ||
				memcmp(event_name((enum event_kind)k), item, len) != 0))
			k++;
		if (k < EVENT_KIND_COUNT)
			o->events |= 1u << k;
		else if (len == 3 && memcmp(item, "all", 3) == 0)
			o->events = (1u << EVENT_KIND_COUNT) - 1;
		else
			return fail(r, "events", value, want);
	}
	return o->events != 0 || fail(r, "events", value, want);
}

static bool set_schedule(struct options *o, const char *value, const struct report *r)
{
	static const char want[] = "a list of at most 8 times (1s to 366d) or permanent";
	const char *list = value, *item;
	size_t len;

	o->schedule_n = 0;
	while (next_item(&list, &item, &len)) {
		struct span *s = &o->schedule[o->schedule_n];
		if (o->schedule_n == BANS_SCHEDULE_MAX)
			return fail(r, "schedule", value, want);
		if (len == 9 && memcmp(item, "permanent", 9) == 0)
			*s = SPAN_MAX;
		else if (!num_span(item, len, s) || s->ms < 1000 || s->ms > (int64_t)(YEAR * 1000))
			return fail(r, "schedule", value, want);
		o->schedule_n++;
	}
	return o->schedule_n > 0 || fail(r, "schedule", value, want);
}

static bool set_range(
	const struct row *row, double v, bool whole, const char *value, const struct report *r)
{
	char want[96];

	if (v >= row->min && v <= row->max)
		return true;
	snprintf(want, sizeof want, "%s from %.10g to %.10g%s",
		whole                    ? "a whole number"
		: row->kind == KIND_SPAN ? "a time (90, 90s, 15m, 2h, 7d)"
					 : "a number",
		row->min, row->max, row->kind == KIND_SPAN ? " seconds" : "");
	return fail(r, row->name, value, want);
}

static bool set(struct options *o, const struct row *row, const char *value, const struct report *r)
{
	void *at = (char *)o + row->offset;
	size_t len = value ? strlen(value) : 0;
	uint64_t count;
	double number;
	struct span span;

	switch (row->kind) {
	case KIND_FLAG:
		*(bool *)at = true;
		return true;
	case KIND_TEXT:
		*(const char **)at = value;
		return len > 0 || fail(r, row->name, value, "a name");
	case KIND_COUNT:
		number = num_u64(value, len, &count) ? (double)count : -1;
		if (!set_range(row, number, true, value, r))
			return false;
		*(uint32_t *)at = (uint32_t)number;
		return true;
	case KIND_NUMBER:
		if (!num_double(value, len, &number))
			number = -1;
		if (!set_range(row, number, false, value, r))
			return false;
		*(double *)at = number;
		return true;
	case KIND_SPAN:
		if (!num_span(value, len, &span))
			span.ms = -1000;
		if (!set_range(row, (double)span_to_seconds(span), false, value, r))
			return false;
		*(struct span *)at = span;
		return true;
	case KIND_EVENTS:
		return set_events(o, value, r);
	case KIND_SCHEDULE:
		return set_schedule(o, value, r);
	case KIND_ALLOW:
		if (o->allow_n == OPTIONS_ALLOW_MAX)
			return fail(
				r, row->name, value, "taken: more than 256; put them into a file");
		o->allow[o->allow_n++] = value;
		return true;
	}
	return false;
}

static const struct row *row_named(const char *name)
{
	for (size_t i = 0; i < ROWS_N; i++)
		if (strcmp(rows[i].name, name) == 0)
			return &rows[i];
	return NULL;
}

static char *trim(char *s)
{
	size_t len;

	s += strspn(s, " \t\r");
	len = strlen(s);
	while (len && strchr(" \t\r", s[len - 1]))
		s[--len] = '\0';
	return s;
}

/* One line of the file: a long option's name, blanks, its value. */
static bool set_line(struct options *o, char *line, const struct report *r)
{
	char *name = trim(line), *value;
	const struct row *row;

	if (*name == '\0' || *name == '#')
		return true;
	value = name + strcspn(name, " \t");
	if (*value)
		*value++ = '\0';
	value = trim(value);
	row = row_named(name);
	if (!row || row->letter == 'c' || row->letter == 'h' || row->letter == 'V') {
		snprintf(r->why, r->cap, "%s'%.200s' is no option for a file", r->where, name);
		return false;
	}
	if ((*value != '\0') != (row->argument != NULL)) {
		snprintf(r->why, r->cap, "%s%s takes %s", r->where, name,
			row->argument ? "a value" : "no value");
		return false;
	}
	return set(o, row, value, r);
}

static bool read_config(struct options *o, const char *path, char *why, size_t why_cap)
{
	char where[300], *line, *next;
	struct report r = {why, why_cap, where};
	size_t len;

	o->config_text = statefile_read(path, CONFIG_BYTES_MAX, &len);
	if (!o->config_text) {
		snprintf(why, why_cap, "--config: unable to read '%.200s': %s", path,
			strerror(errno));
		return false;
	}
	if (memchr(o->config_text, '\0', len)) {
		snprintf(why, why_cap, "%.200s: not a text file", path);
		return false;
	}
	line = o->config_text;
	for (int n = 1; line; n++, line = next) {
		snprintf(where, sizeof where, "%.200s: line %d: ", path, n);
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		if (!set_line(o, line, &r))
			return false;
	}
	return true;
}

/* What getopt_long does not take; of letters in a row (-vx) it leaves the one in optopt. */
static bool fail_argument(const struct report *r, bool value_missing, const char *given)
{
	char letter[] = {'-', (char)optopt, '\0'};

	if (optopt)
		given = letter;
	snprintf(r->why, r->cap, value_missing ? "%.200s takes a value" : "unknown option %.200s",
		given);
	return false;
}

/* One pass over the command line; `config_only` takes nothing but -c. */
static bool read_arguments(
	struct options *o, int argc, char **argv, bool config_only, const struct report *r)
{
	struct option longs[ROWS_N + 1];
	char shorts[2 * ROWS_N + 2];
	size_t n = 0;
	int at, c;

	memset(longs, 0, sizeof longs);
	shorts[n++] = ':';
	for (size_t i = 0; i < ROWS_N; i++) {
		longs[i] = (struct option){
			rows[i].name, rows[i].argument ? required_argument : no_argument, NULL, 0};
		if (rows[i].letter)
			shorts[n++] = rows[i].letter;
		if (rows[i].letter && rows[i].argument)
			shorts[n++] = ':';
	}
	shorts[n] = '\0';
	optind = 0; /* glibc: start anew */
	opterr = 0;
	while ((c = getopt_long(argc, argv, shorts, longs, &at)) != -1) {
		const struct row *row = NULL;
		if (c == ':' || c == '?')
			return fail_argument(r, c == ':', argv[optind - 1]);
		for (size_t i = 0; i < ROWS_N; i++)
			if (c ? rows[i].letter == c : (int)i == at)
				row = &rows[i];
		if (!row || config_only != (row->letter == 'c'))
			continue;
		if (!set(o, row, optarg, r))
			return false;
	}
	if (optind < argc) {
		snprintf(r->why, r->cap, "'%.200s' is no option; lines come on standard input",
			argv[optind]);
		return false;
	}
	return true;
}

static bool check_words(const struct options *o, const struct report *r)
{
	const char *slash = strchr(o->chain, '/');

	if (strcmp(o->rule, "auto") != 0 && strcmp(o->rule, "none") != 0)
		return fail(r, "rule", o->rule, "auto or none");
	if (strcmp(o->client_baseline, "visits") != 0 && strcmp(o->client_baseline, "site") != 0)
		return fail(r, "client-baseline", o->client_baseline, "visits or site");
	if (!slash || slash == o->chain || !slash[1] || strchr(slash + 1, '/'))
		return fail(r, "chain", o->chain, "TABLE/CHAIN, for example raw/PREROUTING");
	return true;
}

bool options_parse(struct options *o, int argc, char **argv, char *why, size_t why_cap)
{
	struct report r = {why, why_cap, "--"};

	set_defaults(o);
	if (!read_arguments(o, argc, argv, true, &r))
		return false;
	if (o->config && !read_config(o, o->config, why, why_cap))
		return false;
	return read_arguments(o, argc, argv, false, &r) && check_words(o, &r);
}

void options_free(struct options *o)
{
	free(o->config_text);
	o->config_text = NULL;
}

void options_print_help(void)
{
	printf("usage: anomdetect [OPTION]... < access.json\n"
	       "Reads access-log lines (JSON) on standard input, prints what is abnormal as JSON lines on\n"
	       "standard output, and bans abusive clients. anomdetect(8) explains each option.\n\n");
	for (size_t i = 0; i < ROWS_N; i++) {
		const struct row *row = &rows[i];
		char left[48];
		snprintf(left, sizeof left, "--%s%s%s", row->name, row->argument ? " " : "",
			row->argument ? row->argument : "");
		if (row->letter)
			printf("  -%c, ", row->letter);
		else
			printf("      ");
		printf("%-24s %s\n", left, row->help);
	}
}
