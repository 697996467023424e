/* memory_paths.h - the table of paths in the memory file. Only the file's writer and reader use it.
 *
 * A path is one string, "HASH KIND FLAGS SERVED FAILED HONEST NETWORK...", as in anomdetect(5). The
 * list begins with the path that would be evicted last. So a run with a smaller table keeps the
 * beginning of the list.
 */
#ifndef CORE_RECORD_MEMORY_PATHS_H
#define CORE_RECORD_MEMORY_PATHS_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "core/base/buf.h"
#include "core/measure/paths.h"

#define MEMORY_PATH_LIST "path_list"

/* Appends the member "paths" and begins the walk over the table. */
void memory_put_paths(struct buf *b, struct paths *p);
/* Appends `before` and the next path of the walk, at most 99 bytes. Returns false at the end of the
 * walk. */
bool memory_put_path(struct buf *b, struct paths *p, const char *before);

/* Reads one path of the list. Returns false if it is invalid or impossible. */
bool memory_read_path(const cJSON *item, struct paths_record *out);

#endif
