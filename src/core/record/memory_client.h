/* memory_client.h - a client's strikes and ban in the memory file; for its writer and its reader
 * alone.
 *
 * A client is one string, "198.51.100.7 active 2 SINCE UNTIL RULES...", as in anomdetect(5).
 */
#ifndef CORE_RECORD_MEMORY_CLIENT_H
#define CORE_RECORD_MEMORY_CLIENT_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "core/base/buf.h"
#include "core/judge/bans.h"

/* At most 256 bytes. */
void memory_put_client(struct buf *b, const struct ban *ban);

/* False when it is not readable. */
bool memory_read_client(const cJSON *item, struct ban *out);

#endif
