/* set_actions.c - see set_actions.h. */
#include "io/run/set_actions.h"

#include "io/config/settings.h"
#include "io/firewall/manual.h"
#include "io/firewall/stale_rules.h"
#include "io/host/log.h"
#include "io/run/list_bans.h"

const char *set_actions_name(enum options_action action)
{
	static const char *const names[] = {
		[OPTIONS_FILTER] = "ban",
		[OPTIONS_LIST] = "list the bans",
		[OPTIONS_BAN] = "ban",
		[OPTIONS_UNBAN] = "unban",
		[OPTIONS_FLUSH] = "flush",
		[OPTIONS_TEARDOWN] = "tear down",
	};

	return names[action];
}

static bool fail_action(const struct set_action *a)
{
	log_error("unable to %s: %s", set_actions_name(a->options->anomban.action),
		firewall_why(a->firewall));
	return false;
}

/* Called after a change of the sets. `marked`: manual.h has added a marker to the sets, which
 * informs a running detector that the change is intended. Warns if there is no marker. */
static bool end_change(const struct set_action *a, bool marked)
{
	if (!marked)
		log_warning("a running anomdetect may undo this, because it could not be "
			    "informed: %s",
			firewall_why(a->firewall));
	return true;
}

static bool ban_client(const struct set_action *a)
{
	const struct anomban_options *o = &a->options->anomban;
	bool marked;

	return firewall_reaches(a->firewall, a->clients) &&
			       manual_ban(a->firewall, a->clients, o->ban_time, &marked)
		       ? end_change(a, marked)
		       : fail_action(a);
}

static bool unban_clients(const struct set_action *a)
{
	bool marked;

	return manual_unban(a->firewall, a->clients, a->clients_n, &marked) ? end_change(a, marked)
									    : fail_action(a);
}

static bool flush_sets(const struct set_action *a)
{
	bool marked;

	return manual_flush(a->firewall, &marked) ? end_change(a, marked) : fail_action(a);
}

/* The firewall rules are removed first, because a set cannot be destroyed while a rule refers to
 * it. */
static bool tear_down(const struct set_action *a)
{
	struct settings_chain chain = {0};
	struct firewall_config config =
		settings_firewall(&a->options->firewall, &a->options->bans, &chain);
	char why[FIREWALL_WHY_CAP];
	struct drop_rules rules;
	bool marked;

	if (!manual_teardown(a->firewall, &marked))
		return fail_action(a);
	end_change(a, marked);
	if (!drop_rules_init(&rules, &config, why, sizeof why) ||
		!stale_rules_delete_all(&rules, why, sizeof why)) {
		log_error("%s", why);
		return false;
	}
	return firewall_teardown(a->firewall) || fail_action(a);
}

bool set_actions_run(const struct set_action *a)
{
	switch (a->options->anomban.action) {
	case OPTIONS_LIST:
		return list_bans(a->options, a->firewall);
	case OPTIONS_BAN:
		return ban_client(a);
	case OPTIONS_UNBAN:
		return unban_clients(a);
	case OPTIONS_FLUSH:
		return flush_sets(a);
	case OPTIONS_TEARDOWN:
		return tear_down(a);
	case OPTIONS_FILTER:
		break;
	}
	return false;
}
