/* rights.h - drops a run's privileges before it reads the first byte, and starts the helper
 * processes that keep some of them.
 *
 * Order:   call rights_delegate before the run locks its state and allocates large memory, because
 *          the helper processes must not share the lock or the memory. Call rights_give_up after
 *          everything that needs a privilege.
 */
#ifndef IO_RUN_RIGHTS_H
#define IO_RUN_RIGHTS_H

#include <stdbool.h>

#include "io/config/options.h"
#include "io/firewall/firewall.h"
#include "io/run/statedir.h"

struct exemptions;
struct rule_keeper;

/* Forks the processes that the run needs: one checks the firewall rules, another one searches for
 * SSH sessions. *keeper: NULL when somebody else manages the firewall rules. False when a process
 * could not be started, which is logged. */
bool rights_delegate(const struct options *o, const struct firewall_config *bans,
	struct exemptions *exempt, struct rule_keeper **keeper);

/* Drops privileges permanently: becomes the user of --user, or keeps only a few capabilities. Then
 * confines the process (io/host/confine.h). From then on the process executes no program, and
 * writes only below the directories of the state. `bans`: the run needs CAP_NET_ADMIN. False when
 * the run must not begin, which is logged. A run that cannot be confined logs a warning. */
bool rights_give_up(const struct options *o, const struct statedir *dir, bool bans);

#endif
