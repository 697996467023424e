/* ban_holds.c - see ban_holds.h. */
#include "core/judge/ban_holds.h"

#include <string.h>

#include "core/measure/clients.h"

/* A proxy is there from the first minute, and after five it is clear who makes the requests. */
#define START_S       60
#define START_KNOWN_S 300

void ban_holds_init(struct ban_holds *h, const struct ban_holds_config *config)
{
	memset(h, 0, sizeof *h);
	h->config = *config;
}

/* Opens the step of `second`; steps in between are empty. */
static void advance_steps(struct ban_holds *h, int64_t second)
{
	int64_t step = second / BAN_HOLDS_STEP_S;

	if (step - h->step >= BAN_HOLDS_STEPS) {
		memset(h->known, 0, sizeof h->known);
		h->step = step;
	}
	while (h->step < step)
		h->known[++h->step % BAN_HOLDS_STEPS] = 0;
}

static bool is_mass_ban(struct ban_holds *h, const struct ban_holds_case *c)
{
	uint32_t verdicts = 0;

	advance_steps(h, c->second);
	if (!c->counted)
		h->known[h->step % BAN_HOLDS_STEPS]++;
	for (int k = 0; k < BAN_HOLDS_STEPS; k++)
		verdicts += h->known[k];
	/* those that were banned are no longer among the active ones */
	return verdicts > h->config.mass_min &&
	       verdicts > h->config.mass_share * (c->known_n + verdicts);
}

/* It came while the site was learned, and what it does has not taught yet. */
static bool is_learning(const struct ban_holds *h, const struct ban_holds_case *c)
{
	uint64_t learn_s = (uint64_t)span_to_seconds(h->config.learn);

	if (c->age_s < learn_s)
		return true;
	return c->untold && c->here_s < CLIENTS_LAP_S && c->age_s - c->here_s < learn_s;
}

/* At the start nothing is told yet, and proxies are seen by their running visits: the fewest that
 * make the share. */
static bool is_proxy_at_start(const struct ban_holds *h, const struct ban_holds_case *c)
{
	double wanted = h->config.proxy_share * (double)h->heavy.seen, sum = 0;
	bool among = false;

	if (c->here_s + START_S < c->age_s || c->age_s < START_KNOWN_S ||
		c->here_s >= CLIENTS_LAP_S)
		return false;
	for (uint32_t i = 0; i < c->few_n && sum <= wanted; i++) {
		sum += (double)c->few[i].requests;
		among |= address_equal(&c->few[i].client, c->client);
	}
	return among && sum > wanted && sum >= HEAVY_HITTERS_MIN;
}

static bool is_proxy(struct ban_holds *h, const struct ban_holds_case *c)
{
	return is_proxy_at_start(h, c) ||
	       heavy_hitters_has(&h->heavy, c->client, h->config.proxy_share, c->second);
}

enum hold ban_holds_decide(struct ban_holds *h, const struct ban_holds_case *c)
{
	bool mass = c->known && is_mass_ban(h, c);

	if (is_proxy(h, c))
		return HOLD_PROXY_IN_FRONT;
	if (is_learning(h, c) && !c->severe)
		return HOLD_LEARNING;
	return mass ? HOLD_MASS_BAN : HOLD_NONE;
}

void ban_holds_shift(struct ban_holds *h, int64_t seconds)
{
	memset(h->known, 0, sizeof h->known);
	h->step = 0;
	if (h->heavy.turned)
		h->heavy.turned += seconds;
}

const char *hold_name(enum hold hold)
{
	static const char *const names[HOLD_COUNT] = {
		"none", "allowed", "learning", "mass_ban", "proxy_in_front"};

	return names[hold];
}
