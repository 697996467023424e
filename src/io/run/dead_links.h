/* dead_links.h - provides the dead links that this host's anomdetect has learned. This module reads
 * them from the table of paths in the detector's memory file, and reads the file again when it
 * changes.
 *
 * Path:    FILE.memory -> core/record/memory -> [dead_links] -> core/engine/counting.
 * Method:  at the start the file is read before any line. Later a thread reads it, at most once per
 *          DEAD_LINKS_EVERY and only if the file was replaced. A thread is used because a large
 *          file takes a second, which must not delay the input. The detector replaces the file as a
 *          whole, so the thread never reads half a file.
 * Failure: if the file cannot be read, no dead links are known. One warning reports the reason;
 *          another one is possible only after the file was readable again. No warning is logged for
 *          a default file that does not exist or that this user may not read.
 */
#ifndef IO_RUN_DEAD_LINKS_H
#define IO_RUN_DEAD_LINKS_H

#include <stdbool.h>

#include "core/base/instant.h"
#include "core/measure/paths.h"

#define DEAD_LINKS_EVERY ((struct span){60 * 1000})

struct dead_links;

/* `state`: the detector's state file; its memory file is in the same directory. NULL: the default
 * state file, if it exists. "none": no dead links are known. Returns NULL when memory is short. */
struct dead_links *dead_links_new(const char *state);
/* Accepts NULL. Cancels a reading that is in progress. */
void dead_links_free(struct dead_links *d);

/* Reads the file now; call it before the other functions. Returns the paths, or NULL: none are
 * known. */
const struct paths *dead_links_open(struct dead_links *d, struct span monotonic);

/* Starts reading the file if a check is due and the file has changed. True: a reading is complete,
 * and *paths are the paths to use from now on, or NULL. The paths used before stay valid until the
 * next call. */
bool dead_links_look(struct dead_links *d, struct span monotonic, const struct paths **paths);

#endif
