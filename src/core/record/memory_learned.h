/* memory_learned.h - what the site and its visits taught, in the memory file: each member that is
 * one value; for the reader of that file alone.
 *
 * Each function returns false when the value is not readable or not possible; *out may then hold
 * anything.
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
/* Puts the counts into the site; with NULL it only checks them. */
bool memory_read_ring(const cJSON *list, enum site_ring_kind kind, struct site *site);
bool memory_read_visits(const cJSON *o, struct visits_memory *out);
bool memory_read_heavy_hitters(const cJSON *o, struct heavy_hitters *out);
bool memory_read_teachers(const cJSON *o, struct teachers_head *out, uint64_t *cells);

#endif
