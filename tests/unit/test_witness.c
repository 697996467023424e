/* test_witness.c - when witnesses are called, what they tell, and for how long it holds. */
#include "core/witness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define NOW   ((int64_t)1700000000) /* a multiple of 5: the shares are looked at */
#define SHARE 0.25

struct site {
	struct witness w;
	struct crowd crowd;
	int64_t second;
};

static struct site site(void)
{
	struct site s = {.second = NOW};

	crowd_init(&s.crowd, 600);
	return s;
}

/* One second in which `errors` of 100 answers in the window are errors. */
static void second(struct site *s, uint64_t errors)
{
	witness_step(&s->w, &s->crowd, 100, errors, SHARE, s->second++);
}

/* Clients that were here long before, each with its own share of errors. */
static void ask(struct site *s, uint32_t n, uint32_t own)
{
	static uint8_t parts[1000];

	for (uint32_t i = 0; i < n; i++) {
		struct crowd_member m = {.requests = 100,
			.own = own,
			.first = (uint32_t)(NOW - 1000),
			.part = &parts[i]};
		crowd_in(&s->crowd, &m, (uint32_t)s->second);
	}
}

static void few_errors_call_nobody(void **state)
{
	struct site s = site();

	(void)state;
	for (int k = 0; k < 100; k++)
		second(&s, 24);
	assert_false(s.w.open || s.crowd.witnessing);
	witness_step(&s.w, &s.crowd, 0, 0, SHARE, s.second++); /* nothing is no failure */
	assert_false(s.w.open);
}

static void a_quarter_of_errors_calls_witnesses_of_that_second(void **state)
{
	struct site s = site();

	(void)state;
	second(&s, 24);
	second(&s, 25);
	assert_true(s.w.open && s.crowd.witnessing);
	assert_int_equal(s.crowd.onset, NOW + 1);
	second(&s, 80); /* the onset stays */
	assert_int_equal(s.crowd.onset, NOW + 1);
}

static void nine_witnesses_are_too_few(void **state)
{
	struct site s = site();

	(void)state;
	second(&s, 50);
	ask(&s, 9, 80);
	for (int k = 0; k < 5; k++)
		second(&s, 50);
	assert_true(s.w.share == 0);
	ask(&s, 1, 80);
	for (int k = 0; k < 5; k++)
		second(&s, 50);
	assert_float_equal(s.w.share, 0.8, 1e-12);
}

static void share_is_the_mean_of_the_votes(void **state)
{
	struct site s = site();

	(void)state;
	second(&s, 50);
	ask(&s, 30, 0);
	ask(&s, 10, 100);
	for (int k = 0; k < 5; k++)
		second(&s, 50);
	assert_float_equal(s.w.share, 0.25, 1e-12);
}

static void highest_mean_is_kept_until_a_minute_after_the_end(void **state)
{
	struct site s = site();

	(void)state;
	second(&s, 50);
	ask(&s, 10, 80);
	for (int k = 0; k < 5; k++)
		second(&s, 50);
	ask(&s, 90, 0); /* the mean falls, what was seen stays */
	for (int k = 0; k < 20; k++)
		second(&s, 50);
	assert_float_equal(s.w.share, 0.8, 1e-12);
	for (int k = 0; k < 59; k++) {
		second(&s, 10);
		assert_float_equal(s.w.share, 0.8, 1e-12);
		assert_true(s.crowd.witnessing);
	}
	second(&s, 10);
	assert_true(s.w.share == 0);
	assert_false(s.w.open || s.crowd.witnessing);
}

static void end_is_sixty_seconds_in_a_row(void **state)
{
	struct site s = site();

	(void)state;
	second(&s, 50);
	for (int k = 0; k < 10; k++) {
		for (int i = 0; i < 59; i++)
			second(&s, 0);
		second(&s, 25);
	}
	assert_true(s.w.open);
	assert_int_equal(s.crowd.onset, NOW);
}

static void next_failure_hears_its_own_witnesses(void **state)
{
	struct site s = site();

	(void)state;
	second(&s, 50);
	ask(&s, 10, 80);
	for (int k = 0; k < 10; k++)
		second(&s, 50);
	for (int k = 0; k < 60; k++)
		second(&s, 0);
	for (int k = 0; k < 10; k++)
		second(&s, 50);
	assert_true(s.w.open && s.w.share == 0);
	assert_int_equal(s.crowd.witness_n, 0);
	assert_int_equal(s.crowd.onset, NOW + 71);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(few_errors_call_nobody),
		cmocka_unit_test(a_quarter_of_errors_calls_witnesses_of_that_second),
		cmocka_unit_test(nine_witnesses_are_too_few),
		cmocka_unit_test(share_is_the_mean_of_the_votes),
		cmocka_unit_test(highest_mean_is_kept_until_a_minute_after_the_end),
		cmocka_unit_test(end_is_sixty_seconds_in_a_row),
		cmocka_unit_test(next_failure_hears_its_own_witnesses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
