/* privileges.c - see privileges.h. The capability calls are made by syscall(2): libcap would be one
 * more library for two structs. */
#include "io/host/privileges.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The kernel's interface: version 3 has two words of 32 bits. */
struct capabilities {
	struct __user_cap_header_struct header;
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
};

static bool capabilities_get(struct capabilities *c)
{
	*c = (struct capabilities){.header = {.version = _LINUX_CAPABILITY_VERSION_3}};
	return syscall(SYS_capget, &c->header, c->data) == 0;
}

/* Sets the permitted and effective capabilities to `mask`, and the inheritable ones to
 * `inheritable`. All capabilities of privileges.h are in the first word; the second word becomes
 * 0. */
static bool capabilities_set(uint32_t mask, uint32_t inheritable)
{
	struct capabilities c = {.header = {.version = _LINUX_CAPABILITY_VERSION_3}};

	c.data[0].permitted = c.data[0].effective = mask;
	c.data[0].inheritable = inheritable;
	return syscall(SYS_capset, &c.header, c.data) == 0;
}

static bool capabilities_are(uint32_t mask)
{
	struct capabilities c;

	return capabilities_get(&c) && c.data[0].permitted == mask && c.data[0].effective == mask &&
	       c.data[1].permitted == 0 && c.data[1].effective == 0 && c.data[0].inheritable == 0 &&
	       c.data[1].inheritable == 0;
}

/* Cuts the bounding set to `mask`: executed programs can never have more capabilities than the
 * bounding set. Without CAP_SETPCAP the bounding set stays unchanged; no_new_privs then has the
 * same effect. */
static bool bounding_cut(uint32_t mask)
{
	for (int cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++) {
		if (cap < 32 && mask & UINT32_C(1) << cap)
			continue;
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0)
			return errno == EPERM;
	}
	return true;
}

static bool explain_errno(char *why, size_t why_cap, const char *what)
{
	snprintf(why, why_cap, "unable to %s: %s", what, strerror(errno));
	return false;
}

/* Sets the groups first, then gid, then uid: after the change of uid, the process may no longer
 * change the groups and gid. */
static bool change_user(const struct passwd *who, char *why, size_t why_cap)
{
	char what[128];

	snprintf(what, sizeof what, "become user '%.64s'%s", who->pw_name,
		geteuid() == 0 ? "" : " (only root can)");
	return initgroups(who->pw_name, who->pw_gid) == 0 &&
			       setresgid(who->pw_gid, who->pw_gid, who->pw_gid) == 0 &&
			       setresuid(who->pw_uid, who->pw_uid, who->pw_uid) == 0
		       ? true
		       : explain_errno(why, why_cap, what);
}

/* Finds the user. *who: NULL when no change of user is needed. */
static bool look_up(const char *user, const struct passwd **who, char *why, size_t why_cap)
{
	uid_t real, effective, saved;

	*who = NULL;
	getresuid(&real, &effective, &saved);
	if (user) {
		errno = 0;
		*who = getpwnam(user);
		if (!*who) {
			snprintf(why, why_cap, "there is no user '%.64s'%s%s", user,
				errno ? ": " : "", errno ? strerror(errno) : "");
			return false;
		}
		if ((*who)->pw_uid == 0 || (*who)->pw_gid == 0) {
			snprintf(why, why_cap, "user '%.64s' is root or in its group", user);
			return false;
		}
		if ((*who)->pw_uid == real && real == effective && real == saved)
			*who = NULL;
	} else if (real == 0 || effective == 0 || saved == 0) {
		snprintf(why, why_cap, "root must change to another user, but no user is given");
		return false;
	}
	return true;
}

static bool verify_capabilities(uint32_t mask, char *why, size_t why_cap)
{
	uid_t real, effective, saved;

	if (getresuid(&real, &effective, &saved) != 0 || real == 0 || real != effective ||
		real != saved || setresuid(0, 0, 0) == 0)
		snprintf(why, why_cap,
			"unable to drop the rights of root: the change of user can be undone");
	else if (!capabilities_are(mask))
		snprintf(why, why_cap,
			"unable to drop privileges: the capabilities are not as they were set");
	else
		return true;
	return false;
}

bool privileges_drop(const char *user, bool keep_net_admin, char *why, size_t why_cap)
{
	uint32_t mask = keep_net_admin ? PRIVILEGES_NET_ADMIN : 0;
	const struct passwd *who;

	if (!look_up(user, &who, why, why_cap))
		return false;
	/* The user changes later, because this step needs CAP_SETPCAP. */
	if (!bounding_cut(mask))
		return explain_errno(why, why_cap, "cut the capability bounding set");
	if (who && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		return explain_errno(why, why_cap, "keep CAP_NET_ADMIN across the change of user");
	if (who && !change_user(who, why, why_cap))
		return false;
	if (!capabilities_set(mask, 0))
		return explain_errno(why, why_cap,
			keep_net_admin ? "keep CAP_NET_ADMIN" : "drop all capabilities");
	/* The empty inheritable set has emptied the ambient set. */
	if (prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return explain_errno(why, why_cap, "set no_new_privs");
	return verify_capabilities(mask, why, why_cap);
}

/* Sets the ambient capabilities for programs that this process executes when it is not root; root's
 * programs get the bounding set. If a securebit forbids this, these programs have fewer
 * capabilities. */
static void ambient_set(uint32_t mask)
{
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	for (int cap = 0; cap < 32; cap++) {
		if (mask & UINT32_C(1) << cap)
			(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0);
	}
}

bool privileges_limit(uint32_t mask)
{
	struct capabilities c;

	if (!capabilities_get(&c))
		return false;
	mask &= c.data[0].permitted;
	/* bounding_cut comes first, because it needs CAP_SETPCAP. */
	if (!bounding_cut(mask) || !capabilities_set(mask, mask))
		return false;
	ambient_set(mask);
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

bool privileges_keep(uint32_t mask)
{
	struct capabilities c;

	if (!capabilities_get(&c))
		return false;
	mask &= c.data[0].permitted;
	/* bounding_cut comes first, because it needs CAP_SETPCAP. The empty inheritable set empties
	 * the ambient set. */
	return bounding_cut(mask) && capabilities_set(mask, 0) &&
	       prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

bool privileges_can_write(uint32_t mask, const char *directory)
{
	struct capabilities c;

	if (!capabilities_get(&c))
		return false;
	struct capabilities few = c;
	few.data[0].effective &= mask;
	few.data[1].effective = 0;
	if (syscall(SYS_capset, &few.header, few.data) < 0)
		return false;
	bool can = faccessat(AT_FDCWD, directory, W_OK | X_OK, AT_EACCESS) == 0;
	int saved = errno;
	if (syscall(SYS_capset, &c.header, c.data) < 0)
		return false;
	errno = saved;
	return can;
}

bool privileges_join_group(int gid)
{
	int n = getgroups(0, NULL);
	gid_t *groups = n < 0 ? NULL : malloc(((size_t)n + 1) * sizeof *groups);
	bool is_in = groups && (gid_t)gid == getegid();

	if (!groups)
		return false;
	n = getgroups(n, groups);
	for (int i = 0; i < n && !is_in; i++)
		is_in = groups[i] == (gid_t)gid;
	if (n >= 0 && !is_in) {
		groups[n] = (gid_t)gid;
		is_in = setgroups((size_t)n + 1, groups) == 0;
	}
	int saved = errno;
	free(groups);
	errno = saved;
	return is_in;
}

static bool have_capability(uint32_t bit)
{
	struct capabilities c;

	return capabilities_get(&c) && c.data[0].effective & bit;
}

bool privileges_have_net_admin(void)
{
	return have_capability(PRIVILEGES_NET_ADMIN);
}

bool privileges_have_net_raw(void)
{
	return have_capability(PRIVILEGES_NET_RAW);
}

bool privileges_have_sys_ptrace(void)
{
	return have_capability(PRIVILEGES_SYS_PTRACE);
}

bool privileges_have_dac_override(void)
{
	return have_capability(PRIVILEGES_DAC_OVERRIDE);
}
