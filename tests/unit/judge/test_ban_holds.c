/* test_ban_holds.c - which bans are held back, and for which reason. */
#include "core/judge/ban_holds.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "unit/given.h"

#define NOW   ((int64_t)1700000000) /* the first second of a step of MASS_BAN_STEP_S seconds */
#define LEARN 600

static struct ban_holds holds(void)
{
	const struct ban_holds_config config = {
		.learn = {LEARN * 1000}, .mass_share = 0.05, .proxy_share = 0.8};
	struct ban_holds h;

	ban_holds_init(&h, &config);
	return h;
}

/* Decides on a ban of a known client after the learning time. */
static enum hold ask_known(struct ban_holds *h, uint32_t client, uint32_t known_n, int64_t second)
{
	struct address a = given_client(client);
	struct ban_holds_case c = {
		.mass = {.client = &a, .known = true, .known_n = known_n, .second = second},
		.age_s = LEARN};

	return ban_holds_decide(h, &c);
}

static enum hold ask_new(struct ban_holds *h, uint32_t client, uint32_t known_n, int64_t second)
{
	struct address a = given_client(client);
	struct ban_holds_case c = {
		.mass = {.client = &a, .known_n = known_n, .second = second}, .age_s = LEARN};

	return ban_holds_decide(h, &c);
}

static void ordinary_ban_is_not_held_back(void **state)
{
	struct ban_holds h = holds();

	(void)state;
	assert_int_equal(ask_known(&h, 0, 100, NOW), HOLD_NONE);
	assert_int_equal(ask_new(&h, 1, 100, NOW), HOLD_NONE);
}

static void only_severe_verdicts_ban_while_learning(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 2; i++) {
		struct ban_holds h = holds();
		struct address a = given_client(i);
		struct ban_holds_case c = {.mass = {.client = &a, .second = NOW}, .age_s = 0};
		assert_int_equal(ban_holds_decide(&h, &c), HOLD_LEARNING);
		c.age_s = LEARN - 1;
		assert_int_equal(ban_holds_decide(&h, &c), HOLD_LEARNING);
		c.severe = true;
		assert_int_equal(ban_holds_decide(&h, &c), HOLD_NONE);
		c.severe = false;
		c.age_s = LEARN;
		assert_int_equal(ban_holds_decide(&h, &c), HOLD_NONE);
	}
}

static void more_than_five_known_clients_are_a_mass_ban(void **state)
{
	struct ban_holds h = holds();

	(void)state;
	for (uint32_t i = 0; i < 5; i++)
		assert_int_equal(ask_known(&h, i, 20, NOW), HOLD_NONE);
	assert_int_equal(ask_known(&h, 5, 20, NOW), HOLD_MASS_BAN);
	assert_int_equal(ask_known(&h, 6, 20, NOW), HOLD_MASS_BAN);
}

/* Of 1000 known clients, 5 % are 50. known_n does not include the clients that were banned, so it
 * falls with each ban. */
static void five_percent_of_known_clients_are_no_mass_ban(void **state)
{
	struct ban_holds h = holds();
	uint32_t first = 0;

	(void)state;
	for (uint32_t i = 1; i <= 100 && first == 0; i++)
		if (ask_known(&h, i, 1000 - i, NOW) == HOLD_MASS_BAN)
			first = i;
	assert_int_equal(first, 51);
}

static void new_clients_are_banned_during_a_mass_ban(void **state)
{
	struct ban_holds h = holds();

	(void)state;
	for (uint32_t i = 0; i < 1000; i++)
		assert_int_equal(ask_new(&h, i, 10, NOW), HOLD_NONE);
	/* verdicts on clients that are not known do not count for mass_ban */
	assert_int_equal(ask_known(&h, 1000, 10, NOW), HOLD_NONE);
	for (uint32_t i = 0; i < 10; i++)
		ask_known(&h, 2000 + i, 10, NOW);
	assert_int_equal(ask_known(&h, 3000, 10, NOW), HOLD_MASS_BAN);
	assert_int_equal(ask_new(&h, 3001, 10, NOW), HOLD_NONE);
}

static void client_that_was_counted_is_not_counted_again(void **state)
{
	struct ban_holds h = holds();
	struct address a = given_client(0);
	struct ban_holds_case c = {.mass = {.client = &a,
					   .known = true,
					   .counted = true,
					   .known_n = 10,
					   .second = NOW},
		.age_s = LEARN};

	(void)state;
	ask_known(&h, 0, 10, NOW);
	for (int k = 0; k < 100; k++)
		assert_int_equal(ban_holds_decide(&h, &c), HOLD_NONE);
	for (uint32_t i = 1; i < 5; i++)
		assert_int_equal(ask_known(&h, i, 10, NOW), HOLD_NONE);
	assert_int_equal(ask_known(&h, 5, 10, NOW), HOLD_MASS_BAN);
	assert_int_equal(ban_holds_decide(&h, &c), HOLD_MASS_BAN);
}

/* Verdicts are counted in steps of 10 s, so a verdict is forgotten when it is 590 to 600 s old. */
static void verdicts_count_for_ten_minutes(void **state)
{
	(void)state;
	for (int64_t at = 0; at < 10; at++) {
		struct ban_holds h = holds();
		for (uint32_t i = 0; i < 5; i++)
			ask_known(&h, i, 10, NOW + at);
		struct ban_holds later = h;
		assert_int_equal(ask_known(&later, 5, 10, NOW + at + 590 - 1), HOLD_MASS_BAN);
		later = h;
		assert_int_equal(ask_known(&later, 5, 10, NOW + at + 600), HOLD_NONE);
		later = h;
		assert_int_equal(ask_known(&later, 5, 10, NOW + at + 86400), HOLD_NONE);
	}
}

/* For hours, four clients get a verdict in any ten minutes. A verdict is forgotten after ten
 * minutes, so there are never too many. */
static void four_verdicts_on_known_clients_in_ten_minutes_are_no_mass_ban(void **state)
{
	struct ban_holds h = holds();

	(void)state;
	for (uint32_t i = 0; i < 500; i++)
		assert_int_equal(ask_known(&h, i, 10, NOW + 150 * (int64_t)i), HOLD_NONE);
	for (uint32_t i = 0; i < 20; i++)
		assert_int_equal(ask_known(&h, i, 10, NOW + 75000 + 75 * (int64_t)i),
			i < 3 ? HOLD_NONE : HOLD_MASS_BAN);
}

static void verdicts_that_are_held_back_count_for_mass_ban(void **state)
{
	struct ban_holds h = holds();

	(void)state;
	for (uint32_t i = 0; i < 6; i++) {
		struct address a = given_client(i);
		struct ban_holds_case c = {
			.mass = {.client = &a, .known = true, .known_n = 10, .second = NOW}};
		assert_int_equal(ban_holds_decide(&h, &c), HOLD_LEARNING);
	}
	assert_int_equal(ask_known(&h, 6, 10, NOW), HOLD_MASS_BAN);
}

static void client_with_most_requests_is_a_proxy(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 2; i++) {
		struct ban_holds h = holds();
		struct address a = given_client(i), other = given_client(9);
		heavy_hitters_add(&h.heavy, &a, 9000, NOW);
		heavy_hitters_add(&h.heavy, &other, 1000, NOW);
		assert_int_equal(ask_new(&h, i, 10, NOW), HOLD_PROXY_IN_FRONT);
		assert_int_equal(ask_new(&h, 9, 10, NOW), HOLD_NONE);
		/* proxy_in_front comes before all other reasons, even if the verdict is severe */
		struct ban_holds_case c = {
			.mass = {.client = &a, .known = true, .second = NOW}, .severe = true};
		assert_int_equal(ban_holds_decide(&h, &c), HOLD_PROXY_IN_FRONT);
	}
}

/* A client whose visit began in the learning time teaches only when its first lap ends. */
static void client_that_came_while_learning_is_held_back_in_its_first_lap(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 2; i++) {
		struct ban_holds h = holds();
		struct address a = given_client(i);
		struct ban_holds_case c = {.mass = {.client = &a, .second = NOW}, .untold = 500};
		for (c.here_s = 0; c.here_s < 600; c.here_s++) {
			/* this client came in the last second of the learning time */
			c.age_s = c.here_s + LEARN - 1;
			assert_int_equal(ban_holds_decide(&h, &c), HOLD_LEARNING);
			c.age_s++;
			assert_int_equal(ban_holds_decide(&h, &c),
				c.age_s < LEARN ? HOLD_LEARNING : HOLD_NONE);
		}
		c.age_s = c.here_s + LEARN - 1; /* the client has been here for 600 s */
		assert_int_equal(ban_holds_decide(&h, &c), HOLD_NONE);
		c.here_s = 599;
		c.age_s = LEARN;
		assert_int_equal(ban_holds_decide(&h, &c), HOLD_LEARNING);
		c.untold = 0; /* the client has taught */
		assert_int_equal(ban_holds_decide(&h, &c), HOLD_NONE);
		c.untold = 500;
		c.severe = true;
		assert_int_equal(ban_holds_decide(&h, &c), HOLD_NONE);
	}
}

/* The case of a proxy, five minutes after the start. The proxy has made requests since the first
 * minute, and no visit has taught yet. */
static struct ban_holds_case at_start(
	const struct address *client, const struct heavy_hitters_counter *few)
{
	return (struct ban_holds_case){.mass = {.client = client, .second = NOW},
		/* a severe verdict is held back only for the reason proxy_in_front */
		.severe = true,
		.few = few,
		.few_n = 1,
		.age_s = 300,
		.here_s = 240};
}

static void proxy_is_detected_at_the_start_by_its_running_visit(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 2; i++) {
		struct ban_holds h = holds();
		struct address a = given_client(i), other = given_client(i + 1);
		struct heavy_hitters_counter few = {a, 1000};
		struct ban_holds_case c = at_start(&a, &few);
		h.heavy.seen = 1249;
		assert_int_equal(ban_holds_decide(&h, &c), HOLD_PROXY_IN_FRONT);
		c.mass.client = &other;
		assert_int_equal(ban_holds_decide(&h, &c), HOLD_NONE);
		c.mass.client = &a;
		h.heavy.seen = 1250; /* 1000 requests are not over 80 % of these */
		assert_int_equal(ban_holds_decide(&h, &c), HOLD_NONE);
		h.heavy.seen = 999;
		few.requests = 999; /* too few requests */
		assert_int_equal(ban_holds_decide(&h, &c), HOLD_NONE);
	}
}

static void at_the_start_only_a_client_of_the_first_minute_is_a_proxy(void **state)
{
	struct ban_holds h = holds();
	struct address a = given_client(1);
	struct heavy_hitters_counter few = {a, 1000};
	struct ban_holds_case c = at_start(&a, &few);

	(void)state;
	h.heavy.seen = 1100;
	c.here_s = 239;
	assert_int_equal(ban_holds_decide(&h, &c), HOLD_NONE);
	c.here_s = c.age_s = 299; /* the run is not yet five minutes old */
	assert_int_equal(ban_holds_decide(&h, &c), HOLD_NONE);
	c.here_s = c.age_s = 599;
	assert_int_equal(ban_holds_decide(&h, &c), HOLD_PROXY_IN_FRONT);
	c.here_s = c.age_s = 600; /* the client's first lap has ended */
	assert_int_equal(ban_holds_decide(&h, &c), HOLD_NONE);
}

static void proxies_at_the_start_are_the_fewest_above_the_share(void **state)
{
	struct ban_holds h = holds();
	struct heavy_hitters_counter few[4];

	(void)state;
	for (uint32_t i = 0; i < 4; i++)
		few[i] = (struct heavy_hitters_counter){given_client(i), 1000 - i};
	h.heavy.seen = 3700; /* three make 2997 requests, more than 80 %, which are 2960 */
	for (uint32_t i = 0; i < 4; i++) {
		struct ban_holds_case c = at_start(&few[i].client, few);
		c.few_n = 4;
		assert_int_equal(ban_holds_decide(&h, &c), i < 3 ? HOLD_PROXY_IN_FRONT : HOLD_NONE);
		c.few_n = 2;
		assert_int_equal(ban_holds_decide(&h, &c), HOLD_NONE);
	}
}

static void setting_the_clock_forgets_the_verdicts_of_the_last_ten_minutes(void **state)
{
	const int64_t shifts[] = {-86400, -3600, 3600};

	(void)state;
	for (int k = 0; k < 3; k++) {
		struct ban_holds h = holds();
		for (uint32_t i = 0; i < 10; i++)
			ask_known(&h, i, 10, NOW);
		ban_holds_shift(&h, shifts[k]);
		for (uint32_t i = 0; i < 5; i++)
			assert_int_equal(ask_known(&h, i, 10, NOW + shifts[k]), HOLD_NONE);
		assert_int_equal(ask_known(&h, 5, 10, NOW + shifts[k]), HOLD_MASS_BAN);
		assert_int_equal(ask_known(&h, 6, 10, NOW + shifts[k] + 600), HOLD_NONE);
	}
}

static void setting_the_clock_ends_no_generation_of_counted_requests(void **state)
{
	struct address a = given_client(1);

	(void)state;
	struct ban_holds h = holds();
	ban_holds_shift(&h, -3600);
	assert_int_equal(h.heavy.turned, 0);
	heavy_hitters_add(&h.heavy, &a, 10, NOW);
	ban_holds_shift(&h, 86400);
	heavy_hitters_add(&h.heavy, &a, 10, NOW + 86400);
	assert_int_equal(h.heavy.generations[0].total, 20);
	ban_holds_shift(&h, -2 * 86400);
	heavy_hitters_add(&h.heavy, &a, 10, NOW - 86400 + HEAVY_HITTERS_FIRST_TURN_S);
	assert_int_equal(h.heavy.generations[0].total, 10);
	assert_int_equal(h.heavy.generations[1].total, 20);
}

static void reasons_have_names(void **state)
{
	(void)state;
	assert_string_equal(hold_name(HOLD_ALLOWED), "allowed");
	assert_string_equal(hold_name(HOLD_LEARNING), "learning");
	assert_string_equal(hold_name(HOLD_MASS_BAN), "mass_ban");
	assert_string_equal(hold_name(HOLD_PROXY_IN_FRONT), "proxy_in_front");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ordinary_ban_is_not_held_back),
		cmocka_unit_test(only_severe_verdicts_ban_while_learning),
		cmocka_unit_test(more_than_five_known_clients_are_a_mass_ban),
		cmocka_unit_test(five_percent_of_known_clients_are_no_mass_ban),
		cmocka_unit_test(new_clients_are_banned_during_a_mass_ban),
		cmocka_unit_test(client_that_was_counted_is_not_counted_again),
		cmocka_unit_test(verdicts_count_for_ten_minutes),
		cmocka_unit_test(four_verdicts_on_known_clients_in_ten_minutes_are_no_mass_ban),
		cmocka_unit_test(verdicts_that_are_held_back_count_for_mass_ban),
		cmocka_unit_test(client_with_most_requests_is_a_proxy),
		cmocka_unit_test(client_that_came_while_learning_is_held_back_in_its_first_lap),
		cmocka_unit_test(proxy_is_detected_at_the_start_by_its_running_visit),
		cmocka_unit_test(at_the_start_only_a_client_of_the_first_minute_is_a_proxy),
		cmocka_unit_test(proxies_at_the_start_are_the_fewest_above_the_share),
		cmocka_unit_test(setting_the_clock_forgets_the_verdicts_of_the_last_ten_minutes),
		cmocka_unit_test(setting_the_clock_ends_no_generation_of_counted_requests),
		cmocka_unit_test(reasons_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
