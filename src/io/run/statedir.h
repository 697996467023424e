/* statedir.h - where a run's files are: whose they are, and that no other run has them.
 *
 * Path:    options -> [statedir] -> saver, statefile.
 * Owner:   root makes the directory, and another user may be who writes there later (--user). It
 *          is given to him only if it is ours: made here, or the system's own. Anybody else's may
 *          hold what must not change hands.
 * Lock:    flock on FILE.lock, which the kernel takes back when the process ends, however it ends.
 *          Not on FILE, which is replaced; not on the directory, which may hold several. A lock
 *          whose file or directory was removed or replaced protects nothing, so it is looked for
 *          before each save, and taken anew. A process that is forked while it is held would have
 *          it, too: rights_delegate comes first.
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
	int uid;          /* of --user; -1: nobody else */
	int gid;          /* of --state-group; -1: there is none */
	int lock_fd;      /* -1: not locked */
	bool is_default;  /* path is the user's own by default: its parents may be made */
	bool made;        /* the last statedir_make has made the directory */
	bool opened;      /* by statedir_open */
	bool lost;        /* another run had the lock when it was last looked for */
	bool regained;    /* and then we had it again; whoever reports that clears it */
	char room[PATH_MAX];
};

/* Touches nothing. False when --user names nobody, or that could not be found out (errno); `why`
 * says so. *d must stay where it is. */
bool statedir_find(struct statedir *d, const struct state_options *o, const struct run_options *run,
	char *why, size_t why_cap);

/* Whether the group of --state-group is missing, though somebody has named it; `why` says so. The
 * default may be missing: not every host has it. */
bool statedir_lacks_group(
	const struct statedir *d, const struct state_options *o, char *why, size_t why_cap);

/* Makes and checks, by the calls below, and locks until this process ends. Waits up to a second for
 * the lock of a run that is ending. False when the run must not begin, and `why` says in one line
 * why. */
bool statedir_open(struct statedir *d, char *why, size_t why_cap);

/* Before each save of a run that has opened it: when the lock's file is not the one that we hold,
 * makes the directory again if it is missing (d->made), and takes the lock anew. False with errno
 * when nothing may be saved: EBUSY when another run has the lock, or why the directory cannot be
 * made. */
bool statedir_hold(struct statedir *d);

/* Why `file` of it could not be saved, after that or with the errno of io/host/statefile.h, in one
 * line. */
void statedir_explain(
	const struct statedir *d, const char *file, int error, char *why, size_t why_cap);

/* Where a run writes: the directory, and those above, in which it may be made again. */
struct statedir_places {
	const char *directory; /* NULL: the run keeps no files */
	const char *parent;    /* NULL: it is /, or the directory is not named in the path */
	/* of the directory that a link leads to; NULL: the same, or / */
	const char *real_parent;
	char directory_room[PATH_MAX], parent_room[PATH_MAX], real_parent_room[PATH_MAX];
};
void statedir_places(const struct statedir *d, struct statedir_places *p);

/* The upper one of directory and parent, for messages; NULL: none. */
const char *statedir_places_top(const struct statedir_places *p);

/* Makes the directory (0750) when it is missing, and gives it, or the system's own, to uid and
 * gid. Its parents are made (0700) only for the default path of an ordinary user, as the XDG
 * specification wants it. False with errno: with ENOENT a parent is missing, and nothing was made;
 * with another, saving will fail, too. */
bool statedir_make(struct statedir *d);

/* After ENOENT from statedir_make: the message that names the missing parent. */
void statedir_say_missing(const struct statedir *d, char *why, size_t why_cap);

/* The length of the directory's name in d->path, for messages about it. */
int statedir_directory_len(const struct statedir *d);

/* Whether both files can be replaced by the user, or by who the process is when it is not root;
 * false with errno. A child becomes the user and tries: before anything else is open or large. */
bool statedir_check(const struct statedir *d);

/* Who owns the directory of `path`; -1 when that is not known. What is in it is his to write. */
int statedir_owner(const char *path);

#endif
