/* engine_clock.c - see engine_parts.h: how a live run reacts to a wall clock that was set. */
#include "core/engine/engine_parts.h"

#include "core/measure/teachers.h"

/* If the wall clock moves by more than this against the monotonic clock, it was set or the machine
 * slept. */
#define JUMP_MS 5000

/* Live: reacts to a wall clock that was set, or to a machine that slept. Everything that depends on
 * the wall clock starts anew. The kernel times bans by a clock that is never set. So the engine
 * adds `by_ms` to the start and the end of each ban. */
static void jump_clock(struct engine *e, struct instant wall, int64_t by_ms)
{
	struct event event = engine_event(e, EVENT_ERROR, wall);

	event.reason = "clock_jump";
	event.message = by_ms < 0 ? "the wall clock went back; windows start anew, bans go on"
				  : "the wall clock went ahead, or the machine slept; "
				    "windows start anew, bans go on";
	bans_shift(e->bans, by_ms);
	engine_announce_shift(e, by_ms);
	clients_clear(e->clients);
	e->came = (struct minute_counts){.sum = 0};
	e->entered = clients_totals(e->clients).entered;
	logclock_init(&e->clock, false);
	logclock_tick(&e->clock, wall);
	clock_skew_restart(&e->skew);
	line_quality_restart(&e->quality);
	recent_lines_restart(&e->recent);
	silences_skip(&e->silences, by_ms);
	if (site_started(e->site)) {
		e->first_second += instant_second(wall) - site_second(e->site);
		site_jump(e->site, instant_second(wall));
	}
	for (int k = 0; k < SIGNAL_COUNT; k++)
		e->anomalies[k].since.ms += by_ms;
	e->learned_at = instant_second(wall);
	e->abnormal_at = e->crowd_abnormal_at = 0;
	e->cold_since = e->cold_since ? instant_second(wall) : 0;
	e->cold_proxies = (struct cold_proxies){0};
	ban_holds_shift(&e->holds, by_ms / 1000);
	visits_shift(e->visits, by_ms / 1000);
	voters_shift(&e->voters, by_ms / 1000);
	if (e->paths) {
		paths_shift(e->paths, by_ms / 1000);
		first_paths_clear(e->first_paths);
		top_paths_clear(&e->asked);
		engine_failures_shift(e, by_ms / 1000);
	}
	e->failing = (struct site_failing){0};
	engine_origins_shift(e, by_ms);
	engine_emit(e, &event);
}

void engine_clock(struct engine *e, struct instant wall, struct span monotonic)
{
	int64_t offset = wall.ms - monotonic.ms;
	int64_t by = offset - e->offset_ms;
	struct span away = {monotonic.ms - e->looked.ms};

	/* the process was stopped: lines may have arrived, but this process could not read them */
	if (e->has_offset && away.ms > JUMP_MS) {
		silences_skip(&e->silences, away.ms);
		engine_origins_shift(e, away.ms);
	}
	if (e->has_offset && e->clock.started && (by > JUMP_MS || by < -JUMP_MS))
		jump_clock(e, wall, by);
	e->has_offset = true;
	/* stored at each call, so the small steps of a time daemon never add up to a jump */
	e->offset_ms = offset;
	e->looked = monotonic;
}
