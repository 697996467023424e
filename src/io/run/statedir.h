/* statedir.h - the directory of a run's files: sets its owner, and makes sure that no other run
 * uses the files.
 *
 * Path:    options -> [statedir] -> saver, statefile.
 * Owner:   root makes the directory, but with --user another user writes there later. This user
 *          becomes the owner only if the run made the directory, or if the directory is
 *          STATEFILE_SYSTEM_DIRECTORY. Any other directory may contain files whose owner must not
 *          change.
 * Lock:    flock on FILE.lock, where FILE is the state file (--state). The kernel releases the lock
 *          however the process ends. FILE itself is replaced, and the directory may contain several
 *          states, so neither is locked. A lock protects nothing if its file or directory was
 *          removed or replaced. So each save first checks the lock, and takes it again if needed. A
 *          process that is forked after locking would share the lock, so call rights_delegate
 *          before locking.
 * Order:   statedir_find, then make, check and lock in statedir_open, all while the process is
 *          still root.
 */
#ifndef IO_RUN_STATEDIR_H
#define IO_RUN_STATEDIR_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "io/config/option_groups.h"

struct statedir {
	const char *path; /* FILE; NULL: the run has no state */
	const char *user; /* --user, or NULL */
	int uid;          /* of --user; -1: no other user */
	int gid;          /* of --state-group; -1: there is none */
	int lock_fd;      /* -1: not locked */
	bool is_default;  /* path is the default for an ordinary user: its parents may be made */
	bool made;        /* the last statedir_make has made the directory */
	bool opened;      /* statedir_open has succeeded */
	bool lost;        /* another run had the lock at the last check */
	bool regained;    /* this run got the lock back; reset by the code that reports this */
	char room[PATH_MAX];
};

/* Changes nothing on disk. False when the user of --user does not exist, or the lookup failed
 * (errno); `why` has the reason. *d must not move in memory. */
bool statedir_find(struct statedir *d, const struct state_options *o, const struct run_options *run,
	char *why, size_t why_cap);

/* True if --state-group was given but its group does not exist; `why` has the message. The default
 * group may be missing, because not every host has it. */
bool statedir_lacks_group(
	const struct statedir *d, const struct state_options *o, char *why, size_t why_cap);

/* Makes and checks the directory (statedir_make, statedir_check), and locks FILE.lock until this
 * process ends. Waits up to a second for the lock of a run that is ending. False when the run must
 * not begin; `why` has the reason in one line. */
bool statedir_open(struct statedir *d, char *why, size_t why_cap);

/* After statedir_open, call this function before each save. If the lock file was removed or
 * replaced, makes the directory again if it is missing (d->made), and takes the lock again. False
 * with errno when nothing may be saved. The errno is EBUSY when another run has the lock, or else
 * the reason why the directory could not be made. */
bool statedir_hold(struct statedir *d);

/* Writes in one line why `file` could not be saved. `error`: the errno of statedir_hold or of a
 * function in io/host/statefile.h. */
void statedir_explain(
	const struct statedir *d, const char *file, int error, char *why, size_t why_cap);

/* The directories that a run writes to: the state's directory, and its parents, because the run may
 * have to make the directory again. */
struct statedir_places {
	const char *directory; /* NULL: the run keeps no files */
	const char *parent;    /* NULL: it is "/", or the path contains no directory */
	/* `directory` may be a symbolic link. real_parent is the parent of the directory that the
	 * link leads to; NULL: the same as `parent`, or "/". */
	const char *real_parent;
	char directory_room[PATH_MAX], parent_room[PATH_MAX], real_parent_room[PATH_MAX];
};
void statedir_places(const struct statedir *d, struct statedir_places *p);

/* Returns the parent, or else the directory, for messages; NULL: there is neither. */
const char *statedir_places_top(const struct statedir_places *p);

/* Makes a missing directory (0750). Changes the owner and group of a directory that it made, or of
 * STATEFILE_SYSTEM_DIRECTORY, to uid and gid. The directory's parents are made (0700) only for the
 * default path of an ordinary user, as the XDG specification demands. False with errno. ENOENT: a
 * parent is missing, and nothing was made. After any other errno, saving will fail, too. */
bool statedir_make(struct statedir *d);

/* After ENOENT from statedir_make: writes a message with the name of the missing parent. */
void statedir_say_missing(const struct statedir *d, char *why, size_t why_cap);

/* Length of the directory's name in d->path, for messages about it. */
int statedir_directory_len(const struct statedir *d);

/* True if the user of --user can replace FILE and FILE.memory. If the process is not root, true if
 * the process can replace them. False with errno. A child process becomes this user and tries. Call
 * it early, before the process has open files or large memory. */
bool statedir_check(const struct statedir *d);

/* The owner of the directory of `path`. This user may write the files in it. -1 when unknown. */
int statedir_owner(const char *path);

#endif
