/* memory_failures.h - clients with errors or write requests, and the paths that they write to, in
 * the memory file. Only the file's writer and reader use it.
 *
 * Each entry is one string of numbers, as in anomdetect(5). The hashes in it use the key of the
 * table of paths and are useless without this key.
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

/* Appends `before` and the first entry at or after place *at of the table, at most 200 bytes, and
 * moves *at past this entry. Returns false at the end of the table. */
bool memory_put_slow(
	struct buf *b, const struct slow_failures *s, uint32_t *at, const char *before);
bool memory_put_written(
	struct buf *b, const struct written_paths *w, uint32_t *at, const char *before);

/* Reads one entry of a list. Returns false if the entry is invalid or impossible. */
bool memory_read_slow(const cJSON *item, uint64_t *client, struct slow_client *out);
bool memory_read_written(const cJSON *item, struct written_path *out);

#endif
