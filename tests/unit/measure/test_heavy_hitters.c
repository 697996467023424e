/* test_heavy_hitters.c - compares the space-saving counters with exact counts. Tests when a new
 * generation of counters begins, and which clients are heavy. Heavy clients are at most five
 * clients that together make over 80 % of all requests, in each generation. */
#include "core/measure/heavy_hitters.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "unit/given.h"
#include "unit/random.h"

#define NOW  ((int64_t)1700000000)
#define TURN HEAVY_HITTERS_TURN_S

static void add(struct heavy_hitters *h, uint32_t client, uint32_t requests, int64_t second)
{
	struct address a = given_client(client);

	heavy_hitters_add(h, &a, requests, second);
}

/* Whether the client is heavy at NOW. Asks a copy, so that the original caches no answer. */
static bool is(const struct heavy_hitters *h, uint32_t client)
{
	struct address a = given_client(client);
	struct heavy_hitters fresh = *h;

	return heavy_hitters_has(&fresh, &a, 0.8, NOW);
}

static uint64_t count_of(const struct heavy_hitters_generation *g, uint32_t client)
{
	struct address a = given_client(client);

	for (uint32_t i = 0; i < g->n; i++)
		if (address_equal(&g->counters[i].client, &a))
			return g->counters[i].requests;
	return 0;
}

static void count_is_too_high_by_at_most_a_64th_of_the_total(void **state)
{
	static uint64_t exact[2000];
	struct random r = random_new(1);

	(void)state;
	random_note();
	for (uint32_t round = 0; round < 20; round++) {
		struct heavy_hitters h = {0};
		uint64_t total = 0, counted = 0;
		memset(exact, 0, sizeof exact);
		for (int k = 0; k < 20000; k++) {
			/* a few clients make most of the requests */
			uint32_t most = 1 + (uint32_t)random_below(&r, 1 + random_below(&r, 2000));
			uint32_t client = (uint32_t)random_below(&r, most);
			uint32_t requests = 1 + (uint32_t)random_below(&r, 1 + round * 10);
			add(&h, client, requests, NOW + k % 60);
			exact[client] += requests;
			total += requests;
		}
		const struct heavy_hitters_generation *g = &h.generations[0];
		assert_int_equal(g->total, total);
		assert_true(g->n <= HEAVY_HITTERS_COUNTERS);
		for (uint32_t i = 0; i < 2000; i++) {
			uint64_t n = count_of(g, i);
			counted += n;
			/* a client without a counter made at most this many requests */
			if (n == 0)
				assert_true(exact[i] <= total / HEAVY_HITTERS_COUNTERS);
			else
				assert_true(n >= exact[i] &&
					    n <= exact[i] + total / HEAVY_HITTERS_COUNTERS);
		}
		assert_int_equal(counted, total); /* each request is counted once */
	}
}

static void client_with_over_four_fifths_of_the_requests_is_heavy(void **state)
{
	(void)state;
	for (uint32_t client = 0; client < 2; client++) {
		struct heavy_hitters h = {0};
		add(&h, client, 801, NOW);
		for (uint32_t i = 10; i < 209; i++)
			add(&h, i, 1, NOW);
		assert_true(is(&h, client));
		assert_false(is(&h, 10));
		assert_false(is(&h, 5000));
		add(&h, 10, 2, NOW); /* 801 of 1002 are not over 80 % */
		assert_true(is(&h, client) && is(&h, 10));
	}
}

static void handful_of_requests_makes_nobody_heavy(void **state)
{
	struct heavy_hitters h = {0};

	(void)state;
	assert_false(is(&h, 0));
	add(&h, 0, HEAVY_HITTERS_MIN - 1, NOW);
	assert_false(is(&h, 0));
	add(&h, 0, 1, NOW);
	assert_true(is(&h, 0));
}

static void up_to_five_clients_can_be_heavy_together(void **state)
{
	struct heavy_hitters five = {0}, six = {0};

	(void)state;
	for (uint32_t i = 0; i < 6; i++) {
		add(&five, i, i < 5 ? 1700 : 1500, NOW);
		add(&six, i, 1000, NOW);
	}
	for (uint32_t i = 20; i < 520; i++)
		add(&six, i, 1, NOW);
	for (uint32_t i = 0; i < 5; i++)
		assert_true(is(&five, i));
	assert_false(is(&five, 5)); /* the first five alone make 80 % */
	for (uint32_t i = 0; i < 6; i++)
		assert_false(is(&six, i));
}

static void exactly_four_fifths_are_not_enough(void **state)
{
	struct heavy_hitters h = {0};

	(void)state;
	for (uint32_t i = 0; i < 5; i++)
		add(&h, i, 800, NOW);
	for (uint32_t i = 10; i < 20; i++)
		add(&h, i, 100, NOW);
	for (uint32_t i = 0; i < 5; i++)
		assert_false(is(&h, i));
	add(&h, 0, 1, NOW);
	for (uint32_t i = 0; i < 5; i++)
		assert_true(is(&h, i));
}

static void even_traffic_has_no_heavy_clients(void **state)
{
	struct heavy_hitters h = {0};

	(void)state;
	for (uint32_t k = 0; k < 20; k++)
		for (uint32_t i = 0; i < 1000; i++)
			add(&h, i, 5, NOW);
	for (uint32_t i = 0; i < 1000; i++)
		assert_false(is(&h, i));
}

/* A proxy is heavy all day. A client that is heavy only for a while is not a proxy. */
static void heavy_client_is_heavy_in_each_finished_generation(void **state)
{
	struct heavy_hitters h = {0};
	int64_t second = NOW;

	(void)state;
	add(&h, 0, 9000, second);
	add(&h, 1, 1000, second);
	assert_true(is(&h, 0));
	second += HEAVY_HITTERS_FIRST_TURN_S;
	add(&h, 2, 90000, second); /* heavy overall, but not in the finished generation */
	assert_false(is(&h, 2));
	assert_false(is(&h, 0));
	add(&h, 0, 900000, second);
	assert_true(is(&h, 0));
}

static void oldest_generation_is_forgotten(void **state)
{
	struct heavy_hitters h = {0};
	int64_t second = NOW;

	(void)state;
	add(&h, 0, 10000, second);
	second += HEAVY_HITTERS_FIRST_TURN_S - 1;
	add(&h, 3, 1, second);
	assert_true(count_of(&h.generations[0], 0) == 10000);
	second++;
	for (int k = 1; k < HEAVY_HITTERS_GENERATIONS; k++) {
		add(&h, 1, 20000, second);
		assert_true(count_of(&h.generations[k], 0) == 10000);
		assert_true(h.generations[k].total == 10001);
		second += TURN - 1;
		add(&h, 1, 1, second); /* a turn lasts exactly TURN seconds */
		assert_true(count_of(&h.generations[k], 0) == 10000);
		second++;
	}
	assert_false(is(&h, 1)); /* client 1 is not heavy in the oldest generation */
	add(&h, 1, 1, second);
	for (int k = 0; k < HEAVY_HITTERS_GENERATIONS; k++)
		assert_true(count_of(&h.generations[k], 0) == 0);
	assert_true(is(&h, 1));
}

/* The detector calls heavy_hitters_has at each request of a proxy whose ban is held back. */
static void heavy_clients_are_computed_once_per_second(void **state)
{
	struct address a = given_client(0), b = given_client(1);
	struct heavy_hitters h = {0};

	(void)state;
	add(&h, 0, 1000, NOW);
	assert_true(heavy_hitters_has(&h, &a, 0.8, NOW));
	add(&h, 1, 9000, NOW);
	assert_true(heavy_hitters_has(&h, &a, 0.8, NOW) && !heavy_hitters_has(&h, &b, 0.8, NOW));
	assert_true(heavy_hitters_has(&h, &b, 0.8, NOW + 1) &&
		    !heavy_hitters_has(&h, &a, 0.8, NOW + 1));
	/* a different share is computed again */
	assert_true(heavy_hitters_has(&h, &a, 0.95, NOW + 1));
}

/* A client inherits the 10 requests of an evicted client and becomes heavy: these 10, its own 2310
 * + 1, and 40 of four other clients are more than 0.8 * 2951. Before this request, its 2310
 * requests and the 40 were too few: 0.8 * 2950 is 2360. */
static void inherited_count_may_make_a_client_heavy(void **state)
{
	struct heavy_hitters h = {0};
	struct address a = given_client(9999);

	(void)state;
	add(&h, 9999, 2310, NOW);
	for (uint32_t i = 0; i < HEAVY_HITTERS_COUNTERS; i++)
		add(&h, i, 10, NOW + TURN);
	assert_int_equal(h.generations[1].total, 2310);
	assert_false(heavy_hitters_has(&h, &a, 0.8, NOW + TURN));
	add(&h, 9999, 1, NOW + TURN);
	assert_true(heavy_hitters_has(&h, &a, 0.8, NOW + TURN + 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(count_is_too_high_by_at_most_a_64th_of_the_total),
		cmocka_unit_test(client_with_over_four_fifths_of_the_requests_is_heavy),
		cmocka_unit_test(handful_of_requests_makes_nobody_heavy),
		cmocka_unit_test(up_to_five_clients_can_be_heavy_together),
		cmocka_unit_test(exactly_four_fifths_are_not_enough),
		cmocka_unit_test(even_traffic_has_no_heavy_clients),
		cmocka_unit_test(heavy_client_is_heavy_in_each_finished_generation),
		cmocka_unit_test(oldest_generation_is_forgotten),
		cmocka_unit_test(heavy_clients_are_computed_once_per_second),
		cmocka_unit_test(inherited_count_may_make_a_client_heavy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
