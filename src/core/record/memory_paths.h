/* memory_paths.h - the table of paths in the memory file; for its writer and its reader alone.
 *
 * A path is one string, "HASH KIND FLAGS SERVED FAILED HONEST NETWORK...", as in anomdetect(5). The
 * list begins with the path that makes room last, so a smaller table keeps the best ones.
 */
#ifndef CORE_RECORD_MEMORY_PATHS_H
#define CORE_RECORD_MEMORY_PATHS_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "core/base/buf.h"
#include "core/measure/paths.h"

#define MEMORY_PATH_LIST "path_list"

/* The member "paths"; the table's walk begins. */
void memory_put_paths(struct buf *b, struct paths *p);
/* The walk's next path, with `before` in front; false at its end. At most 99 bytes. */
bool memory_put_path(struct buf *b, struct paths *p, const char *before);

/* One path of the list. False when it is not readable or not possible. */
bool memory_read_path(const cJSON *item, struct paths_record *out);

#endif
