/* test_bans_table.c - the table of bans: its order, evictions from it, restored entries, and walks
 * over its entries. */
#include "core/judge/bans.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "unit/given_bans.h"
#include "unit/random.h"

static void bans_expire_in_the_order_of_their_ends(void **state)
{
	enum { N = 5000 };
	struct bans *b = table(N);
	struct random r = random_new(3);
	struct instant last = {0}, end;
	struct ban ban;
	int n = 0;

	(void)state;
	random_note();
	for (uint32_t i = 0; i < N; i++) {
		ban = (struct ban){.client = given_client(i),
			.form = BAN_ACTIVE,
			.strikes = 1,
			.since = start,
			.until = {start.ms + (int64_t)random_below(&r, N)}};
		assert_true(bans_restore(b, &ban));
	}
	/* lift some bans from the middle of the order */
	for (uint32_t i = 0; i < N; i += 7) {
		struct address a = given_client(i);
		assert_true(bans_lift(b, &a, start, i % 2, &ban));
	}
	while (bans_next_end(b, &end)) {
		assert_true(bans_end_one(b, INSTANT_MAX, &ban));
		assert_int_equal(ban.until.ms, end.ms);
		assert_false(instant_before(ban.until, last));
		last = ban.until;
		n++;
	}
	assert_int_equal(n, N - (N + 6) / 7);
	assert_int_equal(bans_active(b), 0);
	bans_free(b);
}

static void full_table_evicts_the_ban_that_ended_first(void **state)
{
	struct bans *b = table(4);
	struct address a[8];
	struct ban ban;

	(void)state;
	for (uint32_t i = 0; i < 8; i++)
		a[i] = given_client(i);
	/* the ban of client 1 ends first, then that of 0, then that of 2; client 3 stays banned */
	strike(b, &a[1], start);
	strike(b, &a[0], later(start, 1));
	strike(b, &a[2], later(start, 2));
	strike(b, &a[3], later(start, 100));
	assert_int_equal(end_all(b, later(start, 650)), 3);
	strike(b, &a[4], later(start, 651));
	assert_int_equal(bans_n(b), 4);
	assert_false(bans_find(b, &a[1], &ban));
	strike(b, &a[5], later(start, 652));
	assert_false(bans_find(b, &a[0], &ban));
	strike(b, &a[6], later(start, 653));
	assert_false(bans_find(b, &a[2], &ban));
	assert_true(given_is_banned(b, &a[3]));
	bans_free(b);
}

/* Restores a ban of client i that ended at `until`. */
static void restore_over(struct bans *b, uint32_t i, struct instant until)
{
	struct ban ban = {.client = given_client(i),
		.form = BAN_OVER,
		.strikes = 1,
		.since = start,
		.until = until};

	assert_true(bans_restore(b, &ban));
}

/* The order of evictions does not depend on the order of bans in the memory file. */
static void full_table_evicts_the_restored_ban_that_ended_first(void **state)
{
	const int64_t ends[] = {50, 10, 40, 20, 30};
	struct bans *b = table(5);
	struct ban ban;

	(void)state;
	for (uint32_t i = 0; i < 5; i++)
		restore_over(b, i, later(start, ends[i]));
	for (uint32_t k = 0; k < 5; k++) {
		static const uint32_t order[] = {1, 3, 4, 2, 0};
		struct address gone = given_client(order[k]), next = given_client(100 + k);
		assert_true(bans_find(b, &gone, &ban));
		strike(b, &next, later(start, 60));
		assert_false(bans_find(b, &gone, &ban));
	}
	bans_free(b);
}

static void restored_strikes_are_forgotten_each_at_their_own_time(void **state)
{
	const int64_t ends[] = {5000, 10, 4000, 20};
	struct bans *b = table(5);
	struct ban ban;

	(void)state;
	for (uint32_t i = 0; i < 4; i++)
		restore_over(b, i, later(start, ends[i]));
	bans_forget(b, later(start, 7 * 86400 + 100), 100);
	assert_int_equal(bans_n(b), 2);
	for (uint32_t i = 0; i < 4; i++) {
		struct address a = given_client(i);
		assert_int_equal(bans_find(b, &a, &ban), i % 2 == 0);
	}
	bans_free(b);
}

static void table_full_of_active_bans_accepts_no_more(void **state)
{
	struct bans *b = table(3);
	struct address a = given_address("2001:db8:ff::/64"), first = given_client(0);
	struct ban ban;

	(void)state;
	for (uint32_t i = 0; i < 3; i++) {
		struct address c = given_client(i);
		assert_true(bans_strike(b, &c, start, 1, i == 1 ? TERM_MUTE : TERM_SCHEDULE, &ban));
	}
	assert_false(bans_strike(b, &a, start, 1, TERM_SCHEDULE, &ban));
	ban = (struct ban){.client = a, .form = BAN_ACTIVE, .strikes = 1, .until = later(start, 9)};
	assert_false(bans_restore(b, &ban));
	assert_int_equal(bans_n(b), 3);
	assert_int_equal(bans_active(b), 2);
	assert_false(bans_find(b, &a, &ban));
	assert_true(bans_lift(b, &first, start, true, &ban));
	strike(b, &a, start);
	bans_free(b);
}

static void restored_entry_is_unchanged_but_not_enforced(void **state)
{
	const enum ban_form forms[] = {BAN_OVER, BAN_ACTIVE, BAN_MUTED};

	(void)state;
	for (int f = 0; f < 2; f++) {
		struct bans *b = table(3);
		struct address a = given_address(families[f]);
		struct ban ban;
		/* each entry replaces the previous one, which had another form */
		for (int i = 0; i < 9; i++) {
			struct ban in = {.client = a,
				.form = forms[(i + i / 3) % 3],
				.strikes = 2 + (uint32_t)i,
				.since = start,
				.until = later(start, 100 + i),
				.rules = 2,
				.enforced = true};
			assert_true(bans_restore(b, &in));
			assert_true(bans_find(b, &a, &ban));
			assert_true(address_equal(&ban.client, &a));
			assert_int_equal(ban.form, in.form);
			assert_int_equal(ban.strikes, in.strikes);
			assert_int_equal(ban.since.ms, in.since.ms);
			assert_int_equal(ban.until.ms, in.until.ms);
			assert_int_equal(ban.rules, 2);
			assert_false(ban.enforced);
			assert_int_equal(bans_n(b), 1);
			assert_int_equal(bans_active(b), in.form == BAN_ACTIVE);
			assert_int_equal(given_is_banned(b, &a), in.form == BAN_ACTIVE);
			assert_int_equal(bans_is_muted(b, &a), in.form == BAN_MUTED);
		}
		bans_free(b);
	}
}

static void enforced_flag_applies_only_to_a_ban_in_force(void **state)
{
	struct bans *b = table(3);
	struct address a = given_address("198.51.100.7"), unknown = given_address("2001:db8::/64");
	struct ban ban;

	(void)state;
	bans_set_enforced(b, &unknown, true);
	assert_int_equal(bans_n(b), 0);
	strike(b, &a, start);
	bans_set_enforced(b, &a, true);
	assert_true(bans_find(b, &a, &ban));
	assert_true(ban.enforced);
	end_all(b, ban.until);
	assert_true(bans_find(b, &a, &ban));
	assert_false(ban.enforced);
	bans_set_enforced(b, &a, true);
	assert_false(strike(b, &a, ban.until).enforced);
	bans_free(b);
}

static void walk_returns_each_entry_once(void **state)
{
	enum { N = 100 };
	struct bans *b = table(N);
	unsigned char seen[N] = {0};
	uint32_t cursor = 0, n = 0;
	struct ban ban;

	(void)state;
	for (uint32_t i = 0; i < N; i++) {
		struct address a = given_client(i);
		strike(b, &a, start);
		if (i % 3 == 0)
			assert_true(bans_lift(b, &a, start, true, &ban));
	}
	for (; bans_walk(b, &cursor, &ban); n++)
		for (uint32_t i = 0; i < N; i++) {
			struct address a = given_client(i);
			seen[i] += address_equal(&a, &ban.client);
		}
	for (uint32_t i = 0; i < N; i++)
		assert_int_equal(seen[i], i % 3 != 0);
	assert_int_equal(n, bans_n(b));
	assert_false(bans_walk(b, &cursor, &ban));
	bans_free(b);
}

/* Entries are stored in the order of arrival. Between the entries that stay, there are gaps of one
 * index and of several hundred. */
static void walk_from_any_index_returns_all_later_entries(void **state)
{
	enum { N = 1000 };
	struct bans *b = table(N);
	bool stays[N];
	struct ban ban;

	(void)state;
	for (uint32_t i = 0; i < N; i++) {
		struct address a = given_client(i);
		strike(b, &a, start);
	}
	for (uint32_t i = 0; i < N; i++) {
		struct address a = given_client(i);
		stays[i] = i % 64 == 63 || i % 64 == 0 ? i > 600 : i == 5 || i / 10 == 20;
		if (!stays[i])
			assert_true(bans_lift(b, &a, start, true, &ban));
	}
	for (uint32_t from = 0; from <= N; from++) {
		uint32_t cursor = from;
		for (uint32_t i = from; i < N; i++) {
			struct address a = given_client(i);
			if (!stays[i])
				continue;
			assert_true(bans_walk(b, &cursor, &ban));
			assert_true(address_equal(&a, &ban.client));
		}
		assert_false(bans_walk(b, &cursor, &ban));
	}
	bans_free(b);
}

/* A walk that ended and continues returns the entries that came in the meantime. */
static void walk_continues_after_its_end(void **state)
{
	struct bans *b = table(10);
	uint32_t cursor = 0;
	struct ban ban;

	(void)state;
	for (uint32_t i = 0; i < 10; i++) {
		struct address a = given_client(i);
		assert_false(bans_walk(b, &cursor, &ban));
		strike(b, &a, start);
		assert_true(bans_walk(b, &cursor, &ban));
		assert_true(address_equal(&a, &ban.client));
	}
	bans_free(b);
}

static void walk_returns_unchanged_entries_while_others_change(void **state)
{
	enum { STAY = 200, OTHERS = 100 };
	struct bans *b = table(STAY + OTHERS);
	struct random r = random_new(4);
	struct ban ban;

	(void)state;
	random_note();
	for (uint32_t i = 0; i < STAY; i++) {
		struct address a = given_client(i);
		strike(b, &a, start);
	}
	for (int round = 0; round < 50; round++) {
		unsigned char seen[STAY] = {0};
		uint32_t cursor = 0;
		while (bans_walk(b, &cursor, &ban)) {
			for (uint32_t i = 0; i < STAY; i++) {
				struct address a = given_client(i);
				seen[i] += address_equal(&a, &ban.client);
			}
			assert_in_range(ban.strikes, 1, 100000);
			assert_int_equal(ban.rules, 1);
			struct address other =
				given_client(STAY + (uint32_t)random_below(&r, OTHERS));
			if (given_is_banned(b, &other))
				assert_true(bans_lift(b, &other, start, random_below(&r, 2), &ban));
			else
				strike(b, &other, start);
		}
		for (uint32_t i = 0; i < STAY; i++)
			assert_int_equal(seen[i], 1);
	}
	bans_free(b);
}

/* 198.51.100.7 and ::198.51.100.7 share their last bytes; 2001:db8:: and its neighbours share their
 * first bytes. */
static void clients_with_similar_addresses_are_different(void **state)
{
	const char *const alike[] = {"198.51.100.7", "::c633:6407", "198.51.100.6", "2001:db8::/64",
		"2001:db8:0:1::/64", "2001:db8:0:0:1::"};
	struct bans *b = table(10);

	(void)state;
	for (int i = 0; i < 6; i++) {
		struct address a = given_address(alike[i]);
		assert_false(given_is_banned(b, &a));
		assert_int_equal(strike(b, &a, start).strikes, 1);
	}
	assert_int_equal(bans_n(b), 6);
	bans_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bans_expire_in_the_order_of_their_ends),
		cmocka_unit_test(full_table_evicts_the_ban_that_ended_first),
		cmocka_unit_test(full_table_evicts_the_restored_ban_that_ended_first),
		cmocka_unit_test(restored_strikes_are_forgotten_each_at_their_own_time),
		cmocka_unit_test(table_full_of_active_bans_accepts_no_more),
		cmocka_unit_test(restored_entry_is_unchanged_but_not_enforced),
		cmocka_unit_test(enforced_flag_applies_only_to_a_ban_in_force),
		cmocka_unit_test(walk_returns_each_entry_once),
		cmocka_unit_test(walk_from_any_index_returns_all_later_entries),
		cmocka_unit_test(walk_continues_after_its_end),
		cmocka_unit_test(walk_returns_unchanged_entries_while_others_change),
		cmocka_unit_test(clients_with_similar_addresses_are_different),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
