/* swarm.c - see swarm.h. */
#include "core/judge/swarm.h"

void swarm_step(struct swarm *s, const struct swarm_config *c, bool abnormal, uint32_t over,
	uint32_t active)
{
	s->calm_s = abnormal ? 0 : s->calm_s + 1;
	if (s->on)
		s->on = s->calm_s < span_to_seconds(c->calm);
	else
		s->on = abnormal && over >= c->min && over >= c->share * active;
}

void swarm_rest(struct swarm *s, int64_t seconds)
{
	s->calm_s += seconds;
}
