/* ban_holds.c - see ban_holds.h. */
#include "core/judge/ban_holds.h"

#include <string.h>

#include "core/measure/clients.h"

/* A proxy's visit begins in the first minute of the run. After five minutes it is clear which
 * clients make most of the requests. */
#define START_S       60
#define START_KNOWN_S 300

void ban_holds_init(struct ban_holds *h, const struct ban_holds_config *config)
{
	memset(h, 0, sizeof *h);
	h->config = *config;
}

/* True if the site is new, or if the client came while the site was new and its visit has not
 * taught yet. */
static bool is_learning(const struct ban_holds *h, const struct ban_holds_case *c)
{
	uint64_t learn_s = (uint64_t)span_to_seconds(h->config.learn);

	if (c->age_s < learn_s)
		return true;
	return c->untold && c->here_s < CLIENTS_LAP_S && c->age_s - c->here_s < learn_s;
}

/* At the start no visit has ended yet, so proxies are found among the running visits. They are the
 * smallest group of visits, busiest first, that made over proxy_share of all requests. */
static bool is_proxy_at_start(const struct ban_holds *h, const struct ban_holds_case *c)
{
	double wanted = h->config.proxy_share * (double)h->heavy.seen, sum = 0;
	bool among = false;

	if (c->here_s + START_S < c->age_s || c->age_s < START_KNOWN_S ||
		c->here_s >= CLIENTS_LAP_S)
		return false;
	for (uint32_t i = 0; i < c->few_n && sum <= wanted; i++) {
		sum += (double)c->few[i].requests;
		among |= address_equal(&c->few[i].client, c->mass.client);
	}
	return among && sum > wanted && sum >= HEAVY_HITTERS_MIN;
}

static bool is_proxy(struct ban_holds *h, const struct ban_holds_case *c)
{
	return c->cold_proxy || is_proxy_at_start(h, c) ||
	       heavy_hitters_has(&h->heavy, c->mass.client, h->config.proxy_share, c->mass.second);
}

enum hold ban_holds_decide(struct ban_holds *h, const struct ban_holds_case *c)
{
	bool mass = mass_ban_holds(&h->mass, h->config.mass_share, &c->mass);

	if (is_proxy(h, c))
		return HOLD_PROXY_IN_FRONT;
	if (is_learning(h, c) && !c->severe)
		return HOLD_LEARNING;
	return mass ? HOLD_MASS_BAN : HOLD_NONE;
}

void ban_holds_shift(struct ban_holds *h, int64_t seconds)
{
	mass_ban_clear(&h->mass);
	if (h->heavy.turned)
		h->heavy.turned += seconds;
}

const char *hold_name(enum hold hold)
{
	static const char *const names[HOLD_COUNT] = {
		"none", "allowed", "learning", "mass_ban", "proxy_in_front"};

	return names[hold];
}

const char *hold_advice(enum hold hold, bool translated)
{
	static const char *const texts[HOLD_COUNT] = {NULL,
		"the client is on the allow-list or is this host: it is never banned",
		"the client came in the learning time (--learn), in which only the worst clients "
		"are banned",
		"many clients would be banned at once, as after a change of the site; if they are "
		"attackers, give --mass-share 1 or use anomban --ban",
		"the client looks like a proxy, or is private: name it by --trust-proxy or "
		"--allow; if it attacks, give --proxy-share 1 or --ban-private"};

	if (hold == HOLD_PROXY_IN_FRONT && translated)
		return "all of IPv4 may be behind this NAT64 network: give "
		       "--ipv6-prefix 128 to judge each address by itself";
	return texts[hold];
}
