/* clock.h - the current time. Code outside io/host reads no clock by itself.
 *
 * The wall clock shows the time that logs and people use; it may be set, and then it jumps. The
 * monotonic clock only goes forward, at the speed of the kernel's timers. Like the kernel's timers,
 * it stands still while the machine sleeps. So a comparison of the two clocks reveals a sleep. Bans
 * are timed by the monotonic clock.
 */
#ifndef IO_HOST_CLOCK_H
#define IO_HOST_CLOCK_H

#include "core/base/instant.h"

/* The wall clock, within 0..INSTANT_MAX. */
struct instant clock_now(void);

/* The time since boot, without the time in which the machine slept. */
struct span clock_monotonic(void);

#endif
