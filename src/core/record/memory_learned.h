/* memory_learned.h - reads the learned members of the memory file: the site's baselines and the
 * data learned from visits. Only the file's reader uses it.
 *
 * Each function returns false if the value is invalid or impossible; the content of *out is then
 * undefined.
 */
#ifndef CORE_RECORD_MEMORY_LEARNED_H
#define CORE_RECORD_MEMORY_LEARNED_H

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "core/measure/heavy_hitters.h"
#include "core/measure/site.h"
#include "core/measure/teachers.h"
#include "core/measure/visits.h"

bool memory_read_sums(const cJSON *list, struct site_sums *out);
bool memory_read_hours(const cJSON *list, struct site_hour hours[SITE_HOURS]);
/* Reads the requests and errors of each stored second. Stores them in the site; if `site` is NULL,
 * only checks them. */
bool memory_read_ring(const cJSON *list, enum site_ring_kind kind, struct site *site);
bool memory_read_visits(const cJSON *o, struct visits_memory *out);
bool memory_read_heavy_hitters(const cJSON *o, struct heavy_hitters *out);
bool memory_read_teachers(const cJSON *o, struct teachers_head *out, uint64_t *cells);

#endif
