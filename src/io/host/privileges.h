/* privileges.h - changes the user of the process and keeps CAP_NET_ADMIN or no capability; or keeps
 * the user and a few capabilities.
 *
 * The kernel demands CAP_NET_ADMIN at every change of a set, so a run that bans keeps it. iptables
 * needs more rights, so it runs in the rule keeper (io/firewall/rule_keeper.h). The keeper starts
 * before this process drops its privileges, and drops its own privileges, too.
 * Order:   drop privileges after everything that needs root (files, sockets, the keeper), and
 *          before the first byte of input is read.
 * Needs:   a single thread, because capabilities belong to a thread.
 */
#ifndef IO_HOST_PRIVILEGES_H
#define IO_HOST_PRIVILEGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Permanently sets the user's groups (as login does), gid and uid. The process keeps only
 * CAP_NET_ADMIN (keep_net_admin), or no capability, as permitted and effective. The inheritable and
 * ambient sets become empty. With CAP_SETPCAP the bounding set is cut to the kept capabilities.
 * Programs that the process executes gain no rights (no_new_privs).
 *
 * `user` is the name of a user other than root. With NULL or the name of the process's own user,
 * the process keeps its user. A process that keeps its user need not be root: ambient CAP_NET_ADMIN
 * from a service manager is enough.
 *
 * At its end, the function checks that the process is not root, cannot become root again, and has
 * exactly the kept capabilities. False when a check or step failed; `why` has the reason in one
 * line. After a failure the process may be half changed and must end. After a change of user, the
 * process is no longer dumpable.
 */
bool privileges_drop(const char *user, bool keep_net_admin, char *why, size_t why_cap);

/* Capabilities, as bits. */
/* reads and writes files whatever their mode */
#define PRIVILEGES_DAC_OVERRIDE (UINT32_C(1) << 1)
#define PRIVILEGES_NET_ADMIN    (UINT32_C(1) << 12) /* for bans */
#define PRIVILEGES_NET_RAW      (UINT32_C(1) << 13) /* for iptables, with NET_ADMIN */
/* may inspect the descriptors of all processes */
#define PRIVILEGES_SYS_PTRACE (UINT32_C(1) << 19)

/* Permanently limits the rights of a helper process (io/host/helper.h). The process keeps only its
 * capabilities that are in `mask`. They become permitted, effective, inheritable and ambient, so
 * that executed programs have them, too. The bounding set is cut to the kept capabilities, and no
 * program gains more (no_new_privs). The process keeps its user. False with errno. */
bool privileges_limit(uint32_t mask);

/* Permanently limits a run that keeps its user. The process keeps only its capabilities that are in
 * `mask`. Its inheritable and ambient sets become empty. With CAP_SETPCAP the bounding set is cut
 * to the kept capabilities. Programs that the process executes gain no rights (no_new_privs). False
 * with errno: then some capabilities may already be dropped. */
bool privileges_keep(uint32_t mask);

/* Whether the process could make files in `directory` if it kept only the capabilities in `mask`.
 * False with errno; EACCES: the mode of the directory, or of a directory above it, forbids this. */
bool privileges_can_write(uint32_t mask, const char *directory);

/* Adds the group to the process's groups, so that the process may set this group on its files
 * without CAP_CHOWN. False with errno: the process is not in the group and may not join it
 * (CAP_SETGID). */
bool privileges_join_group(int gid);

/* Whether bans can work: CAP_NET_ADMIN is effective. */
bool privileges_have_net_admin(void);

/* Whether CAP_NET_RAW is effective. iptables demands it in addition to CAP_NET_ADMIN. The next two
 * functions check CAP_SYS_PTRACE and CAP_DAC_OVERRIDE. */
bool privileges_have_net_raw(void);
bool privileges_have_sys_ptrace(void);
bool privileges_have_dac_override(void);

#endif
