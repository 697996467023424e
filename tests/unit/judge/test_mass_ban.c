/* test_mass_ban.c - when many clients get verdicts within 10 minutes, which of their bans are held
 * back. A verdict is fresh if it is by rates alone or by writes alone (mass_ban.h). tests/prop
 * compares mass_ban.h with a slow model on random histories. */
#include "core/judge/mass_ban.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "unit/given.h"

#define NOW ((int64_t)1700000000)

#define SHARE 0.05 /* of all known clients */

/* A verdict on client i; the two families alternate. */
static bool ask(struct mass_ban *m, uint32_t i, struct mass_ban_case c)
{
	struct address a = given_client(i);

	c.client = &a;
	return mass_ban_holds(m, SHARE, &c);
}

/* A verdict on a known client, while `known_n` known clients are active. */
static bool ask_known(struct mass_ban *m, uint32_t i, int64_t second, uint32_t known_n)
{
	return ask(m, i,
		(struct mass_ban_case){.second = second,
			.came = second - 700,
			.known = true,
			.known_n = known_n,
			.excess = 1.1});
}

/* A verdict by rates alone, on a client that came at `came`. */
static bool ask_fresh(struct mass_ban *m, uint32_t i, int64_t second, int64_t came)
{
	return ask(m, i,
		(struct mass_ban_case){
			.second = second, .came = came, .fresh = true, .excess = 1.1});
}

/* Judges n clients that came 60 s apart. The verdicts are one second apart. Returns how many bans
 * are held back. */
static int ask_one_by_one(struct mass_ban *m, uint32_t first, uint32_t n, int64_t second)
{
	int held = 0;

	for (uint32_t i = 0; i < n; i++)
		held += ask_fresh(m, first + i, second + i, second - 100 - 60 * (int64_t)i);
	return held;
}

/* A ban is held back if there are more than 5 verdicts, on more than 5 % of the known clients.
 * Banned clients count as known clients. */
static void known_clients_are_held_back_from_the_sixth_verdict_on(void **state)
{
	struct mass_ban m = {0};

	(void)state;
	for (uint32_t i = 0; i < 5; i++)
		assert_false(ask_known(&m, i, NOW + i, 10));
	assert_true(ask_known(&m, 5, NOW + 5, 10));
	/* 7 of 140 + 7 are under 5 %, 8 of 140 + 8 are over it */
	assert_false(ask_known(&m, 6, NOW + 6, 140));
	assert_true(ask_known(&m, 7, NOW + 7, 140));
}

static void known_client_that_is_judged_again_counts_once(void **state)
{
	struct mass_ban m = {0};
	struct mass_ban_case again = {
		.second = NOW, .known = true, .counted = true, .known_n = 10, .excess = 1.1};

	(void)state;
	for (uint32_t i = 0; i < 5; i++)
		assert_false(ask_known(&m, i, NOW, 10));
	for (int i = 0; i < 100; i++)
		assert_false(ask(&m, 4, again));
	assert_true(ask_known(&m, 5, NOW, 10));
	assert_true(ask(&m, 5, again));
}

static void verdicts_on_known_clients_count_for_ten_minutes(void **state)
{
	(void)state;
	for (int64_t after = 580; after <= 600; after += 20) {
		struct mass_ban m = {0};
		for (uint32_t i = 0; i < 5; i++)
			(void)ask_known(&m, i, NOW, 10);
		assert_int_equal(ask_known(&m, 5, NOW + after, 10), after < 600);
	}
	/* also after a year without verdicts */
	struct mass_ban m = {0};
	for (uint32_t i = 0; i < 9; i++)
		(void)ask_known(&m, i, NOW, 10);
	for (uint32_t i = 0; i < 5; i++)
		assert_false(ask_known(&m, 10 + i, NOW + 86400 * 365, 10));
}

static void unknown_client_without_a_fresh_verdict_is_never_held_back(void **state)
{
	struct mass_ban m = {0};

	(void)state;
	for (uint32_t i = 0; i < 200; i++)
		assert_false(ask(&m, i,
			(struct mass_ban_case){
				.second = NOW, .came = NOW - 60 * i, .known_n = 1, .excess = 1}));
	/* none of these verdicts counts as a fresh verdict */
	assert_int_equal(ask_one_by_one(&m, 300, 3, NOW), 0);
}

static void clients_that_came_one_by_one_are_held_back_from_the_fourth_on(void **state)
{
	(void)state;
	for (uint32_t step = 1; step <= 2; step++) {
		/* of one family, or of both in turn */
		for (uint32_t first = 0; first < 2; first++) {
			struct mass_ban m = {0};
			for (uint32_t i = 0; i < 40; i++)
				assert_int_equal(ask_fresh(&m, first + step * i, NOW + i,
							 NOW - 46 * (int64_t)i),
					i >= 3);
		}
	}
}

/* All clients except the last one came in the same second, as in an attack. */
static void clients_that_came_together_are_not_held_back(void **state)
{
	struct mass_ban m = {0};

	(void)state;
	for (uint32_t i = 0; i < 40; i++) /* the first four may be held back */
		assert_false(ask_fresh(&m, i, NOW + i, NOW - 10) && i >= 4);
	/* a client that came at another time is held back, although these clients were banned */
	assert_true(ask_fresh(&m, 50, NOW + 41, NOW - 500));
}

/* Of six clients, four that came together are held back; five that came together are not. */
static void clients_are_held_back_if_at_most_half_plus_one_came_together(void **state)
{
	(void)state;
	for (uint32_t together = 3; together <= 4; together++) {
		struct mass_ban m = {0};
		for (uint32_t i = 0; i < 5; i++) {
			int64_t apart = i < together ? 45 : 46 + i;
			(void)ask_fresh(&m, i, NOW, NOW - 1000 + (i % 2 ? apart : -apart));
		}
		assert_int_equal(ask_fresh(&m, 5, NOW, NOW - 1000), together == 3);
	}
}

static void verdict_far_over_a_limit_is_not_held_back(void **state)
{
	static const struct {
		double excess, visit_excess;
		bool held;
	} t[] = {{1, 1, true}, {MASS_BAN_EXCESS, MASS_BAN_VISIT_EXCESS, true}, {2.001, 1, false},
		{1, 8.001, false}, {100, 0, false}, {0, INFINITY, false}};

	(void)state;
	for (int k = 0; k < 6; k++) {
		struct mass_ban m = {0};
		struct mass_ban_case c = {.second = NOW,
			.came = NOW - 9000,
			.fresh = true,
			.excess = t[k].excess,
			.visit_excess = t[k].visit_excess};
		(void)ask_one_by_one(&m, 0, 10, NOW - 10);
		assert_int_equal(ask(&m, 20, c), t[k].held);
		c = (struct mass_ban_case){.second = NOW,
			.known = true,
			.known_n = 1,
			.excess = t[k].excess,
			.visit_excess = t[k].visit_excess};
		for (uint32_t i = 0; i < 9; i++)
			(void)ask_known(&m, 30 + i, NOW, 1);
		assert_int_equal(ask(&m, 40, c), t[k].held);
	}
}

/* The bans of the first three clients are not held back, but these verdicts count. */
static void verdict_far_over_a_limit_counts_when_other_clients_are_judged(void **state)
{
	struct mass_ban m = {0};

	(void)state;
	for (uint32_t i = 0; i < 3; i++)
		assert_false(ask(&m, i,
			(struct mass_ban_case){
				.second = NOW, .came = NOW - 60 * i, .fresh = true, .excess = 50}));
	assert_true(ask_fresh(&m, 3, NOW, NOW - 600));
}

static void client_counts_once_in_ten_minutes(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 2; i++) { /* one client of each family */
		struct mass_ban m = {0};
		for (int64_t s = 0; s < 600; s++)
			assert_false(ask_fresh(&m, i, NOW + s, NOW - 60 * s));
		assert_int_equal(ask_one_by_one(&m, 10, 2, NOW + 100), 0);
		assert_int_equal(ask_one_by_one(&m, 12, 1, NOW + 102), 1);
	}
}

static void fresh_verdicts_count_for_ten_minutes(void **state)
{
	(void)state;
	for (int64_t after = 599; after <= 600; after++) {
		struct mass_ban m = {0};
		assert_int_equal(ask_one_by_one(&m, 0, 3, NOW - 2), 0);
		/* client 0 was counted at NOW - 2, and is not counted again */
		assert_false(ask_fresh(&m, 0, NOW + 1, NOW));
		assert_int_equal(ask_fresh(&m, 7, NOW - 2 + after, NOW - 5000), after < 600);
	}
}

/* struct mass_ban stores 128 fresh verdicts in a ring. A new verdict replaces the oldest one. A
 * client whose verdict was replaced is stored again with its next verdict. */
static void full_ring_keeps_the_newest_fresh_verdicts(void **state)
{
	struct mass_ban m = {0};
	uint32_t n = MASS_BAN_FRESH_MAX + 72;
	struct address first = given_client(0), last = given_client(n - 1);
	uint32_t kept = 0;

	(void)state;
	for (uint32_t i = 0; i < n; i++)
		assert_int_equal(ask_fresh(&m, i, NOW + i, NOW - 60 * (int64_t)i), i >= 3);
	for (uint32_t k = 0; k < MASS_BAN_FRESH_MAX; k++) {
		assert_true(m.fresh[k].second >= NOW + 72);
		assert_false(address_equal(&m.fresh[k].client, &first));
		kept += address_equal(&m.fresh[k].client, &last);
	}
	assert_int_equal(kept, 1);
	assert_int_equal(m.next, 72);
	assert_true(ask_fresh(&m, 0, NOW + n, NOW - 60000));
	assert_true(address_equal(&m.fresh[72].client, &first));
	/* 600 s later, all verdicts are forgotten */
	assert_int_equal(ask_one_by_one(&m, 1000, 3, NOW + n + 600), 0);
}

static void verdicts_on_known_clients_and_fresh_verdicts_count_separately(void **state)
{
	struct mass_ban m = {0};
	struct mass_ban_case both = {.second = NOW,
		.came = NOW - 700,
		.known = true,
		.known_n = 1000,
		.fresh = true,
		.excess = 1};

	(void)state;
	for (uint32_t i = 0; i < 4; i++, both.came -= 60)
		assert_int_equal(ask(&m, i, both), i == 3);
	/* these four clients count as known, too; two more known clients make more than 5 */
	assert_false(ask_known(&m, 10, NOW, 1));
	assert_true(ask_known(&m, 11, NOW, 1));
}

static void clear_forgets_verdicts_on_known_clients_and_fresh_verdicts(void **state)
{
	struct mass_ban m = {0}, empty = {0};

	(void)state;
	for (uint32_t i = 0; i < 9; i++)
		(void)ask_known(&m, i, NOW, 1);
	(void)ask_one_by_one(&m, 20, 9, NOW);
	mass_ban_clear(&m);
	assert_memory_equal(&m, &empty, sizeof m);
	/* the clock was set back by a year */
	assert_int_equal(ask_one_by_one(&m, 20, 3, NOW - 86400 * 365), 0);
	for (uint32_t i = 0; i < 5; i++)
		assert_false(ask_known(&m, i, NOW - 86400 * 365, 1));
	assert_true(ask_known(&m, 5, NOW - 86400 * 365, 1));
}

/* The memory file may come from a machine whose clock was fast, or from later lines than those of
 * the replay. */
static void verdicts_of_the_future_are_forgotten(void **state)
{
	struct mass_ban m = {0};

	(void)state;
	(void)ask_one_by_one(&m, 0, 9, NOW + 86400);
	for (uint32_t i = 0; i < 9; i++)
		(void)ask_known(&m, 20 + i, NOW + 86400, 1);
	assert_int_equal(ask_one_by_one(&m, 40, 3, NOW), 0);
	for (uint32_t i = 0; i < 5; i++)
		assert_false(ask_known(&m, 50 + i, NOW + 100 * i, 1));
	for (uint32_t i = 0; i < 5; i++)
		assert_false(ask_known(&m, 60 + i, NOW + 1200, 1));
}

static void alert_of_the_future_does_not_hide_the_next_alert(void **state)
{
	struct mass_ban m = {0};

	(void)state;
	assert_true(mass_ban_tell(&m, NOW + 86400));
	assert_true(mass_ban_tell(&m, NOW));
	assert_false(mass_ban_tell(&m, NOW + 1));
	assert_true(mass_ban_tell(&m, NOW + 1 + MASS_BAN_WITHIN_S));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_clients_are_held_back_from_the_sixth_verdict_on),
		cmocka_unit_test(known_client_that_is_judged_again_counts_once),
		cmocka_unit_test(verdicts_on_known_clients_count_for_ten_minutes),
		cmocka_unit_test(unknown_client_without_a_fresh_verdict_is_never_held_back),
		cmocka_unit_test(clients_that_came_one_by_one_are_held_back_from_the_fourth_on),
		cmocka_unit_test(clients_that_came_together_are_not_held_back),
		cmocka_unit_test(clients_are_held_back_if_at_most_half_plus_one_came_together),
		cmocka_unit_test(verdict_far_over_a_limit_is_not_held_back),
		cmocka_unit_test(verdict_far_over_a_limit_counts_when_other_clients_are_judged),
		cmocka_unit_test(client_counts_once_in_ten_minutes),
		cmocka_unit_test(fresh_verdicts_count_for_ten_minutes),
		cmocka_unit_test(full_ring_keeps_the_newest_fresh_verdicts),
		cmocka_unit_test(verdicts_on_known_clients_and_fresh_verdicts_count_separately),
		cmocka_unit_test(clear_forgets_verdicts_on_known_clients_and_fresh_verdicts),
		cmocka_unit_test(verdicts_of_the_future_are_forgotten),
		cmocka_unit_test(alert_of_the_future_does_not_hide_the_next_alert),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
