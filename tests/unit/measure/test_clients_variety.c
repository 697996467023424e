/* test_clients_variety.c - the paths that a client was served, over the laps of its visit. */
#include "core/measure/clients.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/measure/variety.h"

#include "unit/given.h"

#define NOW ((int64_t)1700000000)

static const char *const families[] = {"198.51.100.7", "2001:db8:1:2::/64"};

/* Stores the last visit that was reported. */
static void note(
	void *ctx, const struct address *client, const struct visit *v, uint32_t last, int64_t now)
{
	struct visit *reported = ctx;

	(void)client, (void)last, (void)now;
	*reported = *v;
}

static struct clients *table_of(uint32_t max, struct visit *reported)
{
	struct clients_config config = {.max = max,
		.rings = 10,
		.key = {{1, 2}},
		.told = reported ? note : NULL,
		.ctx = reported};
	struct clients *c = clients_new(&config);

	assert_non_null(c);
	return c;
}

/* Counts a request that adds these bits to its client's variety (variety.h). Returns the client's
 * variety. */
static uint32_t ask(struct clients *c, const char *client, int64_t now, uint32_t bits)
{
	struct address a = given_address(client);
	struct clients_hit hit = {.second = now, .requests = 1, .variety = bits};

	return clients_add(c, &a, clients_hash_prefetch(c, &a), now, &hit).visit.variety;
}

static void served_paths_are_collected_per_client(void **state)
{
	struct clients *c = table_of(10, NULL);

	(void)state;
	for (int f = 0; f < 2; f++) {
		assert_int_equal(ask(c, families[f], NOW, 1), 1);
		assert_int_equal(ask(c, families[f], NOW, 1), 1);
		assert_int_equal(ask(c, families[f], NOW, 0), 1); /* nothing was served */
		assert_int_equal(ask(c, families[f], NOW + 1, 4), 5);
		assert_int_equal(ask(c, families[f], NOW + 2, VARIETY_ROBOT), 5 | VARIETY_ROBOT);
	}
	clients_free(c);
}

/* One hour without a gap: six laps. */
static void variety_is_kept_over_laps(void **state)
{
	(void)state;
	for (int f = 0; f < 2; f++) {
		struct visit reported = {0};
		struct clients *c = table_of(10, &reported);
		uint32_t want = 0;
		for (int64_t s = 0; s < 3600; s += 30) {
			uint32_t bit = s % 300 ? 0 : (uint32_t)1 << s / 300;
			want |= bit;
			assert_int_equal(ask(c, families[f], NOW + s, bit), want);
		}
		assert_int_equal(variety_n(want), 15);
		/* the last report is of the fifth lap; it was made at the start of the sixth */
		assert_int_equal(reported.first, (uint32_t)NOW);
		assert_int_equal(reported.start, (uint32_t)NOW + 2400);
		assert_int_equal(reported.variety, 0x3ff);
		clients_free(c);
	}
}

static void new_visit_has_no_variety(void **state)
{
	(void)state;
	for (int f = 0; f < 2; f++) {
		struct visit reported = {0};
		struct clients *c = table_of(10, &reported);
		(void)ask(c, families[f], NOW, 7);
		assert_int_equal(ask(c, families[f], NOW + CLIENTS_GAP_S, 8), 15);
		assert_int_equal(ask(c, families[f], NOW + 2 * CLIENTS_GAP_S + 1, 16), 16);
		assert_int_equal(reported.variety, 15);
		clients_free(c);
	}
}

/* The gap is in the second lap. */
static void gap_in_a_later_lap_forgets_all_laps(void **state)
{
	(void)state;
	for (int f = 0; f < 2; f++) {
		struct clients *c = table_of(10, NULL);
		for (int64_t s = 0; s <= 660; s += 60)
			(void)ask(c, families[f], NOW + s, 3);
		assert_int_equal(ask(c, families[f], NOW + 660 + 61, 0), 0);
		clients_free(c);
	}
}

static void entry_of_an_evicted_client_is_reset(void **state)
{
	struct clients *c = table_of(1, NULL);

	(void)state;
	assert_int_equal(ask(c, families[0], NOW, 7), 7);
	assert_int_equal(ask(c, families[1], NOW, 8), 8);
	assert_int_equal(ask(c, families[0], NOW, 16), 16);
	clients_free(c);
}

static void forgotten_client_starts_without_variety(void **state)
{
	(void)state;
	for (int f = 0; f < 2; f++) {
		struct clients *c = table_of(10, NULL);
		struct address a = given_address(families[f]);
		(void)ask(c, families[f], NOW, 7);
		clients_forget(c, &a);
		assert_int_equal(ask(c, families[f], NOW + 1, 8), 8);
		clients_free(c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(served_paths_are_collected_per_client),
		cmocka_unit_test(variety_is_kept_over_laps),
		cmocka_unit_test(new_visit_has_no_variety),
		cmocka_unit_test(gap_in_a_later_lap_forgets_all_laps),
		cmocka_unit_test(entry_of_an_evicted_client_is_reset),
		cmocka_unit_test(forgotten_client_starts_without_variety),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
