/* test_swarm.c - a flood by many clients opens a swarm; many ordinary visitors at once do not. */
#include "core/judge/swarm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static bool step(struct swarm *s, bool abnormal, uint32_t over, uint32_t active)
{
	swarm_step(s, SWARM_SHARE, abnormal, over, active);
	return s->on;
}

static void swarm_needs_30_clients_and_a_tenth_of_all_over_the_mark(void **state)
{
	struct swarm s = {0};

	(void)state;
	assert_false(step(&s, true, 29, 40));
	assert_false(step(&s, true, 30, 301));
	assert_false(step(&s, true, 0, 0));
	assert_true(step(&s, true, 30, 300));
}

static void flash_crowd_does_not_open_a_swarm(void **state)
{
	struct swarm s = {0};

	(void)state;
	for (uint32_t active = 100; active < 100000; active += 100)
		assert_false(step(&s, true, active / 100, active));
}

static void normal_site_has_no_swarm(void **state)
{
	struct swarm s = {0};

	(void)state;
	assert_false(step(&s, false, 1000, 1000));
}

static void swarm_ends_after_30_normal_seconds(void **state)
{
	struct swarm s = {0};

	(void)state;
	assert_true(step(&s, true, 100, 100));
	assert_true(step(&s, true, 0, 100)); /* although no client is over the mark now */
	for (int round = 0; round < 3; round++) {
		for (int k = 0; k < 29; k++)
			assert_true(step(&s, false, 0, 100));
		assert_true(step(&s, true, 0, 100));
	}
	for (int k = 0; k < 29; k++)
		assert_true(step(&s, false, 100, 100));
	assert_false(step(&s, false, 100, 100));
	assert_false(step(&s, true, 29, 100));
	assert_true(step(&s, true, 30, 100));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(swarm_needs_30_clients_and_a_tenth_of_all_over_the_mark),
		cmocka_unit_test(flash_crowd_does_not_open_a_swarm),
		cmocka_unit_test(normal_site_has_no_swarm),
		cmocka_unit_test(swarm_ends_after_30_normal_seconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
