/* test_site_failing_clients.c - guessers show nothing, page loads and polling tabs do: requests
 * that go through the table of clients. */
#include "core/judge/site_failing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "unit/given.h"
#include "unit/given_hits.h"

#define NOW    ((int64_t)1700000040) /* the first second of a minute */
#define NO_ONE 0                     /* active: so few that the share says nothing */
#define SHARE  0.25                  /* of errors, to be a client's own doing */

struct scene {
	struct site_failing f;
	struct clients *clients;
	int64_t second;
};

static struct scene scene(void)
{
	struct clients_config config = {.max = 1000,
		.rings = 1000,
		.known_after_s = 600,
		.error_share = SHARE,
		.key = {{3, 1}}};
	struct scene s = {.clients = clients_new(&config), .second = NOW};

	assert_non_null(s.clients);
	site_failing_step(&s.f, 0, 0, NOW);
	return s;
}

/* One request; `error`: a 4xx. */
static void ask(struct scene *s, uint32_t client, bool error)
{
	struct address a = given_client(client);
	struct client_counts v = add_hit(s->clients, &a, s->second, s->second, 1, error, error);

	if (error)
		site_failing_note(&s->f, &a, &v, 1, clients_n(s->clients), SHARE, s->second);
}

/* A second ends, in which the window holds some errors: a failure does not end. */
static void next(struct scene *s)
{
	site_failing_step(&s->f, 100, clients_totals(s->clients).entered, s->second++);
	clients_expire(s->clients, s->second, UINT32_MAX);
}

/* A page with `lost` of its files gone, in three seconds. */
static void open_page(struct scene *s, uint32_t client, int lost)
{
	for (int k = 0; k < 3; k++, next(s))
		for (int i = 0; i < (lost + k) / 3; i++)
			ask(s, client, true);
}

static void tabs_that_poll_an_api_which_is_gone_show_it(void **state)
{
	struct scene s = scene();
	int64_t gone = NOW + 300;

	(void)state;
	for (; s.second < gone + 60 && !s.f.site; next(&s))
		for (uint32_t i = 0; i < 4; i++) /* every 5 s, each at its own moment */
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
	/* within a visit's first lap */
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
			if (s.second % 10 == 0) /* others come, and go */
				ask(&s, 10 + (uint32_t)(s.second / 10 % 400), false);
			assert_false(s.f.site || s.f.pages);
		}
		clients_free(s.clients);
	}
}

static void bursts_of_a_third_of_the_newcomers_are_the_pages(void **state)
{
	(void)state;
	/* 3 of 9, and of 10: six or seven have none */
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

static void nine_errors_or_five_seconds_are_no_burst(void **state)
{
	struct scene s = scene();

	(void)state;
	for (uint32_t i = 0; i < 10; i++)
		open_page(&s, i, 9);
	assert_false(s.f.pages);
	for (int k = 0; k < 5; k++, next(&s)) /* ten errors, the tenth in the fifth second */
		for (uint32_t i = 20; i < 30; i++)
			for (int n = 0; n < 2; n++)
				ask(&s, i, true);
	assert_false(s.f.pages);
	for (uint32_t i = 40; i < 60 && !s.f.pages; i++)
		open_page(&s, i, 10);
	assert_true(s.f.pages);
	clients_free(s.clients);
}

static void line_that_stands_for_many_is_a_burst_once(void **state)
{
	struct site_failing f = {0};
	struct client_counts v = {.window = {50, 50, 50, 1},
		.visit = {.first = (uint32_t)NOW, .requests = 50, .errors = 50}};
	struct address a;

	(void)state;
	site_failing_step(&f, 0, 0, NOW);
	for (uint32_t k = 0; k < 2; k++) {
		a = given_client(k);
		site_failing_note(&f, &a, &v, 50, NO_ONE, SHARE, NOW);
		/* again: one client is no crowd */
		site_failing_note(&f, &a, &v, 50, NO_ONE, SHARE, NOW);
		v.visit.errors = 51;
		site_failing_note(&f, &a, &v, 1, NO_ONE, SHARE, NOW); /* it had its burst */
		v.visit.errors = 50;
		site_failing_step(&f, 0, 0, NOW);
		assert_false(f.pages);
	}
	a = given_client(2);
	site_failing_note(&f, &a, &v, 50, NO_ONE, SHARE, NOW);
	site_failing_step(&f, 0, 0, NOW);
	assert_true(f.pages);
}

/* The share is that of the last minutes, from one to ten: who came long before does not hide it. */
static void pages_fail_until_bursts_are_few_among_the_newcomers(void **state)
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
	while (s.second / 60 < last / 60 + 9) /* nobody comes: nothing better is known */
		next(&s);
	assert_true(s.f.pages);
	for (int k = 0; k < 61; k++)
		next(&s);
	assert_false(s.f.pages);
	for (uint32_t i = 10; i < 13; i++)
		open_page(&s, i, 20);
	assert_true(s.f.pages);
	for (uint32_t i = 0; i < 7; i++) /* 3 of 10 */
		ask(&s, 20 + i, false);
	next(&s);
	assert_false(s.f.pages);
	clients_free(s.clients);
}

static void ten_minutes_of_silence_are_forgotten(void **state)
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

static void one_client_with_pauses_is_no_crowd(void **state)
{
	struct clients_config config = {.max = 1000,
		.rings = 1000,
		.known_after_s = 600,
		.error_share = SHARE,
		.key = {{3, 1}}};
	struct clients *c = clients_new(&config);
	struct site_failing f = {0};
	struct address a = given_client(1);
	(void)state;
	site_failing_step(&f, 0, 0, NOW);
	for (int64_t s = NOW; s < NOW + 600; s++) {
		if ((s - NOW) % 65 == 0)
			for (int i = 0; i < 12; i++) {
				struct client_counts v = add_hit(c, &a, s, s, 1, 1, 1);
				site_failing_note(&f, &a, &v, 1, 1, SHARE, s);
			}
		if ((s - NOW) % 40 == 0) { /* others come too: a quiet site */
			struct address o = given_client(100 + (uint32_t)(s - NOW));
			add_hit(c, &o, s, s, 1, 0, 0);
		}
		clients_expire(c, s, 100);
		site_failing_step(&f, 12, clients_totals(c).entered, s);
		assert_false(f.pages);
	}
	clients_free(c);
}

static void guessers_do_not_turn_at_a_new_lap(void **state)
{
	struct clients_config config = {.max = 1000,
		.rings = 1000,
		.known_after_s = 600,
		.error_share = SHARE,
		.key = {{3, 1}}};
	struct clients *c = clients_new(&config);
	struct site_failing f = {0};
	(void)state;
	site_failing_step(&f, 0, 0, NOW);
	for (int64_t s = NOW; s < NOW + 1300; s++) {
		for (uint32_t k = 0; k < 3; k++) {
			struct address a = given_client(k);
			bool err = s % 10 == k; /* 0.1/s guesses, from the first second on */
			for (int good = 0; good < ((s - NOW) % 600 < 530 && s % 2); good++)
				add_hit(c, &a, s, s, 1, 0, 0);
			if (!err)
				continue;
			struct client_counts v = add_hit(c, &a, s, s, 1, 1, 1);
			site_failing_note(&f, &a, &v, 1, 3, SHARE, s);
		}
		site_failing_step(&f, 12, clients_totals(c).entered, s);
		assert_false(f.site);
	}
	clients_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_client_with_pauses_is_no_crowd),
		cmocka_unit_test(guessers_do_not_turn_at_a_new_lap),
		cmocka_unit_test(tabs_that_poll_an_api_which_is_gone_show_it),
		cmocka_unit_test(guessers_that_fail_from_the_first_request_on_show_nothing),
		cmocka_unit_test(one_attacker_shows_nothing_whatever_it_does),
		cmocka_unit_test(bursts_of_a_third_of_the_newcomers_are_the_pages),
		cmocka_unit_test(nine_errors_or_five_seconds_are_no_burst),
		cmocka_unit_test(line_that_stands_for_many_is_a_burst_once),
		cmocka_unit_test(pages_fail_until_bursts_are_few_among_the_newcomers),
		cmocka_unit_test(ten_minutes_of_silence_are_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
