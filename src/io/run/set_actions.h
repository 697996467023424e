/* set_actions.h - anomban's actions on the sets: list, ban, unban, flush, teardown.
 *
 * Path:    the command line -> [set_actions] -> io/firewall/manual -> firewall.
 * Output:  only --list prints on standard output; failures go to standard error.
 */
#ifndef IO_RUN_SET_ACTIONS_H
#define IO_RUN_SET_ACTIONS_H

#include <stddef.h>

#include "core/base/address.h"
#include "io/config/option_groups.h"
#include "io/firewall/firewall.h"

struct set_action {
	const struct options *options;
	struct firewall *firewall;
	/* the clients of OPTIONS_BAN (one) and OPTIONS_UNBAN, as the sets store them */
	const struct address *clients;
	size_t clients_n;
};

/* Carries out the action of the options, which must not be OPTIONS_FILTER. False if the action
 * failed or was refused; the reason has been logged. */
bool set_actions_run(const struct set_action *a);

/* The action's name for messages, after "unable to ". */
const char *set_actions_name(enum options_action action);

#endif
