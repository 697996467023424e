/* doctor.h - looks at each link of the chain from a log line to a dropped packet.
 *
 *     ok   LINK: what was seen
 *     FAIL LINK: what is wrong; what to do
 *     warn LINK: what may be wrong
 *     skip LINK: why it was not tried
 *
 * One line a link, on standard output; no events. Nothing that a run has made is changed: sets that
 * are not there are not left behind, since the next start would take their bans as ended by hand.
 */
#ifndef IO_CHECK_DOCTOR_H
#define IO_CHECK_DOCTOR_H

#include <stdbool.h>

#include "io/config/option_groups.h"

/* Looks with the options that a run would have. Takes the privileges that it would keep (--user),
 * for good. At most some seconds. True when every link holds. */
bool doctor_run(const struct options *o);

#endif
