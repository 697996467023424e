/* make_sets.c - see make_sets.h. It makes the sets with the same function calls as a run, so a run
 * accepts them. */
#include "io/run/make_sets.h"

#include "io/config/settings.h"
#include "io/host/log.h"

static bool mark_new(struct firewall *f)
{
	if (firewall_put_marker(f, FIREWALL_MARKER_NEW))
		return true;
	log_fatal("unable to mark the sets as new: %s", firewall_why(f));
	firewall_undo(f);
	return false;
}

bool make_sets(const struct options *o)
{
	struct settings_chain chain = {.table = ""};
	struct firewall_config config = settings_firewall(&o->firewall, &o->bans, &chain);
	char why[FIREWALL_WHY_CAP];
	struct firewall *f;
	bool ok;

	config.manage_rule = false;
	f = firewall_new_ipset(&config, why, sizeof why);
	if (!f) {
		log_fatal("unable to make the sets: %s", why);
		return false;
	}
	ok = !firewall_made_sets(f) || mark_new(f);
	if (ok)
		log_info("%s4 and %s6 %s", config.set_name, config.set_name,
			firewall_made_sets(f) ? "were made" : "existed already");
	firewall_free(f);
	return ok;
}
