/* options.c - see options.h. Not argp: it prints and exits by itself, and has no files and no
 * ranges. */
#include "io/config/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/record/event.h"
#include "core/base/num.h"
#include "core/base/version.h"
#include "core/measure/site.h"
#include "io/config/options_table.h"
#include "io/firewall/drop_rules.h"
#include "io/host/statefile.h"

#define CONFIG_BYTES_MAX (1 << 20)
/* The kernel's timers end at 2147483 s; what is longer is permanent. */
#define BAN_MAX_MS ((int64_t)24 * 86400 * 1000)

/* What a setter needs to say what is wrong. */
struct report {
	char *why;
	size_t cap;
	const char *where; /* "--" on the command line; "FILE: line 3: " in a file */
};

static bool fail_value(
	const struct report *r, const char *name, const char *value, const char *want)
{
	snprintf(r->why, r->cap, "%s%s: '%.200s' is not %s", r->where, name, value, want);
	return false;
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

static bool set_events(unsigned *events, const char *value, const struct report *r)
{
	static const char want[] =
		"a list of start,baseline,alert,recovered,ban,unban,error,stop or all";
	const char *list = value, *item;
	size_t len;

	*events = 0;
	while (next_item(&list, &item, &len)) {
		int k = 0;
		while (k < EVENT_KIND_COUNT &&
			(strlen(event_name((enum event_kind)k)) != len ||
				memcmp(event_name((enum event_kind)k), item, len) != 0))
			k++;
		if (k < EVENT_KIND_COUNT)
			*events |= 1u << k;
		else if (len == 3 && memcmp(item, "all", 3) == 0)
			*events = (1u << EVENT_KIND_COUNT) - 1;
		else
			return fail_value(r, "events", value, want);
	}
	return *events != 0 || fail_value(r, "events", value, want);
}

/* How long one ban lasts. */
static bool read_ban_time(const char *s, size_t len, struct span *out)
{
	if (len == 9 && memcmp(s, "permanent", 9) == 0) {
		*out = SPAN_MAX;
		return true;
	}
	return num_span(s, len, out) && out->ms >= 1000 && out->ms <= BAN_MAX_MS;
}

static bool set_schedule(struct ban_options *o, const char *value, const struct report *r)
{
	static const char want[] = "a list of at most 8 times (1s to 24d) or permanent";
	const char *list = value, *item;
	size_t len;

	o->schedule_n = 0;
	while (next_item(&list, &item, &len)) {
		if (o->schedule_n == BANS_SCHEDULE_MAX ||
			!read_ban_time(item, len, &o->schedule[o->schedule_n]))
			return fail_value(r, "schedule", value, want);
		o->schedule_n++;
	}
	return o->schedule_n > 0 || fail_value(r, "schedule", value, want);
}

static bool set_range(const struct options_row *row, double v, bool whole, const char *value,
	const struct report *r)
{
	char want[96];

	if (v >= row->min && v <= row->max)
		return true;
	snprintf(want, sizeof want, "%s from %.10g to %.10g%s",
		whole                       ? "a whole number"
		: row->kind == OPTIONS_SPAN ? "a time (90, 90s, 15m, 2h, 7d)"
					    : "a number",
		row->min, row->max, row->kind == OPTIONS_SPAN ? " seconds" : "");
	return fail_value(r, row->name, value, want);
}

static bool set_action(
	struct anomban_options *o, const struct options_row *row, const struct report *r)
{
	enum options_action action = (enum options_action)row->min;

	if (o->action != OPTIONS_FILTER && o->action != action) {
		snprintf(r->why, r->cap, "--%s: not together with another action", row->name);
		return false;
	}
	o->action = action;
	return true;
}

static bool add_network(struct options_list *list, const struct options_row *row, const char *value,
	const struct report *r)
{
	if (list->n == OPTIONS_LIST_MAX)
		return fail_value(
			r, row->name, value, "taken: more than 256; put them into a file");
	list->values[list->n++] = value;
	return true;
}

static bool set_option(
	struct options *o, const struct options_row *row, const char *value, const struct report *r)
{
	void *at = (char *)o + row->offset;
	size_t len = value ? strlen(value) : 0;
	uint64_t count;
	double number;
	struct span span;

	switch (row->kind) {
	case OPTIONS_FLAG:
		*(bool *)at = true;
		return true;
	case OPTIONS_TEXT:
		*(const char **)at = value;
		return len > 0 || fail_value(r, row->name, value, "a name");
	case OPTIONS_COUNT:
		number = num_u64(value, len, &count) ? (double)count : -1;
		if (!set_range(row, number, true, value, r))
			return false;
		*(uint32_t *)at = (uint32_t)number;
		return true;
	case OPTIONS_NUMBER:
		if (!num_double(value, len, &number))
			number = -1;
		if (!set_range(row, number, false, value, r))
			return false;
		*(double *)at = number;
		return true;
	case OPTIONS_SPAN:
		if (!num_span(value, len, &span))
			span.ms = -1000;
		if (!set_range(row, (double)span_to_seconds(span), false, value, r))
			return false;
		*(struct span *)at = span;
		return true;
	case OPTIONS_EVENTS:
		return set_events(at, value, r);
	case OPTIONS_SCHEDULE:
		return set_schedule(&o->bans, value, r);
	case OPTIONS_NETWORKS:
		return add_network(at, row, value, r);
	case OPTIONS_ACTION:
		return set_action(&o->anomban, row, r);
	}
	return false;
}

static const struct options_row *row_named(enum options_program program, const char *name)
{
	for (size_t i = 0; i < options_rows_n; i++)
		if ((options_rows[i].programs & program) && strcmp(options_rows[i].name, name) == 0)
			return &options_rows[i];
	return NULL;
}

/* Of an action, what --help shows are operands. */
static bool takes_value(const struct options_row *row)
{
	return row->argument && row->kind != OPTIONS_ACTION;
}

static char *trim_blanks(char *s)
{
	size_t len;

	s += strspn(s, " \t\r");
	len = strlen(s);
	while (len && strchr(" \t\r", s[len - 1]))
		s[--len] = '\0';
	return s;
}

/* One line of the file: a long option's name, blanks, its value. An option that only the other
 * program has is checked and put into *ignored. */
static bool set_line(struct options *o, enum options_program program, struct options *ignored,
	char *line, const struct report *r)
{
	char *name = trim_blanks(line), *value;
	const struct options_row *row, *own;

	if (*name == '\0' || *name == '#')
		return true;
	value = name + strcspn(name, " \t");
	if (*value)
		*value++ = '\0';
	value = trim_blanks(value);
	row = row_named(OPTIONS_ANOMDETECT, name);
	if (!row || row->letter == 'c' || row->letter == 'h' || row->letter == 'V') {
		snprintf(r->why, r->cap, "%s'%.200s' is no option for a file", r->where, name);
		return false;
	}
	if ((*value != '\0') != (row->argument != NULL)) {
		snprintf(r->why, r->cap, "%s%s takes %s", r->where, name,
			row->argument ? "a value" : "no value");
		return false;
	}
	own = row_named(program, name);
	return set_option(own && own->kind == row->kind ? o : ignored, row, value, r);
}

static bool read_config(struct options *o, enum options_program program, const char *path,
	char *why, size_t why_cap)
{
	char where[300], *line, *next;
	struct report r = {why, why_cap, where};
	struct options ignored = {0};
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
		if (!set_line(o, program, &ignored, line, &r))
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

static bool check_operands(struct anomban_options *o, const struct report *r)
{
	static const size_t most[] = {[OPTIONS_BAN] = 2, [OPTIONS_UNBAN] = SIZE_MAX};
	const char *first = o->operands_n ? o->operands[0] : NULL;

	if (o->action == OPTIONS_BAN || o->action == OPTIONS_UNBAN) {
		const char *name = o->action == OPTIONS_BAN ? "ban" : "unban";
		if (first && o->operands_n <= most[o->action]) {
			const char *time = o->action == OPTIONS_BAN ? o->operands[1] : NULL;
			return !time || read_ban_time(time, strlen(time), &o->ban_time) ||
			       fail_value(r, name, time, "a time (1s to 24d) or permanent");
		}
		snprintf(r->why, r->cap, "--%s takes %s", name,
			o->action == OPTIONS_BAN ? "an address, and a time if it is not 10m"
						 : "addresses");
		return false;
	}
	if (first)
		snprintf(r->why, r->cap,
			o->action == OPTIONS_FILTER
				? "'%.200s' is no option; lines come on standard input"
				: "'%.200s' is no option, and nothing else is taken here",
			first);
	return !first;
}

/* A program's rows as getopt_long wants them. */
struct arguments {
	const struct options_row *rows[OPTIONS_ROWS_MAX];
	struct option longs[OPTIONS_ROWS_MAX + 1]; /* the same order */
	char shorts[2 * OPTIONS_ROWS_MAX + 2];
	size_t rows_n;
};

static void arguments_init(struct arguments *a, enum options_program program)
{
	size_t n = 0;

	memset(a, 0, sizeof *a);
	a->shorts[n++] = ':';
	for (size_t i = 0; i < options_rows_n; i++) {
		const struct options_row *row = &options_rows[i];
		if (!(row->programs & program))
			continue;
		a->longs[a->rows_n] = (struct option){
			row->name, takes_value(row) ? required_argument : no_argument, NULL, 0};
		a->rows[a->rows_n++] = row;
		if (row->letter)
			a->shorts[n++] = row->letter;
		if (row->letter && takes_value(row))
			a->shorts[n++] = ':';
	}
}

/* One pass over the command line; `config_only` takes nothing but -c. */
static bool read_arguments(struct options *o, enum options_program program, int argc, char **argv,
	bool config_only, const struct report *r)
{
	struct arguments a;
	int at, c;

	arguments_init(&a, program);
	optind = 0; /* glibc: start anew */
	opterr = 0;
	while ((c = getopt_long(argc, argv, a.shorts, a.longs, &at)) != -1) {
		const struct options_row *row = NULL;
		if (c == ':' || c == '?')
			return fail_argument(r, c == ':', argv[optind - 1]);
		for (size_t i = 0; i < a.rows_n; i++)
			if (c ? a.rows[i]->letter == c : (int)i == at)
				row = a.rows[i];
		if (!row || config_only != (row->letter == 'c'))
			continue;
		if (!set_option(o, row, optarg, r))
			return false;
	}
	o->anomban.operands = argv + optind;
	o->anomban.operands_n = (size_t)(argc - optind);
	/* an action may stand behind its operands: it is known after both passes */
	return program == OPTIONS_ANOMBAN || check_operands(&o->anomban, r);
}

static bool refuse_options(const struct report *r, const char *why)
{
	snprintf(r->why, r->cap, "%s", why);
	return false;
}

/* "raw/PREROUTING" */
static bool is_chain(const char *text)
{
	char table[DROP_RULES_NAME_CAP];
	size_t len = strcspn(text, "/");

	if (!text[len] || len >= sizeof table)
		return false;
	snprintf(table, sizeof table, "%.*s", (int)len, text);
	return drop_rules_chain_ok(table, text + len + 1);
}

static bool check_words(const struct options *o, const struct report *r)
{

	if (strcmp(o->firewall.rule, "auto") != 0 && strcmp(o->firewall.rule, "none") != 0)
		return fail_value(r, "rule", o->firewall.rule, "auto or none");
	for (uint32_t i = 0; i + 1 < o->bans.schedule_n; i++)
		if (o->bans.schedule[i].ms >= SPAN_MAX.ms)
			return refuse_options(r, "--schedule: nothing can come after permanent");
	if (o->firewall.ports && !drop_rules_ports_ok(o->firewall.ports))
		return fail_value(r, "ports", o->firewall.ports,
			"a list of at most 15 ports, such as 80,443,8000:8080");
	if (strcmp(o->detection.rules.client_baseline, "visits") != 0 &&
		strcmp(o->detection.rules.client_baseline, "site") != 0)
		return fail_value(
			r, "client-baseline", o->detection.rules.client_baseline, "visits or site");
	if (!drop_rules_name_ok(o->firewall.set_name))
		return fail_value(r, "set", o->firewall.set_name, DROP_RULES_NAME_WANT);
	return is_chain(o->firewall.chain) ||
	       fail_value(r, "chain", o->firewall.chain, DROP_RULES_CHAIN_WANT);
}

static bool parse_arguments(struct options *o, enum options_program program, int argc, char **argv,
	const struct report *r)
{
	options_set_defaults(o);
	if (!read_arguments(o, program, argc, argv, true, r))
		return false;
	if (o->config && !read_config(o, program, o->config, r->why, r->cap))
		return false;
	return read_arguments(o, program, argc, argv, false, r) && check_words(o, r);
}

bool options_parse(struct options *o, int argc, char **argv, char *why, size_t why_cap)
{
	struct report r = {why, why_cap, "--"};

	return parse_arguments(o, OPTIONS_ANOMDETECT, argc, argv, &r);
}

bool options_parse_anomban(struct options *o, int argc, char **argv, char *why, size_t why_cap)
{
	struct report r = {why, why_cap, "--"};

	return parse_arguments(o, OPTIONS_ANOMBAN, argc, argv, &r) &&
	       (o->program.help || o->program.version || check_operands(&o->anomban, &r));
}

void options_free(struct options *o)
{
	free(o->config_text);
	o->config_text = NULL;
}

static void print_rows(enum options_program program)
{
	for (size_t i = 0; i < options_rows_n; i++) {
		const struct options_row *row = &options_rows[i];
		char left[48];
		if (!(row->programs & program))
			continue;
		snprintf(left, sizeof left, "--%s%s%s", row->name, row->argument ? " " : "",
			row->argument ? row->argument : "");
		if (row->letter)
			printf("  -%c, ", row->letter);
		else
			printf("      ");
		printf("%-24s %s\n", left, row->help);
	}
}

static void print_help_anomdetect(void)
{
	printf("usage: anomdetect [OPTION]... < access.json\n"
	       "Reads access-log lines (JSON) on standard input, prints what is abnormal "
	       "as JSON lines on\n"
	       "standard output, and bans abusive clients. "
	       "anomdetect(8) explains each option.\n\n");
	print_rows(OPTIONS_ANOMDETECT);
}

static void print_help_anomban(void)
{
	printf("usage: anomban [OPTION]... < events.jsonl\n"
	       "       anomban --list | --flush | --teardown [OPTION]...\n"
	       "       anomban --ban ADDRESS [TIME] [OPTION]...\n"
	       "       anomban --unban ADDRESS... [OPTION]...\n"
	       "Reads the events of anomdetect on standard input "
	       "and carries out its bans on this host.\n"
	       "anomban(8) explains each option.\n\n");
	print_rows(OPTIONS_ANOMBAN);
}

bool options_answer(const struct program_options *o, const char *program)
{
	if (!o->help)
		printf("%s %s\n", program, ANOMDETECT_VERSION);
	else if (strcmp(program, "anomban") == 0)
		print_help_anomban();
	else
		print_help_anomdetect();
	return fflush(stdout) == 0;
}
