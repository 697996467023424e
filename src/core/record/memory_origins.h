/* memory_origins.h - the hosts that send counts (core/measure/origins.h), in the memory file; for
 * its writer and its reader alone. The member is "origins", as in anomdetect(5). A root that
 * restarts misses a host that stays away, and counts no line twice. */
#ifndef CORE_RECORD_MEMORY_ORIGINS_H
#define CORE_RECORD_MEMORY_ORIGINS_H

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "core/base/buf.h"
#include "core/measure/origins.h"

/* Puts `before` and number *k, and moves *k on; false if there is none. At most 160 bytes. Between
 * two calls hosts may come and be forgotten; one may then be left out, and none is put twice. */
bool memory_put_origin(struct buf *b, const struct origins *all, uint32_t *k, const char *before);

/* False when the element is not readable. */
bool memory_read_origin(const cJSON *item, struct origin *out);

#endif
