/* test_first_paths.c - the cache keeps the first paths of a visit until the visit takes them. */
#include "core/measure/first_paths.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define CLIENT ((uint64_t)0x123456789abcdef0)
#define FIRST  1700000000u

static struct first_paths *cache(void)
{
	struct first_paths *f = first_paths_new();

	assert_non_null(f);
	return f;
}

static void visit_takes_its_first_four_paths_once(void **state)
{
	struct first_paths *f = cache();
	struct first_path out[FIRST_PATHS_MAX];

	(void)state;
	assert_int_equal(first_paths_take(f, CLIENT, FIRST, out), 0);
	assert_int_equal(first_paths_take(f, 0, 0, out), 0);
	for (uint64_t k = 0; k < 6; k++)
		first_paths_add(f, CLIENT, FIRST, 10 + k, k % 3);
	assert_int_equal(first_paths_take(f, CLIENT, FIRST, out), FIRST_PATHS_MAX);
	for (uint64_t k = 0; k < FIRST_PATHS_MAX; k++)
		assert_true(out[k].hash == 10 + k && out[k].outcome == k % 3);
	assert_int_equal(first_paths_take(f, CLIENT, FIRST, out), 0);
	/* paths that the visit asks for afterwards start a new list */
	first_paths_add(f, CLIENT, FIRST, 99, PATHS_MISSING);
	assert_int_equal(first_paths_take(f, CLIENT, FIRST, out), 1);
	assert_true(out[0].hash == 99 && out[0].outcome == PATHS_MISSING);
	first_paths_free(f);
	first_paths_free(NULL);
}

static void repeated_path_keeps_its_newer_outcome(void **state)
{
	struct first_paths *f = cache();
	struct first_path out[FIRST_PATHS_MAX];

	(void)state;
	first_paths_add(f, CLIENT, FIRST, 7, PATHS_MISSING);
	first_paths_add(f, CLIENT, FIRST, 8, PATHS_REFUSED);
	first_paths_add(f, CLIENT, FIRST, 7, PATHS_SERVED);
	first_paths_add(f, CLIENT, FIRST, 8, PATHS_NEITHER);
	first_paths_add(f, CLIENT, FIRST, 9, PATHS_NEITHER);
	assert_int_equal(first_paths_take(f, CLIENT, FIRST, out), 2);
	assert_true(out[0].hash == 7 && out[0].outcome == PATHS_SERVED);
	assert_true(out[1].hash == 8 && out[1].outcome == PATHS_REFUSED);
	first_paths_free(f);
}

static void taking_for_another_visit_returns_and_removes_nothing(void **state)
{
	struct first_paths *f = cache();
	struct first_path out[FIRST_PATHS_MAX];

	(void)state;
	first_paths_add(f, CLIENT, FIRST, 7, PATHS_SERVED);
	assert_int_equal(first_paths_take(f, CLIENT, FIRST + 1, out), 0);
	assert_int_equal(first_paths_take(f, CLIENT + 1, FIRST, out), 0);
	assert_int_equal(first_paths_take(f, CLIENT, FIRST, out), 1);
	first_paths_free(f);
}

static void newer_visit_of_a_client_replaces_the_older_one(void **state)
{
	struct first_paths *f = cache();
	struct first_path out[FIRST_PATHS_MAX];

	(void)state;
	first_paths_add(f, CLIENT, FIRST, 7, PATHS_SERVED);
	first_paths_add(f, CLIENT, FIRST + 100, 8, PATHS_SERVED);
	assert_int_equal(first_paths_take(f, CLIENT, FIRST, out), 0);
	assert_int_equal(first_paths_take(f, CLIENT, FIRST + 100, out), 1);
	assert_true(out[0].hash == 8);
	first_paths_free(f);
}

/* Each slot stores one client: the client that was added last. */
static void newer_client_replaces_the_older_one_in_its_slot(void **state)
{
	struct first_paths *f = cache();
	struct first_path out[FIRST_PATHS_MAX];

	(void)state;
	for (uint64_t k = 0; k < 2 * FIRST_PATHS_SLOTS; k++)
		first_paths_add(f, k << 32, FIRST, k, PATHS_SERVED);
	for (uint64_t k = 0; k < FIRST_PATHS_SLOTS; k++)
		assert_int_equal(first_paths_take(f, k << 32, FIRST, out), 0);
	for (uint64_t k = FIRST_PATHS_SLOTS; k < 2 * FIRST_PATHS_SLOTS; k++) {
		assert_int_equal(first_paths_take(f, k << 32, FIRST, out), 1);
		assert_true(out[0].hash == k);
	}
	first_paths_free(f);
}

static void cleared_cache_is_empty(void **state)
{
	struct first_paths *f = cache();
	struct first_path out[FIRST_PATHS_MAX];

	(void)state;
	first_paths_add(f, CLIENT, FIRST, 7, PATHS_SERVED);
	first_paths_clear(f);
	assert_int_equal(first_paths_take(f, CLIENT, FIRST, out), 0);
	first_paths_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(visit_takes_its_first_four_paths_once),
		cmocka_unit_test(repeated_path_keeps_its_newer_outcome),
		cmocka_unit_test(taking_for_another_visit_returns_and_removes_nothing),
		cmocka_unit_test(newer_visit_of_a_client_replaces_the_older_one),
		cmocka_unit_test(newer_client_replaces_the_older_one_in_its_slot),
		cmocka_unit_test(cleared_cache_is_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
