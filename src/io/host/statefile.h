/* statefile.h - replaces files, never rewrites them, and checks files before it reads them.
 *
 * Writing: a new file is made in the old file's directory (O_EXCL, O_NOFOLLOW, O_CLOEXEC, 0640, the
 *          group that the caller gives, if any). It is written and closed; if each call succeeded,
 *          it is renamed over the old file. On any failure the new file is removed and the old file
 *          stays. A reader reads the old or the new file, always whole. The caller writes in steps,
 *          so that a large file does not delay the input.
 * Reading: at most `max` bytes. A file is refused when it is not a regular file, or when every user
 *          may write to it. A run trusts the content of its own files, so statefile_read_own checks
 *          more.
 * Errors:  a function returns false, and errno has the reason; nothing is logged here.
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

/* Creates the new file in the directory of `path`. gid -1: does not set the group. NULL on
 * failure. */
struct statefile *statefile_begin(const char *path, int gid);
/* Appends. After a failure only statefile_abandon may be called. */
bool statefile_put(struct statefile *f, const char *data, size_t len);
/* Closes the new file, and renames it to `path`; frees f on failure. On success the caller must
 * then call statefile_let_go until it returns true, which frees f. Each call frees a part of the
 * replaced file, because the kernel takes 10 ms to free 80 MB. */
bool statefile_publish(struct statefile *f);
/* Like statefile_publish, but a power failure loses neither file. The new file is synced and gets
 * its name, and the old file is kept as PATH.old. Then the directory is synced. A disk may take
 * seconds, so a thread does all this. Until statefile_published returns a value other than
 * STATEFILE_BUSY, no other function may be called with `f`. If no thread can be made, this call
 * waits for the disk. */
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

/* Replaces the file by `data` in one call: begin, put, publish and let go. */
bool statefile_replace(const char *path, int gid, const char *data, size_t len);

/* Length of the UTF-8 byte order mark with which some editors begin a text: 3, or 0 without a
 * mark. */
size_t statefile_mark_len(const char *text, size_t len);

/* Reads the whole file into memory that the caller frees. NULL on failure: errno is ENOENT (no such
 * file), EFBIG (over max), EPERM (others may write to it), EINVAL (not a regular file), or an errno
 * of open or read. */
char *statefile_read(const char *path, size_t max, size_t *len);

/* Like statefile_read, for the state and the memory file. It also refuses a symbolic link (ELOOP),
 * and a file that its group may write to (EPERM). The owner must be root, this process's user, or
 * uid (-1: no further user); otherwise the file is refused with EPERM, too. */
char *statefile_read_own(const char *path, size_t max, int uid, size_t *len);

/* Like statefile_read_own, but returns a descriptor; -1 on failure. statefile_source makes a source
 * that reads from *fd. */
int statefile_open_own(const char *path, size_t max, int uid);
struct byte_source statefile_source(int *fd);

/* statefile_refusal: the reason for a failure of these functions, for a message.
 * statefile_is_refusal: whether the file itself was refused. Other errors are not about the file:
 * memory or descriptors may be short. */
const char *statefile_refusal(int error);
bool statefile_is_refusal(int error);

/* Renames a bad file to PATH.bad (replacing an older one), so that a person can examine it. */
bool statefile_set_aside(const char *path);

/* The default path of the state: the first of these whose variable is set or whose condition is
 * true.
 *
 *     $ANOMDETECT_STATE
 *     state.json in $STATE_DIRECTORY
 *     /var/lib/anomdetect/state.json, for root
 *     $XDG_STATE_HOME/anomdetect/state.json
 *     ~/.local/state/anomdetect/state.json
 *
 * `reader`: uses the order of anomstat. A file in /var/lib/anomdetect that the user may read comes
 * before the user's own file. If the user may not read that file, its path is returned only when
 * the user has no state file. $STATE_DIRECTORY is ignored, because it belongs to the service that
 * runs anomstat, not to the detector's service.
 *
 * Writes the result into path. False when it does not fit, or the user has no home directory.
 */
bool statefile_default_path(bool reader, char *path, size_t cap);

/* The path for an ordinary user, by the XDG base directory specification: one of the last two in
 * the list above. */
bool statefile_user_path(char *path, size_t cap);

/* Joins two parts of a path, such as a file's name and ".memory". False with ENAMETOOLONG when the
 * path does not fit. */
bool statefile_join(char *out, size_t cap, const char *a, const char *b);

#endif
