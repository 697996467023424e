/* rights.h - the rights that a run drops before it reads the first byte, and the processes that
 * keep some.
 *
 * Order:   rights_delegate runs before the run locks its state and allocates large memory, because
 *          its processes must share neither. rights_give_up runs after everything that needs a
 *          right.
 */
#ifndef IO_RUN_RIGHTS_H
#define IO_RUN_RIGHTS_H

#include <stdbool.h>

#include "io/config/options.h"
#include "io/firewall/firewall.h"
#include "io/run/statedir.h"

struct exemptions;
struct rule_keeper;

/* Forks the processes that check the firewall rules and that search for SSH sessions, where the run
 * needs them. *keeper: NULL when somebody else manages the rules. False when one could not be
 * started, which is logged. */
bool rights_delegate(const struct options *o, const struct firewall_config *bans,
	struct exemptions *exempt, struct rule_keeper **keeper);

/* Drops rights for good: becomes --user, or keeps few capabilities, and is confined
 * (io/host/confine.h). From then on the process executes no program, and writes only below the
 * directories of the state. `bans`: the run needs CAP_NET_ADMIN. False when the run must not begin,
 * which is logged. A run that cannot be confined logs a warning. */
bool rights_give_up(const struct options *o, const struct statedir *dir, bool bans);

#endif
