/* statedir.h - where a run's files are: whose they are, and that no other run has them.
 *
 * Path:    options -> [statedir] -> saver, statefile.
 * Owner:   root makes the directory, and another user may be who writes there later (--user). It
 *          is given to him only if it is ours: made here, or the system's own. Anybody else's may
 *          hold what must not change hands.
 * Lock:    flock on FILE.lock, which the kernel takes back when the process ends, however it ends.
 *          Not on FILE, which is replaced; not on the directory, which may hold several.
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
	char room[PATH_MAX];
};

/* Touches nothing. False when --user names nobody, or that could not be found out (errno); `why`
 * says so. *d must stay where it is. */
bool statedir_find(struct statedir *d, const struct state_options *o, const struct run_options *run,
	char *why, size_t why_cap);

/* Makes and checks, by the calls below, and locks until this process ends. False when the run must
 * not begin, and `why` says in one line why. */
bool statedir_open(struct statedir *d, char *why, size_t why_cap);

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
