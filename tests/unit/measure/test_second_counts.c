/* test_second_counts.c - the counts of each client in each second that is not published yet. */
#include "core/measure/second_counts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "unit/given.h"
#include "unit/given_host.h"

#define T0 INT64_C(1790000000)

static const struct hash_key key = {{1, 2}};
static const struct second_counts_hit one = {1, 0, 0};

static struct instant due_after(int64_t second)
{
	return instant_at_second(second + 2);
}

static bool add(struct second_counts *t, const struct address *client, int64_t second,
	struct second_counts_hit hit)
{
	return second_counts_add(
		t, client, second_counts_hash(t, client), second, due_after(second), &hit);
}

static void take_first(
	struct second_counts *t, int64_t second, const struct address *client, uint64_t requests)
{
	struct second_counts_hit hit, none = {0};
	struct address got;

	assert_true(second_counts_first(t, second, &got, &hit));
	assert_memory_equal(got.bytes, client->bytes, sizeof got.bytes);
	assert_int_equal(hit.requests, requests);
	second_counts_leave(t, second, &none);
}

/* For any hash key, IPv4 and IPv6 clients come out of the table in the order in which they were
 * first added. */
static void clients_come_out_in_order_of_arrival(void **state)
{
	struct address a = given_host(1, 1), b = given_address("2001:db8::1"), c = given_host(2, 1);

	(void)state;
	for (uint64_t k = 0; k < 50; k++) {
		struct second_counts *t = second_counts_new(100, (struct hash_key){{k, k * k}});
		assert_non_null(t);
		assert_true(add(t, &a, T0, one) && add(t, &b, T0, one) && add(t, &c, T0, one));
		assert_true(add(t, &b, T0, one) && add(t, &c, T0 + 1, one));
		assert_int_equal(second_counts_n(t), 4);
		take_first(t, T0, &a, 1);
		take_first(t, T0, &b, 2);
		take_first(t, T0, &c, 1);
		struct second_counts_hit hit;
		struct address got;
		assert_false(second_counts_first(t, T0, &got, &hit));
		take_first(t, T0 + 1, &c, 1);
		assert_int_equal(second_counts_n(t), 0);
		assert_true(second_counts_due(t).ms == INSTANT_MAX.ms);
		second_counts_free(t);
	}
}

static void remaining_counts_stay_first(void **state)
{
	struct second_counts *t = second_counts_new(100, key);
	struct address a = given_host(1, 1), b = given_host(2, 1), got;
	struct second_counts_hit hit;

	(void)state;
	assert_true(add(t, &a, T0, (struct second_counts_hit){9, 8, 7}) && add(t, &b, T0, one));
	second_counts_leave(t, T0, &(struct second_counts_hit){3, 2, 1});
	assert_true(second_counts_first(t, T0, &got, &hit));
	assert_memory_equal(got.bytes, a.bytes, sizeof got.bytes);
	assert_true(hit.requests == 3 && hit.errors == 2 && hit.own == 1);
	assert_true(add(t, &a, T0, (struct second_counts_hit){2, 1, 1}));
	assert_true(second_counts_first(t, T0, &got, &hit));
	assert_true(hit.requests == 5 && hit.errors == 3 && hit.own == 2);
	assert_int_equal(second_counts_n(t), 2);
	second_counts_free(t);
}

static void earliest_due_second_comes_next(void **state)
{
	struct second_counts *t = second_counts_new(100, key);
	struct address a = given_host(1, 1);
	uint64_t hash = second_counts_hash(t, &a);

	(void)state;
	assert_true(second_counts_add(t, &a, hash, T0 + 5, (struct instant){700}, &one));
	assert_true(second_counts_add(t, &a, hash, T0, (struct instant){900}, &one));
	assert_int_equal(second_counts_next(t), T0 + 5);
	assert_int_equal(second_counts_oldest(t), T0);
	assert_true(second_counts_due(t).ms == 700);
	assert_true(second_counts_add(t, &a, hash, T0 + 3, (struct instant){700}, &one));
	assert_int_equal(second_counts_next(t), T0 + 3);
	/* this second has an entry already, so its due time does not change */
	assert_true(second_counts_add(t, &a, hash, T0, (struct instant){1}, &one));
	assert_true(second_counts_due(t).ms == 700);
	second_counts_hurry(t, (struct instant){800});
	take_first(t, T0 + 3, &a, 1);
	take_first(t, T0 + 5, &a, 1);
	assert_true(second_counts_due(t).ms == 800);
	take_first(t, T0, &a, 2);
	second_counts_free(t);
}

/* The earlier second has the last slot of the table, and the later second has the first slot. */
static void earlier_of_two_seconds_that_are_due_comes_next(void **state)
{
	struct address a = given_host(1, 1);
	int64_t turn = T0 - T0 % SECOND_COUNTS_OPEN_MAX;

	(void)state;
	for (int64_t later = turn; later < turn + SECOND_COUNTS_OPEN_MAX; later++) {
		struct second_counts *t = second_counts_new(100, key);
		uint64_t hash = second_counts_hash(t, &a);
		assert_true(second_counts_add(t, &a, hash, later, (struct instant){7}, &one));
		assert_true(second_counts_add(t, &a, hash, later - 1, (struct instant){7}, &one));
		assert_int_equal(second_counts_next(t), later - 1);
		second_counts_free(t);
	}
}

static void full_table_refuses_and_changes_nothing(void **state)
{
	struct second_counts *t = second_counts_new(3, key);
	struct address clients[4];

	(void)state;
	for (uint32_t i = 0; i < 4; i++)
		clients[i] = given_host(i, 1);
	for (uint32_t i = 0; i < 3; i++)
		assert_true(add(t, &clients[i], T0 + i % 2, one));
	assert_false(add(t, &clients[3], T0, one));
	assert_false(add(t, &clients[3], T0 + 9, one));
	assert_true(add(t, &clients[2], T0, one)); /* this client has an entry already */
	assert_int_equal(second_counts_n(t), 3);
	take_first(t, T0, &clients[0], 1);
	assert_true(add(t, &clients[3], T0 + 9, one));
	assert_true(second_counts_due(t).ms == due_after(T0).ms);
	second_counts_free(t);
}

/* Two seconds that are far apart share a slot of the table. While one of them has counts, the other
 * one is refused. */
static void seconds_far_apart_are_refused(void **state)
{
	struct second_counts *t = second_counts_new(10, key);
	struct address a = given_host(1, 1), got;
	struct second_counts_hit hit;

	(void)state;
	assert_true(add(t, &a, T0, one));
	assert_false(add(t, &a, T0 + SECOND_COUNTS_OPEN_MAX, one));
	assert_false(second_counts_first(t, T0 + SECOND_COUNTS_OPEN_MAX, &got, &hit));
	assert_true(add(t, &a, T0 + SECOND_COUNTS_OPEN_MAX - 1, one));
	take_first(t, T0, &a, 1);
	assert_true(add(t, &a, T0 + SECOND_COUNTS_OPEN_MAX, one));
	second_counts_free(t);
}

/* The number of hash buckets doubles several times, but the counts of the clients do not change. */
static void many_clients_are_counted_apart(void **state)
{
	enum { CLIENTS = 5000 };
	struct second_counts *t = second_counts_new(2 * CLIENTS, key);

	(void)state;
	for (int round = 0; round < 3; round++)
		for (uint32_t i = 0; i < CLIENTS; i++)
			for (int s = 0; s < 2; s++) {
				struct address a = given_host(i, 7);
				assert_true(add(t, &a, T0 + s, one));
			}
	assert_int_equal(second_counts_n(t), 2 * CLIENTS);
	for (uint32_t i = 0; i < CLIENTS; i++) {
		struct address a = given_host(i, 7);
		take_first(t, T0, &a, 3);
		take_first(t, T0 + 1, &a, 3);
	}
	assert_int_equal(second_counts_n(t), 0);
	second_counts_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clients_come_out_in_order_of_arrival),
		cmocka_unit_test(remaining_counts_stay_first),
		cmocka_unit_test(earliest_due_second_comes_next),
		cmocka_unit_test(earlier_of_two_seconds_that_are_due_comes_next),
		cmocka_unit_test(full_table_refuses_and_changes_nothing),
		cmocka_unit_test(seconds_far_apart_are_refused),
		cmocka_unit_test(many_clients_are_counted_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
