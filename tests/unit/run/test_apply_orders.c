/* test_apply_orders.c - what becomes of orders: no ban of the allowed, not more in a minute than
 * allowed, none that shortens what the firewall holds; and what the firewall refuses is tried once
 * more, unless a newer order overtakes it. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "unit/given_orders.h"

#define assert_done(x)    assert_int_equal(x, APPLY_DONE)
#define assert_refused(x) assert_int_equal(x, APPLY_REFUSED)

static void ban_is_carried_out_for_the_time_that_is_left(void **unused)
{
	(void)unused;
	for (int f = 0; f < 2; f++) {
		struct address client = address_of(families[f]);
		assert_done(order(ORDER_BAN, families[f], 600, start));
		assert_true(address_equal(&wall.client, &client));
		assert_int_equal(wall.left.ms, 600000);
		assert_done(order(ORDER_BAN, families[f], 0, later(1 + 3 * f)));
		assert_true(step(later(1 + 3 * f))); /* the firewall has it: until when? */
		assert_int_equal(wall.left.ms, SPAN_MAX.ms);
		assert_done(order(ORDER_UNBAN, families[f], 0, later(2 + 3 * f)));
	}
	assert_int_equal(obey.counters.bans, 4);
	assert_int_equal(obey.counters.unbans, 2);
	assert_int_equal(idle_at(later(2)).ms, SPAN_MAX.ms);
}

static void allowed_client_is_not_banned(void **unused)
{
	(void)unused;
	assert_int_equal(order(ORDER_BAN, "192.0.2.9", 600, start), APPLY_ALLOWED);
	assert_int_equal(order(ORDER_BAN, "2001:db8:a:1::9", 600, start), APPLY_ALLOWED);
	assert_int_equal(wall.bans, 0);
	assert_int_equal(obey.counters.allowed, 2);
	assert_int_equal(obey.counters.bans, 0);
}

/* Of a /64 and a /24, any. */
static void ban_that_would_hit_who_is_allowed_is_none(void **unused)
{
	static const char *const lone[] = {"203.0.113.5", "2001:db8:b:1::5"};
	struct allow *few = allow_new();

	(void)unused;
	for (int f = 0; f < 2; f++) {
		struct address a = address_of(lone[f]);
		allow_add(few, &a);
	}
	allow_seal(few);
	obey.allow = few;
	options.ipv4_prefix = 24;
	assert_int_equal(order(ORDER_BAN, "203.0.113.9", 600, start), APPLY_ALLOWED);
	assert_int_equal(order(ORDER_BAN, "2001:db8:b:1::9", 600, start), APPLY_ALLOWED);
	assert_int_equal(wall.bans, 0);
	assert_int_equal(obey.counters.allowed, 2);
	assert_done(order(ORDER_BAN, "203.0.112.5", 600, start));
	assert_done(order(ORDER_BAN, "2001:db8:b:2::5", 600, start));
	assert_int_equal(wall.bans, 2);
	allow_free(few);
}

static void refused_ban_is_tried_once_more(void **unused)
{
	(void)unused;
	for (int f = 0; f < 2; f++) {
		wall.refuses = 1;
		assert_refused(order(ORDER_BAN, families[f], 600, start));
		assert_string_equal(firewall_why(obey.firewall), "refused");
		assert_int_equal(idle_at(start).ms, 5000);
		assert_true(apply_orders_retry(&obey, (struct instant){later(5).ms - 1}, false));
		assert_int_equal(obey.counters.retried, f);
		assert_true(apply_orders_retry(&obey, later(5), false));
		assert_int_equal(wall.left.ms, 595000);
		assert_int_equal(obey.counters.bans, f + 1);
		assert_int_equal(obey.counters.retried, f + 1);
	}
	assert_int_equal(obey.counters.failed, 0);
	assert_int_equal(idle_at(later(2)).ms, SPAN_MAX.ms);
}

static void ban_that_is_refused_twice_has_failed(void **unused)
{
	(void)unused;
	wall.refuses = 2;
	assert_refused(order(ORDER_BAN, families[0], 0, start));
	assert_false(apply_orders_retry(&obey, later(5), false));
	assert_true(apply_orders_retry(&obey, later(10), false));
	assert_int_equal(wall.bans, 0);
	assert_int_equal(obey.counters.failed, 1);
	assert_int_equal(obey.counters.retried, 1);
}

static void end_of_input_tries_at_once(void **unused)
{
	(void)unused;
	wall.refuses = 3;
	for (int k = 0; k < 3; k++)
		order(ORDER_BAN,
			k == 0   ? families[0]
			: k == 1 ? families[1]
				 : "198.51.100.9",
			0, start);
	assert_true(apply_orders_end(&obey, start, steady_at(start)));
	assert_int_equal(wall.bans, 3);
	assert_int_equal(obey.counters.bans, 3);
	assert_int_equal(wall.left.ms, SPAN_MAX.ms);
}

static void ban_that_is_over_meanwhile_is_not_tried(void **unused)
{
	(void)unused;
	wall.refuses = 1;
	order(ORDER_BAN, families[0], 3, start);
	assert_true(apply_orders_retry(&obey, later(5), false));
	assert_int_equal(wall.bans, 0);
	assert_int_equal(obey.counters.failed, 1);
}

static void newer_order_overtakes_a_ban_that_waits(void **unused)
{
	(void)unused;
	for (int f = 0; f < 2; f++) {
		teardown(NULL);
		setup(NULL);
		wall.refuses = 1;
		order(ORDER_BAN, families[f], 600, start);
		assert_done(order(ORDER_UNBAN, families[f], 0, start));
		apply_orders_retry(&obey, later(60), true);
		assert_int_equal(wall.bans, 0);
		assert_int_equal(obey.counters.failed, 1);
		wall.refuses = 1;
		order(ORDER_BAN, families[f], 600, later(1));
		order(ORDER_BAN, families[f], 7200, later(60));
		apply_orders_retry(&obey, later(60), true);
		assert_int_equal(wall.bans, 1);
		assert_int_equal(wall.left.ms, 7200000);
		assert_int_equal(obey.counters.failed, 2);
	}
}

static void who_is_allowed_meanwhile_is_not_banned_by_the_second_try(void **unused)
{
	struct allow *all = allow_new();
	struct address a = address_of("198.51.100.0/24");

	(void)unused;
	allow_add(all, &a);
	allow_seal(all);
	wall.refuses = 1;
	order(ORDER_BAN, families[0], 600, start);
	obey.allow = all;
	assert_true(apply_orders_retry(&obey, later(5), false));
	assert_int_equal(wall.bans, 0);
	assert_int_equal(obey.counters.allowed, 1);
	allow_free(all);
}

static void clock_that_was_set_back_does_not_hold_up_the_second_try(void **unused)
{
	(void)unused;
	wall.refuses = 1;
	order(ORDER_BAN, families[0], 600, start);
	assert_true(apply_orders_retry(&obey, later(-3600), false));
	assert_int_equal(obey.counters.bans, 1);
}

static void more_refused_bans_than_there_is_room_for_have_failed(void **unused)
{
	char text[64];

	(void)unused;
	wall.refuses = APPLY_ORDERS_REFUSED_MAX + 10;
	for (int i = 0; i < APPLY_ORDERS_REFUSED_MAX + 10; i++) {
		snprintf(text, sizeof text, i % 2 ? "198.18.%d.%d" : "2001:db8:%x:%x::", i >> 8,
			i & 255);
		assert_refused(order(ORDER_BAN, text, 600, start));
	}
	assert_int_equal(obey.counters.failed, 10);
	assert_true(apply_orders_retry(&obey, start, true));
	assert_int_equal(obey.counters.bans, APPLY_ORDERS_REFUSED_MAX);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* Else a detector beside would put many back that go at once. */
static void unbans_are_under_word_for_a_detector(void **unused)
{
	(void)unused;
	assert_done(order(ORDER_BAN, families[0], 600, start));
	assert_int_equal(wall.words, 0);
	for (int f = 0; f < 2; f++)
		assert_done(order(ORDER_UNBAN, families[f], 0, start));
	assert_int_equal(wall.words, 2); /* one in each set */
	assert_done(order(ORDER_UNBAN, families[0], 0, later(1)));
	assert_int_equal(wall.words, 4);
	/* the clock was set back */
	assert_done(order(ORDER_UNBAN, "198.51.100.9", 0, later(-3600)));
	assert_int_equal(wall.words, 6);
	assert_int_equal(wall.unbans, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(ban_is_carried_out_for_the_time_that_is_left),
		TEST(allowed_client_is_not_banned),
		TEST(ban_that_would_hit_who_is_allowed_is_none),
		TEST(refused_ban_is_tried_once_more),
		TEST(ban_that_is_refused_twice_has_failed),
		TEST(end_of_input_tries_at_once),
		TEST(ban_that_is_over_meanwhile_is_not_tried),
		TEST(newer_order_overtakes_a_ban_that_waits),
		TEST(who_is_allowed_meanwhile_is_not_banned_by_the_second_try),
		TEST(clock_that_was_set_back_does_not_hold_up_the_second_try),
		TEST(more_refused_bans_than_there_is_room_for_have_failed),
		TEST(unbans_are_under_word_for_a_detector),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
