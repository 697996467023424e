/* list_bans.h - what anomban --list prints: the kernel's sets, and what the detector knows of them.
 *
 * Path:    io/firewall, the state file -> [list_bans] -> core/show/ban_list -> standard output.
 * Reasons: from the state of the detector that uses the same set, if it can be read. It is some
 *          seconds old: when the kernel has a ban that it lacks, the next one is waited for, since
 *          the ban may be newer. What that one lacks, too, is of another hand.
 * Memory:  32 bytes for each ban, and one state.
 */
#ifndef IO_RUN_LIST_BANS_H
#define IO_RUN_LIST_BANS_H

#include <stdbool.h>

#include "io/config/option_groups.h"
#include "io/firewall/firewall.h"

/* False when it failed, which has been reported. */
bool list_bans(const struct options *o, struct firewall *firewall);

#endif
