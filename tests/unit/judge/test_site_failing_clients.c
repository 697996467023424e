/* test_site_failing_clients.c - errors of guessers do not show that the site fails; errors of page
 * loads and of polling tabs do. Unlike in the other tests of site_failing.h, the table of clients
 * counts the requests. */
#include "core/judge/site_failing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "unit/given.h"
#include "unit/given_hits.h"
#include "unit/given_host.h"

#define NOW ((int64_t)1700000040) /* the first second of a minute */
/* Number of active clients: so small that only the number of voters matters, not their share. */
#define NO_ONE 0

static struct voters voters; /* too large for the stack */

/* Counts one request. For a new client, records in `voters` that the client's voter made a
 * request. */
static struct client_counts count(
	struct clients *c, const struct address *a, int64_t second, bool error)
{
	uint64_t entered = clients_totals(c).entered;
	struct client_counts v = add_hit(c, a, second, second, 1, error, error);

	if (clients_totals(c).entered != entered)
		voters_note_came(&voters, a, second);
	return v;
}

static void note(struct site_failing *f, const struct address *a, const struct client_counts *v,
	uint32_t active, int64_t second)
{
	struct address voter = voters_of(&voters, a, second);

	site_failing_note(f, &voter, v, 1, active, second);
}

struct scene {
	struct site_failing f;
	struct clients *clients;
	int64_t second;
};

static struct scene scene(void)
{
	struct clients_config config = {.max = 1000, .rings = 1000, .key = {{3, 1}}};
	struct scene s = {.clients = clients_new(&config), .second = NOW};

	assert_non_null(s.clients);
	voters = (struct voters){.key = config.key};
	site_failing_step(&s.f, 0, &voters, NOW);
	return s;
}

static void ask_from(struct scene *s, const struct address *a, bool error)
{
	struct client_counts v = count(s->clients, a, s->second, error);

	if (error)
		note(&s->f, a, &v, clients_n(s->clients), s->second);
}

/* Makes one request. `error`: its status is 4xx. Each client is in a network of its own. */
static void ask(struct scene *s, uint32_t client, bool error)
{
	struct address a = given_host(client, 1);

	ask_from(s, &a, error);
}

/* Ends a second, with so many errors in the window that a failure does not end. */
static void next(struct scene *s)
{
	site_failing_step(&s->f, 100, &voters, s->second++);
	clients_expire(s->clients, s->second, UINT32_MAX);
}

/* Opens a page with `lost` missing files, in three seconds. */
static void open_page(struct scene *s, uint32_t client, int lost)
{
	for (int k = 0; k < 3; k++, next(s))
		for (int i = 0; i < (lost + k) / 3; i++)
			ask(s, client, true);
}

static void tabs_that_poll_a_missing_api_show_a_failure(void **state)
{
	struct scene s = scene();
	int64_t gone = NOW + 300;

	(void)state;
	for (; s.second < gone + 60 && !s.f.site; next(&s))
		/* each tab polls every 5 s, but not all tabs in the same second */
		for (uint32_t i = 0; i < 4; i++)
			if ((s.second + i) % 5 == 0)
				ask(&s, i, s.second >= gone);
	assert_true(s.f.site);
	assert_in_range(s.second, gone + 15, gone + 30);
	clients_free(s.clients);
}

static void guessers_that_fail_from_the_first_request_on_show_nothing(void **state)
{
	struct scene s = scene();

	(void)state;
	/* 590 s are less than the first lap of a visit, which lasts 600 s */
	for (; s.second < NOW + 590; next(&s))
		for (uint32_t i = 0; i < 20; i++)
			if ((s.second + i) % 4 == 0)
				ask(&s, i, true);
	assert_false(s.f.site || s.f.pages);
	clients_free(s.clients);
}

static void one_attacker_shows_nothing_whatever_it_does(void **state)
{
	(void)state;
	for (uint32_t client = 0; client < 2; client++) {
		struct scene s = scene();
		for (; s.second < NOW + 3600; next(&s)) {
			bool polite = s.second % 400 < 150;
			for (int i = 0; i < (s.second % 7 ? 1 : 12); i++)
				ask(&s, client, !polite);
			if (s.second % 10 == 0) /* others come and go */
				ask(&s, 10 + (uint32_t)(s.second / 10 % 400), false);
			assert_false(s.f.site || s.f.pages);
		}
		clients_free(s.clients);
	}
}

static void bursts_of_a_third_of_the_new_clients_show_failing_pages(void **state)
{
	(void)state;
	/* three of 9 or of 10 clients have a burst; the other six or seven have none */
	for (uint32_t others = 6; others <= 7; others++) {
		struct scene s = scene();
		for (uint32_t i = 0; i < others; i++)
			ask(&s, 100 + i, false);
		for (uint32_t i = 0; i < 3; i++) {
			assert_false(s.f.pages);
			open_page(&s, i, 20);
		}
		assert_int_equal(s.f.pages, others == 6);
		assert_false(s.f.site);
		clients_free(s.clients);
	}
}

/* A client in an IPv4 /24 or an IPv6 /56 that belongs to one guesser. */
static struct address helper(uint32_t family, uint32_t i)
{
	struct address a = given_address(family ? "2001:db8:bad:100::/64" : "203.0.113.0/32");

	a.bytes[family ? 7 : 15] = (uint8_t)i;
	return a;
}

/* Eight clients of one guesser fail. `families`: 1: all are IPv4; 2: all are IPv6; 3: four of each
 * family. */
static bool helpers_show_a_failure(uint32_t families, bool in_bursts)
{
	struct scene s = scene();
	bool shown = false;

	for (; s.second < NOW + 300; next(&s)) {
		for (uint32_t i = 0; i < 8; i++) {
			struct address a = helper(families == 3 ? i % 2 : families - 1, i);
			bool fails = s.second >= NOW + 200;
			int times = fails && in_bursts ? 12 : (s.second + i) % 5 == 0;
			for (int k = 0; k < times; k++)
				ask_from(&s, &a, fails);
		}
		shown |= s.f.site || s.f.pages;
	}
	clients_free(s.clients);
	return shown;
}

static void eight_clients_of_one_network_show_nothing(void **state)
{
	(void)state;
	for (uint32_t families = 1; families <= 3; families++) {
		assert_false(helpers_show_a_failure(families, false));
		assert_false(helpers_show_a_failure(families, true));
	}
}

/* Visitors in four networks with 50 clients each. A burst of one client counts for its network. */
static void share_of_networks_with_bursts_decides_whether_pages_fail(void **state)
{
	struct scene s = scene();

	(void)state;
	for (uint32_t i = 0; i < 200; i++) {
		struct address a = given_host(i % 4, (uint8_t)(i / 4));
		ask_from(&s, &a, false);
	}
	for (uint32_t i = 0; i < 3; i++) {
		assert_false(s.f.pages);
		for (int k = 0; k < 12; k++) {
			struct address a = given_host(i, 100);
			ask_from(&s, &a, true);
		}
		next(&s);
	}
	assert_true(s.f.pages);
	clients_free(s.clients);
}

static void nine_errors_or_five_seconds_are_no_burst(void **state)
{
	struct scene s = scene();

	(void)state;
	for (uint32_t i = 0; i < 10; i++)
		open_page(&s, i, 9);
	assert_false(s.f.pages);
	for (int k = 0; k < 5; k++, next(&s)) /* ten errors, but the tenth in the fifth second */
		for (uint32_t i = 20; i < 30; i++)
			for (int n = 0; n < 2; n++)
				ask(&s, i, true);
	assert_false(s.f.pages);
	for (uint32_t i = 40; i < 60 && !s.f.pages; i++)
		open_page(&s, i, 10);
	assert_true(s.f.pages);
	clients_free(s.clients);
}

static void line_that_stands_for_many_requests_is_one_burst(void **state)
{
	struct site_failing f = {0};
	struct client_counts v = {.window = {50, 50, 50, 1},
		.visit = {.first = (uint32_t)NOW, .requests = 50, .errors = 50}};
	struct address a;

	(void)state;
	voters = (struct voters){0};
	site_failing_step(&f, 0, &voters, NOW);
	for (uint32_t k = 0; k < 2; k++) {
		a = given_host(k, 1);
		site_failing_note(&f, &a, &v, 50, NO_ONE, NOW);
		/* one or two clients are not enough */
		site_failing_note(&f, &a, &v, 50, NO_ONE, NOW);
		v.visit.errors = 51;
		/* the client already had its burst */
		site_failing_note(&f, &a, &v, 1, NO_ONE, NOW);
		v.visit.errors = 50;
		site_failing_step(&f, 0, &voters, NOW);
		assert_false(f.pages);
	}
	a = given_host(2, 1);
	site_failing_note(&f, &a, &v, 50, NO_ONE, NOW);
	site_failing_step(&f, 0, &voters, NOW);
	assert_true(f.pages);
}

/* The share is computed over the voters of the last minute, of the last two minutes, and so on up
 * to ten. So many clients that came earlier do not hide a failure. */
static void pages_fail_until_few_new_clients_have_bursts(void **state)
{
	struct scene s = scene();

	(void)state;
	for (uint32_t i = 0; i < 300; i++)
		ask(&s, 200 + i, false);
	for (int k = 0; k < 60; k++)
		next(&s);
	for (uint32_t i = 0; i < 3; i++)
		open_page(&s, i, 20);
	assert_true(s.f.pages);
	int64_t last = s.second;
	/* no request arrives, so nothing shows that the failure has ended */
	while (s.second / 60 < last / 60 + 9)
		next(&s);
	assert_true(s.f.pages);
	for (int k = 0; k < 61; k++)
		next(&s);
	assert_false(s.f.pages);
	for (uint32_t i = 10; i < 13; i++)
		open_page(&s, i, 20);
	assert_true(s.f.pages);
	for (uint32_t i = 0; i < 7; i++) /* now three of 10 clients have a burst */
		ask(&s, 20 + i, false);
	next(&s);
	assert_false(s.f.pages);
	clients_free(s.clients);
}

static void pages_no_longer_fail_after_ten_minutes_of_silence(void **state)
{
	struct scene s = scene();

	(void)state;
	for (uint32_t i = 0; i < 3; i++)
		open_page(&s, i, 20);
	assert_true(s.f.pages);
	s.second += 86400;
	next(&s);
	assert_false(s.f.pages);
	clients_free(s.clients);
}

static void one_client_with_pauses_does_not_show_a_failure(void **state)
{
	struct clients_config config = {.max = 1000, .rings = 1000, .key = {{3, 1}}};
	struct clients *c = clients_new(&config);
	struct site_failing f = {0};
	struct address a = given_host(1, 1);
	(void)state;
	voters = (struct voters){.key = config.key};
	site_failing_step(&f, 0, &voters, NOW);
	for (int64_t s = NOW; s < NOW + 600; s++) {
		if ((s - NOW) % 65 == 0)
			for (int i = 0; i < 12; i++) {
				struct client_counts v = count(c, &a, s, true);
				note(&f, &a, &v, 1, s);
			}
		if ((s - NOW) % 40 == 0) { /* others come, too, on a quiet site */
			struct address o = given_host(100 + (uint32_t)(s - NOW), 1);
			count(c, &o, s, false);
		}
		clients_expire(c, s, 100);
		site_failing_step(&f, 12, &voters, s);
		assert_false(f.pages);
	}
	clients_free(c);
}

/* The counts of a visit begin again with each lap of 10 minutes. But each guesser has had errors
 * from its first seconds on. So it must never count as a client that first made requests without
 * an error, and then fails. */
static void guessers_do_not_show_a_failure_when_a_lap_begins(void **state)
{
	struct clients_config config = {.max = 1000, .rings = 1000, .key = {{3, 1}}};
	struct clients *c = clients_new(&config);
	struct site_failing f = {0};
	(void)state;
	voters = (struct voters){.key = config.key};
	site_failing_step(&f, 0, &voters, NOW);
	for (int64_t s = NOW; s < NOW + 1300; s++) {
		for (uint32_t k = 0; k < 3; k++) {
			struct address a = given_host(k, 1);
			bool err = s % 10 == k; /* one guess in 10 s, from the first second on */
			for (int good = 0; good < ((s - NOW) % 600 < 530 && s % 2); good++)
				count(c, &a, s, false);
			if (!err)
				continue;
			struct client_counts v = count(c, &a, s, true);
			note(&f, &a, &v, 3, s);
		}
		site_failing_step(&f, 12, &voters, s);
		assert_false(f.site);
	}
	clients_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_client_with_pauses_does_not_show_a_failure),
		cmocka_unit_test(guessers_do_not_show_a_failure_when_a_lap_begins),
		cmocka_unit_test(tabs_that_poll_a_missing_api_show_a_failure),
		cmocka_unit_test(guessers_that_fail_from_the_first_request_on_show_nothing),
		cmocka_unit_test(one_attacker_shows_nothing_whatever_it_does),
		cmocka_unit_test(bursts_of_a_third_of_the_new_clients_show_failing_pages),
		cmocka_unit_test(eight_clients_of_one_network_show_nothing),
		cmocka_unit_test(share_of_networks_with_bursts_decides_whether_pages_fail),
		cmocka_unit_test(nine_errors_or_five_seconds_are_no_burst),
		cmocka_unit_test(line_that_stands_for_many_requests_is_one_burst),
		cmocka_unit_test(pages_fail_until_few_new_clients_have_bursts),
		cmocka_unit_test(pages_no_longer_fail_after_ten_minutes_of_silence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
