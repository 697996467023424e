/* memory_origins.h - the hosts that send counts (core/measure/origins.h) in the memory file. Only
 * the file's writer and reader use it. The member is "origins", as in anomdetect(5). After a
 * restart, a root with this data still reports a host that sends no more lines, and counts no line
 * twice. */
#ifndef CORE_RECORD_MEMORY_ORIGINS_H
#define CORE_RECORD_MEMORY_ORIGINS_H

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "core/base/buf.h"
#include "core/measure/origins.h"

/* Appends `before` and host number *k, at most 160 bytes, and increments *k. Returns false if *k is
 * not less than the number of hosts. If hosts are inserted or evicted between two calls, one host
 * may be left out, but no host is written twice. */
bool memory_put_origin(struct buf *b, const struct origins *all, uint32_t *k, const char *before);

/* Returns false if the element is invalid. */
bool memory_read_origin(const cJSON *item, struct origin *out);

#endif
