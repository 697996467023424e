/* test_cold_proxies.c - proxies with equal traffic are recognised, however many they are, and other
 * clients are not. A client with a tenth of the level in cold_proxies.h counts as a proxy. */
#include "core/judge/cold_proxies.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "unit/random.h"

#define PROXIES_MAX 60
#define SECOND      1700000000

/* Computes the level from these visits. */
static void find_level(struct cold_proxies *p, int64_t second, const uint32_t *visits, int n)
{
	assert_true(cold_proxies_begin(p, second));
	for (int i = 0; i < n; i++)
		cold_proxies_add(p, visits[i]);
	cold_proxies_end(p);
}

/* Makes n visits of `mean` requests, each within 10 % of the mean. Returns their sum. */
static uint64_t share_equally(struct random *r, uint32_t *visits, int n, uint32_t mean)
{
	uint64_t sum = 0;

	for (int i = 0; i < n; i++) {
		visits[i] = mean * 9 / 10 + (uint32_t)random_below(r, mean / 5 + 1);
		sum += visits[i];
	}
	return sum;
}

static void equal_proxies_reach_the_level_however_many_they_are(void **state)
{
	static const int numbers[] = {1, 5, 20, 60};
	static const uint32_t means[] = {100, 640, 12345};
	struct random r = random_new(1);
	uint32_t visits[PROXIES_MAX];

	(void)state;
	random_note();
	for (int k = 0; k < 4; k++) {
		for (int m = 0; m < 3; m++) {
			struct cold_proxies p = {0};
			p.seen = share_equally(&r, visits, numbers[k], means[m]);
			find_level(&p, SECOND, visits, numbers[k]);
			for (int i = 0; i < numbers[k]; i++)
				assert_true(cold_proxies_has(&p, visits[i]));
			/* a client that uses no proxy, with a twentieth of a proxy's requests */
			assert_false(cold_proxies_has(&p, means[m] / 20));
		}
	}
}

static void client_with_a_tenth_of_the_level_is_a_proxy_and_one_with_less_is_not(void **state)
{
	uint32_t visits[] = {1024, 1024, 1024, 103, 102};
	struct cold_proxies p = {.seen = 3277};

	(void)state;
	find_level(&p, SECOND, visits, 5);
	assert_true(p.level == 1024);
	assert_true(cold_proxies_has(&p, 103));
	assert_false(cold_proxies_has(&p, 102));
}

static void visits_with_half_of_all_requests_or_less_are_no_proxies(void **state)
{
	uint32_t visits[] = {256, 256};
	struct cold_proxies p = {.seen = 1024};

	(void)state;
	find_level(&p, SECOND, visits, 2);
	assert_true(p.level == 0);
	assert_false(cold_proxies_has(&p, 256));
	assert_false(cold_proxies_has(&p, UINT32_MAX));
	p.seen = 1023;
	find_level(&p, SECOND + 1, visits, 2);
	assert_true(p.level == 256);
	assert_true(cold_proxies_has(&p, 256));
}

/* While the flood counts, it makes most of the requests and hides the proxies. */
static void banned_flood_does_not_hide_the_proxies(void **state)
{
	struct random r = random_new(2);
	uint32_t visits[5];
	uint64_t sum = share_equally(&r, visits, 5, 1000);
	struct cold_proxies p = {.seen = sum + 6000};

	(void)state;
	find_level(&p, SECOND, visits, 5);
	for (int i = 0; i < 5; i++)
		assert_false(cold_proxies_has(&p, visits[i]));
	p.seen -= 6000;
	find_level(&p, SECOND + 1, visits, 5);
	for (int i = 0; i < 5; i++)
		assert_true(cold_proxies_has(&p, visits[i]));
}

static void no_traffic_is_no_proxy(void **state)
{
	struct cold_proxies p = {0};

	(void)state;
	assert_false(cold_proxies_has(&p, 0));
	assert_false(cold_proxies_has(&p, UINT32_MAX));
	find_level(&p, SECOND, NULL, 0);
	assert_false(cold_proxies_has(&p, 0));
	assert_false(cold_proxies_has(&p, UINT32_MAX));
	find_level(&p, SECOND + 1, (uint32_t[]){0, 0}, 2);
	assert_false(cold_proxies_has(&p, 0));
}

static void single_request_alone_reaches_the_level(void **state)
{
	struct cold_proxies p = {.seen = 1};

	(void)state;
	find_level(&p, SECOND, (uint32_t[]){1}, 1);
	assert_true(p.level == 1);
	assert_true(cold_proxies_has(&p, 1));
}

static void visits_that_saturate_have_a_bucket(void **state)
{
	uint32_t visits[] = {UINT32_MAX, UINT32_MAX, UINT32_MAX};
	struct cold_proxies p = {.seen = 3 * (uint64_t)UINT32_MAX};

	(void)state;
	find_level(&p, SECOND, visits, 3);
	assert_true(p.sums[COLD_PROXIES_BUCKETS - 1] == 3 * (uint64_t)UINT32_MAX);
	assert_true(p.level > UINT32_MAX / 2 && p.level < UINT32_MAX);
	assert_true(cold_proxies_has(&p, UINT32_MAX));
	assert_false(cold_proxies_has(&p, UINT32_MAX / 20));
}

/* The level is the lower end of a visit's bucket. */
static void level_is_never_above_a_visit_nor_below_it_by_a_fifth(void **state)
{
	(void)state;
	for (uint64_t n = 1; n <= UINT32_MAX; n += n / 7 + 1) {
		struct cold_proxies p = {.seen = n};
		find_level(&p, SECOND, (uint32_t[]){(uint32_t)n}, 1);
		assert_true(p.level <= (double)n * (1 + 1e-12));
		assert_true(p.level > (double)n * 0.84);
	}
}

static void level_is_computed_once_per_second(void **state)
{
	struct cold_proxies p = {.seen = 100};

	(void)state;
	find_level(&p, SECOND, (uint32_t[]){100}, 1);
	assert_false(cold_proxies_begin(&p, SECOND));
	assert_true(cold_proxies_has(&p, 100)); /* the level stays */
}

/* After 10 minutes, the requests of each visit are counted from 0 again, but not in the same second
 * for all visits. */
static void level_lasts_for_a_minute(void **state)
{
	struct cold_proxies p = {.seen = 100};

	(void)state;
	find_level(&p, SECOND, (uint32_t[]){100}, 1);
	find_level(&p, SECOND + 1, NULL, 0); /* the sums of the first second are cleared */
	assert_true(p.sums[26] == 0);
	find_level(&p, SECOND + 60, NULL, 0);
	assert_true(cold_proxies_has(&p, 100));
	find_level(&p, SECOND + 61, NULL, 0);
	assert_false(cold_proxies_has(&p, 100));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_proxies_reach_the_level_however_many_they_are),
		cmocka_unit_test(
			client_with_a_tenth_of_the_level_is_a_proxy_and_one_with_less_is_not),
		cmocka_unit_test(visits_with_half_of_all_requests_or_less_are_no_proxies),
		cmocka_unit_test(banned_flood_does_not_hide_the_proxies),
		cmocka_unit_test(no_traffic_is_no_proxy),
		cmocka_unit_test(single_request_alone_reaches_the_level),
		cmocka_unit_test(visits_that_saturate_have_a_bucket),
		cmocka_unit_test(level_is_never_above_a_visit_nor_below_it_by_a_fifth),
		cmocka_unit_test(level_is_computed_once_per_second),
		cmocka_unit_test(level_lasts_for_a_minute),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
