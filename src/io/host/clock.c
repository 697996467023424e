/* clock.c - see clock.h. CLOCK_MONOTONIC is used instead of CLOCK_BOOTTIME, because the timeouts of
 * kernel sets stand still, too, while the machine sleeps. On Linux clock_gettime cannot fail with
 * these clocks. */
#include "io/host/clock.h"

#include <time.h>

static int64_t read_ms(clockid_t which)
{
	struct timespec t = {0};

	(void)clock_gettime(which, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

struct instant clock_now(void)
{
	int64_t ms = read_ms(CLOCK_REALTIME);

	/* A machine without a battery may start before 1970. */
	if (ms < 0)
		ms = 0;
	if (ms > INSTANT_MAX.ms)
		ms = INSTANT_MAX.ms;
	return (struct instant){ms};
}

struct span clock_monotonic(void)
{
	return (struct span){read_ms(CLOCK_MONOTONIC)};
}
