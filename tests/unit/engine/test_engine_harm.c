/* test_engine_harm.c - the engine, from lines to events, does not ban honest visitors by mistake.
 * Tests of dead links, of visits that teach, of bans that are held back, and of a restart. */
#include "unit/given_paths.h"

/* For each family: two honest clients in different networks, and three other clients. */
static const char *const honest[2][2] = {
	{"192.0.2.7", "203.0.113.9"}, {"2001:db8:a:1::7", "2001:db8:b:1::7"}};
static const char *const others[2][3] = {{"198.18.1.1", "198.18.2.1", "198.18.3.1"},
	{"2001:db8:c1::1", "2001:db8:c2::1", "2001:db8:c3::1"}};

/* A visitor that is served three pages and then asks for a dead link. */
static void visit_dead_link(const char *client, const char *path, int64_t second)
{
	for (int page = 0; page < 3; page++)
		ask_page(client, page, second * 1000 + page);
	ask_at(client, path, 404, second * 1000 + 10);
}

/* Makes 50 errors in 50 s, one by one. They exceed the limit of own errors. */
static void ask_in_vain(const char *client, const char *path, int status, int64_t *second)
{
	for (int i = 0; i < 50; i++)
		ask_at(client, path, status, ++*second * 1000);
}

static void dead_link_of_two_honest_networks_is_no_own_error(void **state)
{
	(void)state;
	for (int f = 0; f < 2; f++) {
		int64_t s = begin_learned(config_with_paths(1000));
		visit_dead_link(honest[f][0], "/old.png", s);
		visit_dead_link(honest[f][1], "/old.png", s);
		ask_in_vain(others[f][0], "/old.png", 404, &s);
		assert_int_equal(count_of(EVENT_BAN), 0);
		ask_in_vain(others[f][0], "/old.png", 410, &s);
		assert_int_equal(count_of(EVENT_BAN), 0);
		/* a client that guesses passwords */
		ask_in_vain(others[f][1], "/old.png", 401, &s);
		assert_int_equal(count_of(EVENT_BAN), 1);
		ask_in_vain(others[f][2], "/other.png", 404, &s); /* this path is no dead link */
		assert_int_equal(count_of(EVENT_BAN), 2);
		end(NULL);
	}
}

/* Two honest clients of the same network request the path. */
static void path_that_only_one_network_found_missing_is_no_dead_link(void **state)
{
	(void)state;
	for (int f = 0; f < 2; f++) {
		int64_t s = begin_learned(config_with_paths(1000));
		visit_dead_link(honest[f][0], "/old.png", s);
		visit_dead_link(f ? "2001:db8:a:2::9" : "192.0.2.200", "/old.png", s);
		ask_in_vain(others[f][0], "/old.png", 404, &s);
		assert_int_equal(count_of(EVENT_BAN), 1);
		assert_string_equal(
			rule_name(last_of(EVENT_BAN)->verdict.evidence[0].rule), "errors");
		end(NULL);
	}
}

/* A visit is honest from its third page on, but the dead link comes first. */
static void first_request_of_a_visit_may_show_a_dead_link(void **state)
{
	(void)state;
	for (int f = 0; f < 2; f++) {
		int64_t s = begin_learned(config_with_paths(1000));
		for (int k = 0; k < 2; k++) {
			ask_at(honest[f][k], "/old.png", 404, s * 1000);
			for (int page = 0; page < 3; page++)
				ask_page(honest[f][k], page, s * 1000 + 10 * page);
		}
		ask_in_vain(others[f][0], "/old.png", 404, &s);
		assert_int_equal(count_of(EVENT_BAN), 0);
		end(NULL);
	}
}

/* A client that was banned makes no honest visits, so it shows no dead links. */
static void path_that_only_banned_clients_found_missing_is_no_dead_link(void **state)
{
	(void)state;
	for (int f = 0; f < 2; f++) {
		int64_t s = begin_learned(config_with_paths(1000));
		for (int k = 0; k < 2; k++)
			flood(honest[f][k], s * 1000);
		assert_int_equal(count_of(EVENT_BAN), 2);
		s += 700;
		for (int k = 0; k < 2; k++)
			visit_dead_link(honest[f][k], "/old.png", s);
		ask_in_vain(others[f][0], "/old.png", 404, &s);
		assert_int_equal(count_of(EVENT_BAN), 3);
		end(NULL);
	}
}

/* Photo albums: 20 pictures at once, every 4 seconds. On such a quiet site this is a site anomaly.
 */
static void open_photo_albums(const char *const *clients, int n, int64_t *second)
{
	for (int album = 0; album < 10; album++, *second += 4)
		for (int k = 0; k < n; k++)
			for (int i = 0; i < 20; i++)
				ask_page(clients[k], i, *second * 1000 + k);
}

static void visit_of_the_only_client_teaches_although_it_causes_an_anomaly(void **state)
{
	struct engine_config config = config_that_stays_cold();

	(void)state;
	for (int f = 0; f < 2; f++) {
		for (int n = 1; n <= 2; n++) {
			int64_t s = begin_learned(config);
			double before = snapshot()->visits;
			traffic(&s, 300, 1, 300);
			assert_true(before > 100 && snapshot()->visits == before);
			assert_int_equal(site_alerts(), 0);
			open_photo_albums(honest[f], n, &s);
			assert_int_equal(site_alerts(), 1);
			traffic(&s, 200, 1, 300);
			assert_int_equal(count_of(EVENT_BAN), 0);
			/* if two clients cause the anomaly together, neither visit teaches */
			assert_true(snapshot()->visits - before == (n == 1));
			end(NULL);
		}
	}
}

/* Five proxies that ask for many different paths, as all visitors together do. */
static void proxies_ask(int64_t *second, int64_t seconds, int from)
{
	char client[64];

	for (int64_t end_s = *second + seconds; *second < end_s; ++*second)
		for (int k = 0; k < 5; k++)
			for (int i = 0; i < 20; i++) {
				snprintf(client, sizeof client,
					k % 2 ? "2001:db8:%d:1::1" : "192.0.2.%d", from + k);
				ask_page(client, (int)(*second * 20 + i) % 100, *second * 1000 + i);
			}
}

/* Each client makes 1200 requests in 60 s. This is severe, so no ban is held back with the reason
 * "learning". */
static void five_proxies_of_a_new_site_are_held_back(void **state)
{
	int64_t s = T0;

	(void)state;
	begin_with(config_with_paths(1000), NULL);
	proxies_ask(&s, 300, 1);
	assert_int_equal(count_of(EVENT_BAN), 0);
	assert_int_equal(client_alerts("proxy_in_front"), 5);
	assert_int_equal(client_alerts("learning"), 0);
}

/* When the proxies are judged, the clients that flood one path have made most of the requests. */
static void floods_of_one_path_beside_the_proxies_are_banned(void **state)
{
	char client[64];
	int64_t s = T0;

	(void)state;
	begin_with(config_with_paths(1000), NULL);
	proxies_ask(&s, 5, 1);
	for (int k = 0; k < 8; k++) {
		snprintf(client, sizeof client, k % 2 ? "2001:db8:c%d::1" : "198.18.%d.1", k);
		for (int i = 0; i < 1001; i++)
			ask_at(client, "/", 200, s * 1000);
		assert_int_equal(count_of(EVENT_BAN), k + 1);
	}
	proxies_ask(&s, 50, 1);
	assert_int_equal(client_alerts("proxy_in_front"), 5);
	proxies_ask(&s, 100, 1);
	assert_int_equal(count_of(EVENT_BAN), 8);
}

/* Before limits are learned, a client that makes most of the requests is only taken for a proxy if
 * its visit began in the first minute of the run. These crawlers begin later. */
static void crawlers_that_begin_after_the_first_minute_are_banned(void **state)
{
	int64_t s = T0;

	(void)state;
	begin_with(config_with_paths(1000), NULL);
	traffic(&s, 62, 1, 300);
	proxies_ask(&s, 120, 1);
	assert_int_equal(count_of(EVENT_BAN), 5);
	assert_int_equal(client_alerts("proxy_in_front"), 0);
}

/* The client makes 1.5 requests per second for 7 minutes, or 2000 requests at once. If `late`, it
 * begins after the first minute. */
static void flood_without_paths(const char *client, uint32_t max_paths, bool at_once, int late)
{
	int64_t begin = T0 + (late ? 62 : 5);

	begin_with(config_with_paths(max_paths), NULL);
	for (int64_t s = T0; s < begin; s++)
		ask_at(s % 2 ? "192.0.2.1" : "2001:db8:9::1", NULL, 200, s * 1000);
	for (int i = 0; i < (at_once ? 2000 : 630); i++)
		ask_at(client, NULL, 200, begin * 1000 + (at_once ? 0 : i * 667));
}

/* If the log has no paths, the detector cannot distinguish a crawler from a proxy. A client of 2000
 * requests at once is severe, so it is banned. */
static void without_paths_the_client_with_most_requests_is_held_back(void **state)
{
	(void)state;
	for (int late = 0; late < 2; late++) {
		for (int f = 0; f < 2; f++) {
			flood_without_paths(others[f][0], 1000, false, late);
			assert_int_equal(count_of(EVENT_BAN), 0);
			assert_int_equal(client_alerts(late ? "learning" : "proxy_in_front"), 1);
			end(NULL);
			flood_without_paths(others[f][0], 1000, true, late);
			assert_int_equal(count_of(EVENT_BAN), 1);
			end(NULL);
			/* if paths are turned off (--max-paths 0), the reason is "learning", even
			 * in the first minute */
			flood_without_paths(others[f][0], 0, false, late);
			assert_int_equal(client_alerts("learning"), 1);
			end(NULL);
		}
	}
}

/* The client was banned before two periods of 6 h showed that it makes a third of all requests. */
static void banned_client_is_recognised_as_a_proxy_later(void **state)
{
	(void)state;
	for (int f = 0; f < 2; f++) {
		struct engine_config config = config_that_stays_cold();
		config.holds.proxy_share = 0.2;
		int64_t s = begin_learned(config);
		flood(others[f][0], s * 1000);
		assert_int_equal(count_of(EVENT_BAN), 1);
		s += 600 + 86400;
		for (int i = 0; i < 13 * 3600; i++) {
			if (i % 2)
				ask_page(others[f][0], i % 50, s * 1000);
			traffic(&s, 1, 1, 300);
		}
		flood(others[f][0], s * 1000);
		assert_int_equal(count_of(EVENT_BAN), 1);
		assert_int_equal(client_alerts("proxy_in_front"), 1);
		end(NULL);
	}
}

static void name_clients(char (*clients)[64], int n)
{
	for (int k = 0; k < n; k++)
		snprintf(clients[k], sizeof clients[k], k % 2 ? "2001:db8:f%d::1" : "198.18.%d.1",
			k);
}

/* Each client makes requests for 45 s, after the previous client has gone. */
static void come_one_by_one(char (*clients)[64], int n, int per_s, int64_t *second)
{
	for (int k = 0; k < n; k++, *second += 5)
		for (int64_t end_s = *second + 45; *second < end_s; ++*second)
			for (int i = 0; i < per_s; i++)
				ask_at(clients[k], "/", 200, *second * 1000 + 100 * i);
}

static void fourth_client_is_held_back_even_after_a_restart(void **state)
{
	(void)state;
	for (int restarted = 0; restarted < 2; restarted++) {
		struct engine_config config = config_with_paths(1000);
		char clients[5][64];
		int64_t s = begin_learned(config);
		assert_true(snapshot()->limits_known);
		name_clients(clients, 5);
		come_one_by_one(clients, 3, 3, &s);
		assert_int_equal(count_of(EVENT_BAN), 3);
		assert_true(last_of(EVENT_BAN)->verdict.rates_alone);
		if (restarted)
			restart(config);
		come_one_by_one(clients + 3, 2, 3, &s);
		assert_int_equal(count_of(EVENT_BAN), restarted ? 0 : 3);
		/* one alert reports all bans that are held back */
		assert_int_equal(client_alerts("mass_ban"), 1);
		end(NULL);
	}
}

/* Until limits are learned, the cold limits apply. They show nothing about the visitors of this
 * site. */
static void mass_ban_holds_nobody_back_before_limits_are_learned(void **state)
{
	char clients[5][64];
	int64_t s = T0;

	(void)state;
	begin_with(config_with_paths(1000), NULL);
	traffic(&s, 900, 1, 25); /* too few visitors to learn limits */
	assert_false(snapshot()->limits_known);
	name_clients(clients, 5);
	come_one_by_one(clients, 5, 5, &s);
	assert_int_equal(count_of(EVENT_BAN), 5);
	assert_int_equal(client_alerts("mass_ban"), 0);
}

static void restart_keeps_dead_links(void **state)
{
	(void)state;
	for (int f = 0; f < 2; f++) {
		struct engine_config config = config_with_paths(1000);
		int64_t s = begin_learned(config);
		for (int k = 0; k < 2; k++)
			visit_dead_link(honest[f][k], "/old.png", s);
		/* each start of the program makes a new hash key */
		config.key = (struct hash_key){{77, 78}};
		restart(config);
		ask_in_vain(others[f][0], "/old.png", 404, &s);
		assert_int_equal(count_of(EVENT_BAN), 0);
		ask_in_vain(others[f][1], "/other.png", 404, &s);
		assert_int_equal(count_of(EVENT_BAN), 1);
		end(NULL);
	}
}

/* The client makes 132 requests in 60 s, for 30 different paths. */
static void varied_client_may_make_more_requests_only_if_paths_are_learned(void **state)
{
	(void)state;
	for (int f = 0; f < 2; f++) {
		for (uint32_t max_paths = 0; max_paths <= 1000; max_paths += 1000) {
			int64_t s = begin_learned(config_with_paths(max_paths));
			for (int i = 0; i < 132; i++)
				ask_page(honest[f][0], i % 30, s * 1000 + i * 60000 / 132);
			assert_int_equal(count_of(EVENT_BAN), max_paths == 0);
			end(NULL);
		}
	}
}

/* A client that requests /robots.txt is a reader. It has higher limits of errors: 25 errors do not
 * ban it. */
static void client_that_requests_robots_txt_is_a_reader(void **state)
{
	static const struct {
		const char *path;
		int status;
		bool banned;
	} cases[] = {{"/robots.txt", 404, false}, {"/robots.txt", 200, false},
		{"/robots.txtx", 404, true}, {"/Robots.txt", 404, true}};

	(void)state;
	for (int k = 0; k < 4; k++) {
		for (int f = 0; f < 2; f++) {
			int64_t s = begin_learned(config_with_paths(1000));
			ask_at(others[f][0], cases[k].path, cases[k].status, s * 1000);
			for (int i = 0; i < 20; i++) /* so that not all are errors */
				ask_at(others[f][0], "/", 200, ++s * 1000);
			for (int i = 0; i < 25; i++)
				ask_at(others[f][0], "/gone", 404, ++s * 1000);
			assert_int_equal(count_of(EVENT_BAN), cases[k].banned);
			end(NULL);
		}
	}
}

/* A client that was served many paths is a reader. It has higher limits of errors: 25 errors do not
 * ban it. A redirect serves nothing. */
static void client_that_was_served_many_paths_is_a_reader(void **state)
{
	static const struct {
		int status;
		bool banned;
	} cases[] = {{200, false}, {206, false}, {304, false}, {301, true}, {302, true}};

	(void)state;
	for (int k = 0; k < 5; k++) {
		for (int f = 0; f < 2; f++) {
			char path[32];
			int64_t s = begin_learned(config_with_paths(1000));
			for (int i = 0; i < 20; i++) {
				snprintf(path, sizeof path, "/page/%d", i);
				ask_at(others[f][0], path, cases[k].status, ++s * 1000);
			}
			for (int i = 0; i < 25; i++)
				ask_at(others[f][0], "/gone", 404, ++s * 1000);
			assert_int_equal(count_of(EVENT_BAN), cases[k].banned);
			end(NULL);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dead_link_of_two_honest_networks_is_no_own_error),
		cmocka_unit_test(path_that_only_one_network_found_missing_is_no_dead_link),
		cmocka_unit_test(first_request_of_a_visit_may_show_a_dead_link),
		cmocka_unit_test(path_that_only_banned_clients_found_missing_is_no_dead_link),
		cmocka_unit_test(visit_of_the_only_client_teaches_although_it_causes_an_anomaly),
		cmocka_unit_test_teardown(five_proxies_of_a_new_site_are_held_back, end),
		cmocka_unit_test_teardown(floods_of_one_path_beside_the_proxies_are_banned, end),
		cmocka_unit_test_teardown(
			crawlers_that_begin_after_the_first_minute_are_banned, end),
		cmocka_unit_test(without_paths_the_client_with_most_requests_is_held_back),
		cmocka_unit_test(banned_client_is_recognised_as_a_proxy_later),
		cmocka_unit_test(fourth_client_is_held_back_even_after_a_restart),
		cmocka_unit_test_teardown(
			mass_ban_holds_nobody_back_before_limits_are_learned, end),
		cmocka_unit_test(restart_keeps_dead_links),
		cmocka_unit_test(varied_client_may_make_more_requests_only_if_paths_are_learned),
		cmocka_unit_test(client_that_requests_robots_txt_is_a_reader),
		cmocka_unit_test(client_that_was_served_many_paths_is_a_reader),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
