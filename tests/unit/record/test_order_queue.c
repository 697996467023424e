/* test_order_queue.c - which of the waiting bans is carried out next, and which one is evicted from
 * a full queue; and how many bans ban_rate.h allows per minute. */
#include "core/record/order_queue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/record/ban_rate.h"
#include "unit/given.h"

#define PLACES 4

static struct order_queue *queue;
static struct waiting_ban dropped;

static int begin(void **state)
{
	(void)state;
	queue = order_queue_new(PLACES, (struct hash_key){{1, 2}});
	return queue ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	order_queue_free(queue);
	return 0;
}

/* `repeated`: another host has announced the ban again. `unknown`: the sets contain the client, but
 * the end of its entry is not known, so the ban waits for a listing of the sets. Returns true if a
 * ban was evicted to `dropped`. */
static bool put(uint32_t client, bool repeated, bool unknown)
{
	struct waiting_ban b = {given_client(client), {1000 + client}, 1, repeated, false};

	return order_queue_put(queue, &b, unknown, &dropped);
}

static void check_next(uint32_t client, uint32_t lines)
{
	struct address want = given_client(client);
	struct waiting_ban b;

	assert_true(order_queue_next(queue, &b));
	assert_true(address_equal(&b.entry, &want));
	assert_int_equal(b.lines, lines);
	assert_int_equal(b.until.ms, 1000 + client);
}

static void newest_and_oldest_and_repeated_bans_take_turns(void **state)
{
	struct order_queue *small = queue;
	struct waiting_ban b;

	(void)state;
	queue = order_queue_new(20, (struct hash_key){{1, 2}});
	for (uint32_t i = 1; i <= 8; i++)
		put(i, false, false);
	for (uint32_t i = 11; i <= 13; i++)
		put(i, true, false);
	static const uint32_t want[] = {8, 1, 7, 11, 6, 2, 5, 12, 4, 3, 13};
	for (size_t i = 0; i < sizeof want / sizeof *want; i++)
		check_next(want[i], 1);
	assert_false(order_queue_next(queue, &b));
	order_queue_free(queue);
	queue = small;
}

static void oldest_ban_has_the_next_turn_if_no_repeated_ban_waits(void **state)
{
	(void)state;
	for (uint32_t i = 1; i <= 4; i++)
		put(i, false, false);
	check_next(4, 1);
	check_next(1, 1);
	check_next(3, 1);
	check_next(2, 1);
}

static void repeated_ban_keeps_its_place(void **state)
{
	(void)state;
	put(1, false, false);
	put(2, true, false);
	put(3, true, false);
	put(1, true, false);
	assert_int_equal(order_queue_n(queue, ORDER_LINE_FRESH), 1);
	put(2, true, false);
	check_next(1, 2);
	check_next(2, 2);
	check_next(3, 1);
}

/* n bans wait, some of them repeated. For each ban that is carried out, two new bans arrive. */
static void flood_starves_neither_a_ban_in_its_middle_nor_repeated_ones(void **state)
{
	struct order_queue *small = queue;
	struct address middle, repeated;
	struct waiting_ban b;
	uint32_t n = 1000, next = 10000, taken = 0, middle_at = 0, repeated_at = 0;

	(void)state;
	queue = order_queue_new(20000, (struct hash_key){{1, 2}});
	for (uint32_t i = 1; i <= n; i++)
		put(i, i % 10 == 0, false);
	middle = given_client(501);
	repeated = given_client(n); /* the last repeated ban */
	while (taken < 4 * n && order_queue_next(queue, &b)) {
		taken++;
		if (address_equal(&b.entry, &middle))
			middle_at = taken;
		if (address_equal(&b.entry, &repeated))
			repeated_at = taken;
		put(next++, false, false);
		put(next++, false, false);
		if (!middle_at)
			put(501, true, false); /* the root repeats the ban, which keeps its place */
	}
	assert_true(middle_at > 0 && middle_at <= 4 * 501);
	assert_true(repeated_at > 0 && repeated_at <= 4 * n);
	order_queue_free(queue);
	queue = small;
}

static void client_has_one_place(void **state)
{
	struct address entry = given_client(1);
	struct waiting_ban b;

	(void)state;
	put(1, false, false);
	put(2, false, false);
	put(1, false, false);
	check_next(1, 2);
	check_next(2, 1);
	put(1, false, false);
	assert_true(order_queue_remove(queue, &entry, &b));
	assert_false(order_queue_remove(queue, &entry, &b));
	assert_false(order_queue_next(queue, &b));
}

static void repeated_bans_are_evicted_first_and_then_the_oldest_ban(void **state)
{
	(void)state;
	put(1, false, false);
	put(2, false, false);
	put(3, true, false);
	assert_false(put(4, true, false));
	assert_true(put(5, false, false));
	assert_int_equal(dropped.until.ms, 1003);
	assert_true(put(6, false, false));
	assert_int_equal(dropped.until.ms, 1004);
	assert_true(put(7, false, false));
	assert_int_equal(dropped.until.ms, 1001);
	assert_false(put(7, false, false)); /* the client has a place */
	assert_int_equal(order_queue_n(queue, ORDER_LINE_FRESH), PLACES);
	check_next(7, 2);
}

static void unknown_bans_have_a_queue_of_their_own(void **state)
{
	struct address entry = given_client(1), other = given_client(2);
	struct waiting_ban b;

	(void)state;
	put(1, false, true);
	put(2, false, false);
	put(3, true, true);
	assert_int_equal(order_queue_n(queue, ORDER_LINE_UNKNOWN), 2);
	assert_int_equal(order_queue_find_unknown(queue, &entry)->until.ms, 1001);
	assert_null(order_queue_find_unknown(queue, &other));
	check_next(2, 1);
	assert_false(order_queue_next(queue, &b));
	assert_true(order_queue_next_unknown(queue, &b));
	assert_int_equal(b.until.ms, 1001);
	assert_true(order_queue_next_unknown(queue, &b));
	assert_true(b.until.ms == 1003 && b.repeated);
	assert_false(order_queue_next_unknown(queue, &b));
	/* only bans of the queue of unknown bans wait */
	for (uint32_t i = 0; i < PLACES; i++)
		put(10 + i, false, true);
	assert_true(put(20, false, true));
	assert_int_equal(dropped.until.ms, 1010);
	/* a ban of the other queue is evicted before an unknown ban */
	order_queue_next_unknown(queue, &b);
	put(30, false, false);
	assert_true(put(31, false, true));
	assert_int_equal(dropped.until.ms, 1030);
}

/* ---- the rate ---- */

static void rate_allows_as_many_bans_as_per_minute_at_once_then_one_by_one(void **state)
{
	struct ban_rate r;
	struct span now = {1000000};

	(void)state;
	ban_rate_init(&r, 6000, now);
	for (int i = 0; i < 6000; i++) {
		assert_true(ban_rate_allows(&r, now));
		ban_rate_spend(&r);
	}
	assert_false(ban_rate_allows(&r, now));
	assert_int_equal(ban_rate_wait(&r, now).ms, 10);
	now.ms += 9;
	assert_false(ban_rate_allows(&r, now));
	now.ms += 1;
	assert_true(ban_rate_allows(&r, now));
	ban_rate_spend(&r);
	assert_false(ban_rate_allows(&r, now));
}

static void after_a_day_without_bans_no_more_bans_than_per_minute_come_at_once(void **state)
{
	struct ban_rate r;
	struct span now = {0};

	(void)state;
	ban_rate_init(&r, 2, now);
	now.ms = 86400000;
	for (int i = 0; i < 2; i++) {
		assert_true(ban_rate_allows(&r, now));
		ban_rate_spend(&r);
	}
	assert_int_equal(ban_rate_wait(&r, now).ms, 30000);
	now.ms -= 50000; /* a clock that goes back, which must not happen, allows no ban */
	assert_false(ban_rate_allows(&r, now));
	assert_int_equal(ban_rate_wait(&r, now).ms, 30000);
	ban_rate_init(&r, 1000000000, now);
	ban_rate_spend(&r);
	now.ms = INT64_MAX;
	assert_true(ban_rate_allows(&r, now));
	assert_int_equal(ban_rate_wait(&r, now).ms, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(newest_and_oldest_and_repeated_bans_take_turns),
		TEST(oldest_ban_has_the_next_turn_if_no_repeated_ban_waits),
		TEST(repeated_ban_keeps_its_place),
		TEST(flood_starves_neither_a_ban_in_its_middle_nor_repeated_ones),
		TEST(client_has_one_place),
		TEST(repeated_bans_are_evicted_first_and_then_the_oldest_ban),
		TEST(unknown_bans_have_a_queue_of_their_own),
		cmocka_unit_test(rate_allows_as_many_bans_as_per_minute_at_once_then_one_by_one),
		cmocka_unit_test(
			after_a_day_without_bans_no_more_bans_than_per_minute_come_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
