/* test_engine_failing.c - tests from lines to events who causes errors: while the site fails, its
 * errors ban no client; errors of a client that guesses passwords ban this client. */
#include "unit/given_engine.h"

#define TABS 6

/* Clients, each with an open browser tab, half of them IPv6, each in its own network. Each client
 * makes a request every 5 s, at its own moment, in addition to ordinary traffic. */
static const char *const tabs[TABS] = {"192.0.2.1", "2001:db8:7a1::1", "192.0.3.1",
	"2001:db8:7a2::1", "192.0.4.1", "2001:db8:7a3::1"};
/* Three clients of one network in each family. */
static const char *const neighbours[TABS] = {"192.0.2.1", "2001:db8:7ab:1::1", "192.0.2.2",
	"2001:db8:7ab:2::1", "192.0.2.3", "2001:db8:7ab:3::1"};

static void poll_from(
	const char *const *clients, int64_t *second, int64_t seconds, int status, int visitors)
{
	for (int64_t end_s = *second + seconds; *second < end_s;) {
		for (int i = 0; i < TABS; i++) {
			if ((*second + i) % 5)
				continue;
			say(clients[i], status, *second * 1000);
		}
		traffic(second, 1, visitors ? 4 : 0, visitors);
	}
}

static void polls(int64_t *second, int64_t seconds, int status)
{
	poll_from(tabs, second, seconds, status, VISITORS);
}

/* A site without faults for 15 minutes, including the polls of the tabs. Then the learning time is
 * over. */
static int64_t begin_well(void)
{
	int64_t second = T0;

	begin(true);
	polls(&second, 900, 200);
	return second;
}

static void missing_api_bans_no_client_that_polls_it(void **state)
{
	static const int statuses[] = {401, 404, 429, 503};

	(void)state;
	for (int k = 0; k < 4; k++) {
		int64_t second = begin_well();
		polls(&second, 1200, statuses[k]);
		polls(&second, 300, 200);
		assert_int_equal(count_of(EVENT_BAN), 0);
		assert_int_equal(client_alerts("learning"), 0);
		end(NULL);
	}
}

/* Six clients get the same errors, in turn. They are in two networks. The site counts as failing
 * only if clients of three networks get errors. */
static void failing_clients_of_two_networks_are_banned(void **state)
{
	int64_t second = T0;

	(void)state;
	begin(true);
	poll_from(neighbours, &second, 900, 200, VISITORS);
	poll_from(neighbours, &second, 1200, 401, VISITORS);
	assert_false(snapshot()->failing);
	assert_true(count_of(EVENT_BAN) >= TABS - 1);
}

/* Hardly any other client makes requests. So the two networks contain the site's usual visitors,
 * and each of their clients has its own vote (voters.h). */
static void failing_neighbours_are_spared_on_a_site_without_others(void **state)
{
	int64_t second = T0;

	(void)state;
	begin(true);
	poll_from(neighbours, &second, 6900, 200, 0);
	poll_from(neighbours, &second, 1200, 401, 0);
	assert_true(snapshot()->failing);
	assert_int_equal(count_of(EVENT_BAN), 0);
}

/* The tabs make their first request after the learning time, and get only errors. */
static int64_t begin_with_failing_tabs(void)
{
	int64_t second = T0;

	begin(true);
	traffic(&second, 900, 4, VISITORS);
	polls(&second, 590, 401);
	assert_int_equal(count_of(EVENT_BAN), TABS);
	return second;
}

static void clients_that_fail_from_their_first_request_are_banned(void **state)
{
	(void)state;
	(void)begin_with_failing_tabs();
}

static void errors_count_again_when_the_failure_is_over(void **state)
{
	(void)state;
	for (int f = 0; f < 2; f++) {
		int64_t second = begin_well();
		polls(&second, 600, 401);
		for (int i = 0; i < 100; i++) /* during a failure, errors do not count as guesses */
			say(families[f], 401, second * 1000 + 5 * i);
		assert_int_equal(count_of(EVENT_BAN), 0);
		polls(&second, 300, 200);
		for (int i = 0; i < 200; i++)
			say(families[f], 401, second * 1000 + 5 * i);
		assert_int_equal(count_of(EVENT_BAN), 1);
		assert_string_equal(
			rule_name(last_of(EVENT_BAN)->verdict.evidence[0].rule), "errors");
		end(NULL);
	}
}

/* The failure lasts from second 900 to second 2130. So its last 330 s are in the clients' lap from
 * second 1800 to 2400, and this lap continues when the failure is over. The 66 errors of these
 * 330 s would ban a client if they counted. */
static void errors_of_a_failure_do_not_count_afterwards(void **state)
{
	(void)state;
	for (int k = 0; k < 2; k++) {
		int64_t second = begin_well();
		polls(&second, 1230, 401);
		polls(&second, 130, 200);
		for (int i = 0; i < 10; i++)
			say(tabs[k], 404, ++second * 1000);
		assert_int_equal(count_of(EVENT_BAN), 0);
		end(NULL);
	}
}

/* The clients were banned for guessing, and continue after the ban. Before the ban, they had asked
 * for nothing else. */
static void clients_with_strikes_are_no_sign_of_a_failure(void **state)
{
	int64_t second = begin_with_failing_tabs();

	(void)state;
	traffic(&second, 900, 4, VISITORS); /* all bans are over */
	assert_int_equal(count_of(EVENT_UNBAN), TABS);
	polls(&second, 150, 200);
	polls(&second, 440, 401);
	assert_int_equal(count_of(EVENT_BAN), 2 * TABS);
}

/* The maximum number of bans per minute is reached, and a known client makes request after request
 * until it is banned. Its many verdicts do not count as bans of many known clients (mass_ban). */
static void client_that_waits_for_the_next_minute_is_no_mass_ban(void **state)
{
	struct engine_config config = config_of(true);
	int64_t second = T0;

	(void)state;
	config.max_bans_per_minute = 2;
	begin_with(config, NULL);
	polls(&second, 900, 200);
	for (int k = 0; k < 3; k++)
		for (int i = 0; i < 900; i++)
			say(tabs[k], 200, second * 1000);
	assert_int_equal(count_of(EVENT_BAN), 2);
	assert_int_equal(client_alerts("mass_ban"), 0);
	for (second = (second / 60 + 1) * 60; count_of(EVENT_BAN) < 3 && second < T0 + 1100;
		second++)
		for (int i = 0; i < 100; i++)
			say(tabs[2], 200, second * 1000);
	assert_int_equal(count_of(EVENT_BAN), 3);
	assert_int_equal(client_alerts("mass_ban"), 0);
}

/* Of the requests of each tab, half are errors if k is 0, and a sixth are errors if k is 1. */
static void site_fails_when_a_quarter_of_the_requests_are_errors(void **state)
{
	(void)state;
	for (int k = 0; k < 2; k++) {
		int64_t second = T0;
		begin_with(config_of(true), NULL);
		polls(&second, 900, 200);
		for (int n = 0; n < 9; n++) {
			polls(&second, 5, 401);
			polls(&second, k ? 25 : 5, 200);
		}
		assert_true(snapshot()->error_share == 0.25);
		assert_true(snapshot()->failing == (k == 0));
		end(NULL);
	}
}

/* A third or a fifth of the first lap's requests are errors. In the next lap the client asks for
 * more than the limit, but for less than a client with an ordinary first lap may. */
static void first_lap_with_a_quarter_of_errors_is_not_ordinary(void **state)
{
	(void)state;
	for (int k = 0; k < 4; k++) {
		int64_t second = T0;
		struct engine_config config = config_of(true);
		/* the client makes the site abnormal, so its limit is tightened to 130 */
		config.visits.floor[LIMIT_REQUESTS] = config.visits.cold[LIMIT_REQUESTS] =
			130 / 0.6;
		config.visits.floor[LIMIT_VISIT_ERRORS] = 60; /* the client stays below 60 */
		begin_with(config, NULL);
		traffic(&second, 900, 4, VISITORS);
		for (int n = 0; n < 123; n++, traffic(&second, 5, 4, VISITORS))
			say(families[k % 2], n % (k / 2 ? 5 : 3) ? 200 : 404, second * 1000);
		assert_int_equal(count_of(EVENT_BAN), 0);
		for (int n = 0; n < 45; n++, traffic(&second, 1, 4, VISITORS))
			for (int i = 0; i < 4; i++)
				say(families[k % 2], 200, second * 1000 + 5 * i);
		assert_int_equal(count_of(EVENT_BAN), k / 2 == 0);
		end(NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(missing_api_bans_no_client_that_polls_it),
		cmocka_unit_test_teardown(failing_clients_of_two_networks_are_banned, end),
		cmocka_unit_test_teardown(
			failing_neighbours_are_spared_on_a_site_without_others, end),
		cmocka_unit_test_teardown(
			clients_that_fail_from_their_first_request_are_banned, end),
		cmocka_unit_test(errors_count_again_when_the_failure_is_over),
		cmocka_unit_test(errors_of_a_failure_do_not_count_afterwards),
		cmocka_unit_test_teardown(clients_with_strikes_are_no_sign_of_a_failure, end),
		cmocka_unit_test_teardown(
			client_that_waits_for_the_next_minute_is_no_mass_ban, end),
		cmocka_unit_test(site_fails_when_a_quarter_of_the_requests_are_errors),
		cmocka_unit_test(first_lap_with_a_quarter_of_errors_is_not_ordinary),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
