/* swarm.c - see swarm.h. */
#include "core/judge/swarm.h"

void swarm_step(struct swarm *s, double share, bool abnormal, uint32_t over, uint32_t active)
{
	s->calm_s = abnormal ? 0 : s->calm_s + 1;
	if (s->on)
		s->on = s->calm_s < ANOMALY_CALM_S;
	else
		s->on = abnormal && over >= SWARM_MIN && over >= share * active;
}

void swarm_rest(struct swarm *s, int64_t seconds)
{
	s->calm_s += seconds;
}
