/* test_window_model.c - compares windows (window.h) with plain lists of seconds, on random
 * histories.
 *
 * A window has one of three forms. It stores up to six busy seconds in slots. For more seconds, it
 * takes a ring of 60 seconds from a pool that all windows share. If the pool is empty, it counts in
 * six steps of 10 s. A window with slots or with a ring is exact until the count of a second
 * saturates. The counts of a window with steps are between the exact counts of the last 50 s and of
 * the last 60 s. They are lower only if the count of a step is saturated.
 */
#include "core/measure/window.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "unit/random.h"

#define WINDOWS 8
#define START   1700000000u
/* Capacity of one second in a ring. */
#define RING_REQUESTS 65535
#define RING_ERRORS   1092
/* Capacity of one step. */
#define STEP_REQUESTS 65535
#define STEP_ERRORS   255

struct second {
	uint32_t second;
	uint64_t requests, errors, own; /* all that were added */
};

/* One window: the seconds of the last 60 s that have a request, in no order. */
struct list {
	struct second seconds[60];
	int n;
	uint32_t at;
	enum { SLOTS, RING, STEPS } form;
};

struct model {
	struct list lists[WINDOWS];
	uint32_t rings_left;
	uint64_t coarse; /* number of windows that had to use steps */
};

static void list_clear(struct model *m, struct list *l)
{
	m->rings_left += l->form == RING;
	l->form = SLOTS;
	l->n = 0;
}

static void list_advance(struct model *m, struct list *l, uint32_t now)
{
	if (now - l->at >= 60)
		list_clear(m, l);
	l->at = now;
	for (int i = 0; i < l->n;)
		if (now - l->seconds[i].second >= 60)
			l->seconds[i] = l->seconds[--l->n];
		else
			i++;
}

/* More than six seconds, or more than 255 requests in one second, need a ring. */
static void list_grow(struct model *m, struct list *l, const struct second *s)
{
	if (l->form != SLOTS || (l->n <= 6 && s->requests <= 255))
		return;
	if (m->rings_left > 0) {
		m->rings_left--;
		l->form = RING;
	} else {
		l->form = STEPS;
		m->coarse++;
	}
}

static void list_add(struct model *m, struct list *l, uint32_t second, uint32_t requests,
	uint32_t errors, uint32_t own)
{
	struct second *s = l->seconds, *end = s + l->n;

	while (s < end && s->second != second)
		s++;
	if (s == end) {
		assert_true(l->n < 60);
		l->n++;
		*s = (struct second){second, 0, 0, 0};
	}
	s->requests += requests;
	s->errors += errors;
	s->own += own;
	list_grow(m, l, s);
}

static uint64_t at_most(uint64_t v, uint64_t most)
{
	return v < most ? v : most;
}

/* The exact counts of the last `length` seconds. `full`: the count of each second
 * saturates as in a ring. */
static struct second list_sum(
	const struct list *l, uint32_t now, uint32_t length, bool full, uint32_t *seconds)
{
	struct second sum = {0};
	uint64_t requests = full ? RING_REQUESTS : UINT64_MAX,
		 errors = full ? RING_ERRORS : UINT64_MAX;

	*seconds = 0;
	for (int i = 0; i < l->n; i++) {
		const struct second *s = &l->seconds[i];
		if (now - s->second >= length)
			continue;
		sum.requests += at_most(s->requests, requests);
		sum.errors += at_most(s->errors, errors);
		sum.own += at_most(s->own, errors);
		(*seconds)++;
	}
	return sum;
}

/* Whether the count of a step of 10 s may be saturated. */
static bool is_full(const struct list *l)
{
	for (int i = 0; i < l->n; i++) {
		uint64_t requests = 0, errors = 0;
		for (int k = 0; k < l->n; k++) {
			if (l->seconds[k].second / 10 != l->seconds[i].second / 10)
				continue;
			requests += l->seconds[k].requests;
			errors += l->seconds[k].errors;
		}
		if (requests > STEP_REQUESTS || errors > STEP_ERRORS)
			return true;
	}
	return false;
}

static void check(const struct list *l, const struct window_counts *got, uint32_t now)
{
	uint32_t seconds, fewer;

	if (l->form != STEPS || now - l->at >= 60) {
		struct second want = list_sum(l, now, 60, true, &seconds);
		assert_int_equal(got->requests, want.requests);
		assert_int_equal(got->errors, want.errors);
		assert_int_equal(got->own, want.own);
		assert_int_equal(got->seconds, seconds);
		return;
	}
	struct second most = list_sum(l, now, 60, false, &seconds);
	assert_true(got->requests <= at_most(most.requests, 6 * STEP_REQUESTS));
	assert_true(got->errors <= at_most(most.errors, 6 * STEP_ERRORS));
	assert_true(got->own <= got->errors && got->own <= most.own);
	assert_true(got->errors <= got->requests);
	if (is_full(l))
		return;
	struct second least = list_sum(l, now, 50, false, &fewer);
	assert_true(got->requests >= least.requests);
	assert_true(got->errors >= least.errors);
	assert_true(got->own >= least.own);
	assert_true(got->seconds >= fewer);
}

/* Returns the same time, the next second, or a time after a gap, which may be longer than the
 * window. */
static uint32_t next_time(struct random *r, uint32_t now)
{
	switch (random_below(r, 100)) {
	case 0:
		return now + 40 + (uint32_t)random_below(r, 40);
	case 1:
		return now + (uint32_t)random_below(r, 20);
	default:
		return now + (random_below(r, 4) == 0);
	}
}

static uint32_t some_requests(struct random *r, bool many)
{
	switch (random_below(r, many ? 20 : 200)) {
	case 0:
		return 1 + (uint32_t)random_below(r, 300);
	case 1:
		return many ? 1 + (uint32_t)random_below(r, 100000) : 2;
	case 2:
		return many && random_below(r, 20) == 0 ? UINT32_MAX : 1;
	default:
		return 1;
	}
}

/* `many`: enough requests for counts to saturate. */
static void history(uint32_t rings, uint64_t salt, bool many, int steps)
{
	struct random r = random_new(salt);
	struct rings *pool = rings_new(rings);
	struct window windows[WINDOWS];
	struct model m = {.rings_left = rings};
	uint32_t now = START;

	assert_non_null(pool);
	for (int i = 0; i < WINDOWS; i++) {
		window_init(&windows[i], now);
		m.lists[i].at = now;
	}
	for (int step = 0; step < steps; step++) {
		uint32_t i = (uint32_t)random_below(&r, 1 + random_below(&r, WINDOWS));
		struct window *w = &windows[i];
		struct list *l = &m.lists[i];
		now = next_time(&r, now);
		struct window_counts peeked = window_peek(w, pool, now);
		check(l, &peeked, now);
		if (random_below(&r, 300) == 0) {
			window_clear(w, pool);
			list_clear(&m, l);
		}
		window_advance(w, pool, now);
		list_advance(&m, l, now);
		struct window_counts counts = window_counts(w);
		check(l, &counts, now);
		uint32_t second = random_below(&r, 4) ? now : now - (uint32_t)random_below(&r, 60);
		uint32_t requests = some_requests(&r, many);
		uint32_t errors = random_below(&r, 3)
					  ? 0
					  : (uint32_t)random_below(&r, (uint64_t)requests + 1);
		uint32_t own = random_below(&r, 2)
				       ? errors
				       : (uint32_t)random_below(&r, (uint64_t)errors + 1);
		if (random_below(&r, 10)) {
			window_add(w, pool, second, requests, errors, own);
			list_add(&m, l, second, requests, errors, own);
		}
		counts = window_counts(w);
		check(l, &counts, now);
		assert_int_equal(rings_coarse(pool), m.coarse);
	}
	assert_int_equal(m.coarse > 0, rings < WINDOWS);
	for (int i = 0; i < WINDOWS; i++) { /* after 60 s, no counts remain */
		for (uint32_t s = 0; s < 60; s++)
			window_advance(&windows[i], pool, now + s);
		window_advance(&windows[i], pool, now + 60);
		struct window_counts counts = window_counts(&windows[i]);
		assert_true(counts.requests == 0 && counts.errors == 0 && counts.own == 0 &&
			    counts.seconds == 0);
	}
	rings_free(pool);
}

static void counts_are_exact_with_a_ring_for_each_window(void **state)
{
	(void)state;
	random_note();
	history(WINDOWS, 1, false, 100000);
	history(WINDOWS, 2, true, 100000);
}

static void counts_without_rings_lie_between_those_of_50_and_60_seconds(void **state)
{
	(void)state;
	history(0, 3, false, 100000);
	history(0, 4, true, 100000);
}

static void window_that_reuses_a_returned_ring_is_exact(void **state)
{
	(void)state;
	history(2, 5, false, 100000);
	history(4, 6, true, 100000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_are_exact_with_a_ring_for_each_window),
		cmocka_unit_test(counts_without_rings_lie_between_those_of_50_and_60_seconds),
		cmocka_unit_test(window_that_reuses_a_returned_ring_is_exact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
