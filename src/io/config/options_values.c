/* options_values.c - see options_parts.h: checks the value of each option and stores it. */
#include <stdio.h>
#include <string.h>

#include "core/base/num.h"
#include "core/record/event.h"
#include "io/config/option_hints.h"
#include "io/config/options_parts.h"

/* The kernel's timers end at 2147483 s (24.8 days). A longer ban is permanent. */
#define BAN_MAX_MS ((int64_t)24 * 86400 * 1000)

bool options_fail_value(
	const struct options_report *r, const char *name, const char *value, const char *want)
{
	snprintf(r->why, r->cap, "%s%s: '%.200s' is not %s", r->where, name, value, want);
	return false;
}

void options_add_hint(const struct options_report *r, const char *hint)
{
	size_t len = strlen(r->why);

	if (len < r->cap)
		snprintf(r->why + len, r->cap - len, "%s", hint);
}

/* Moves to the next item of a comma-separated list; false at its end. */
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

/* Refuses a value whose part `item` is not the name of a kind of event. */
static bool fail_events(
	const char *value, const char *item, size_t len, const struct options_report *r)
{
	const char *words[EVENT_KIND_COUNT + 2] = {NULL};
	char word[32];

	for (int k = 0; k < EVENT_KIND_COUNT; k++)
		words[k] = event_name((enum event_kind)k);
	words[EVENT_KIND_COUNT] = "all";
	(void)options_fail_value(r, "events", value,
		"a list of start,baseline,alert,recovered,ban,unban,error,stop or all");
	snprintf(word, sizeof word, "%.*s", (int)(len < sizeof word ? len : 0), item);
	options_add_hint(r, option_hints_word(word, words).s);
	return false;
}

static bool set_events(unsigned *events, const char *value, const struct options_report *r)
{
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
			return fail_events(value, item, len, r);
	}
	return *events != 0 || fail_events(value, "", 0, r);
}

bool options_ban_time(const char *s, size_t len, struct span *out)
{
	if (len == 9 && memcmp(s, "permanent", 9) == 0) {
		*out = SPAN_MAX;
		return true;
	}
	return num_span(s, len, out) && out->ms >= 1000 && out->ms <= BAN_MAX_MS;
}

static bool fail_schedule(
	const char *value, const char *item, size_t len, const struct options_report *r)
{
	char time[32];

	snprintf(time, sizeof time, "%.*s", (int)(len < sizeof time ? len : 0), item);
	(void)options_fail_value(
		r, "schedule", value, "a list of at most 8 times (1s to 24d) or permanent");
	options_add_hint(r, option_hints_ban_time(time).s);
	return false;
}

static bool set_schedule(struct ban_options *o, const char *value, const struct options_report *r)
{
	const char *list = value, *item;
	size_t len;

	o->schedule_n = 0;
	while (next_item(&list, &item, &len)) {
		if (o->schedule_n == BANS_SCHEDULE_MAX)
			return fail_schedule(value, "", 0, r);
		if (!options_ban_time(item, len, &o->schedule[o->schedule_n]))
			return fail_schedule(value, item, len, r);
		o->schedule_n++;
	}
	return o->schedule_n > 0 || fail_schedule(value, "", 0, r);
}

/* Describes the values that an option accepts: "a whole number from 1 to 100", or "a time (90, 90s,
 * 15m, 2h, 7d) from 1s to 10h". */
static void say_range(const struct options_row *row, char *out, size_t cap)
{
	if (row->kind == OPTIONS_SPAN)
		snprintf(out, cap, "a time (90, 90s, 15m, 2h, 7d) from %s to %s",
			option_hints_seconds(row->min).s, option_hints_seconds(row->max).s);
	else
		snprintf(out, cap, "%s from %.10g to %.10g",
			row->kind == OPTIONS_COUNT ? "a whole number" : "a number", row->min,
			row->max);
}

/* Appends the text of --help for an option with a number. This text explains the number and ends
 * with the default: "clients in memory at a time (1000000)". */
static void add_help(const struct options_report *r, const char *help)
{
	const char *end = strrchr(help, '(');
	char text[160];

	if (end && end > help && end[strlen(end) - 1] == ')')
		snprintf(text, sizeof text, " (%.*s; default %s", (int)(end - help - 1), help,
			end + 1);
	else
		snprintf(text, sizeof text, " (%s)", help);
	options_add_hint(r, text);
}

static bool set_range(
	const struct options_row *row, double v, const char *value, const struct options_report *r)
{
	char want[128]; /* two times of up to 31 bytes each, and 40 bytes of words */
	struct option_hint hint;

	if (v >= row->min && v <= row->max)
		return true;
	hint = option_hints_value(row, value);
	say_range(row, want, sizeof want);
	(void)options_fail_value(r, row->name, value, want);
	if (row->kind != OPTIONS_SPAN)
		add_help(r, row->help);
	options_add_hint(r, hint.s);
	return false;
}

static bool set_action(
	struct anomban_options *o, const struct options_row *row, const struct options_report *r)
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
	const struct options_report *r)
{
	if (list->n == OPTIONS_LIST_MAX)
		return options_fail_value(r, row->name, value,
			"accepted: more than 256 values; put them into a file");
	list->values[list->n++] = value;
	return true;
}

static bool set_option(struct options *o, const struct options_row *row, const char *value,
	const struct options_report *r)
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
		return len > 0 || options_fail_value(r, row->name, value, "a name");
	case OPTIONS_COUNT:
		number = num_u64(value, len, &count) ? (double)count : -1;
		if (!set_range(row, number, value, r))
			return false;
		*(uint32_t *)at = (uint32_t)number;
		return true;
	case OPTIONS_NUMBER:
		if (!num_double(value, len, &number))
			number = -1;
		if (!set_range(row, number, value, r))
			return false;
		*(double *)at = number;
		return true;
	case OPTIONS_SPAN:
		if (!num_span(value, len, &span))
			span.ms = -1000;
		if (!set_range(row, (double)span_to_seconds(span), value, r))
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

const struct options_row *options_row_named(enum options_program program, const char *name)
{
	for (size_t i = 0; i < options_rows_n; i++)
		if ((options_rows[i].programs & program) && strcmp(options_rows[i].name, name) == 0)
			return &options_rows[i];
	return NULL;
}

/* True if a service must not have the option, because with it the service would not follow its
 * log. */
static bool is_no_service(const struct options_row *row)
{
	static const char *const names[] = {
		"replay", "explain", "doctor", "make-sets", "check-config", "help", "version"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(row->name, names[i]) == 0)
			return true;
	return false;
}

bool options_take(struct options *o, enum options_program program, const struct options_row *row,
	const char *value, const struct options_report *r)
{
	const struct options_row *own = options_row_named(program, row->name);
	struct options ignored = {0};

	if (r->of_service && is_no_service(row)) {
		snprintf(
			r->why, r->cap, "%s%s is not an option for a service", r->where, row->name);
		return false;
	}
	return set_option(own && own->kind == row->kind ? o : &ignored, row, value, r);
}
