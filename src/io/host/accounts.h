/* accounts.h - the numbers of a user or a group of this host.
 *
 * The numbers are searched in /etc/passwd and /etc/group first, then by the name service
 * (nsswitch.conf). The name service of glibc 2.36 crashes when memory is short, and system accounts
 * are in the files.
 */
#ifndef IO_HOST_ACCOUNTS_H
#define IO_HOST_ACCOUNTS_H

#include <stdbool.h>
#include <sys/types.h>

struct account {
	bool found; /* if false, the other members are undefined */
	int uid, gid;
};

/* False with errno when the search failed, for example because memory is short. */
bool accounts_find_user(const char *name, struct account *out);
/* Like accounts_find_user, for a group; uid is -1. */
bool accounts_find_group(const char *name, struct account *out);

#endif
