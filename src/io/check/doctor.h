/* doctor.h - checks every step from a log line to a dropped packet.
 *
 *     ok   STEP: the result
 *     FAIL STEP: the fault; the remedy
 *     warn STEP: a possible fault
 *     skip STEP: why it was not tested
 *
 * It prints one line per step on standard output, and no events. It changes nothing that a run has
 * made. If neither set existed before, it makes both sets as a test, and removes them. If they
 * stayed, the next start would find the sets empty, and assume that somebody had unbanned all
 * clients by hand.
 */
#ifndef IO_CHECK_DOCTOR_H
#define IO_CHECK_DOCTOR_H

#include <stdbool.h>

#include "io/config/option_groups.h"

/* Makes all checks with the options of a run. Drops privileges permanently, as the run would do
 * (--user). Takes at most a few seconds. True when no step failed. */
bool doctor_run(const struct options *o);

#endif
