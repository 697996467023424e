/* list_bans.h - prints the output of anomban --list: the bans in the kernel's sets, and the
 * detector's reasons for these bans.
 *
 * Path:    io/firewall, the state file -> [list_bans] -> core/show/ban_list -> standard output.
 * Reasons: they come from the state of the detector that uses the same set, if this state can be
 *          read. The state is a few seconds old. If the kernel has a ban that the state lacks, the
 *          ban may be newer, so --list waits for the next state. A ban that is missing in the next
 *          state, too, was made by hand or by another program.
 * Memory:  32 bytes for each ban, and one state.
 */
#ifndef IO_RUN_LIST_BANS_H
#define IO_RUN_LIST_BANS_H

#include <stdbool.h>

#include "io/config/option_groups.h"
#include "io/firewall/firewall.h"

/* False after a failure, which the function has logged. */
bool list_bans(const struct options *o, struct firewall *firewall);

#endif
