/* memory_learned.c - see memory_learned.h. */
#include "core/record/memory_learned.h"

#include <string.h>

#include "core/base/address.h"
#include "core/record/memory_names.h"
#include "core/record/memory_values.h"

/* Allows for the rounding error that daily halving of a sum may cause. */
#define ROUNDING (1 + 1e-9)

/* Whether `sum` and `squares` can be the sums of n counts and of their squares. Checks the
 * Cauchy-Schwarz inequality, and the highest possible count per second. */
static bool is_possible(double n, double sum, double squares)
{
	if (n == 0)
		return sum == 0 && squares == 0;
	return sum <= n * SITE_PER_S_MAX * ROUNDING && sum * sum <= n * squares * ROUNDING;
}

bool memory_read_sums(const cJSON *list, struct site_sums *out)
{
	double *const v[] = {&out->seconds, &out->requests, &out->requests_squared, &out->errors,
		&out->errors_squared};
	const cJSON *item = list ? list->child : NULL;

	if (!cJSON_IsArray(list))
		return false;
	for (size_t i = 0; i < sizeof v / sizeof *v; i++, item = item->next)
		if (!item || !read_number(item, SUM_MAX, v[i]))
			return false;
	/* no run writes a sum between 0 and 0.01 s */
	if (item || out->seconds > SECONDS_MAX || (out->seconds > 0 && out->seconds < 0.01))
		return false;
	return is_possible(out->seconds, out->requests, out->requests_squared) &&
	       is_possible(out->seconds, out->errors, out->errors_squared) &&
	       out->errors <= out->requests * ROUNDING;
}

bool memory_read_ring(const cJSON *list, enum site_ring_kind kind, struct site *site)
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

bool memory_read_hours(const cJSON *list, struct site_hour hours[SITE_HOURS])
{
	const cJSON *item = list ? list->child : NULL;

	if (!cJSON_IsArray(list))
		return false;
	for (int i = 0; i < SITE_HOURS; i++, item = item->next)
		if (!item || !read_whole(get_member(item, "learned"), AGE_MAX, &hours[i].learned) ||
			!memory_read_sums(get_member(item, "sums"), &hours[i].sums))
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

bool memory_read_visits(const cJSON *o, struct visits_memory *out)
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

/* Whether the client of the last counter in *g also has an earlier counter there. */
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

bool memory_read_heavy_hitters(const cJSON *o, struct heavy_hitters *out)
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

bool memory_read_teachers(const cJSON *o, struct teachers_head *out, uint64_t *cells)
{
	uint64_t turned;

	if (!read_whole(get_member(o, "cells"), UINT32_MAX, cells) ||
		!read_whole(get_member(o, "turned"), (double)INSTANT_MAX.ms / 1000, &turned))
		return false;
	out->turned = (int64_t)turned;
	return read_key(o, &out->key);
}
