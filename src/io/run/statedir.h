/* statedir.h - the place of a run's files: sets their owner, and makes sure that no other run uses
 * them.
 *
 * Path:    options -> [statedir] -> saver, statefile.
 * Owner:   root makes the directory, but another user may write there later (--user). The directory
 *          is given to this user only if it was made here or is the system's own. Any other
 *          directory may contain files whose owner must not change.
 * Lock:    flock on FILE.lock, which the kernel releases however the process ends. FILE itself is
 *          replaced, and the directory may contain several states, so neither is locked. A lock
 *          protects nothing once its file or directory was removed or replaced. So the lock is
 *          checked before each save, and taken again. A process that is forked after locking would
 *          share the lock: rights_delegate comes first.
 * Order:   find, make, check, lock, all while still root.
 */
#ifndef IO_RUN_STATEDIR_H
#define IO_RUN_STATEDIR_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "io/config/option_groups.h"

struct statedir {
	const char *path; /* FILE; NULL: the run keeps none */
	const char *user; /* --user, or NULL */
	int uid;          /* of --user; -1: no other user */
	int gid;          /* of --state-group; -1: there is none */
	int lock_fd;      /* -1: not locked */
	bool is_default;  /* path is the user's own by default: its parents may be made */
	bool made;        /* the last statedir_make has made the directory */
	bool opened;      /* statedir_open has succeeded */
	bool lost;        /* another run had the lock at the last check */
	bool regained;    /* this run got the lock back; the code that reports it resets it */
	char room[PATH_MAX];
};

/* Changes nothing on disk. False when the user of --user does not exist, or the lookup failed
 * (errno); `why` has the reason. *d must not move in memory. */
bool statedir_find(struct statedir *d, const struct state_options *o, const struct run_options *run,
	char *why, size_t why_cap);

/* Whether the group of --state-group is missing, though the option was given; `why` has the
 * message. The default group may be missing: not every host has it. */
bool statedir_lacks_group(
	const struct statedir *d, const struct state_options *o, char *why, size_t why_cap);

/* Makes and checks the directory by the calls below, and locks it until this process ends. Waits up
 * to a second for the lock of a run that is ending. False when the run must not begin; `why` has
 * the reason in one line. */
bool statedir_open(struct statedir *d, char *why, size_t why_cap);

/* Call it before each save after statedir_open. If the lock's file is not the one that this run has
 * locked, makes a missing directory again (d->made), and takes the lock anew. False with errno when
 * nothing may be saved: EBUSY when another run has the lock, or the reason why the directory cannot
 * be made. */
bool statedir_hold(struct statedir *d);

/* Writes in one line why `file` could not be saved, after a failed statedir_hold or with the errno
 * of io/host/statefile.h. */
void statedir_explain(
	const struct statedir *d, const char *file, int error, char *why, size_t why_cap);

/* The directories that a run writes to: the state's directory, and its parents, in which it may be
 * made again. */
struct statedir_places {
	const char *directory; /* NULL: the run keeps no files */
	const char *parent;    /* NULL: it is /, or the path names no directory */
	/* parent of the directory that a link leads to; NULL: the same as parent, or / */
	const char *real_parent;
	char directory_room[PATH_MAX], parent_room[PATH_MAX], real_parent_room[PATH_MAX];
};
void statedir_places(const struct statedir *d, struct statedir_places *p);

/* The upper one of directory and parent, for messages; NULL: none. */
const char *statedir_places_top(const struct statedir_places *p);

/* Makes a missing directory (0750), and gives it, or the system's own, to uid and gid. Its parents
 * are made (0700) only for the default path of an ordinary user, as the XDG specification demands.
 * False with errno: with ENOENT a parent is missing, and nothing was made; with another errno,
 * saving will fail, too. */
bool statedir_make(struct statedir *d);

/* After ENOENT from statedir_make: writes the message that names the missing parent. */
void statedir_say_missing(const struct statedir *d, char *why, size_t why_cap);

/* Length of the directory's name in d->path, for messages about it. */
int statedir_directory_len(const struct statedir *d);

/* Whether the user can replace both files; for a process that is not root, whether the process can.
 * False with errno. A child becomes the user and tries, before anything else is open or large. */
bool statedir_check(const struct statedir *d);

/* The owner of the directory of `path`, who may write the files in it; -1 when unknown. */
int statedir_owner(const char *path);

#endif
