/* rights.h - what a run gives up before it reads the first byte, and who keeps what it needs later.
 *
 * Order:   rights_delegate, before the run holds its lock, and before large memory is taken: its
 *          processes share neither. rights_give_up, after all that needs a right.
 */
#ifndef IO_RUN_RIGHTS_H
#define IO_RUN_RIGHTS_H

#include <stdbool.h>

#include "io/config/options.h"
#include "io/firewall/firewall.h"
#include "io/run/statedir.h"

struct exemptions;
struct rule_keeper;

/* Makes the processes that look after the rules and look for SSH sessions, where the run needs
 * them. *keeper: NULL when somebody else keeps the rules. False when one could not be made, which
 * is logged. */
bool rights_delegate(const struct options *o, const struct firewall_config *bans,
	struct exemptions *exempt, struct rule_keeper **keeper);

/* For good: becomes --user, or keeps few capabilities, and is confined (io/host/confine.h): then
 * nothing is executed, and nothing is written but below the directories of the state. `bans`: the
 * run needs CAP_NET_ADMIN. False when the run must not begin, which is logged; that it cannot be
 * confined is a warning. */
bool rights_give_up(const struct options *o, const struct statedir *dir, bool bans);

#endif
