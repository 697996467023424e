/* privileges.h - becoming another user, with CAP_NET_ADMIN or with nothing.
 *
 * The kernel's sets ask for CAP_NET_ADMIN at every ban, so it is kept; iptables asks for more, and
 * goes on in io/firewall/rule_keeper.h, made before.
 * Order:   after all that needs root (files, sockets, the keeper), before the first byte of input.
 * Needs:   one thread: capabilities are a thread's own.
 */
#ifndef IO_HOST_PRIVILEGES_H
#define IO_HOST_PRIVILEGES_H

#include <stdbool.h>
#include <stddef.h>

/* For good: the user's groups (as login gives them), gid and uid; then of all capabilities
 * CAP_NET_ADMIN alone, when keep_net_admin, or none, in the permitted and effective sets, and none
 * inheritable or ambient; the bounding set is cut to it where that is allowed (CAP_SETPCAP), and a
 * program that is executed gains nothing (no_new_privs).
 *
 * user is a name, not root's. With NULL or the name of the process's own user, the user stays. That
 * needs no root: ambient CAP_NET_ADMIN of a service manager is enough.
 *
 * Then checks the result: not root, not able to become root again, just these capabilities. False
 * when anything is not so; `why` says what, in one line. The process may be half changed then and
 * must end. The process is not dumpable any more when its user changed. */
bool privileges_drop(const char *user, bool keep_net_admin, char *why, size_t why_cap);

/* Whether bans can work: CAP_NET_ADMIN is effective. */
bool privileges_have_net_admin(void);

/* The same of CAP_NET_RAW, which iptables asks for too. */
bool privileges_have_net_raw(void);

#endif
