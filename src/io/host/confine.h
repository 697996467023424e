/* confine.h - drops rights that the process does not need, by landlock(7). If hostile text gives an
 * attacker control of the process, the process still cannot execute programs or change other
 * programs' files.
 *
 * After confine_self the process and its children can no longer:
 *
 *     execute a program, unless struct confine_rules allows it
 *     write, make, remove or rename a file except below the directories in struct confine_rules
 *     open a TCP connection or a TCP port                        (from ABI 4 of landlock on)
 *     send ioctls to a device that is opened later               (from ABI 5 on)
 *     signal a process that is not confined, or reach it by an abstract socket (from ABI 6 on)
 *
 * The kernel also does not let a confined process inspect processes that are not confined (ptrace;
 * in /proc/PID: fd, exe and the like), whatever its capabilities.
 *
 * All reading stays allowed, and open descriptors keep all their rights. Landlock does not restrict
 * changes of mode, owner, times and extended attributes of files that the process's user owns. It
 * also does not restrict UNIX sockets with a path, or UDP. So a confined process of root could
 * still make root's files setuid, and connect to root's services. A process is safer as a user who
 * owns only a few files (io/host/privileges.h).
 */
#ifndef IO_HOST_CONFINE_H
#define IO_HOST_CONFINE_H

#include <stdbool.h>
#include <stddef.h>

#define CONFINE_PATHS_MAX 3

struct confine_rules {
	bool execute; /* programs may be executed */
	/* The process may write to these files. Below these directories it may write, make and
	 * remove files, and make directories. NULL: no path. A path that does not exist counts as
	 * NULL. */
	const char *writable[CONFINE_PATHS_MAX];
};

/* The version of landlock's interface, from 1 on; 0 with errno: the kernel has no landlock, or it
 * is disabled. */
int confine_abi(void);

/* Applies all restrictions in the list above that this kernel supports. False with errno: the
 * process keeps its rights, but no_new_privs may already be set. */
bool confine_self(const struct confine_rules *rules);

/* The reason for a failure, for a message. */
const char *confine_refusal(int error);

#endif
