/* clock.h - what time it is: the only file that asks.
 *
 * The wall clock is what logs and people mean, and may be set or jump. The monotonic clock only
 * goes forward, at the pace of the kernel's own timers: like theirs, it stands still while the
 * machine sleeps, which is how a sleep is noticed and why bans are timed by it.
 */
#ifndef IO_HOST_CLOCK_H
#define IO_HOST_CLOCK_H

#include "core/base/instant.h"

/* The wall clock, within 0..INSTANT_MAX. */
struct instant clock_now(void);

/* Since boot, without the time asleep. */
struct span clock_monotonic(void);

#endif
