/* privileges.h - becoming another user, with CAP_NET_ADMIN or with nothing; or staying the same
 * with few capabilities.
 *
 * The kernel's sets ask for CAP_NET_ADMIN at every ban, so it is kept; iptables asks for more, and
 * goes on in io/firewall/rule_keeper.h, made before, which has its own limit.
 * Order:   after all that needs root (files, sockets, the keeper), before the first byte of input.
 * Needs:   one thread: capabilities are a thread's own.
 */
#ifndef IO_HOST_PRIVILEGES_H
#define IO_HOST_PRIVILEGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

/* Capabilities, as bits. */
#define PRIVILEGES_DAC_OVERRIDE (UINT32_C(1) << 1)  /* reads and writes whatever the mode is */
#define PRIVILEGES_NET_ADMIN    (UINT32_C(1) << 12) /* bans */
#define PRIVILEGES_NET_RAW      (UINT32_C(1) << 13) /* what iptables asks for beside it */
#define PRIVILEGES_SYS_PTRACE   (UINT32_C(1) << 19) /* sees the descriptors of all processes */

/* For a process that does one thing (io/host/helper.h), for good: of all capabilities it keeps
 * those of `mask` that it has, as permitted, effective, inheritable and ambient ones, so that the
 * programs that it executes have them, too. The bounding set is cut to them, and no program gains
 * more (no_new_privs). The user stays. False with errno. */
bool privileges_limit(uint32_t mask);

/* For a run that stays who it is, for good: of all capabilities it keeps those of `mask` that it
 * has, none inheritable or ambient, and the bounding set is cut to them where that is allowed
 * (CAP_SETPCAP). A program that is executed gains nothing (no_new_privs). False with errno: some
 * may be gone. */
bool privileges_keep(uint32_t mask);

/* Whether the process could make files in `directory` with these of its capabilities alone. False
 * with errno: EACCES for the mode of it, or of one above. */
bool privileges_can_write(uint32_t mask, const char *directory);

/* Takes the group in addition to the process's own, so that it may give it to its files without
 * CAP_CHOWN. False with errno: it is not in it, and may not be (CAP_SETGID). */
bool privileges_join_group(int gid);

/* Whether bans can work: CAP_NET_ADMIN is effective. */
bool privileges_have_net_admin(void);

/* The same of CAP_NET_RAW, which iptables asks for too, of CAP_SYS_PTRACE and CAP_DAC_OVERRIDE. */
bool privileges_have_net_raw(void);
bool privileges_have_sys_ptrace(void);
bool privileges_have_dac_override(void);

#endif
