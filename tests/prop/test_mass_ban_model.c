/* test_mass_ban_model.c - compares mass_ban.h with a model, which searches a list of all verdicts
 * from end to end. mass_ban.h stores the newest MASS_BAN_FRESH_MAX verdicts of the last 10 minutes
 * in a ring: a new verdict replaces the oldest one. Some random histories are quiet, and some have
 * verdicts on more clients in 10 minutes than the ring can store. */
#include "core/judge/mass_ban.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "unit/given.h"
#include "unit/random.h"

#define STEPS 20000
#define SHARE 0.05 /* of all known clients */

struct verdict_noted {
	uint32_t client;
	int64_t second;
	int64_t came;
};

struct model {
	struct verdict_noted fresh[STEPS]; /* of each client at most one in 10 min */
	int fresh_n;
	int64_t known[STEPS]; /* seconds of the verdicts on known clients */
	int known_n;
};

static bool model_holds_known(struct model *m, const struct mass_ban_case *c)
{
	int64_t oldest = c->second / MASS_BAN_STEP_S - MASS_BAN_STEPS + 1;
	uint32_t n = 0;

	if (!c->counted)
		m->known[m->known_n++] = c->second;
	for (int i = 0; i < m->known_n; i++)
		n += m->known[i] / MASS_BAN_STEP_S >= oldest;
	return n > 5 && n > SHARE * (c->known_n + n);
}

/* Considers only as many of the newest verdicts as the ring can store. */
static bool model_holds_fresh(struct model *m, const struct mass_ban_case *c, uint32_t client)
{
	uint32_t n = 0, together = 0;
	bool is_there = false;

	for (int new = 0; new < 2; new ++) {
		int first = m->fresh_n > MASS_BAN_FRESH_MAX ? m->fresh_n - MASS_BAN_FRESH_MAX : 0;
		n = together = 0;
		for (int i = first; i < m->fresh_n; i++) {
			const struct verdict_noted *v = &m->fresh[i];
			if (v->second + MASS_BAN_WITHIN_S <= c->second)
				continue;
			n++;
			is_there |= v->client == client;
			together += v->came >= c->came - 45 && v->came <= c->came + 45;
		}
		if (is_there)
			break;
		m->fresh[m->fresh_n++] = (struct verdict_noted){client, c->second, c->came};
	}
	return n >= 4 && 2 * together <= n + 2;
}

/* Verdicts up to max_s seconds apart, on this many clients. Returns how many were held back. */
static int history(uint64_t salt, uint64_t max_s, uint32_t clients)
{
	static struct model m;
	struct random r = random_new(salt);
	struct mass_ban real = {0};
	int64_t now = 1700000000;
	int held = 0;

	m = (struct model){0};
	for (int step = 0; step < STEPS; step++) {
		uint32_t client = (uint32_t)random_below(&r, clients);
		struct address a = given_client(client);
		now += (int64_t)random_below(&r, max_s + 1);
		if (random_below(&r, 1000) == 0)
			now += (int64_t)random_below(&r, 3000);
		struct mass_ban_case c = {
			.client = &a,
			.second = now,
			/* in every second 500 steps, all clients came in the last minute */
			.came = now - (int64_t)random_below(&r, step / 500 % 2 ? 2000 : 60),
			.known = random_below(&r, 2),
			.counted = random_below(&r, 4) == 0,
			.known_n = (uint32_t)random_below(&r, 400),
			.fresh = random_below(&r, 3) > 0,
			.excess = 1 + (double)random_below(&r, 13) / 10,
			.visit_excess = 1 + (double)random_below(&r, 80) / 10,
		};
		bool known = c.known && model_holds_known(&m, &c);
		bool fresh = c.fresh && model_holds_fresh(&m, &c, client);
		bool want = (known || fresh) && c.excess <= 2 && c.visit_excess <= 8;
		assert_int_equal(mass_ban_holds(&real, SHARE, &c), want);
		held += want;
	}
	return held;
}

static void bans_held_back_on_a_quiet_site_equal_those_of_the_list(void **state)
{
	int held;

	(void)state;
	random_note();
	held = history(1, 200, 20);
	assert_in_range(held, STEPS / 100, STEPS * 99 / 100);
}

static void bans_held_back_on_a_busy_site_equal_those_of_the_list(void **state)
{
	int held;

	(void)state;
	random_note();
	held = history(2, 20, 1000);
	assert_in_range(held, STEPS / 100, STEPS * 99 / 100);
}

static void bans_held_back_with_a_full_ring_equal_those_of_the_list(void **state)
{
	int held;

	(void)state;
	random_note();
	held = history(3, 1, 100000);
	assert_in_range(held, STEPS / 100, STEPS * 99 / 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bans_held_back_on_a_quiet_site_equal_those_of_the_list),
		cmocka_unit_test(bans_held_back_on_a_busy_site_equal_those_of_the_list),
		cmocka_unit_test(bans_held_back_with_a_full_ring_equal_those_of_the_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
