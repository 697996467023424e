/* make_sets.h - makes the kernel's sets before a run, for firewall rules that name them.
 *
 * An administrator may have saved the firewall rules while a run's rule was in force. At boot the
 * saved rules are loaded before the detector starts. iptables-restore refuses a whole file if one
 * set is missing.
 */
#ifndef IO_RUN_MAKE_SETS_H
#define IO_RUN_MAKE_SETS_H

#include <stdbool.h>

#include "io/config/option_groups.h"

/* Makes the sets of a run with these options, unless they exist, and no firewall rule. New sets get
 * FIREWALL_MARKER_NEW, so that a run does not mistake them for flushed sets. False when it failed,
 * after a message. Sets that could not be marked are removed again. */
bool make_sets(const struct options *o);

#endif
