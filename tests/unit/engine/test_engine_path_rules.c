/* test_engine_path_rules.c - guessers and probers, from lines to bans: each path rule at its limit,
 * the length of its bans, which clients it does not match, and what a restart keeps. Most tests use
 * both address families. */
#include "unit/given_paths.h"

/* An attacker, and three clients of other networks. */
static const char *const clients[2][4] = {{"198.18.1.1", "198.18.2.1", "198.18.3.1", "198.18.4.1"},
	{"2001:db8:c1::1", "2001:db8:c2::1", "2001:db8:c3::1", "2001:db8:c4::1"}};

static int64_t begin_site(void)
{
	return begin_learned(config_with_paths(1000));
}

/* `site`: the value of Sec-Fetch-Site; NULL: the log lacks it. */
static void send_request(const char *client, const char *method, const char *path, int status,
	const char *site, int64_t at_ms)
{
	char line[512];
	int len = snprintf(line, sizeof line,
		"{\"msec\":\"%lld.%03d\",\"remote_addr\":\"%s\",\"status\":%d,"
		"\"request\":\"%s %s HTTP/1.1\"%s%s%s}",
		(long long)(at_ms / 1000), (int)(at_ms % 1000), client, status, method, path,
		site ? ",\"http_sec_fetch_site\":\"" : "", site ? site : "", site ? "\"" : "");

	say_line(g.engine, line, (size_t)len, false, (struct instant){at_ms});
}

static void probe(const char *client, int path, int64_t at_ms)
{
	char text[32];

	snprintf(text, sizeof text, "/secret/%d", path);
	send_request(client, "GET", text, 404, NULL, at_ms);
}

/* n different probes, one every 5 seconds. */
static void probe_some(const char *client, int n, int64_t *second)
{
	for (int i = 0; i < n; i++)
		probe(client, i, (*second += 5) * 1000);
}

static void guess_some(const char *client, int n, const char *site, int64_t *second)
{
	for (int i = 0; i < n; i++)
		send_request(client, "POST", "/login", 200, site, (*second += 5) * 1000);
}

static const char *banned_by(void)
{
	return rule_name(last_of(EVENT_BAN)->verdict.evidence[0].rule);
}

/* The ban follows at about the ninth probe, because 64 bits estimate the number of paths: paths
 * that share a bit count once. */
static void client_is_banned_at_about_its_ninth_probe(void **state)
{
	(void)state;
	for (int f = 0; f < 2; f++) {
		int64_t s = begin_site();
		probe_some(clients[f][0], 7, &s);
		assert_int_equal(count_of(EVENT_BAN), 0);
		for (int i = 7; i < 14 && count_of(EVENT_BAN) == 0; i++)
			probe(clients[f][0], i, (s += 5) * 1000);
		assert_int_equal(count_of(EVENT_BAN), 1);
		assert_string_equal(banned_by(), "probes");
		assert_false(last_of(EVENT_BAN)->permanent);
		end(NULL);
	}
}

/* Paths on which three networks failed are bait. The fourth client is banned at its third bait. */
static void client_is_banned_at_its_third_bait(void **state)
{
	(void)state;
	for (int f = 0; f < 2; f++) {
		int64_t s = begin_site();
		for (int k = 1; k < 4; k++)
			probe_some(clients[f][k], 6, &s);
		probe_some(clients[f][0], 2, &s);
		assert_int_equal(count_of(EVENT_BAN), 0);
		probe(clients[f][0], 2, (s += 5) * 1000);
		assert_int_equal(count_of(EVENT_BAN), 1);
		assert_string_equal(banned_by(), "bait");
		end(NULL);
	}
}

/* The site has only one page. Its visitors also ask for four icons that do not exist. */
static void missing_icons_of_a_small_site_are_no_bait(void **state)
{
	static const char *const icons[] = {"/favicon.ico", "/a.png", "/b.png", "/c.png"};

	(void)state;
	for (int f = 0; f < 2; f++) {
		int64_t s = begin_site();
		for (int k = 0; k < 30; k++) {
			char visitor[64];
			snprintf(visitor, sizeof visitor, f ? "2001:db8:%x::1" : "198.18.%d.9",
				k + 16);
			ask_at(visitor, "/", 200, s * 1000);
			for (int i = 0; i < 4; i++)
				ask_at(visitor, icons[i], 404, (s += 2) * 1000);
		}
		assert_int_equal(count_of(EVENT_BAN), 0);
		end(NULL);
	}
}

/* A page on another site embeds ten files that this site does not have. On two days, readers of
 * that page request these files. */
static void readers_of_a_page_that_embeds_missing_files_are_not_banned(void **state)
{
	(void)state;
	for (int f = 0; f < 2; f++) {
		int64_t s = begin_site();
		for (int day = 0; day < 2; day++) {
			for (int k = 0; k < 40; k++) {
				char reader[64];
				snprintf(reader, sizeof reader,
					f ? "2001:db8:%x::1" : "198.18.%d.9", k + 16);
				for (int i = 0; i < 10; i++)
					probe(reader, i, s * 1000 + 900 + 50 * i);
				s += 7;
			}
			s += 86400;
		}
		assert_int_equal(count_of(EVENT_BAN), 0);
		end(NULL);
	}
}

static void client_is_banned_at_its_13th_guess_even_if_each_got_200(void **state)
{
	(void)state;
	for (int f = 0; f < 2; f++) {
		int64_t s = begin_site();
		guess_some(clients[f][0], 12, NULL, &s);
		assert_int_equal(count_of(EVENT_BAN), 0);
		guess_some(clients[f][0], 1, NULL, &s);
		assert_int_equal(count_of(EVENT_BAN), 1);
		assert_string_equal(banned_by(), "repeats");
		end(NULL);
	}
}

/* A program that works for the site posts every 4 minutes, for a day. */
static void slow_writer_is_no_guesser(void **state)
{
	int64_t s = begin_site();

	(void)state;
	for (int i = 0; i < 360; i++)
		send_request(clients[0][0], "POST", "/cron", 200, NULL, (s += 240) * 1000);
	assert_int_equal(count_of(EVENT_BAN), 0);
}

/* If three networks often write to a path, the path is a feature of the site. Then the writes of a
 * fourth client do not count as repeats. */
static void writes_to_a_feature_of_three_networks_are_no_repeats(void **state)
{
	(void)state;
	for (int f = 0; f < 2; f++) {
		int64_t s = begin_site();
		for (int k = 1; k < 4; k++)
			guess_some(clients[f][k], 12, NULL, &s);
		guess_some(clients[f][0], 40, NULL, &s);
		assert_int_equal(count_of(EVENT_BAN), 0);
		end(NULL);
	}
}

static void cross_site_requests_do_not_count(void **state)
{
	(void)state;
	for (int f = 0; f < 2; f++) {
		int64_t s = begin_site();
		guess_some(clients[f][0], 60, "cross-site", &s);
		assert_int_equal(count_of(EVENT_BAN), 0);
		guess_some(clients[f][1], 13, "same-origin", &s);
		assert_int_equal(count_of(EVENT_BAN), 1);
		end(NULL);
	}
}

/* A client may forge the header Sec-Fetch-Site. It is still judged by one in 8 of its requests. */
static void forged_header_does_not_exempt_guesses(void **state)
{
	int64_t s = begin_site();

	(void)state;
	guess_some(clients[0][0], 30 * ENGINE_CROSS_SITE_ONE, "cross-site", &s);
	assert_in_range(count_of(EVENT_BAN), 1, 9);
	assert_string_equal(banned_by(), "repeats");
}

/* A page on another site embeds four served files and a missing file. The visits of its readers
 * are not honest, because cross-site requests do not show that a client was served different paths.
 * So these visits make no dead link. */
static void embedding_on_other_sites_makes_no_dead_links(void **state)
{
	(void)state;
	for (int f = 0; f < 2; f++) {
		int64_t s = begin_site();
		for (int k = 1; k < 4; k++) {
			for (int i = 0; i < 4; i++) {
				char page[32];
				snprintf(page, sizeof page, "/page/%d", i);
				send_request(clients[f][k], "GET", page, 200, "cross-site",
					s * 1000 + 10 * i);
			}
			send_request(clients[f][k], "GET", "/secret/0", 404, "cross-site",
				s * 1000 + 60);
			s += 7;
		}
		probe_some(clients[f][0], 14, &s); /* the first path is not a dead link */
		assert_int_equal(count_of(EVENT_BAN), 1);
		end(NULL);
	}
}

/* A client guesses for 2 days. It is never banned permanently, and has one strike per 24 hours. */
static void paths_alone_strike_once_per_day_and_never_permanently(void **state)
{
	int64_t s = begin_site(), began = s;
	uint32_t most = 0;

	(void)state;
	while (s < began + 2 * 86400) {
		size_t before = count_of(EVENT_BAN);
		guess_some(clients[0][0], 1, NULL, &s);
		if (count_of(EVENT_BAN) == before)
			continue;
		assert_false(last_of(EVENT_BAN)->permanent);
		most = last_of(EVENT_BAN)->strike > most ? last_of(EVENT_BAN)->strike : most;
	}
	assert_in_range(most, 2, 3);
}

/* Each client asks for a missing path first. Then it is served pages that other networks were
 * served before, and so its visit becomes honest. A path that two such clients ask for is a dead
 * link. */
static void visit_of_well_known_pages_makes_a_dead_link(void **state)
{
	(void)state;
	for (int f = 0; f < 2; f++) {
		int64_t s = begin_site();
		for (int k = 0; k < 6; k++) {
			char visitor[64];
			snprintf(visitor, sizeof visitor, f ? "2001:db8:%x::1" : "198.18.%d.9",
				k + 32);
			for (int page = 0; page < 5; page++)
				ask_page(visitor, page, s * 1000 + page);
			s += 7;
		}
		for (int k = 1; k < 3; k++) {
			ask_at(clients[f][k], "/old/link", 404, s * 1000);
			for (int page = 0; page < 5; page++)
				ask_page(clients[f][k], page, s * 1000 + 10 + page);
			s += 7;
		}
		for (int i = 0; i < 60; i++)
			ask_at(clients[f][0], "/old/link", 404, ++s * 1000);
		assert_int_equal(count_of(EVENT_BAN), 0);
		end(NULL);
	}
}

static void bans_on_parole_for_paths_alone_are_never_permanent(void **state)
{
	(void)state;
	for (int f = 0; f < 2; f++) {
		int64_t s = begin_site();
		for (int day = 0; day < 6; day++) {
			for (int i = 0; i < 40; i++)
				probe(clients[f][0], 100 * day + i, s * 1000 + 50 * i);
			s += 86400;
		}
		assert_true(count_of(EVENT_BAN) >= 5);
		assert_false(last_of(EVENT_BAN)->permanent);
		s += 2 * 86400; /* parole is over */
		for (int i = 0; i < 60; i++)
			ask_at(clients[f][0], "/", 401, ++s * 1000);
		assert_true(last_of(EVENT_BAN)->permanent);
		end(NULL);
	}
}

static void restart_keeps_the_probes_of_a_client(void **state)
{
	(void)state;
	for (int f = 0; f < 2; f++) {
		int64_t s = begin_site();
		probe_some(clients[f][0], 7, &s);
		restart(config_with_paths(1000));
		for (int i = 7; i < 14 && count_of(EVENT_BAN) == 0; i++)
			probe(clients[f][0], i, (s += 5) * 1000);
		assert_int_equal(count_of(EVENT_BAN), 1);
		assert_string_equal(banned_by(), "probes");
		end(NULL);
	}
}

static void without_a_path_table_nobody_is_judged_by_paths(void **state)
{
	int64_t s = begin_learned(config_with_paths(0));

	(void)state;
	probe_some(clients[0][0], 15, &s);
	guess_some(clients[0][1], 100, NULL, &s);
	assert_int_equal(count_of(EVENT_BAN), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(client_is_banned_at_about_its_ninth_probe),
		cmocka_unit_test(client_is_banned_at_its_third_bait),
		cmocka_unit_test(missing_icons_of_a_small_site_are_no_bait),
		cmocka_unit_test(readers_of_a_page_that_embeds_missing_files_are_not_banned),
		cmocka_unit_test(client_is_banned_at_its_13th_guess_even_if_each_got_200),
		cmocka_unit_test_teardown(slow_writer_is_no_guesser, end),
		cmocka_unit_test(writes_to_a_feature_of_three_networks_are_no_repeats),
		cmocka_unit_test(cross_site_requests_do_not_count),
		cmocka_unit_test_teardown(forged_header_does_not_exempt_guesses, end),
		cmocka_unit_test(embedding_on_other_sites_makes_no_dead_links),
		cmocka_unit_test_teardown(
			paths_alone_strike_once_per_day_and_never_permanently, end),
		cmocka_unit_test(visit_of_well_known_pages_makes_a_dead_link),
		cmocka_unit_test(bans_on_parole_for_paths_alone_are_never_permanent),
		cmocka_unit_test(restart_keeps_the_probes_of_a_client),
		cmocka_unit_test_teardown(without_a_path_table_nobody_is_judged_by_paths, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
