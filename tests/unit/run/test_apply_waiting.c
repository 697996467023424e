/* test_apply_waiting.c - bans that wait because too many bans were ordered in a minute, or because
 * the firewall has an entry already; orders that arrive late or twice. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>

#include "unit/given.h"
#include "unit/given_orders.h"

static int64_t left_of(const char *client)
{
	struct address a = address_of(client);
	size_t i = find_held(&a);

	return i < wall.held_n ? wall.held[i].left.ms / 1000 : 0;
}

static void ban_never_ends_earlier_than_the_entry_in_the_firewall(void **unused)
{
	(void)unused;
	for (int f = 0; f < 2; f++) {
		hold(families[f], 7200); /* a detector or an earlier run added this entry */
		order(ORDER_BAN, families[f], 600, start);
		assert_true(step(start));
		assert_int_equal(left_of(families[f]), 7200);
		/* a ban that ends later replaces it */
		order(ORDER_BAN, families[f], 86400, later(1));
		assert_true(step(later(2)));
		assert_int_equal(left_of(families[f]), 86399);
		teardown(NULL);
		setup(NULL);
	}
}

static void permanent_ban_stays_permanent(void **unused)
{
	(void)unused;
	for (int f = 0; f < 2; f++) {
		order(ORDER_BAN, families[f], 0, start);
		order(ORDER_BAN, families[f], 600, later(1));
		step(later(1));
		assert_int_equal(left_of(families[f]), SPAN_MAX.ms / 1000);
	}
	assert_int_equal(wall.bans, 2);
	assert_int_equal(obey.counters.bans, 4);
	assert_int_equal(wall.lists, 0); /* this run added the entry itself */
}

/* A listing contains the whole set and is slow, so one listing serves all bans of a second. */
static void sets_are_listed_once_per_second_for_all_waiting_bans(void **unused)
{
	(void)unused;
	hold(families[0], 60);
	hold(families[1], 60);
	order(ORDER_BAN, families[0], 600, start);
	step(start);
	assert_int_equal(wall.lists, 1);
	order(ORDER_BAN, families[1], 600, start);
	assert_true(idle_at(start).ms >= 900 && idle_at(start).ms <= 1100);
	step(start);
	assert_int_equal(wall.lists, 1);
	assert_int_equal(left_of(families[1]), 60);
	step(later(2));
	assert_int_equal(wall.lists, 2);
	assert_int_equal(left_of(families[1]), 598);
	assert_int_equal(obey.counters.bans, 2);
	step(later(4));
	assert_int_equal(wall.lists, 2);
}

static void lost_ban_is_restored_when_its_event_arrives_again(void **unused)
{
	(void)unused;
	for (int f = 0; f < 2; f++) {
		order_at(ORDER_BAN, families[f], 600, start, later(1));
		wall.held_n = 0; /* the sets were flushed */
		order_at(ORDER_BAN, families[f], 600, start, later(10));
		assert_int_equal(left_of(families[f]), 590);
		wall.held_n = 0;
	}
	assert_int_equal(obey.counters.bans, 4);
}

static void event_older_than_the_last_event_of_its_client_changes_nothing(void **unused)
{
	(void)unused;
	for (int f = 0; f < 2; f++) {
		order_at(ORDER_BAN, families[f], 600, start, later(30));
		assert_int_equal(order_at(ORDER_UNBAN, families[f], 0, later(-3600), later(30)),
			APPLY_OLDER);
		assert_int_equal(left_of(families[f]), 570);
		order_at(ORDER_UNBAN, families[f], 0, later(20), later(30));
		assert_int_equal(
			order_at(ORDER_BAN, families[f], 600, start, later(30)), APPLY_OLDER);
		assert_int_equal(left_of(families[f]), 0);
	}
	assert_int_equal(obey.counters.older, 4);
	assert_int_equal(obey.counters.bans + obey.counters.unbans, 4);
}

static void late_unban_leaves_the_newer_ban(void **unused)
{
	(void)unused;
	for (int f = 0; f < 2; f++) {
		order_at(ORDER_BAN, families[f], 0, start, later(30));
		order_at(ORDER_BAN, families[f], 600, later(20), later(30));
		assert_int_equal(left_of(families[f]), SPAN_MAX.ms / 1000);
		order_at(ORDER_UNBAN, families[f], 0, later(10), later(30));
		assert_int_equal(left_of(families[f]), 590);
	}
	assert_int_equal(obey.counters.unbans, 2);
}

/* ---- floods ---- */

static void flood_of(uint32_t n, struct instant now)
{
	for (uint32_t i = 0; i < n; i++) {
		struct order o = {.kind = ORDER_BAN,
			.client = given_client(i),
			.time = now,
			.until = instant_add(now, span_seconds(600))};
		assert_int_equal(apply_orders_take(&obey, &o, now, steady_at(now)), APPLY_DONE);
	}
}

static void newest_of_the_waiting_bans_is_made_next(void **unused)
{
	(void)unused;
	for (int f = 0; f < 2; f++) {
		teardown(NULL);
		options.max_bans_per_minute = 60;
		setup(NULL);
		options.max_bans_per_minute = 60;
		ban_rate_init(&obey.rate, 60, steady_at(start));
		flood_of(5000, start);
		assert_int_equal(wall.bans, 60);
		order(ORDER_BAN, families[f], 600, start);
		assert_int_equal(left_of(families[f]), 0);
		assert_int_equal(apply_orders_waiting(&obey), 4941);
		assert_int_equal(idle_at(start).ms, 1000);
		step(later(1));
		assert_int_equal(left_of(families[f]), 599);
		assert_int_equal(wall.bans, 61);
		assert_int_equal(obey.counters.waits, 4941);
	}
}

static void unban_does_not_wait_in_a_flood(void **unused)
{
	(void)unused;
	for (int f = 0; f < 2; f++) {
		hold(families[f], 600);
		ban_rate_init(&obey.rate, 2, steady_at(start));
		flood_of(10, start);
		assert_int_equal(order(ORDER_UNBAN, families[f], 0, start), APPLY_DONE);
		assert_int_equal(left_of(families[f]), 0);
		/* an unban also cancels the client's waiting ban */
		order(ORDER_BAN, families[f], 600, later(1));
		order(ORDER_UNBAN, families[f], 0, later(2));
		step(later(3600));
		assert_int_equal(left_of(families[f]), 0);
		teardown(NULL);
		setup(NULL);
	}
}

static void newer_order_replaces_the_waiting_order_of_its_client(void **unused)
{
	(void)unused;
	for (int f = 0; f < 2; f++) {
		ban_rate_init(&obey.rate, 1, steady_at(start));
		flood_of(1, start);
		order(ORDER_BAN, families[f], 600, start);
		order(ORDER_BAN, families[f], 7200, start);
		order(ORDER_BAN, families[f], 60, start);
		assert_int_equal(apply_orders_waiting(&obey), 1);
		step(later(60));
		assert_int_equal(left_of(families[f]), 7140);
		assert_int_equal(obey.counters.bans, 4);
		teardown(NULL);
		setup(NULL);
	}
}

/* A late unban must not turn a waiting ban into an immediate ban, because the number of bans per
 * minute is limited. */
static void late_unban_lets_the_newer_ban_wait(void **unused)
{
	(void)unused;
	for (int f = 0; f < 2; f++) {
		ban_rate_init(&obey.rate, 1, steady_at(start));
		flood_of(1, start);
		order_at(ORDER_BAN, families[f], 0, start, later(30));
		order_at(ORDER_BAN, families[f], 600, later(20), later(30));
		order_at(ORDER_UNBAN, families[f], 0, later(10), later(30));
		assert_int_equal(left_of(families[f]), 0);
		step(later(60));
		assert_int_equal(left_of(families[f]), 560);
		assert_int_equal(obey.counters.bans, 3);
		teardown(NULL);
		setup(NULL);
	}
}

static void oldest_waiting_ban_is_dropped_when_too_many_wait(void **unused)
{
	(void)unused;
	ban_rate_init(&obey.rate, 1, steady_at(start));
	flood_of(1 + ORDER_QUEUE_MAX + 10, start);
	assert_int_equal(obey.counters.dropped, 10);
	assert_int_equal(apply_orders_waiting(&obey), ORDER_QUEUE_MAX);
	/* clients whose history was evicted are counted, too */
	assert_int_equal(obey.counters.forgotten, 11);
}

static void at_the_end_of_input_the_rate_still_limits_bans(void **unused)
{
	(void)unused;
	ban_rate_init(&obey.rate, 2, steady_at(start));
	hold(families[0], 60);
	hold(families[1], 7200);
	order(ORDER_BAN, families[0], 600, start);
	order(ORDER_BAN, families[1], 600, start);
	flood_of(3, start);
	assert_true(apply_orders_end(&obey, start, steady_at(start)));
	/* two bans that the rate allows, and the ban that is in force already */
	assert_int_equal(obey.counters.bans, 3);
	assert_int_equal(obey.counters.dropped, 2);
	assert_int_equal(left_of(families[1]), 7200);
	assert_int_equal(apply_orders_waiting(&obey), 0);
}

static void waiting_ban_of_a_newly_allowed_client_is_not_made(void **unused)
{
	struct allow *all = allow_new();

	(void)unused;
	ban_rate_init(&obey.rate, 1, steady_at(start));
	flood_of(1, start);
	for (int f = 0; f < 2; f++) {
		struct address a = address_of(families[f]);
		allow_add(all, &a);
		order(ORDER_BAN, families[f], 600, start);
	}
	allow_seal(all);
	obey.allow = all;
	step(later(60));
	assert_int_equal(wall.bans, 1);
	assert_int_equal(obey.counters.allowed, 2);
	allow_free(all);
}

/* A detector has banned the client for longer. The waiting ban must not shorten the ban of the
 * detector. */
static void ban_by_another_program_is_not_shortened(void **unused)
{
	(void)unused;
	for (int f = 0; f < 2; f++) {
		ban_rate_init(&obey.rate, 1, steady_at(start));
		flood_of(1, start);
		order(ORDER_BAN, families[f], 600, start);
		hold(families[f], 7200);
		step(later(60));
		step(later(120));
		assert_int_equal(left_of(families[f]), 7200);
		assert_int_equal(obey.counters.bans, 2);
		teardown(NULL);
		setup(NULL);
		wall.refuses = 1;
		order(ORDER_BAN, families[f], 600, start);
		hold(families[f], 7200);
		assert_true(apply_orders_retry(&obey, later(5), false));
		step(later(10));
		assert_int_equal(left_of(families[f]), 7200);
		assert_int_equal(obey.counters.bans, 1);
		teardown(NULL);
		setup(NULL);
	}
}

static void late_unban_of_a_newly_allowed_client_leaves_no_ban(void **unused)
{
	struct allow *all = allow_new();

	(void)unused;
	for (int f = 0; f < 2; f++) {
		struct address a = address_of(families[f]);
		allow_add(all, &a);
		order_at(ORDER_BAN, families[f], 0, start, later(30));
		order_at(ORDER_BAN, families[f], 600, later(20), later(30));
	}
	allow_seal(all);
	obey.allow = all;
	for (int f = 0; f < 2; f++) {
		order_at(ORDER_UNBAN, families[f], 0, later(10), later(30));
		assert_int_equal(left_of(families[f]), 0);
	}
	assert_int_equal(apply_orders_waiting(&obey), 0);
	allow_free(all);
}

/* A connected broker is on the allow-list, but not on the list `lifting`, so a new allow-list does
 * not lift its ban. apply_orders_lift lifts the bans of given hosts, such as a broker that does not
 * answer. */
static void only_bans_of_the_list_lifting_and_of_given_hosts_are_lifted(void **unused)
{
	struct allow *all = allow_new(), *lifting = allow_new();
	struct address hosts[2] = {address_of("198.51.100.7"), address_of("2001:db8:7::1")};
	struct address ssh[2] = {address_of("198.51.100.8"), address_of("2001:db8:8::1")};

	(void)unused;
	for (int f = 0; f < 2; f++) {
		allow_add(all, &hosts[f]);
		allow_add(all, &ssh[f]);
		allow_add(lifting, &ssh[f]);
		hold(families[f], 600);
	}
	hold("198.51.100.8", 600);
	hold("2001:db8:8::/64", 600);
	allow_seal(all);
	allow_seal(lifting);
	obey.lifting = allow;
	assert_true(apply_orders_set_allow(&obey, all, lifting));
	assert_true(left_of("198.51.100.8") == 0 && left_of("2001:db8:8::/64") == 0);
	assert_true(left_of(families[0]) == 600 && left_of(families[1]) == 600);
	assert_int_equal(order(ORDER_BAN, families[0], 0, start), APPLY_ALLOWED);
	assert_true(apply_orders_lift(&obey, hosts, 1));
	assert_true(left_of(families[0]) == 0 && left_of(families[1]) == 600);
	assert_true(apply_orders_lift(&obey, hosts, 2));
	assert_int_equal(left_of(families[1]), 0);
	assert_int_equal(wall.unbans, 4);
	allow_free(all);
	allow_free(lifting);
}

/* A set has no entry for a whole network, and the first address of the network is another client.
 */
static void refused_ban_of_a_network_wider_than_a_client_leaves_no_trace(void **unused)
{
	static const char *const wide[] = {"198.51.0.0/16", "2001:db9::/32"};
	static const char *const first[] = {"198.51.0.0", "2001:db9::/64"};

	(void)unused;
	for (int f = 0; f < 2; f++) {
		wall.refuses = 1;
		assert_int_equal(order(ORDER_BAN, wide[f], 0, start), APPLY_REFUSED);
		order(ORDER_BAN, first[f], 600, start);
		assert_int_equal(left_of(first[f]), 600);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(ban_never_ends_earlier_than_the_entry_in_the_firewall),
		TEST(permanent_ban_stays_permanent),
		TEST(sets_are_listed_once_per_second_for_all_waiting_bans),
		TEST(lost_ban_is_restored_when_its_event_arrives_again),
		TEST(event_older_than_the_last_event_of_its_client_changes_nothing),
		TEST(late_unban_leaves_the_newer_ban),
		TEST(newest_of_the_waiting_bans_is_made_next),
		TEST(unban_does_not_wait_in_a_flood),
		TEST(newer_order_replaces_the_waiting_order_of_its_client),
		TEST(late_unban_lets_the_newer_ban_wait),
		TEST(oldest_waiting_ban_is_dropped_when_too_many_wait),
		TEST(at_the_end_of_input_the_rate_still_limits_bans),
		TEST(waiting_ban_of_a_newly_allowed_client_is_not_made),
		TEST(ban_by_another_program_is_not_shortened),
		TEST(late_unban_of_a_newly_allowed_client_leaves_no_ban),
		TEST(only_bans_of_the_list_lifting_and_of_given_hosts_are_lifted),
		TEST(refused_ban_of_a_network_wider_than_a_client_leaves_no_trace),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
