/* privileges.h - becomes another user, with CAP_NET_ADMIN or without any capability; or stays the
 * same user with few capabilities.
 *
 * The kernel demands CAP_NET_ADMIN at every change of a set, so a run that bans keeps it. iptables
 * needs more rights. It runs in the rule keeper (io/firewall/rule_keeper.h), which starts before
 * and limits itself.
 * Order:   after everything that needs root (files, sockets, the keeper), before the first byte of
 *          input.
 * Needs:   a single thread, because capabilities belong to a thread.
 */
#ifndef IO_HOST_PRIVILEGES_H
#define IO_HOST_PRIVILEGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Sets for good the user's groups (as login does), gid and uid. Then it keeps CAP_NET_ADMIN alone
 * (keep_net_admin) or no capability, permitted and effective, and none inheritable or ambient.
 * Where that is allowed (CAP_SETPCAP), the bounding set is cut to these capabilities. Programs that
 * it executes gain no rights (no_new_privs).
 *
 * `user` is a name, but not root's. With NULL or the name of the process's own user, the user
 * stays. That needs no root: ambient CAP_NET_ADMIN from a service manager is enough.
 *
 * Then it checks the result: not root, not able to become root again, exactly these capabilities.
 * False when a check or step failed; `why` has the reason in one line. Then the process may be half
 * changed and must end. After a change of user, the process is no longer dumpable.
 */
bool privileges_drop(const char *user, bool keep_net_admin, char *why, size_t why_cap);

/* Capabilities, as bits. */
/* reads and writes files whatever their mode */
#define PRIVILEGES_DAC_OVERRIDE (UINT32_C(1) << 1)
#define PRIVILEGES_NET_ADMIN    (UINT32_C(1) << 12) /* bans */
#define PRIVILEGES_NET_RAW      (UINT32_C(1) << 13) /* demanded by iptables, too */
/* may see the descriptors of all processes */
#define PRIVILEGES_SYS_PTRACE (UINT32_C(1) << 19)

/* Limits a process with one task (io/host/helper.h) for good. It keeps the capabilities of `mask`
 * that it has, as permitted, effective, inheritable and ambient ones, so that programs that it
 * executes have them, too. The bounding set is cut to them, and no program gains more
 * (no_new_privs). The user stays. False with errno. */
bool privileges_limit(uint32_t mask);

/* Limits a run that keeps its user, for good. It keeps the capabilities of `mask` that it has, none
 * inheritable or ambient. Where that is allowed (CAP_SETPCAP), the bounding set is cut to them.
 * Programs that it executes gain no rights (no_new_privs). False with errno: then some capabilities
 * may be dropped. */
bool privileges_keep(uint32_t mask);

/* Whether the process could make files in `directory` if it had only these of its capabilities.
 * False with errno: EACCES when the mode of the directory, or of one above it, forbids it. */
bool privileges_can_write(uint32_t mask, const char *directory);

/* Adds the group to the process's groups, so that the process may give it to its files without
 * CAP_CHOWN. False with errno: the process is not in the group and may not join it (CAP_SETGID). */
bool privileges_join_group(int gid);

/* Whether bans can work: CAP_NET_ADMIN is effective. */
bool privileges_have_net_admin(void);

/* Whether CAP_NET_RAW is effective, which iptables demands, too; likewise for CAP_SYS_PTRACE and
 * CAP_DAC_OVERRIDE. */
bool privileges_have_net_raw(void);
bool privileges_have_sys_ptrace(void);
bool privileges_have_dac_override(void);

#endif
