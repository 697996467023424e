/* options_reload.c - see options_reload.h. All rows of the table of options are compared, so a new
 * option needs a restart until the option is added to is_taken_over. */
#include "io/config/options_reload.h"

#include <string.h>

#include "io/config/options_table.h"

static bool is_same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool is_same_list(const struct options_list *a, const struct options_list *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->values[i], b->values[i]) != 0)
			return false;
	return true;
}

static bool is_same_schedule(const struct ban_options *a, const struct ban_options *b)
{
	if (a->schedule_n != b->schedule_n)
		return false;
	for (uint32_t i = 0; i < a->schedule_n; i++)
		if (a->schedule[i].ms != b->schedule[i].ms)
			return false;
	return true;
}

static bool is_same_value(
	const struct options_row *row, const struct options *a, const struct options *b)
{
	const void *x = (const char *)a + row->offset, *y = (const char *)b + row->offset;

	switch (row->kind) {
	case OPTIONS_FLAG:
		return *(const bool *)x == *(const bool *)y;
	case OPTIONS_TEXT:
		return is_same_text(*(const char *const *)x, *(const char *const *)y);
	case OPTIONS_COUNT:
		return *(const uint32_t *)x == *(const uint32_t *)y;
	case OPTIONS_NUMBER: /* the same text always parses to the same bits */
		return memcmp(x, y, sizeof(double)) == 0;
	case OPTIONS_SPAN:
		return ((const struct span *)x)->ms == ((const struct span *)y)->ms;
	case OPTIONS_EVENTS:
		return *(const unsigned *)x == *(const unsigned *)y;
	case OPTIONS_SCHEDULE:
		return is_same_schedule(&a->bans, &b->bans);
	case OPTIONS_NETWORKS:
		return is_same_list(x, y);
	case OPTIONS_ACTION:
		return true;
	}
	return true;
}

/* Whether the option of that name can change without a restart. --config can change, because the
 * options in its file are compared one by one. */
static bool is_taken_over(const char *name)
{
	static const char *const names[] = {
		"allow", "trust-proxy", "events", "schedule", "verbose", "config"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

void options_take_over(struct options *running, const struct options *wanted)
{
	running->allow.networks = wanted->allow.networks;
	running->allow.trust_proxy = wanted->allow.trust_proxy;
	running->run.events = wanted->run.events;
	running->program.verbose = wanted->program.verbose;
	running->bans.schedule_n = wanted->bans.schedule_n;
	memcpy(running->bans.schedule, wanted->bans.schedule, sizeof running->bans.schedule);
}

void options_need_restart(
	const struct options *running, const struct options *wanted, void (*tell)(const char *name))
{
	for (size_t i = 0; i < options_rows_n; i++) {
		const struct options_row *row = &options_rows[i];
		if ((row->programs & OPTIONS_ANOMDETECT) && !is_taken_over(row->name) &&
			!is_same_value(row, running, wanted))
			tell(row->name);
	}
	if (!is_same_text(running->log, wanted->log))
		tell("LOG");
}
