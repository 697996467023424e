/* memory_failures.h - clients that fail or write, and the paths that they write to, in the memory
 * file; for its writer and its reader alone.
 *
 * Each is one string of numbers, as in anomdetect(5). Its hashes are under the key of the table of
 * paths, and mean nothing without it.
 */
#ifndef CORE_RECORD_MEMORY_FAILURES_H
#define CORE_RECORD_MEMORY_FAILURES_H

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "core/base/buf.h"
#include "core/measure/slow_failures.h"
#include "core/measure/written_paths.h"

#define MEMORY_SLOW_LIST    "slow_list"
#define MEMORY_WRITTEN_LIST "written_list"

/* The next entry from place *at of the table on, with `before` in front; false at the end. At most
 * 200 bytes. */
bool memory_put_slow(
	struct buf *b, const struct slow_failures *s, uint32_t *at, const char *before);
bool memory_put_written(
	struct buf *b, const struct written_paths *w, uint32_t *at, const char *before);

/* One entry of a list. False when it is not readable or not possible. */
bool memory_read_slow(const cJSON *item, uint64_t *client, struct slow_client *out);
bool memory_read_written(const cJSON *item, struct written_path *out);

#endif
