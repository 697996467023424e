/* memory_client.h - the strikes and the ban of a client in the memory file. Only the file's writer
 * and reader use it.
 *
 * A client is one string, "198.51.100.7 active 2 SINCE UNTIL RULES...", as in anomdetect(5).
 */
#ifndef CORE_RECORD_MEMORY_CLIENT_H
#define CORE_RECORD_MEMORY_CLIENT_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "core/base/buf.h"
#include "core/judge/bans.h"

/* Appends at most 256 bytes. */
void memory_put_client(struct buf *b, const struct ban *ban);

/* Returns false if the element is invalid. */
bool memory_read_client(const cJSON *item, struct ban *out);

#endif
