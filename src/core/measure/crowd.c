/* crowd.c - see crowd.h. */
#include "core/measure/crowd.h"

void crowd_init(struct crowd *c)
{
	*c = (struct crowd){.mark = UINT32_MAX, .visit_mark = UINT32_MAX};
}

void crowd_out(struct crowd *c, const struct crowd_member *m)
{
	c->over_n -= (*m->part & CROWD_OVER) != 0;
	c->over_visit_n -= (*m->part & CROWD_OVER_VISIT) != 0;
	c->known_n -= (*m->part & CROWD_KNOWN) != 0;
	*m->part = 0;
}

void crowd_in(struct crowd *c, const struct crowd_member *m, uint32_t now)
{
	if (c->stale && (m->requests > c->least || m->visit_requests > c->visit_least))
		c->renew(c->ctx);
	bool over = m->requests > c->mark;
	bool over_visit = m->visit_requests > c->visit_mark;
	bool known = now - m->first >= CROWD_KNOWN_AFTER_S;

	c->over_n += over;
	c->over_visit_n += over_visit;
	c->known_n += known;
	*m->part = (uint8_t)((over ? CROWD_OVER : 0) | (over_visit ? CROWD_OVER_VISIT : 0) |
			     (known ? CROWD_KNOWN : 0));
}
