/* test_crowd.c - each client contributes once to the sums, and exactly this contribution is
 * removed. tests/prop compares the sums with a full scan. */
#include "core/measure/crowd.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define NOW 1700000000u

struct client {
	struct crowd_member m;
	uint8_t part;
};

static void in(struct crowd *c, struct client *k, uint32_t requests, uint32_t first, uint32_t now)
{
	k->m = (struct crowd_member){.requests = requests, .first = first, .part = &k->part};
	crowd_in(c, &k->m, now);
}

static void no_client_is_over_the_mark_before_a_mark_is_set(void **state)
{
	struct crowd c;
	struct client k;

	(void)state;
	crowd_init(&c);
	in(&c, &k, UINT32_MAX, NOW, NOW);
	assert_int_equal(c.over_n, 0);
}

static void client_above_the_mark_is_over_it(void **state)
{
	struct crowd c;
	struct client at, above;

	(void)state;
	crowd_init(&c);
	c.mark = 30;
	in(&c, &at, 30, NOW, NOW);
	assert_int_equal(c.over_n, 0);
	in(&c, &above, 31, NOW, NOW);
	assert_int_equal(c.over_n, 1);
	c.mark = 1000; /* crowd_out removes what was added, whatever the mark is */
	crowd_out(&c, &at.m);
	assert_int_equal(c.over_n, 1);
	crowd_out(&c, &above.m);
	assert_int_equal(c.over_n, 0);
	crowd_out(&c, &above.m); /* this client contributes nothing any more */
	assert_int_equal(c.over_n, 0);
}

static void visit_above_the_visit_mark_is_over_it(void **state)
{
	struct crowd c;
	struct client k;

	(void)state;
	crowd_init(&c);
	k.m = (struct crowd_member){.requests = 1, .visit_requests = UINT32_MAX, .part = &k.part};
	crowd_in(&c, &k.m, NOW);
	assert_int_equal(c.over_visit_n, 0);
	crowd_out(&c, &k.m);
	c.visit_mark = 60;
	for (uint32_t requests = 59; requests < 62; requests++) {
		k.m.visit_requests = requests;
		crowd_in(&c, &k.m, NOW);
		assert_int_equal(c.over_visit_n, requests > 60);
		assert_int_equal(c.over_n, 0);
		crowd_out(&c, &k.m);
	}
	assert_int_equal(c.over_visit_n, 0);
}

static void set_marks(void *ctx)
{
	struct crowd *c = ctx;

	c->mark = 40;
	c->visit_mark = 70;
	c->stale = false;
}

/* The first client that may be above a mark causes the marks to be renewed. */
static void old_marks_are_renewed_when_needed(void **state)
{
	struct crowd c;
	struct client k;

	(void)state;
	crowd_init(&c);
	set_marks(&c);
	c.least = 30;
	c.visit_least = 60;
	c.renew = set_marks;
	c.ctx = &c;
	c.mark = c.visit_mark = 10000;
	c.stale = true;
	in(&c, &k, 30, NOW, NOW);
	assert_true(c.stale);
	crowd_out(&c, &k.m);
	in(&c, &k, 41, NOW, NOW);
	assert_false(c.stale);
	assert_int_equal(c.over_n, 1);
	crowd_out(&c, &k.m);
	c.visit_mark = 10000;
	c.stale = true;
	k.m = (struct crowd_member){.requests = 1, .visit_requests = 71, .part = &k.part};
	crowd_in(&c, &k.m, NOW);
	assert_false(c.stale);
	assert_int_equal(c.over_visit_n, 1);
}

static void client_is_known_after_ten_minutes(void **state)
{
	struct crowd c;
	struct client k;

	(void)state;
	crowd_init(&c);
	in(&c, &k, 1, NOW, NOW + 599);
	assert_int_equal(c.known_n, 0);
	crowd_out(&c, &k.m);
	in(&c, &k, 1, NOW, NOW + 600);
	assert_int_equal(c.known_n, 1);
	crowd_out(&c, &k.m);
	assert_int_equal(c.known_n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_client_is_over_the_mark_before_a_mark_is_set),
		cmocka_unit_test(client_above_the_mark_is_over_it),
		cmocka_unit_test(visit_above_the_visit_mark_is_over_it),
		cmocka_unit_test(old_marks_are_renewed_when_needed),
		cmocka_unit_test(client_is_known_after_ten_minutes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
