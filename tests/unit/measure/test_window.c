/* test_window.c - the three forms of a window (window.h): slots, ring, steps. tests/prop tests
 * random histories. */
#include "core/measure/window.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define NOW 1700000000u /* a multiple of 10, so a step of 10 s begins */

static struct rings *pool(uint32_t max)
{
	struct rings *r = rings_new(max);

	assert_non_null(r);
	return r;
}

static void check(
	struct window_counts c, uint32_t requests, uint32_t errors, uint32_t own, uint32_t seconds)
{
	assert_int_equal(c.requests, requests);
	assert_int_equal(c.errors, errors);
	assert_int_equal(c.own, own);
	assert_int_equal(c.seconds, seconds);
}

static void window_is_empty_at_first(void **state)
{
	struct window w;

	(void)state;
	window_init(&w, NOW);
	check(window_counts(&w), 0, 0, 0, 0);
	assert_int_equal(w.at, NOW);
	assert_true(sizeof w <= 40);
}

/* Tests each form except steps. */
static void requests_count_until_59_seconds_later(void **state)
{
	(void)state;
	for (uint32_t seconds = 1; seconds <= 20; seconds++) {
		struct rings *r = pool(1);
		struct window w;
		window_init(&w, NOW);
		for (uint32_t s = 0; s < seconds; s++) {
			window_advance(&w, r, NOW + s);
			window_add(&w, r, NOW + s, 3, 2, 1);
		}
		window_advance(&w, r, NOW + 59);
		check(window_counts(&w), 3 * seconds, 2 * seconds, seconds, seconds);
		for (uint32_t s = 0; s < seconds; s++) {
			uint32_t left = seconds - s - 1;
			window_advance(&w, r, NOW + 60 + s);
			check(window_counts(&w), 3 * left, 2 * left, left, left);
		}
		rings_free(r);
	}
}

static void late_request_counts_in_its_own_second(void **state)
{
	(void)state;
	for (uint32_t before = 0; before < 60; before++) {
		struct rings *r = pool(1);
		struct window w;
		window_init(&w, NOW);
		window_add(&w, r, NOW, 300, 0, 0); /* turns the window into a ring */
		window_add(&w, r, NOW - before, 5, 4, 3);
		window_advance(&w, r, NOW - before + 59);
		assert_int_equal(window_counts(&w).own, 3);
		window_advance(&w, r, NOW - before + 60);
		check(window_counts(&w), before ? 300 : 0, 0, 0, before ? 1 : 0);
		rings_free(r);
	}
}

static void quiet_window_needs_no_ring(void **state)
{
	struct rings *r = pool(0);
	struct window w;

	(void)state;
	window_init(&w, NOW);
	for (uint32_t s = 0; s < 600; s += 10) { /* six seconds in any 60 */
		window_advance(&w, r, NOW + s);
		window_add(&w, r, NOW + s, 255, 255, 255);
	}
	check(window_counts(&w), 6 * 255, 6 * 255, 6 * 255, 6);
	assert_int_equal(rings_coarse(r), 0);
	window_add(&w, r, NOW + 589, 1, 0, 0);
	assert_int_equal(rings_coarse(r), 1);
	rings_free(r);
}

static void more_than_255_requests_in_a_second_need_a_ring(void **state)
{
	struct rings *r = pool(1);
	struct window w;

	(void)state;
	window_init(&w, NOW);
	window_add(&w, r, NOW, 255, 200, 100);
	window_add(&w, r, NOW, 1, 1, 1);
	check(window_counts(&w), 256, 201, 101, 1);
	window_add(&w, r, NOW, 1000, 0, 0);
	check(window_counts(&w), 1256, 201, 101, 1);
	assert_int_equal(rings_coarse(r), 0);
	rings_free(r);
}

static void returned_ring_is_empty_for_its_next_user(void **state)
{
	struct rings *r = pool(1);
	struct window a, b;

	(void)state;
	window_init(&a, NOW);
	window_init(&b, NOW);
	window_add(&a, r, NOW, 1000, 900, 800);
	window_clear(&a, r);
	check(window_counts(&a), 0, 0, 0, 0);
	assert_int_equal(a.at, NOW);
	window_add(&b, r, NOW, 256, 0, 0);
	check(window_counts(&b), 256, 0, 0, 1);
	window_advance(&b, r, NOW + 60); /* a silence returns the ring, too */
	window_add(&a, r, NOW, 300, 1, 0);
	check(window_counts(&a), 300, 1, 0, 1);
	assert_int_equal(rings_coarse(r), 0);
	rings_free(r);
}

/* Steps cover 51 s at the first second of a step, and 60 s at the last. */
static void steps_cover_51_to_60_seconds(void **state)
{
	(void)state;
	for (uint32_t at = 0; at < 60; at++) {
		uint32_t end = NOW + 120 + at, length = 51 + end % 10;
		for (uint32_t before = 0; before < 60; before++) {
			struct rings *r = pool(0);
			struct window w;
			window_init(&w, end - before);
			window_add(&w, r, end - before, 300, 20, 10);
			window_advance(&w, r, end);
			check(window_counts(&w), before < length ? 300 : 0,
				before < length ? 20 : 0, before < length ? 10 : 0,
				before < length ? 10 : 0);
			rings_free(r);
		}
	}
}

static void late_request_before_the_oldest_step_is_left_out(void **state)
{
	struct rings *r = pool(0);
	struct window w;

	(void)state;
	window_init(&w, NOW);
	window_add(&w, r, NOW, 300, 0, 0);
	window_add(&w, r, NOW - 50, 1, 0, 0);
	assert_int_equal(window_counts(&w).requests, 301);
	window_add(&w, r, NOW - 51, 1, 0, 0);
	assert_int_equal(window_counts(&w).requests, 301);
	rings_free(r);
}

/* Sums and cells saturate together, so nothing remains when the window is over. */
static void saturated_cells_leave_no_remainder(void **state)
{
	(void)state;
	for (uint32_t rings = 0; rings < 2; rings++) {
		struct rings *r = pool(rings);
		struct window w;
		uint32_t cells = rings ? 60 : 6, errors = rings ? UINT16_MAX / 60 : UINT8_MAX;
		window_init(&w, NOW);
		for (uint32_t s = 0; s < 60; s++) {
			window_advance(&w, r, NOW + s);
			window_add(&w, r, NOW + s, UINT32_MAX, UINT32_MAX, UINT32_MAX);
			window_add(&w, r, NOW + s, UINT32_MAX, UINT32_MAX, UINT32_MAX);
		}
		check(window_counts(&w), cells * UINT16_MAX, cells * errors, cells * errors, 60);
		for (uint32_t s = 60; s < 119; s++) {
			uint32_t before = window_counts(&w).requests;
			window_advance(&w, r, NOW + s);
			assert_true(window_counts(&w).requests <= before);
		}
		if (rings)
			check(window_counts(&w), UINT16_MAX, errors, errors, 1);
		window_advance(&w, r, NOW + 120);
		check(window_counts(&w), 0, 0, 0, 0);
		rings_free(r);
	}
}

static void peek_returns_future_counts_and_changes_nothing(void **state)
{
	(void)state;
	for (uint32_t form = 0; form < 3; form++) {
		struct rings *r = pool(form == 1);
		struct window w;
		uint32_t n = form ? 300 : 30;
		window_init(&w, NOW);
		window_add(&w, r, NOW, n, 2, 1);
		window_advance(&w, r, NOW + 20);
		window_add(&w, r, NOW + 20, 1, 1, 0);
		for (uint32_t s = 20; s < 200; s++) {
			struct window_counts now = window_peek(&w, r, NOW + s);
			assert_int_equal(now.requests, (s < 60 ? n : 0) + (s < 80 ? 1 : 0));
			assert_int_equal(now.errors, (s < 60 ? 2 : 0) + (s < 80 ? 1 : 0));
			assert_int_equal(now.own, s < 60 ? 1 : 0);
		}
		assert_int_equal(window_counts(&w).requests, n + 1);
		assert_int_equal(w.at, NOW + 20);
		rings_free(r);
	}
}

/* When the seconds modulo 2^32 wrap, counts may be wrong, but for at most a minute. */
static void wrap_of_the_seconds_leaves_no_remainder(void **state)
{
	(void)state;
	for (uint32_t form = 0; form < 3; form++) {
		struct rings *r = pool(form == 1);
		struct window w;
		window_init(&w, UINT32_MAX - 90);
		if (form)
			window_add(&w, r, UINT32_MAX - 90, 300, 0, 0);
		for (uint32_t k = 0; k < 240; k++) {
			uint32_t second = UINT32_MAX - 89 + k;
			window_advance(&w, r, second);
			if (form || k % 10 == 0)
				window_add(&w, r, second, 1, 1, 1);
			if (k < 60) /* the 300 requests of the start still count */
				continue;
			assert_in_range(window_counts(&w).requests, 1, 120);
			if (k >= 210 && form == 1)
				assert_int_equal(window_counts(&w).requests, 60);
			if (k >= 210 && form == 2)
				assert_in_range(window_counts(&w).requests, 51, 60);
			if (form == 0)
				assert_int_equal(window_counts(&w).requests, 6);
		}
		rings_free(r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(window_is_empty_at_first),
		cmocka_unit_test(requests_count_until_59_seconds_later),
		cmocka_unit_test(late_request_counts_in_its_own_second),
		cmocka_unit_test(quiet_window_needs_no_ring),
		cmocka_unit_test(more_than_255_requests_in_a_second_need_a_ring),
		cmocka_unit_test(returned_ring_is_empty_for_its_next_user),
		cmocka_unit_test(steps_cover_51_to_60_seconds),
		cmocka_unit_test(late_request_before_the_oldest_step_is_left_out),
		cmocka_unit_test(saturated_cells_leave_no_remainder),
		cmocka_unit_test(peek_returns_future_counts_and_changes_nothing),
		cmocka_unit_test(wrap_of_the_seconds_leaves_no_remainder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
