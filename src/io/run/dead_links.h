/* dead_links.h - the dead links that this host's anomdetect has learned: the table of paths in its
 * memory file, read again when that file changes.
 *
 * Path:    FILE.memory -> core/record/memory -> [dead_links] -> core/engine/counting.
 * Method:  at the start the file is read at once. Later, once in DEAD_LINKS_EVERY at most, and when
 *          the file is another one, a thread reads it: a large file takes a second, and must not
 *          hold up the input. The detector replaces the file as a whole, so none is read by half.
 * Failure: no dead links are known then, and a warning says why, once until the file is readable
 *          again. A default file that is not there, or not for this user, is not warned about.
 */
#ifndef IO_RUN_DEAD_LINKS_H
#define IO_RUN_DEAD_LINKS_H

#include <stdbool.h>

#include "core/base/instant.h"
#include "core/measure/paths.h"

#define DEAD_LINKS_EVERY ((struct span){60 * 1000})

struct dead_links;

/* `state`: the detector's state file, whose memory file is beside it; NULL: the default one, if
 * there is one; "none": no dead links are known. NULL when memory is short. */
struct dead_links *dead_links_new(const char *state);
/* Also of NULL. A reading that is under way is given up. */
void dead_links_free(struct dead_links *d);

/* Reads the file now, before any other call. Returns the paths, or NULL: none are known. */
const struct paths *dead_links_open(struct dead_links *d, struct span monotonic);

/* Begins to read the file if that is due. True: *paths are those that are known from now on, or
 * NULL. Those before are valid until the next call. */
bool dead_links_look(struct dead_links *d, struct span monotonic, const struct paths **paths);

#endif
