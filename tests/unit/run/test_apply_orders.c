/* test_apply_orders.c - anomban carries out orders, but bans no allowed client. A ban that the
 * firewall refuses is retried once, unless a newer order for the same client arrives before. */
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

static void ban_lasts_for_its_remaining_time(void **unused)
{
	(void)unused;
	for (int f = 0; f < 2; f++) {
		struct address client = address_of(families[f]);
		assert_done(order(ORDER_BAN, families[f], 600, start));
		assert_true(address_equal(&wall.client, &client));
		assert_int_equal(wall.left.ms, 600000);
		assert_done(order(ORDER_BAN, families[f], 0, later(1 + 3 * f)));
		/* the firewall has an entry: its end must be checked */
		assert_true(step(later(1 + 3 * f)));
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

/* An allowed address anywhere in the /64 or the /24 prevents the ban. */
static void ban_of_a_network_with_an_allowed_address_is_refused(void **unused)
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

static void refused_ban_is_retried_once(void **unused)
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

static void ban_refused_twice_has_failed(void **unused)
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

static void end_of_input_retries_immediately(void **unused)
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

static void expired_ban_is_not_retried(void **unused)
{
	(void)unused;
	wall.refuses = 1;
	order(ORDER_BAN, families[0], 3, start);
	assert_true(apply_orders_retry(&obey, later(5), false));
	assert_int_equal(wall.bans, 0);
	assert_int_equal(obey.counters.failed, 1);
}

static void newer_order_overtakes_a_waiting_ban(void **unused)
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

static void newly_allowed_client_is_not_banned_by_the_retry(void **unused)
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

static void clock_set_back_does_not_delay_the_retry(void **unused)
{
	(void)unused;
	wall.refuses = 1;
	order(ORDER_BAN, families[0], 600, start);
	assert_true(apply_orders_retry(&obey, later(-3600), false));
	assert_int_equal(obey.counters.bans, 1);
}

static void refused_bans_beyond_the_queue_have_failed(void **unused)
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

/* Without markers, a detector on the same host would restore many of the bans. */
static void unbans_are_announced_to_a_detector_by_markers(void **unused)
{
	(void)unused;
	assert_done(order(ORDER_BAN, families[0], 600, start));
	assert_int_equal(wall.markers, 0);
	for (int f = 0; f < 2; f++)
		assert_done(order(ORDER_UNBAN, families[f], 0, start));
	assert_int_equal(wall.markers, 2); /* one marker in each set */
	assert_done(order(ORDER_UNBAN, families[0], 0, later(1)));
	assert_int_equal(wall.markers, 4);
	/* the clock was set back */
	assert_done(order(ORDER_UNBAN, "198.51.100.9", 0, later(-3600)));
	assert_int_equal(wall.markers, 6);
	assert_int_equal(wall.unbans, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(ban_lasts_for_its_remaining_time),
		TEST(allowed_client_is_not_banned),
		TEST(ban_of_a_network_with_an_allowed_address_is_refused),
		TEST(refused_ban_is_retried_once),
		TEST(ban_refused_twice_has_failed),
		TEST(end_of_input_retries_immediately),
		TEST(expired_ban_is_not_retried),
		TEST(newer_order_overtakes_a_waiting_ban),
		TEST(newly_allowed_client_is_not_banned_by_the_retry),
		TEST(clock_set_back_does_not_delay_the_retry),
		TEST(refused_bans_beyond_the_queue_have_failed),
		TEST(unbans_are_announced_to_a_detector_by_markers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
