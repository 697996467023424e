/* accounts.h - finds the uid and gid of a user, or the gid of a group, of this host.
 *
 * An account is searched first in /etc/passwd or /etc/group, then with the name service
 * (nsswitch.conf). The files come first, because they contain the system accounts, and the name
 * service of glibc 2.36 crashes when memory is short.
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
