/* test_unbans.c - the ring of the newest UNBANS_MAX unbans: their order, the eviction of the oldest
 * ones, and changes of the clock. */
#include "core/judge/unbans.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "unit/given.h"

#define DAY_MS INT64_C(86400000)

static struct unbans *u;

static int begin(void **state)
{
	(void)state;
	u = calloc(1, sizeof *u);
	return u ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	free(u);
	return 0;
}

/* Unban number i. Each number has its own millisecond. */
static struct unban unban_of(uint32_t i)
{
	return (struct unban){.client = given_client(i),
		.time = {DAY_MS + i},
		.strike = i % 7,
		.reason = unbans_reason("manual", 6)};
}

/* A walk must return the unbans from number `first` to number `last`, in order. */
static void check_walk(uint32_t first, uint32_t last)
{
	uint32_t cursor = 0;
	struct unban got;

	for (uint32_t i = first; i <= last; i++) {
		struct unban want = unban_of(i);
		assert_true(unbans_walk(u, &cursor, &got));
		assert_true(address_equal(&got.client, &want.client));
		assert_int_equal(got.client.prefix_len, want.client.prefix_len);
		assert_int_equal(got.time.ms, want.time.ms);
		assert_int_equal(got.strike, want.strike);
		assert_string_equal(got.reason, "manual");
	}
	assert_false(unbans_walk(u, &cursor, &got));
	assert_false(unbans_walk(u, &cursor, &got));
}

static void note_some(uint32_t first, uint32_t n)
{
	for (uint32_t i = first; i < first + n; i++) {
		struct unban unban = unban_of(i);
		assert_false(unbans_note(u, &unban));
	}
}

static void empty_ring_returns_no_unban(void **state)
{
	uint32_t cursor = 0;
	struct unban got;

	(void)state;
	assert_false(unbans_walk(u, &cursor, &got));
}

static void unbans_are_returned_oldest_first(void **state)
{
	(void)state;
	note_some(0, 1);
	check_walk(0, 0);
	note_some(1, 99);
	check_walk(0, 99);
}

static void oldest_unban_is_evicted(void **state)
{
	(void)state;
	note_some(0, UNBANS_MAX);
	check_walk(0, UNBANS_MAX - 1);
	for (uint32_t i = UNBANS_MAX; i < UNBANS_MAX + 1000; i++) {
		struct unban unban = unban_of(i);
		/* true: the evicted unban was under a day old */
		assert_true(unbans_note(u, &unban));
	}
	check_walk(1000, UNBANS_MAX + 999);
}

static void eviction_of_an_unban_over_a_day_old_is_not_reported(void **state)
{
	(void)state;
	note_some(0, UNBANS_MAX);
	struct unban unban = unban_of(0);
	unban.time.ms += DAY_MS;
	assert_true(unbans_note(u, &unban)); /* number 0 is evicted, exactly a day old */
	unban.time.ms += 2;                  /* number 1 is evicted, a day and 1 ms old */
	assert_false(unbans_note(u, &unban));
}

static void walk_continues_while_unbans_come(void **state)
{
	uint32_t cursor = 0, n = 0;
	struct unban got;

	(void)state;
	note_some(0, UNBANS_MAX);
	for (int i = 0; i < 100; i++)
		assert_true(unbans_walk(u, &cursor, &got));
	for (uint32_t i = UNBANS_MAX; i < UNBANS_MAX + 500; i++) {
		struct unban unban = unban_of(i);
		unbans_note(u, &unban);
	}
	/* 100 to 499 were evicted: the walk continues at 500 and returns each unban up to the
	 * newest once */
	while (unbans_walk(u, &cursor, &got))
		assert_int_equal(got.time.ms, DAY_MS + 500 + n++);
	assert_int_equal(n, UNBANS_MAX);
}

static void numbers_of_unbans_may_wrap_around(void **state)
{
	uint32_t cursor = 7; /* from before the numbers wrapped */
	struct unban got;

	(void)state;
	u->next = UINT32_MAX - 3;
	note_some(0, 10);
	assert_int_equal(u->next, 6);
	for (uint32_t i = 0; i < 10; i++) {
		assert_true(unbans_walk(u, &cursor, &got));
		assert_int_equal(got.time.ms, DAY_MS + i);
	}
	assert_false(unbans_walk(u, &cursor, &got));
}

static void newest_unban_of_a_client_is_found(void **state)
{
	struct unban got, again = unban_of(3);
	struct address other = given_client(3);

	(void)state;
	note_some(0, UNBANS_MAX);
	again.time.ms += 12345;
	(void)unbans_note(u, &again); /* evicts number 0 */
	assert_false(unbans_find(u, &(struct address){.prefix_len = 128}, &got));
	for (uint32_t i = 0; i < UNBANS_MAX; i += 1 + i / 9) {
		struct unban want = unban_of(i);
		assert_int_equal(unbans_find(u, &want.client, &got), i != 0);
		if (i)
			assert_int_equal(got.time.ms, i == 3 ? again.time.ms : want.time.ms);
	}
	other.prefix_len--;
	assert_false(unbans_find(u, &other, &got));
}

static void times_of_unbans_move_with_the_clock(void **state)
{
	static const int64_t by[] = {3600000, -7200000, -10 * DAY_MS, INT64_C(300000000000000)};
	static const int64_t want[] = {
		DAY_MS + 3600000, DAY_MS - 3600000, 0, INT64_C(253402300799999)};
	uint32_t cursor;
	struct unban got;

	(void)state;
	note_some(0, UNBANS_MAX);
	struct unban last = unban_of(0);
	unbans_note(u, &last); /* the full ring now begins at another index */
	for (int k = 0; k < 4; k++) {
		unbans_shift(u, by[k]);
		cursor = 0;
		for (int i = 0; i < UNBANS_MAX; i++)
			assert_true(unbans_walk(u, &cursor, &got));
		assert_int_equal(got.time.ms, want[k]);
	}
}

/* The ring contains only unbans that an administrator caused, so "expired" is not a known
 * reason. */
static void only_reasons_of_unbans_by_an_administrator_are_known(void **state)
{
	static const char *const known[] = {"manual", "allowed", "not_enforced"};
	static const char *const others[] = {"", "expired", "Manual", "manua", "manually", "allow"};

	(void)state;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		assert_string_equal(unbans_reason(known[i], strlen(known[i])), known[i]);
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		assert_null(unbans_reason(others[i], strlen(others[i])));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(empty_ring_returns_no_unban, begin, end),
		cmocka_unit_test_setup_teardown(unbans_are_returned_oldest_first, begin, end),
		cmocka_unit_test_setup_teardown(oldest_unban_is_evicted, begin, end),
		cmocka_unit_test_setup_teardown(
			eviction_of_an_unban_over_a_day_old_is_not_reported, begin, end),
		cmocka_unit_test_setup_teardown(walk_continues_while_unbans_come, begin, end),
		cmocka_unit_test_setup_teardown(numbers_of_unbans_may_wrap_around, begin, end),
		cmocka_unit_test_setup_teardown(newest_unban_of_a_client_is_found, begin, end),
		cmocka_unit_test_setup_teardown(times_of_unbans_move_with_the_clock, begin, end),
		cmocka_unit_test(only_reasons_of_unbans_by_an_administrator_are_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
