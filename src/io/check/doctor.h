/* doctor.h - checks each step of the chain from a log line to a dropped packet.
 *
 *     ok   STEP: the result
 *     FAIL STEP: the mistake; what to do
 *     warn STEP: a possible mistake
 *     skip STEP: why it was not tested
 *
 * It prints one line per step on standard output, and no events. Nothing that a run has made is
 * changed. Sets that did not exist are removed again, because the next start would assume that
 * their bans had been ended by hand.
 */
#ifndef IO_CHECK_DOCTOR_H
#define IO_CHECK_DOCTOR_H

#include <stdbool.h>

#include "io/config/option_groups.h"

/* Checks with the options of a run. Takes on the privileges that the run would keep (--user), for
 * good. Takes at most some seconds. True when every step is ok. */
bool doctor_run(const struct options *o);

#endif
