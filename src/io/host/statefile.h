/* statefile.h - files that are replaced, never rewritten, and read with suspicion.
 *
 * Writing: a new file is made in the same directory (O_EXCL, O_NOFOLLOW, O_CLOEXEC, 0640, the group
 *          if it exists). All of it is written, closed and checked, and then renamed over the old
 *          file. On any failure the new file is removed and the old file stays. A reader sees the
 *          old or the new file, always whole. Writing is in steps, so that a large file does not
 *          delay the input.
 * Reading: at most `max` bytes. A file is refused when it is not a regular file, or when anybody
 *          may write to it. A run trusts its own files, so more reasons refuse these.
 * Errors:  false with errno kept; nothing is logged here.
 */
#ifndef IO_HOST_STATEFILE_H
#define IO_HOST_STATEFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/byte_source.h"

/* Default directory of the state for root. */
#define STATEFILE_SYSTEM_DIRECTORY "/var/lib/anomdetect"

/* Suffix of a file's predecessor, if it is kept. */
#define STATEFILE_KEPT ".old"

struct statefile; /* a file that is being written */

/* Creates the new file beside `path`. gid -1: keeps the group. NULL on failure. */
struct statefile *statefile_begin(const char *path, int gid);
/* Appends. After a failure only statefile_abandon may be called. */
bool statefile_put(struct statefile *f, const char *data, size_t len);
/* Closes and renames; frees f on failure. On success the caller must then call statefile_let_go
 * until it returns true, which frees f. It frees the replaced file in steps, because the kernel
 * takes 10 ms to free 80 MB. */
bool statefile_publish(struct statefile *f);
/* Like statefile_publish, but a power failure loses neither file. First the new file is synced,
 * then it gets its name, and the old file is kept as PATH.old; then the names are synced, too. A
 * disk may take seconds, so a thread does this. Only statefile_published may be called until it
 * returns another value than STATEFILE_BUSY. If no thread can be made, the caller waits. */
void statefile_publish_safely(struct statefile *f);
enum statefile_progress {
	STATEFILE_DONE = 0, /* next, call statefile_let_go */
	STATEFILE_BUSY,
	STATEFILE_FAILED, /* errno; f is freed, or the thread owns it for ever */
};
/* `wait`: waits for the thread's end, at most 30 s (ETIME). */
enum statefile_progress statefile_published(struct statefile *f, bool wait);
bool statefile_let_go(struct statefile *f);
/* Removes the new file and frees f. */
void statefile_abandon(struct statefile *f);

/* Makes all of these calls at once. */
bool statefile_replace(const char *path, int gid, const char *data, size_t len);

/* Length of the UTF-8 byte order mark with which some editors begin a text: 3, or 0. */
size_t statefile_mark_len(const char *text, size_t len);

/* Reads the whole file into memory that the caller frees. NULL on failure: errno is ENOENT (no such
 * file), EFBIG (over max), EPERM (others may write to it), EINVAL (not a regular file), or as open
 * and read return it. */
char *statefile_read(const char *path, size_t max, size_t *len);

/* Like statefile_read, for state and memory. It also refuses a symbolic link (ELOOP), and with
 * EPERM a file that its group may write to. The owner must be root, this process's user, or uid
 * (-1: no other), or it fails with EPERM, too. */
char *statefile_read_own(const char *path, size_t max, int uid, size_t *len);

/* Like statefile_read_own, but returns a descriptor, -1 on failure; and makes a source of it,
 * which borrows `fd`. */
int statefile_open_own(const char *path, size_t max, int uid);
struct byte_source statefile_source(int *fd);

/* The reason of such a failure, for a message; and whether the file itself was refused. Any other
 * error says nothing about the file: memory or descriptors may be short. */
const char *statefile_refusal(int error);
bool statefile_is_refusal(int error);

/* Renames a bad file to PATH.bad (replacing an older one), so that a person can examine it. */
bool statefile_set_aside(const char *path);

/* The default path of the state: the first of these that is known.
 *
 *     $ANOMDETECT_STATE
 *     state.json in $STATE_DIRECTORY
 *     /var/lib/anomdetect/state.json, for root
 *     $XDG_STATE_HOME/anomdetect/state.json
 *     ~/.local/state/anomdetect/state.json
 *
 * `reader`: the order of anomstat. A file in /var/lib that the user may read comes before the
 * user's own file; if the user may not read it, it is returned only without an own file.
 * $STATE_DIRECTORY is ignored, because it belongs to the service that runs anomstat, not to the
 * detector's.
 *
 * Writes into path; false when it does not fit or there is no home.
 */
bool statefile_default_path(bool reader, char *path, size_t cap);

/* The last two of these: an ordinary user's own state, by the XDG base directory specification. */
bool statefile_user_path(char *path, size_t cap);

/* Joins two parts of a path, such as a file's name and ".memory". False with ENAMETOOLONG when the
 * path does not fit. */
bool statefile_join(char *out, size_t cap, const char *a, const char *b);

#endif
