/* memory_unbans.h - the newest unbans (core/judge/unbans.h) in the memory file. Only the file's
 * writer and reader use it. The member is MEMORY_UNBANS, a list of strings, as in anomdetect(5). */
#ifndef CORE_RECORD_MEMORY_UNBANS_H
#define CORE_RECORD_MEMORY_UNBANS_H

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "core/base/buf.h"
#include "core/judge/unbans.h"

#define MEMORY_UNBANS "unbans"

/* Appends `between` and the next unban, at most 256 bytes. Returns false after the last unban. */
bool memory_put_unban(
	struct buf *b, const struct unbans *unbans, uint32_t *cursor, const char *between);

/* Returns false if the element is invalid. */
bool memory_read_unban(const cJSON *item, struct unban *out);

#endif
