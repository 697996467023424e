/* make_sets.h - makes the kernel's sets before a run, because saved firewall rules may name them.
 *
 * An administrator may have saved the firewall rules while the detector's firewall rule was in
 * force. At boot the saved rules are loaded before the detector starts. iptables-restore refuses a
 * whole file if one set is missing.
 */
#ifndef IO_RUN_MAKE_SETS_H
#define IO_RUN_MAKE_SETS_H

#include <stdbool.h>

#include "io/config/option_groups.h"

/* Makes the sets for a run with these options, unless they exist. Makes no firewall rule. New sets
 * get FIREWALL_MARKER_NEW, so that a run does not mistake them for flushed sets. False after a
 * failure, which the function has logged. Sets that could not be marked as new are removed
 * again. */
bool make_sets(const struct options *o);

#endif
