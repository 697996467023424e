/* rights.c - see rights.h.
 *
 * A run that stays root needs no capability to open files that root owns. It keeps only these
 * capabilities:
 *
 *     CAP_NET_ADMIN      for bans
 *     CAP_DAC_OVERRIDE   only if it must save into another user's directory
 *
 * CAP_CHOWN is not needed for the group of the state, because an owner may give a file to any of
 * the owner's groups. CAP_FOWNER, CAP_SETUID and CAP_MKNOD are not needed. CAP_SYS_PTRACE is not
 * needed, because a helper process searches for SSH sessions.
 */
#include "io/run/rights.h"

#include <errno.h>
#include <string.h>

#include "io/config/allowlist.h"
#include "io/firewall/rule_keeper.h"
#include "io/host/confine.h"
#include "io/host/log.h"
#include "io/host/privileges.h"
#include "io/run/exemptions.h"

bool rights_delegate(const struct options *o, const struct firewall_config *bans,
	struct exemptions *exempt, struct rule_keeper **keeper)
{
	char why[FIREWALL_WHY_CAP];

	if (!o->run.ban || o->run.replay)
		return true;
	if (bans->manage_rule) {
		*keeper = rule_keeper_new(bans, why, sizeof why);
		if (!*keeper) {
			log_fatal("unable to start the process that checks the firewall rules: "
				  "%s",
				why);
			return false;
		}
	}
	/* with --user, no process keeps the right to inspect all processes, so there is no
	 * helper */
	if (!o->run.user && !exemptions_delegate(exempt)) {
		log_fatal("unable to start the process that finds SSH sessions: "
			  "%s",
			strerror(errno));
		return false;
	}
	return true;
}

static bool become_user(const struct options *o, bool bans)
{
	char why[FIREWALL_WHY_CAP];

	if (!o->run.user)
		return true;
	if (!privileges_drop(o->run.user, bans, why, sizeof why)) {
		log_fatal("unable to run as '%s': %s", o->run.user, why);
		return false;
	}
	/* root may have read a file that the user of --user cannot read: warn now, not only at the
	 * SIGHUP */
	if (!allowlist_is_readable(&o->allow, o->run.replay, why, sizeof why))
		log_warning(
			"as '%s': %s; it was read at the start, but a SIGHUP cannot read it again",
			o->run.user, why);
	return true;
}

/* Drops rights in a run without --user. */
static bool keep_few(const struct options *o, const struct statedir *dir, bool bans)
{
	uint32_t mask = bans ? PRIVILEGES_NET_ADMIN : 0;
	bool reads_all = privileges_have_dac_override();
	struct statedir_places places;
	char why[FIREWALL_WHY_CAP];

	if (o->run.user)
		return true;
	statedir_places(dir, &places);
	if (places.directory && !privileges_can_write(mask, places.directory) && errno == EACCES)
		mask |= PRIVILEGES_DAC_OVERRIDE;
	if (places.directory && dir->gid >= 0)
		/* without this step, the state's group could not read the state */
		(void)privileges_join_group(dir->gid);
	if (!privileges_keep(mask)) {
		log_fatal("unable to drop privileges: %s", strerror(errno));
		return false;
	}
	if (reads_all && !privileges_have_dac_override() &&
		!allowlist_is_readable(&o->allow, o->run.replay, why, sizeof why))
		log_warning("as root without CAP_DAC_OVERRIDE: %s; it was read at the start, but a "
			    "SIGHUP cannot read it again",
			why);
	return true;
}

static void confine_run(const struct statedir *dir)
{
	struct statedir_places places;
	struct confine_rules rules = {.execute = false};

	statedir_places(dir, &places);
	rules.writable[0] = places.directory;
	rules.writable[1] = places.parent;
	rules.writable[2] = places.real_parent;
	if (!confine_self(&rules)) {
		log_warning("unable to confine this process: %s; the process continues with "
			    "all its rights",
			confine_refusal(errno));
		return;
	}
	const char *top = statedir_places_top(&places);
	log_info(
		"confined by landlock, ABI %d: this process executes no program, and writes %s%s%s",
		confine_abi(), top ? "only below '" : "no file", top ? top : "", top ? "'" : "");
}

bool rights_give_up(const struct options *o, const struct statedir *dir, bool bans)
{
	if (!become_user(o, bans) || !keep_few(o, dir, bans))
		return false;
	confine_run(dir);
	return true;
}
