/* statefile.h - files that are replaced, never rewritten, and read with suspicion.
 *
 * Writing: a new file in the same directory (O_EXCL, O_NOFOLLOW, O_CLOEXEC, 0640, group when it
 *          exists), all of it written, closed and checked, then renamed over the old one; on any
 *          failure the new one is removed and the old one stays. A reader sees the old file or the
 *          new one, whole. Writing is in steps, so that a large file does not hold up the input.
 * Reading: at most `max` bytes; refused when it is not a regular file, or when anybody may write
 *          to it. Our own files are what a run believes unseen, so of these more is refused.
 * Errors:  false with errno kept; nothing is logged here.
 */
#ifndef IO_HOST_STATEFILE_H
#define IO_HOST_STATEFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/byte_source.h"

/* Of the state of root. */
#define STATEFILE_SYSTEM_DIRECTORY "/var/lib/anomdetect"

/* Behind a path: the predecessor of a file that is kept. */
#define STATEFILE_KEPT ".old"

struct statefile; /* a file that is being written */

/* Opens the new file beside `path`. gid -1: leave the group. NULL on failure. */
struct statefile *statefile_begin(const char *path, int gid);
/* Appends. After a failure only statefile_abandon may be called. */
bool statefile_put(struct statefile *f, const char *data, size_t len);
/* Closes and renames; frees on failure. What it has replaced is let go of in steps: the kernel
 * takes 10 ms to free 80 MB. On success f is then for statefile_let_go alone, which is called until
 * it returns true and frees. */
bool statefile_publish(struct statefile *f);
/* The same, so that a power failure loses neither file: the new one is on the disk before it gets
 * its name, the old one is kept as PATH.old, and then the names are on the disk, too. A disk may
 * take seconds, so a thread does this; until statefile_published returns another value than
 * STATEFILE_BUSY, only that may be called. Where no thread can be made, the caller waits. */
void statefile_publish_safely(struct statefile *f);
enum statefile_progress {
	STATEFILE_DONE = 0, /* f is for statefile_let_go */
	STATEFILE_BUSY,
	STATEFILE_FAILED, /* errno; f is freed, or the thread's for ever */
};
/* `wait`: until the thread has ended, at most 30 s (ETIME). */
enum statefile_progress statefile_published(struct statefile *f, bool wait);
bool statefile_let_go(struct statefile *f);
/* Removes the new file, frees. */
void statefile_abandon(struct statefile *f);

/* All of these in one call. */
bool statefile_replace(const char *path, int gid, const char *data, size_t len);

/* How long the UTF-8 byte order mark is with which some editors begin a text: 3, or 0. */
size_t statefile_mark_len(const char *text, size_t len);

/* The whole file in memory that the caller frees, NULL on failure: errno ENOENT (no such file),
 * EFBIG (over max), EPERM (others may write to it), EINVAL (not a regular file), or as open and
 * read. */
char *statefile_read(const char *path, size_t max, size_t *len);

/* The same for state and memory: also refused are a symbolic link (ELOOP), and a file that its
 * group may write to or whose owner is neither root, nor this process's user, nor uid (-1: no
 * other) (EPERM). */
char *statefile_read_own(const char *path, size_t max, int uid, size_t *len);

/* The same file as a descriptor, -1 on failure, and as a source: `fd` is borrowed. */
int statefile_open_own(const char *path, size_t max, int uid);
struct byte_source statefile_source(int *fd);

/* Why one of them failed, for people; and whether the file was refused for what it is. Any other
 * error tells nothing about it: memory or descriptors may be short. */
const char *statefile_refusal(int error);
bool statefile_is_refusal(int error);

/* Renames a bad file to PATH.bad (replacing an older one) so that it can be looked at. */
bool statefile_set_aside(const char *path);

/* Where the state is by default, the first of these that is known:
 *
 *     $ANOMDETECT_STATE
 *     state.json in $STATE_DIRECTORY
 *     /var/lib/anomdetect/state.json, for root
 *     $XDG_STATE_HOME/anomdetect/state.json
 *     ~/.local/state/anomdetect/state.json
 *
 * `reader`: the order of anomstat. A file in /var/lib that the user may read comes before the
 * user's own; one that the user may not read is named when there is no own one. $STATE_DIRECTORY is
 * left out: it belongs to the service that anomstat runs in, not to the detector's.
 *
 * Writes into path; false when it does not fit or there is no home. */
bool statefile_default_path(bool reader, char *path, size_t cap);

/* The last two of these: an ordinary user's own, by the XDG base directory specification. */
bool statefile_user_path(char *path, size_t cap);

/* A path of two parts, such as a file's name and ".memory". False, with ENAMETOOLONG, when it does
 * not fit. */
bool statefile_join(char *out, size_t cap, const char *a, const char *b);

#endif
