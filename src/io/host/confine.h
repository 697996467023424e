/* confine.h - the process takes rights from itself that it does not need, by landlock(7): a reader
 * of hostile text that is broken into then starts no program and changes no file of others.
 *
 * What it may not do any more, for good, and its children neither:
 *
 *     execute a program, unless the rules say so
 *     write, make, remove or rename a file anywhere but below the directories of the rules
 *     open a TCP connection or a TCP port                        (from ABI 4 of landlock on)
 *     send ioctls to a device that it opens later                (from ABI 5 on)
 *     signal or reach by abstract sockets who is not confined    (from ABI 6 on)
 *
 * And for the same reason the kernel denies it to look into processes that are not confined
 * (ptrace; in /proc/PID: fd, exe and the like), with whatever capabilities.
 *
 * What stays: all reading, and descriptors that are open already, with all rights that they had.
 * And what landlock does not cover: mode, owner, times and extended attributes of files that the
 * process's user owns, UNIX sockets with a path, UDP. So root can still make its own files setuid
 * and talk to root's services: another user is better, who owns little (io/host/privileges.h).
 */
#ifndef IO_HOST_CONFINE_H
#define IO_HOST_CONFINE_H

#include <stdbool.h>
#include <stddef.h>

#define CONFINE_PATHS_MAX 3

struct confine_rules {
	bool execute; /* programs may be executed */
	/* Files, and directories with all that is below them: there files may be written, made and
	 * removed, and directories be made. NULL: none. One that is not there counts as NULL. */
	const char *writable[CONFINE_PATHS_MAX];
};

/* The version of landlock's interface, from 1 on; 0 with errno: the kernel has none. */
int confine_abi(void);

/* False with errno: the process is as it was, but that the programs that it executes cannot gain
 * rights (no_new_privs). Best effort: of the list above, what the kernel's version has. */
bool confine_self(const struct confine_rules *rules);

/* Why it failed, for people. */
const char *confine_refusal(int error);

#endif
