/* crowd.c - see crowd.h. The sum of shares is of doubles that are added and taken out again: it
 * errs by some 1e-16 a step, and starts anew with each call. */
#include "core/crowd.h"

/* A witness was here this long before the onset. */
#define WITNESS_BEFORE_S 60
#define CALLS            31

void crowd_init(struct crowd *c, uint32_t known_after_s)
{
	*c = (struct crowd){.mark = UINT32_MAX,
		.visit_mark = UINT32_MAX,
		.known_after_s = known_after_s,
		.call = 1};
}

static double share_of(const struct crowd_member *m)
{
	return m->requests ? (double)m->own / m->requests : 0;
}

void crowd_out(struct crowd *c, const struct crowd_member *m)
{
	c->over_n -= (*m->part & CROWD_OVER) != 0;
	c->over_visit_n -= (*m->part & CROWD_OVER_VISIT) != 0;
	c->known_n -= (*m->part & CROWD_KNOWN) != 0;
	if (c->witnessing && *m->part >> 3 == c->call) {
		c->witness_n--;
		c->share_sum -= share_of(m);
	}
	*m->part = 0;
}

void crowd_in(struct crowd *c, const struct crowd_member *m, uint32_t now)
{
	uint8_t part = 0;

	if (m->requests > c->mark) {
		part |= CROWD_OVER;
		c->over_n++;
	}
	if (m->visit_requests > c->visit_mark) {
		part |= CROWD_OVER_VISIT;
		c->over_visit_n++;
	}
	if (now - m->first >= c->known_after_s) {
		part |= CROWD_KNOWN;
		c->known_n++;
	}
	if (c->witnessing && now - m->first >= now - c->onset + WITNESS_BEFORE_S) {
		part |= CROWD_WITNESS(c->call);
		c->witness_n++;
		c->share_sum += share_of(m);
	}
	*m->part = part;
}

void crowd_call(struct crowd *c, uint32_t onset)
{
	c->witnessing = true;
	c->call = (uint8_t)(c->call % CALLS + 1);
	c->onset = onset;
	c->witness_n = 0;
	c->share_sum = 0;
}

void crowd_dismiss(struct crowd *c)
{
	c->witnessing = false;
}
