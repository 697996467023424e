/* accounts.h - the numbers of a user or a group of this host.
 *
 * Looked for in /etc/passwd and /etc/group, then by the name service (nsswitch.conf): that of glibc
 * 2.36 crashes when memory is short, and system accounts are in the files.
 */
#ifndef IO_HOST_ACCOUNTS_H
#define IO_HOST_ACCOUNTS_H

#include <stdbool.h>
#include <sys/types.h>

struct account {
	bool found; /* else the rest means nothing */
	int uid, gid;
};

/* False with errno when it could not be found out, for example for want of memory. */
bool accounts_find_user(const char *name, struct account *out);
/* The same; uid is -1. */
bool accounts_find_group(const char *name, struct account *out);

#endif
