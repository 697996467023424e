/* test_apply_orders.c - what becomes of orders: no ban of the allowed, not more in a minute than
 * allowed, and what the firewall refuses is tried once more, unless a newer order overtakes it. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "io/firewall/firewall_backend.h"
#include "io/run/apply_orders.h"

static const struct instant start = {1795343940000}; /* a minute begins */
static const char *const families[] = {"198.51.100.7", "2001:db8:7::/64"};

/* A firewall that refuses bans while `refuses` says so, and notes the last one. */
static struct {
	struct firewall base;
	int refuses;
	int bans, unbans, words;
	struct address client;
	struct span left;
} wall;

/* What firewall_put_marker puts into both sets. */
static bool is_marker(const struct address *client)
{
	static const uint8_t ones[16] = {[0 ... 15] = 0xff};

	return memcmp(client->bytes + 13, ones, 3) == 0;
}

static bool fake_ban(struct firewall *f, const struct address *client, struct span left)
{
	if (is_marker(client)) {
		wall.words++;
		assert_int_equal(left.ms, FIREWALL_MARKER_LASTS.ms);
		return true;
	}
	if (wall.refuses) {
		wall.refuses--;
		firewall_set_why(f, "refused");
		return false;
	}
	wall.bans++;
	wall.client = *client;
	wall.left = left;
	return true;
}

static bool fake_unban(struct firewall *f, const struct address *client)
{
	(void)f;
	wall.unbans++;
	wall.client = *client;
	return true;
}

static const struct firewall_ops fake = {.name = "fake", .ban = fake_ban, .unban = fake_unban};

static struct ban_options options;
static struct allow *allow;
static struct apply_orders obey;

static struct address address_of(const char *text)
{
	struct address a;

	assert_true(address_parse_prefix(text, strlen(text), &a));
	return a;
}

static int setup(void **unused)
{
	struct address network;

	(void)unused;
	memset(&wall, 0, sizeof wall);
	wall.base.ops = &fake;
	options = (struct ban_options){
		.ipv4_prefix = 32, .ipv6_prefix = 64, .max_bans_per_minute = 100000};
	allow = allow_new();
	network = address_of("192.0.2.0/24");
	allow_add(allow, &network);
	network = address_of("2001:db8:a::/48");
	allow_add(allow, &network);
	allow_seal(allow);
	apply_orders_init(&obey, &options);
	obey.firewall = &wall.base;
	obey.allow = allow;
	return 0;
}

static int teardown(void **unused)
{
	(void)unused;
	allow_free(allow);
	return 0;
}

static struct instant later(int64_t seconds)
{
	return instant_add(start, span_seconds(seconds));
}

static bool order(enum order_kind kind, const char *client, int64_t seconds, struct instant now)
{
	struct order o = {.kind = kind,
		.client = address_of(client),
		.time = now,
		.until = seconds ? instant_add(now, span_seconds(seconds)) : INSTANT_MAX,
		.permanent = seconds == 0};

	return apply_orders_apply(&obey, &o, now);
}

static void ban_is_carried_out_for_the_time_that_is_left(void **unused)
{
	(void)unused;
	for (int f = 0; f < 2; f++) {
		struct address client = address_of(families[f]);
		assert_true(order(ORDER_BAN, families[f], 600, start));
		assert_true(address_equal(&wall.client, &client));
		assert_int_equal(wall.left.ms, 600000);
		assert_true(order(ORDER_BAN, families[f], 0, start));
		assert_int_equal(wall.left.ms, SPAN_MAX.ms);
		assert_true(order(ORDER_UNBAN, families[f], 0, start));
	}
	assert_int_equal(obey.counters.bans, 4);
	assert_int_equal(obey.counters.unbans, 2);
	assert_int_equal(apply_orders_next_retry(&obey).ms, INSTANT_MAX.ms);
}

static void allowed_client_is_not_banned(void **unused)
{
	(void)unused;
	assert_true(order(ORDER_BAN, "192.0.2.9", 600, start));
	assert_true(order(ORDER_BAN, "2001:db8:a:1::9", 600, start));
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
	assert_true(order(ORDER_BAN, "203.0.113.9", 600, start));
	assert_true(order(ORDER_BAN, "2001:db8:b:1::9", 600, start));
	assert_int_equal(wall.bans, 0);
	assert_int_equal(obey.counters.allowed, 2);
	assert_true(order(ORDER_BAN, "203.0.112.5", 600, start));
	assert_true(order(ORDER_BAN, "2001:db8:b:2::5", 600, start));
	assert_int_equal(wall.bans, 2);
	allow_free(few);
}

static void refused_ban_is_tried_once_more(void **unused)
{
	(void)unused;
	for (int f = 0; f < 2; f++) {
		wall.refuses = 1;
		assert_false(order(ORDER_BAN, families[f], 600, start));
		assert_string_equal(firewall_why(obey.firewall), "refused");
		assert_int_equal(apply_orders_next_retry(&obey).ms, later(5).ms);
		assert_true(apply_orders_retry(&obey, (struct instant){later(5).ms - 1}, false));
		assert_int_equal(obey.counters.retried, f);
		assert_true(apply_orders_retry(&obey, later(5), false));
		assert_int_equal(wall.left.ms, 595000);
		assert_int_equal(obey.counters.bans, f + 1);
		assert_int_equal(obey.counters.retried, f + 1);
	}
	assert_int_equal(obey.counters.failed, 0);
	assert_int_equal(apply_orders_next_retry(&obey).ms, INSTANT_MAX.ms);
}

static void ban_that_is_refused_twice_has_failed(void **unused)
{
	(void)unused;
	wall.refuses = 2;
	assert_false(order(ORDER_BAN, families[0], 0, start));
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
	assert_true(apply_orders_retry(&obey, start, true));
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
		assert_true(order(ORDER_UNBAN, families[f], 0, start));
		apply_orders_retry(&obey, later(60), true);
		assert_int_equal(wall.bans, 0);
		assert_int_equal(obey.counters.failed, 1);
		wall.refuses = 1;
		order(ORDER_BAN, families[f], 600, start);
		order(ORDER_BAN, families[f], 7200, start);
		apply_orders_retry(&obey, later(60), true);
		assert_int_equal(wall.bans, 1);
		assert_int_equal(wall.left.ms, 7200000);
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
		assert_false(order(ORDER_BAN, text, 600, start));
	}
	assert_int_equal(obey.counters.failed, 10);
	assert_true(apply_orders_retry(&obey, start, true));
	assert_int_equal(obey.counters.bans, APPLY_ORDERS_REFUSED_MAX);
}

static void minute_is_full_at_its_limit_and_the_next_is_not(void **unused)
{
	(void)unused;
	options.max_bans_per_minute = 2;
	assert_false(apply_orders_is_full(&obey, start));
	order(ORDER_BAN, families[0], 600, start);
	order(ORDER_BAN, "192.0.2.1", 600, start); /* allowed: none */
	assert_false(apply_orders_is_full(&obey, start));
	order(ORDER_BAN, families[1], 600, later(59));
	assert_true(apply_orders_is_full(&obey, later(59)));
	assert_false(apply_orders_is_full(&obey, later(60)));
	assert_false(apply_orders_is_full(&obey, later(60)));
	assert_false(apply_orders_is_full(&obey, later(-60))); /* set back: another minute */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* Else a detector beside would put many back that go at once. */
static void unbans_are_under_word_for_a_detector(void **unused)
{
	(void)unused;
	assert_true(order(ORDER_BAN, families[0], 600, start));
	assert_int_equal(wall.words, 0);
	for (int f = 0; f < 2; f++)
		assert_true(order(ORDER_UNBAN, families[f], 0, start));
	assert_int_equal(wall.words, 2); /* one in each set */
	assert_true(order(ORDER_UNBAN, families[0], 0, later(1)));
	assert_int_equal(wall.words, 4);
	/* the clock was set back */
	assert_true(order(ORDER_UNBAN, families[0], 0, later(-3600)));
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
		TEST(minute_is_full_at_its_limit_and_the_next_is_not),
		TEST(unbans_are_under_word_for_a_detector),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
