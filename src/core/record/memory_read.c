/* memory_read.c - see memory.h: JSON, checked whole, then put into the engine's memory. memory.c
 * writes it. */
#include "core/record/memory.h"

#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/address.h"
#include "core/record/memory_mass_ban.h"
#include "core/record/memory_names.h"
#include "core/record/memory_failures.h"
#include "core/record/memory_paths.h"
#include "core/record/memory_values.h"

/* Squares of SITE_PER_S_MAX over two days' seconds: no sum is higher. */
#define SUM_MAX 2e19

/* What halving a sum day by day may have lost. */
#define ROUNDING (1 + 1e-9)
/* Whole numbers that a double keeps exactly. */
#define WHOLE_MAX 9007199254740991.0
/* Visits a bucket may hold, and a limit: far beyond what any site has. */
#define WEIGHT_MAX 1e12
#define LIMIT_MAX  1e12

/* Whether these can be the sums of n counts and of their squares: by the inequality of Cauchy and
 * Schwarz, and by the highest count of a second. */
static bool is_possible(double n, double sum, double squares)
{
	if (n == 0)
		return sum == 0 && squares == 0;
	return sum <= n * SITE_PER_S_MAX * ROUNDING && sum * sum <= n * squares * ROUNDING;
}

static bool read_sums(const cJSON *list, struct site_sums *out)
{
	double *const v[] = {&out->seconds, &out->requests, &out->requests_squared, &out->errors,
		&out->errors_squared};
	const cJSON *item = list ? list->child : NULL;

	if (!cJSON_IsArray(list))
		return false;
	for (size_t i = 0; i < sizeof v / sizeof *v; i++, item = item->next)
		if (!item || !read_number(item, SUM_MAX, v[i]))
			return false;
	/* less than a hundredth of a second is left of no day */
	if (item || (out->seconds > 0 && out->seconds < 0.01))
		return false;
	return is_possible(out->seconds, out->requests, out->requests_squared) &&
	       is_possible(out->seconds, out->errors, out->errors_squared) &&
	       out->errors <= out->requests * ROUNDING;
}

/* Called twice: first with a site of NULL, which only checks. */
static bool read_ring(const cJSON *list, enum site_ring_kind kind, struct site *site)
{
	uint64_t requests, errors;

	if (!cJSON_IsArray(list))
		return false;
	for (const cJSON *item = list->child; item; item = item->next->next) {
		if (!read_whole(item, SITE_PER_S_MAX, &requests) ||
			!read_whole(item->next, SITE_PER_S_MAX, &errors) || errors > requests)
			return false;
		if (site)
			site_ring_restore(site, kind, (uint32_t)requests, (uint32_t)errors);
	}
	return true;
}

static bool read_hours(const cJSON *list, struct site_hour hours[SITE_HOURS])
{
	const cJSON *item = list ? list->child : NULL;

	if (!cJSON_IsArray(list))
		return false;
	for (int i = 0; i < SITE_HOURS; i++, item = item->next)
		if (!item || !read_whole(get_member(item, "learned"), 1e15, &hours[i].learned) ||
			!read_sums(get_member(item, "sums"), &hours[i].sums))
			return false;
	return item == NULL;
}

static bool read_histogram(const cJSON *list, struct histogram *out)
{
	uint64_t bucket;

	*out = (struct histogram){0};
	if (!cJSON_IsArray(list))
		return false;
	for (const cJSON *item = list->child; item; item = item->next->next)
		if (!read_whole(item, HISTOGRAM_BUCKETS - 1, &bucket) ||
			!read_number(item->next, WEIGHT_MAX, &out->weight[bucket]))
			return false;
	return true;
}

static bool read_visits(const cJSON *o, struct visits_memory *out)
{
	const cJSON *known = get_member(o, "known"), *anchor = get_member(o, "anchor");
	const cJSON *item = anchor ? anchor->child : NULL;
	uint64_t anchored;

	if (!cJSON_IsBool(known) || !cJSON_IsArray(anchor) ||
		!read_whole(get_member(o, "anchored"), (double)INSTANT_MAX.ms / 1000, &anchored))
		return false;
	out->known = cJSON_IsTrue(known);
	out->anchored = (int64_t)anchored;
	for (int k = 0; k < LIMIT_COUNT; k++, item = item->next)
		if (!item || !read_number(item, LIMIT_MAX, &out->anchor[k]))
			return false;
	for (int k = 0; k < LIMIT_HISTOGRAMS; k++)
		if (!read_histogram(get_member(o, memory_histogram_names[k]), &out->histograms[k]))
			return false;
	return item == NULL;
}

/* Whether the last of the counters is of a client that an earlier one has already. */
static bool has_twice(const struct heavy_hitters_generation *g)
{
	for (uint32_t i = 0; i + 1 < g->n; i++)
		if (address_equal(&g->counters[i].client, &g->counters[g->n - 1].client))
			return true;
	return false;
}

static bool read_generation(const cJSON *list, struct heavy_hitters_generation *out)
{
	const cJSON *item = list ? list->child : NULL;

	if (!cJSON_IsArray(list) || !item || !read_whole(item, WHOLE_MAX, &out->total))
		return false;
	for (item = item->next; item; item = item->next->next) {
		struct heavy_hitters_counter *c = &out->counters[out->n];
		if (out->n++ == HEAVY_HITTERS_COUNTERS || !cJSON_IsString(item) ||
			!address_parse_prefix(
				item->valuestring, strlen(item->valuestring), &c->client) ||
			!read_whole(item->next, WHOLE_MAX, &c->requests) || has_twice(out))
			return false;
	}
	return true;
}

static bool read_heavy_hitters(const cJSON *o, struct heavy_hitters *out)
{
	const cJSON *list = get_member(o, "generations");
	uint64_t turned;

	*out = (struct heavy_hitters){0};
	if (!read_whole(get_member(o, "turned"), (double)INSTANT_MAX.ms / 1000, &turned) ||
		!cJSON_IsArray(list) || cJSON_GetArraySize(list) != HEAVY_HITTERS_GENERATIONS)
		return false;
	out->turned = (int64_t)turned;
	for (int k = 0; k < HEAVY_HITTERS_GENERATIONS; k++)
		if (!read_generation(cJSON_GetArrayItem(list, k), &out->generations[k]))
			return false;
	return true;
}

/* Which cell, and its bits, in turn; with a filter, they are put into it. */
static bool read_cells(const cJSON *list, uint64_t cells, struct teachers *taught)
{
	uint64_t at, bits;

	if (!cJSON_IsArray(list))
		return false;
	for (const cJSON *item = list->child; item; item = item->next->next) {
		if (!read_whole(item, (double)cells - 1, &at) ||
			!read_whole(item->next, UINT32_MAX, &bits))
			return false;
		if (taught)
			teachers_restore_cell(taught, (uint32_t)at, (uint32_t)bits);
	}
	return true;
}

static bool read_teachers(const cJSON *o, struct teachers_head *out, uint64_t *cells)
{
	uint64_t turned;

	if (!read_whole(get_member(o, "cells"), UINT32_MAX, cells) ||
		!read_whole(get_member(o, "turned"), (double)INSTANT_MAX.ms / 1000, &turned))
		return false;
	out->turned = (int64_t)turned;
	return read_key(o, &out->key);
}

static bool read_form(const char *word, size_t len, struct ban *out)
{
	for (size_t i = 0; i < sizeof memory_form_names / sizeof *memory_form_names; i++) {
		if (strlen(memory_form_names[i]) != len ||
			memcmp(memory_form_names[i], word, len) != 0)
			continue;
		out->was_enforced = i == MEMORY_FORM_ENFORCED;
		out->tried = i == MEMORY_FORM_ENFORCED || i == MEMORY_FORM_REFUSED;
		out->form = out->tried ? BAN_ACTIVE : (enum ban_form)i;
		return true;
	}
	return false;
}

/* Whether this is the next word; then *s moves behind it. */
static bool next_is(const char **s, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(*s, word, len) != 0 || ((*s)[len] != ' ' && (*s)[len] != '\0'))
		return false;
	*s += len;
	if (**s == ' ' && (*s)[1] != '\0') /* a blank has a word behind it */
		++*s;
	return true;
}

static bool read_client(const cJSON *item, struct ban *out)
{
	const uint64_t ms_max = (uint64_t)INSTANT_MAX.ms;
	uint64_t strikes, since, until, rules;
	const char *s, *word;
	size_t len;

	if (!cJSON_IsString(item))
		return false;
	s = item->valuestring;
	if (!next_word(&s, &word, &len) || !address_parse_prefix(word, len, &out->client) ||
		!next_word(&s, &word, &len) || !read_form(word, len, out) ||
		!next_number(&s, UINT32_MAX, &strikes) || !next_number(&s, ms_max, &since) ||
		!next_number(&s, ms_max, &until) || !next_number(&s, UINT16_MAX, &rules))
		return false;
	out->temporary = next_is(&s, MEMORY_TEMPORARY);
	out->paroled = next_is(&s, MEMORY_PAROLED);
	uint64_t struck = since;
	if ((next_is(&s, MEMORY_STRUCK) && !next_number(&s, since, &struck)) || *s)
		return false;
	out->struck = (struct instant){(int64_t)struck};
	out->strikes = (uint32_t)strikes;
	out->since = (struct instant){(int64_t)since};
	out->until = (struct instant){(int64_t)until};
	out->rules = (unsigned)rules;
	out->enforced = false;
	/* none: muted, or put into the kernel's set by another hand */
	return strikes > 0 || out->form != BAN_OVER;
}

static bool has_clients(const cJSON *list)
{
	struct ban ban;

	if (!cJSON_IsArray(list))
		return false;
	for (const cJSON *item = list->child; item; item = item->next)
		if (!read_client(item, &ban))
			return false;
	return true;
}

/* A file of an older program has none. */
static bool has_honest(const cJSON *o)
{
	const cJSON *honest = get_member(o, MEMORY_HONEST);
	struct teachers_head head;
	uint64_t cells;

	return !honest || (read_teachers(honest, &head, &cells) &&
				  read_cells(get_member(o, MEMORY_HONEST_CELLS), cells, NULL));
}

/* Of another size, or without a secret, a filter is not used. */
static void restore_honest(const cJSON *o, struct teachers *t)
{
	const cJSON *honest = get_member(o, MEMORY_HONEST);
	struct teachers_head head;
	uint64_t cells;

	if (!honest || !read_teachers(honest, &head, &cells) || cells != teachers_cells(t) ||
		!is_secret(&head.key))
		return;
	teachers_restore(t, &head);
	read_cells(get_member(o, MEMORY_HONEST_CELLS), cells, t);
}

/* The lists of clients, of verdicts and of paths. */
static bool has_lists(const cJSON *o, struct mass_ban *mass_ban, const char **why)
{
	*why = "a client is not readable";
	if (!has_clients(get_member(o, "clients")))
		return false;
	*why = "a verdict on a client is not readable";
	if (!memory_read_mass_ban(o, mass_ban))
		return false;
	*why = "a path is not readable";
	if (!memory_has_paths(o))
		return false;
	*why = "a client that failed, or a path that was written, is not readable";
	return memory_has_failures(o) && has_honest(o);
}

/* What is learned of paths, and of clients by their paths. */
static void restore_path_parts(const cJSON *o, const struct memory_parts *parts)
{
	if (parts->paths)
		memory_restore_paths(o, parts->paths);
	if (!parts->slow)
		return;
	memory_restore_failures(o, parts->slow, parts->written);
	restore_honest(o, parts->honest);
}

/* Checks all of it, then uses all of it. */
static bool read_object(const cJSON *o, const struct memory_parts *parts, const char **why)
{
	const cJSON *clients = get_member(o, "clients");
	struct site_hour hours[SITE_HOURS];
	struct site_sums today;
	struct visits_memory taught;
	struct heavy_hitters heavy;
	struct teachers_head head;
	struct heavy_hitters networks = {0};
	struct mass_ban mass_ban;
	struct ban ban;
	uint64_t version, age, hour, cells;

	*why = "its version is not known";
	if (!read_whole(get_member(o, "version"), 1e6, &version) || version != MEMORY_VERSION)
		return false;
	*why = "a number is missing or out of range";
	if (!read_whole(get_member(o, "age"), 1e15, &age) ||
		!read_whole(get_member(o, "today_hour"), (double)INSTANT_MAX.ms / 3600000, &hour) ||
		!read_sums(get_member(o, "today"), &today) ||
		!read_hours(get_member(o, "hours"), hours) ||
		!read_visits(get_member(o, "visits"), &taught) ||
		!read_heavy_hitters(get_member(o, "heavy"), &heavy) ||
		(get_member(o, "heavy_networks") &&
			!read_heavy_hitters(get_member(o, "heavy_networks"), &networks)) ||
		!read_teachers(get_member(o, "taught"), &head, &cells) ||
		!read_cells(get_member(o, "cells"), cells, NULL))
		return false;
	for (int k = 0; k < SITE_RING_COUNT; k++)
		if (!read_ring(get_member(o, memory_ring_names[k]), (enum site_ring_kind)k, NULL))
			return false;
	if (!has_lists(o, &mass_ban, why))
		return false;

	for (int k = 0; k < SITE_RING_COUNT; k++)
		read_ring(get_member(o, memory_ring_names[k]), (enum site_ring_kind)k, parts->site);
	for (int k = 0; k < SITE_HOURS; k++)
		site_hour_restore(parts->site, k, &hours[k]);
	site_today_restore(parts->site, &today, (int64_t)hour);
	site_age_restore(parts->site, age);
	visits_restore(parts->visits, &taught);
	*parts->heavy = heavy;
	*parts->heavy_networks = networks;
	*parts->mass_ban = mass_ban;
	/* a filter of another size (--max-clients), or without a secret, is not used: then all may
	 * teach again */
	if (cells == teachers_cells(visits_teachers(parts->visits)) && is_secret(&head.key)) {
		teachers_restore(visits_teachers(parts->visits), &head);
		read_cells(get_member(o, "cells"), cells, visits_teachers(parts->visits));
	}
	restore_path_parts(o, parts);
	/* a client that does not fit is forgotten, as at run time */
	for (const cJSON *item = clients->child; item; item = item->next)
		if (read_client(item, &ban))
			bans_restore(parts->bans, &ban);
	*why = NULL;
	return true;
}

/* The whole text as an object, or NULL. */
static cJSON *parse_json(const char *text, size_t len)
{
	const char *end = NULL;
	cJSON *o = cJSON_ParseWithLengthOpts(text, len, &end, 0);

	while (o && end < text + len && (*end == ' ' || *end == '\n'))
		end++;
	if (o && end == text + len)
		return o;
	cJSON_Delete(o);
	return NULL;
}

bool memory_read(const char *text, size_t len, const struct memory_parts *parts, const char **why)
{
	cJSON *o = parse_json(text, len);

	*why = "not JSON, or cut off";
	bool ok = o && read_object(o, parts, why);
	cJSON_Delete(o);
	return ok;
}

/* The object is found by its name: no text in the file holds a quote, so nothing else looks like
 * that name. */
bool memory_key(const char *text, size_t len, struct hash_key *out)
{
	static const char name[] = "\"taught\"";
	const char *end = text + len, *at = memmem(text, len, name, sizeof name - 1);
	struct teachers_head head;
	uint64_t cells;

	if (!at)
		return false;
	at += sizeof name - 1;
	while (at < end && (*at == ' ' || *at == '\n' || *at == ':'))
		at++;
	cJSON *o = cJSON_ParseWithLengthOpts(at, (size_t)(end - at), NULL, false);
	bool ok = o && read_teachers(o, &head, &cells) && is_secret(&head.key);
	cJSON_Delete(o);
	if (ok)
		*out = head.key;
	return ok;
}

static bool find_client(const cJSON *o, const struct address *client, struct ban *out, bool *found,
	const char **why)
{
	const cJSON *clients = get_member(o, "clients");
	uint64_t version;
	struct ban ban;

	*why = "its version is not known";
	if (!read_whole(get_member(o, "version"), 1e6, &version) || version != MEMORY_VERSION)
		return false;
	*why = "a client is not readable";
	if (!cJSON_IsArray(clients))
		return false;
	for (const cJSON *item = clients->child; item; item = item->next) {
		if (!read_client(item, &ban))
			return false;
		if (!address_covers(&ban.client, client))
			continue;
		*out = ban;
		*found = true;
		break;
	}
	*why = NULL;
	return true;
}

bool memory_find(const char *text, size_t len, const struct address *client, struct ban *out,
	bool *found, const char **why)
{
	cJSON *o = parse_json(text, len);

	*found = false;
	*why = "not JSON, or cut off";
	bool ok = o && find_client(o, client, out, found, why);
	cJSON_Delete(o);
	return ok;
}
