/* make_sets.h - makes the kernel's sets before a run, for firewall rules that name them.
 *
 * Rules that an administrator has saved while a run's rule stood name our sets. At boot they are
 * loaded before the detector starts, and iptables-restore refuses a whole file over one set that is
 * not there.
 */
#ifndef IO_RUN_MAKE_SETS_H
#define IO_RUN_MAKE_SETS_H

#include <stdbool.h>

#include "io/config/option_groups.h"

/* Makes the sets of a run with these options, unless they are there, and no rule. New sets get
 * FIREWALL_MARKER_NEW, so that a run does not take them for emptied ones. False when it is said why
 * not; sets that were made and could not be marked are gone again. */
bool make_sets(const struct options *o);

#endif
