/* mass_ban.c - see mass_ban.h. */
#include "core/judge/mass_ban.h"

#include <string.h>

/* Up to this many fresh verdicts in ten minutes are treated as floods, not as a mistake. */
#define FRESH_FEW 3
/* Clients that came within this many seconds of each other came together. */
#define TOGETHER_S 45

/* Opens the step of `second`, and empties the steps since the newest one. If the newest step is
 * later, the memory file was written with another clock, so all steps are emptied. */
static void advance_steps(struct mass_ban *m, int64_t second)
{
	int64_t step = second / MASS_BAN_STEP_S;

	if (step < m->step || step - m->step >= MASS_BAN_STEPS) {
		memset(m->known, 0, sizeof m->known);
		m->step = step;
	}
	while (m->step < step)
		m->known[++m->step % MASS_BAN_STEPS] = 0;
}

static bool are_known_many(struct mass_ban *m, double share, const struct mass_ban_case *c)
{
	uint32_t verdicts = 0;

	advance_steps(m, c->second);
	if (!c->counted)
		m->known[m->step % MASS_BAN_STEPS]++;
	for (int k = 0; k < MASS_BAN_STEPS; k++)
		verdicts += m->known[k];
	/* known_n does not include banned clients, so their verdicts are added */
	return verdicts > MASS_BAN_KNOWN_MIN && verdicts > share * (c->known_n + verdicts);
}

static bool is_lately(const struct mass_ban_fresh *f, int64_t second)
{
	return f->second && f->second <= second && second - f->second < MASS_BAN_WITHIN_S;
}

/* Stores a verdict, but at most one per client in 10 min. */
static void note_fresh(struct mass_ban *m, const struct mass_ban_case *c)
{
	for (int k = 0; k < MASS_BAN_FRESH_MAX; k++)
		if (is_lately(&m->fresh[k], c->second) &&
			address_equal(&m->fresh[k].client, c->client))
			return;
	m->fresh[m->next] = (struct mass_ban_fresh){*c->client, c->second, c->came};
	m->next = (m->next + 1) % MASS_BAN_FRESH_MAX;
}

static bool are_fresh_many(struct mass_ban *m, const struct mass_ban_case *c)
{
	uint32_t n = 0, together = 0;

	note_fresh(m, c);
	for (int k = 0; k < MASS_BAN_FRESH_MAX; k++) {
		const struct mass_ban_fresh *f = &m->fresh[k];
		int64_t apart = f->came < c->came ? c->came - f->came : f->came - c->came;
		if (!is_lately(f, c->second))
			continue;
		n++;
		together += apart <= TOGETHER_S;
	}
	return n > FRESH_FEW && 2 * together <= n + 2;
}

bool mass_ban_holds(struct mass_ban *m, double share, const struct mass_ban_case *c)
{
	/* both functions must count the verdict, so there is no short-circuit */
	bool known = c->known && are_known_many(m, share, c);
	bool fresh = c->fresh && are_fresh_many(m, c);

	return (known || fresh) && !mass_ban_is_beyond(c->excess, c->visit_excess);
}

bool mass_ban_is_beyond(double excess, double visit_excess)
{
	return excess > MASS_BAN_EXCESS || visit_excess > MASS_BAN_VISIT_EXCESS;
}

bool mass_ban_tell(struct mass_ban *m, int64_t second)
{
	/* if the last verdict is later, the memory file was written with another clock */
	bool due = second < m->told || second - m->told >= MASS_BAN_WITHIN_S;

	m->told = second;
	return due;
}

void mass_ban_clear(struct mass_ban *m)
{
	memset(m, 0, sizeof *m);
}
