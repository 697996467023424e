/* test_order_history.c - how earlier orders of a client change the effect of the next one. Each
 * case shows one rule. tests/prop/test_order_history_model.c tries events in any order.
 *
 * An order whose time is ahead of the clock counts as given at its first delivery. Exception: a ban
 * over one second ahead counts as given at the beginning of the second of its first delivery
 * (order_history.h). */
#include "core/record/order_history.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "unit/given.h"

static const int64_t t0 = 1795320960000;
static const char *const families[] = {"198.51.100.7", "2001:db8:7::/64"};
static struct order_history *history;
static struct instant until;

static int begin(void **state)
{
	(void)state;
	history = order_history_new(3, (struct hash_key){{1, 2}});
	return history ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	order_history_free(history);
	return 0;
}

static struct instant at(int64_t s)
{
	return instant_add((struct instant){t0}, span_seconds(s));
}

/* All times are in seconds. A ban lasts until `ends`; 0: forever. */
static enum order_effect ban(const char *client, int64_t time, int64_t ends, int64_t now)
{
	struct order o = {.kind = ORDER_BAN, .time = at(time), .until = at(ends)};

	o.client = given_address(client);
	if (!ends)
		o.until = INSTANT_MAX;
	return order_history_take(history, &o.client, &o, at(now), &until);
}

static enum order_effect unban(const char *client, int64_t time, int64_t now)
{
	struct order o = {.kind = ORDER_UNBAN, .time = at(time)};

	o.client = given_address(client);
	return order_history_take(history, &o.client, &o, at(now), &until);
}

static void later_end_wins_in_any_order(void **state)
{
	(void)state;
	for (int f = 0; f < 2; f++) {
		assert_int_equal(ban(families[f], 10, 0, 20), ORDER_BANS);
		assert_int_equal(ban(families[f], 15, 615, 20), ORDER_BANS);
		assert_true(until.ms == INSTANT_MAX.ms);
	}
}

static void older_and_shorter_ban_has_no_effect(void **state)
{
	(void)state;
	for (int f = 0; f < 2; f++) {
		assert_int_equal(ban(families[f], 15, 7215, 20), ORDER_BANS);
		assert_int_equal(ban(families[f], 10, 610, 20), ORDER_NO_EFFECT);
		assert_int_equal(ban(families[f], 10, 0, 20), ORDER_BANS);
		assert_true(until.ms == INSTANT_MAX.ms);
	}
}

static void repeated_ban_does_not_undo_a_newer_unban(void **state)
{
	(void)state;
	for (int f = 0; f < 2; f++) {
		ban(families[f], 10, 610, 20);
		assert_int_equal(unban(families[f], 30, 40), ORDER_UNBANS);
		assert_int_equal(ban(families[f], 10, 610, 50), ORDER_NO_EFFECT);
		assert_int_equal(ban(families[f], 31, 631, 50), ORDER_BANS);
	}
}

static void unban_older_than_the_ban_has_no_effect(void **state)
{
	(void)state;
	for (int f = 0; f < 2; f++) {
		ban(families[f], 10, 610, 20);
		assert_int_equal(unban(families[f], -3600, 20), ORDER_NO_EFFECT);
		/* the first unban of a client that is not stored is obeyed; then it is delivered
		 * again */
		assert_int_equal(
			unban("203.0.113.9", -3600, 20), f == 0 ? ORDER_UNBANS : ORDER_NO_EFFECT);
	}
}

static void late_unban_leaves_newer_bans(void **state)
{
	(void)state;
	for (int f = 0; f < 2; f++) {
		ban(families[f], 10, 0, 40);
		ban(families[f], 30, 630, 40);
		assert_int_equal(unban(families[f], 20, 40), ORDER_BANS_LESS);
		assert_int_equal(until.ms, at(630).ms);
		assert_int_equal(unban(families[f], 20, 40), ORDER_NO_EFFECT);
		assert_int_equal(ban(families[f], 10, 0, 40), ORDER_NO_EFFECT);
	}
}

static void unban_wins_at_the_same_millisecond(void **state)
{
	(void)state;
	for (int f = 0; f < 2; f++) {
		ban(families[f], 10, 0, 40);
		assert_int_equal(unban(families[f], 10, 40), ORDER_UNBANS);
		assert_int_equal(ban(families[f], 10, 0, 40), ORDER_NO_EFFECT);
	}
}

/* If the unban had no effect, a host whose clock is ahead could give bans that nobody can lift. */
static void ban_ahead_of_the_clock_is_lifted_by_an_unban_that_is_given_now(void **state)
{
	(void)state;
	for (int f = 0; f < 2; f++) {
		assert_int_equal(ban(families[f], 1800, 0, 0), ORDER_BANS);
		assert_int_equal(unban(families[f], 5, 5), ORDER_UNBANS);
		assert_int_equal(ban(families[f], 1800, 0, 6), ORDER_NO_EFFECT);
		assert_int_equal(ban(families[f], 1800, 0, 3600), ORDER_NO_EFFECT);
		assert_int_equal(ban(families[f], 1801, 0, 3600), ORDER_BANS);
	}
}

/* The ban arrives at 0.9 s, and counts as given at 0 s. The unban has the time 0 s, too. */
static void unban_of_the_second_of_arrival_lifts_a_ban_ahead_of_the_clock(void **state)
{
	struct order o = {.kind = ORDER_BAN, .time = at(1800), .until = INSTANT_MAX};
	struct order jitter = {.kind = ORDER_BAN, .time = {t0 + 999}, .until = INSTANT_MAX};
	struct instant now = {t0 + 900};

	(void)state;
	for (int f = 0; f < 2; f++) {
		o.client = jitter.client = given_address(families[f]);
		order_history_take(history, &o.client, &o, now, &until);
		assert_int_equal(unban(families[f], 0, 1), ORDER_UNBANS);
		/* a ban that is under a second ahead counts as given at 0.9 s, after the unban */
		assert_int_equal(
			order_history_take(history, &o.client, &jitter, now, &until), ORDER_BANS);
	}
}

static void unban_ahead_of_the_clock_blocks_no_ban_that_is_given_now(void **state)
{
	(void)state;
	for (int f = 0; f < 2; f++) {
		ban(families[f], -10, 600, 0);
		assert_int_equal(unban(families[f], 4, 0), ORDER_UNBANS);
		assert_int_equal(ban(families[f], 1, 601, 1), ORDER_BANS);
		/* the same unban is delivered again */
		assert_int_equal(unban(families[f], 4, 10), ORDER_NO_EFFECT);
		/* another unban */
		assert_int_equal(unban(families[f], 3, 10), ORDER_UNBANS);
	}
}

/* If an unban were forgotten, it would lift a newer ban when it is delivered again. */
static void repeated_unban_ahead_of_the_clock_lifts_no_newer_ban(void **state)
{
	(void)state;
	for (int f = 0; f < 2; f++) {
		ban(families[f], -10, 0, 0);
		assert_int_equal(unban(families[f], 4, 0), ORDER_UNBANS);
		/* this unban counts as given at 0 s, like the one before it: nothing changes */
		assert_int_equal(unban(families[f], 3, 0), ORDER_NO_EFFECT);
		assert_int_equal(unban(families[f], 1, 1), ORDER_UNBANS);
		assert_int_equal(ban(families[f], 2, 0, 2), ORDER_BANS);
		assert_int_equal(unban(families[f], 4, 7), ORDER_NO_EFFECT);
		assert_int_equal(unban(families[f], 3, 7), ORDER_NO_EFFECT);
		assert_int_equal(unban(families[f], 5, 7), ORDER_UNBANS);
	}
	assert_int_equal(order_history_forgotten(history), 0);
}

static void evicted_unbans_ahead_of_the_clock_are_counted(void **state)
{
	(void)state;
	for (int f = 0; f < 2; f++) {
		for (int i = 0; i < 2 * ORDER_HISTORY_UNBANS; i++)
			unban(families[f], i + 3, i);
		/* each evicted unban was no longer ahead of the clock, so it does not count */
		assert_int_equal(order_history_forgotten(history), f);
		for (int i = 0; i <= ORDER_HISTORY_UNBANS; i++)
			unban(families[f], 103 + i, 100);
		assert_int_equal(order_history_forgotten(history), f + 1);
	}
}

/* Two bans are two minutes ahead of the clock. The unban has the time of its arrival, and lifts
 * both. Then both bans are delivered again. */
static void two_bans_ahead_of_the_clock_are_both_recognised(void **state)
{
	(void)state;
	for (int f = 0; f < 2; f++) {
		assert_int_equal(ban(families[f], 120, 0, 0), ORDER_BANS);
		assert_int_equal(ban(families[f], 122, 0, 2), ORDER_BANS);
		assert_int_equal(unban(families[f], 3, 3), ORDER_UNBANS);
		assert_int_equal(ban(families[f], 120, 0, 4), ORDER_NO_EFFECT);
		assert_int_equal(ban(families[f], 120, 0, 125), ORDER_NO_EFFECT);
		assert_int_equal(ban(families[f], 122, 0, 125), ORDER_NO_EFFECT);
	}
}

/* This host's clock is behind. The ban keeps its own length, and is not prolonged by the difference
 * of the clocks. */
static void ban_ahead_of_the_clock_lasts_its_length_from_its_arrival(void **state)
{
	(void)state;
	for (int f = 0; f < 2; f++) {
		assert_int_equal(ban(families[f], 3500, 3560, 0), ORDER_BANS);
		assert_int_equal(until.ms, at(60).ms);
		/* the same ban again */
		assert_int_equal(ban(families[f], 3500, 3560, 30), ORDER_BANS);
		assert_int_equal(until.ms, at(60).ms);
		assert_int_equal(ban(families[f], 3500, 3530, 40), ORDER_BANS); /* a shorter ban */
		assert_int_equal(until.ms, at(60).ms);
		assert_int_equal(ban(families[f], 3500, 3560, 61), ORDER_NO_EFFECT);
		assert_int_equal(ban(families[f], 3500, 3560, 3559), ORDER_NO_EFFECT);
		assert_int_equal(unban(families[f], 3559, 3559), ORDER_UNBANS);
		/* a longer ban with the same time */
		assert_int_equal(ban(families[f], 9000, 9060, 4000), ORDER_BANS);
		assert_int_equal(ban(families[f], 9000, 9300, 4030), ORDER_BANS);
		assert_int_equal(until.ms, at(4300).ms);
		assert_int_equal(ban(families[f], 9000, 0, 4040), ORDER_BANS);
		assert_true(until.ms == INSTANT_MAX.ms);
	}
}

static void replayed_ban_ahead_of_the_clock_lasts_its_length_from_now(void **state)
{
	struct order o = {.kind = ORDER_BAN, .time = at(86400), .until = at(600), .replay = true};

	(void)state;
	for (int f = 0; f < 2; f++) {
		o.client = given_address(families[f]);
		assert_int_equal(
			order_history_take(history, &o.client, &o, at(0), &until), ORDER_BANS);
		assert_int_equal(until.ms, at(600).ms);
	}
}

/* The unban may have been obeyed before. A client that was banned afterwards, even by hand, stays
 * banned. */
static void old_unban_of_an_evicted_client_has_no_effect(void **state)
{
	static const char *const other[] = {
		"198.51.100.1", "2001:db8:3::/64", "198.51.100.2", "2001:db8:4::/64"};

	(void)state;
	/* no client has been evicted yet */
	assert_int_equal(unban(families[0], -100, 0), ORDER_UNBANS);
	unban(families[1], -90, 0);
	for (int i = 0; i < 4; i++)
		ban(other[i], 10 + i, 0, 20);
	assert_int_equal(order_history_forgotten(history), 3);
	for (int f = 0; f < 2; f++) {
		assert_int_equal(unban(families[f], -100, 30), ORDER_NO_EFFECT);
		assert_int_equal(until.ms, 0);
		assert_int_equal(unban(families[f], 10, 30), ORDER_NO_EFFECT);
	}
	assert_int_equal(order_history_forgotten(history), 3); /* the unban needed no room */
	assert_int_equal(unban(families[0], 11, 30), ORDER_UNBANS);
	assert_int_equal(unban(families[1], 12, 30), ORDER_UNBANS);
}

static void orders_are_obeyed_after_the_clock_was_set_back(void **state)
{
	(void)state;
	for (int f = 0; f < 2; f++) {
		ban(families[f], 3600, 0, 3600); /* both hosts' clocks were an hour ahead */
		assert_int_equal(unban(families[f], 10, 10), ORDER_UNBANS);
		assert_int_equal(ban(families[f], 3600, 0, 20), ORDER_NO_EFFECT);
		unban(families[f], 3700, 3700);
		/* the clock was set back to 30 s. So the unban now counts as given at 30 s, and
		 * lifts a ban of 30 s, too */
		assert_int_equal(ban(families[f], 30, 630, 30), ORDER_NO_EFFECT);
		assert_int_equal(ban(families[f], 31, 631, 31), ORDER_BANS);
		/* the same unban again */
		assert_int_equal(unban(families[f], 3700, 40), ORDER_NO_EFFECT);
	}
}

static void end_in_the_firewall_is_stored_until_an_unban(void **state)
{
	struct address client = given_address(families[1]);

	(void)state;
	assert_int_equal(order_history_end(history, &client).ms, 0);
	order_history_note_end(history, &client, at(600)); /* the client is not known */
	assert_int_equal(order_history_end(history, &client).ms, 0);
	ban(families[1], 10, 610, 20);
	order_history_note_end(history, &client, until);
	assert_int_equal(order_history_end(history, &client).ms, at(610).ms);
	unban(families[1], 20, 20);
	assert_int_equal(order_history_end(history, &client).ms, 0);
}

static void client_with_the_oldest_order_is_evicted(void **state)
{
	(void)state;
	ban("198.51.100.1", 10, 610, 10);
	unban("198.51.100.2", 20, 20);
	unban("2001:db8:3::/64", 20, 20);
	ban("198.51.100.1", 15, 0, 20); /* used again: now the second client is the oldest */
	assert_int_equal(order_history_forgotten(history), 0);
	ban("198.51.100.4", 20, 620, 20);
	assert_int_equal(order_history_forgotten(history), 1);
	assert_int_equal(ban("2001:db8:3::/64", 10, 610, 20), ORDER_NO_EFFECT);
	/* the unban of this client, which is newer than this ban, was forgotten */
	assert_int_equal(ban("198.51.100.2", 10, 610, 20), ORDER_BANS);
	assert_int_equal(order_history_forgotten(history), 2);
}

static void bans_that_are_over_need_no_room(void **state)
{
	(void)state;
	for (int f = 0; f < 2; f++) {
		for (int i = 0; i < ORDER_HISTORY_BANS; i++)
			ban(families[f], 10 + i, 100 - i, 50);
		/* this ban arrives late */
		assert_int_equal(ban(families[f], 5, 900, 200), ORDER_BANS);
		assert_int_equal(order_history_forgotten(history), 0);
	}
}

/* The clock is at 10.6 s. The first ban has the time 10.5 s. The other bans are ahead of the clock,
 * so they count as given at 10 s. An unban of 10.2 s lifts them, but not the first ban. A new ban
 * then evicts one of the lifted bans. */
static void lifted_bans_are_evicted_before_one_in_force(void **state)
{
	(void)state;
	for (int f = 0; f < 2; f++) {
		struct order o = {.kind = ORDER_BAN, .until = INSTANT_MAX};
		struct instant now = {at(10).ms + 600};
		o.client = given_address(families[f]);
		o.time.ms = at(10).ms + 500;
		order_history_take(history, &o.client, &o, now, &until);
		for (int i = 1; i < ORDER_HISTORY_BANS; i++) {
			o.time = at(1000 + i);
			order_history_take(history, &o.client, &o, now, &until);
		}
		o.kind = ORDER_UNBAN;
		o.time.ms = at(10).ms + 200;
		assert_int_equal(
			order_history_take(history, &o.client, &o, now, &until), ORDER_BANS_LESS);
		assert_int_equal(ban(families[f], 20, 620, 20), ORDER_BANS);
		assert_true(until.ms == INSTANT_MAX.ms);
		assert_int_equal(order_history_forgotten(history), f + 1);
	}
}

static void of_too_many_bans_the_longest_and_the_newest_are_kept(void **state)
{
	(void)state;
	for (int i = 0; i < ORDER_HISTORY_BANS + 5; i++) {
		ban(families[0], 10 + i, i ? 10000 - i : 0, 100);
		assert_true(until.ms == INSTANT_MAX.ms);
	}
	assert_int_equal(order_history_forgotten(history), 5);
	assert_int_equal(unban(families[0], 10, 100), ORDER_BANS_LESS);
	assert_int_equal(until.ms, at(10000 - 6).ms); /* bans 1 to 5 were evicted */
	assert_int_equal(unban(families[0], 10 + ORDER_HISTORY_BANS + 3, 100), ORDER_BANS_LESS);
	assert_int_equal(until.ms, at(10000 - ORDER_HISTORY_BANS - 4).ms);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(later_end_wins_in_any_order),
		TEST(older_and_shorter_ban_has_no_effect),
		TEST(repeated_ban_does_not_undo_a_newer_unban),
		TEST(unban_older_than_the_ban_has_no_effect),
		TEST(late_unban_leaves_newer_bans),
		TEST(unban_wins_at_the_same_millisecond),
		TEST(ban_ahead_of_the_clock_is_lifted_by_an_unban_that_is_given_now),
		TEST(unban_of_the_second_of_arrival_lifts_a_ban_ahead_of_the_clock),
		TEST(unban_ahead_of_the_clock_blocks_no_ban_that_is_given_now),
		TEST(repeated_unban_ahead_of_the_clock_lifts_no_newer_ban),
		TEST(evicted_unbans_ahead_of_the_clock_are_counted),
		TEST(two_bans_ahead_of_the_clock_are_both_recognised),
		TEST(ban_ahead_of_the_clock_lasts_its_length_from_its_arrival),
		TEST(replayed_ban_ahead_of_the_clock_lasts_its_length_from_now),
		TEST(old_unban_of_an_evicted_client_has_no_effect),
		TEST(orders_are_obeyed_after_the_clock_was_set_back),
		TEST(end_in_the_firewall_is_stored_until_an_unban),
		TEST(client_with_the_oldest_order_is_evicted),
		TEST(bans_that_are_over_need_no_room),
		TEST(lifted_bans_are_evicted_before_one_in_force),
		TEST(of_too_many_bans_the_longest_and_the_newest_are_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
