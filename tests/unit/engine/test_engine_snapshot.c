/* test_engine_snapshot.c - which bans the state contains: the newest first, whatever their order in
 * the table. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "core/engine/engine.h"
#include "core/read/format.h"
#include "unit/given.h"
#include "unit/random.h"

#define FIRST_MS 1795320000000 /* time of the first ban; each further ban is 1 ms later */

static struct engine *engine;
static struct allow *allow;
static struct state state;

static void no_sink(void *ctx, const struct event *e)
{
	(void)ctx;
	(void)e;
}

static void begin(uint32_t max_bans)
{
	struct engine_config c = {
		.replay = true,
		.max_clients = 100,
		.v4_prefix_len = 32,
		.v6_prefix_len = 64,
		.rules = given_rules_config(),
		.visits = given_visits_config(),
		.bans = given_bans_config(max_bans),
	};

	allow = allow_new();
	assert_non_null(allow);
	allow_seal(allow);
	c.allow = allow;
	engine = engine_new(&c, no_sink, NULL);
	assert_non_null(engine);
}

static int end(void **unused)
{
	(void)unused;
	engine_free(engine);
	allow_free(allow);
	engine = NULL;
	allow = NULL;
	return 0;
}

/* Bans client number i, i ms after the first. */
static void put(uint32_t i, enum ban_form form)
{
	struct ban ban = {
		.client = given_client(i),
		.form = form,
		.strikes = 1 + i % 7,
		.since = {FIRST_MS + i},
		.until = {FIRST_MS + 600000 + i},
	};

	assert_true(bans_restore(engine_memory(engine).bans, &ban));
}

/* Asserts that the state contains `n` bans, of the clients newest, newest - step, ... */
static void assert_newest(uint32_t newest, uint32_t step, size_t n, uint64_t total)
{
	engine_snapshot(engine, &state);
	assert_true(state.bans_total == total);
	assert_int_equal(state.bans_n, n);
	for (uint32_t k = 0; k < n; k++) {
		uint32_t i = newest - k * step;
		struct address client = given_client(i);
		if (state.bans[k].since.ms != FIRST_MS + i)
			fail_msg("place %u: since %lld instead of %u ms", k,
				(long long)(state.bans[k].since.ms - FIRST_MS), i);
		assert_memory_equal(&state.bans[k].client, &client, sizeof client);
		assert_int_equal(state.bans[k].strike, 1 + i % 7);
		assert_true(state.bans[k].until.ms == FIRST_MS + 600000 + i);
	}
}

static void state_without_bans_lists_none(void **unused)
{
	(void)unused;
	begin(10);
	put(1, BAN_OVER);
	put(2, BAN_MUTED);
	assert_newest(0, 1, 0, 0);
}

static void few_bans_are_all_listed_newest_first(void **unused)
{
	(void)unused;
	begin(10);
	for (uint32_t i = 0; i < 7; i++)
		put(i * 3 % 7, BAN_ACTIVE);
	assert_newest(6, 1, 7, 7);
}

/* The number of bans ranges from less than the room of the list to many full buffers. Every number
 * of bans is tested in every order. */
static void newest_thousand_of_many_are_listed_newest_first(void **unused)
{
	static const uint32_t sizes[] = {999, 1000, 1001, 3999, 4000, 4001, 7000, 50000};
	static uint32_t order[50000];

	(void)unused;
	for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
		for (int kind = 0; kind < 3; kind++) {
			struct random r = random_new(s + 1);
			uint32_t n = sizes[s];
			begin(n);
			for (uint32_t i = 0; i < n; i++)
				order[i] = kind == 1 ? n - 1 - i : i;
			for (uint32_t i = n; kind == 2 && i > 1; i--) {
				uint32_t j = (uint32_t)random_below(&r, i), kept = order[i - 1];
				order[i - 1] = order[j];
				order[j] = kept;
			}
			for (uint32_t i = 0; i < n; i++)
				put(order[i], BAN_ACTIVE);
			assert_newest(n - 1, 1, n < 1000 ? n : 1000, n);
			end(NULL);
		}
	}
}

static void bans_that_are_not_in_force_are_not_listed(void **unused)
{
	(void)unused;
	begin(9000);
	for (uint32_t i = 0; i < 9000; i++)
		put(i, i % 3 == 0 ? BAN_ACTIVE : i % 3 == 1 ? BAN_OVER : BAN_MUTED);
	assert_newest(8997, 3, 1000, 3000);
}

/* If a log contains whole seconds, many bans have the same time. Their order must not change. */
static void bans_of_one_instant_keep_their_order(void **unused)
{
	static struct state before;

	(void)unused;
	begin(9000);
	for (uint32_t i = 0; i < 9000; i++) {
		struct ban ban = {.client = given_client(i),
			.form = BAN_ACTIVE,
			.strikes = 1,
			.since = {FIRST_MS},
			.until = INSTANT_MAX};
		assert_true(bans_restore(engine_memory(engine).bans, &ban));
	}
	engine_snapshot(engine, &before);
	for (uint32_t i = 0; i < 5000; i++) {
		struct ban lifted;
		struct address client = given_client(i);
		assert_true(bans_lift(engine_memory(engine).bans, &client,
			(struct instant){FIRST_MS}, true, &lifted));
	}
	engine_snapshot(engine, &state);
	assert_int_equal(state.bans_n, STATE_BANS_MAX);
	for (size_t k = 0; k < STATE_BANS_MAX; k++)
		assert_memory_equal(
			&state.bans[k].client, &before.bans[k].client, sizeof(struct address));
}

/* The strikes of a week do not hide the bans of today. */
static void many_old_strikes_do_not_hide_the_newest_bans(void **unused)
{
	(void)unused;
	begin(262000);
	for (uint32_t i = 0; i < 260000; i++)
		put(i, BAN_OVER);
	for (uint32_t i = 260000; i < 262000; i++)
		put(i, BAN_ACTIVE);
	assert_newest(261999, 1, 1000, 2000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(state_without_bans_lists_none, end),
		cmocka_unit_test_teardown(few_bans_are_all_listed_newest_first, end),
		cmocka_unit_test_teardown(newest_thousand_of_many_are_listed_newest_first, end),
		cmocka_unit_test_teardown(bans_that_are_not_in_force_are_not_listed, end),
		cmocka_unit_test_teardown(bans_of_one_instant_keep_their_order, end),
		cmocka_unit_test_teardown(many_old_strikes_do_not_hide_the_newest_bans, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
