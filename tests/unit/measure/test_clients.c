/* test_clients.c - the window and the visit of a client, and a full table. tests/prop tests random
 * histories. */
#include "core/measure/clients.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "unit/given.h"
#include "unit/given_hits.h"

#define NOW ((int64_t)1700000000)

/* The visits that were reported. */
struct reported {
	int n;
	struct address client;
	struct visit visit;
	uint32_t last;
};

static void note(
	void *ctx, const struct address *client, const struct visit *v, uint32_t last, int64_t now)
{
	struct reported *t = ctx;

	(void)now;
	t->n++;
	t->client = *client;
	t->visit = *v;
	t->last = last;
}

static struct clients *table(uint32_t max, uint32_t rings, struct reported *reported)
{
	struct clients_config config = {.max = max,
		.rings = rings,
		.key = {{1, 2}},
		.told = reported ? note : NULL,
		.ctx = reported};
	struct clients *c = clients_new(&config);

	assert_non_null(c);
	return c;
}

static struct client_counts ask(
	struct clients *c, const char *client, int64_t now, uint32_t requests)
{
	struct address a = given_address(client);

	return add_hit(c, &a, now, now, requests, 0, 0);
}

static void request_counts_for_60_seconds(void **state)
{
	const char *const clients[] = {"198.51.100.7", "2001:db8:1:2::/64"};

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct clients *c = table(10, 10, NULL);
		assert_int_equal(ask(c, clients[i], NOW, 5).window.requests, 5);
		assert_int_equal(ask(c, clients[i], NOW + 59, 1).window.requests, 6);
		assert_int_equal(ask(c, clients[i], NOW + 60, 1).window.requests, 2);
		assert_int_equal(clients_n(c), 1);
		clients_free(c);
	}
}

static void late_request_counts_in_its_own_second(void **state)
{
	struct clients *c = table(10, 10, NULL);
	struct address a = given_address("2001:db8::/64");

	(void)state;
	add_hit(c, &a, NOW - 59, NOW, 3, 2, 1);
	struct client_counts v = add_hit(c, &a, NOW, NOW, 1, 0, 0);
	assert_int_equal(v.window.requests, 4);
	assert_int_equal(v.window.errors, 2);
	assert_int_equal(v.window.own, 1);
	assert_int_equal(v.window.seconds, 2);
	v = add_hit(c, &a, NOW + 1, NOW + 1, 1, 1, 0);
	assert_int_equal(v.window.requests, 2);
	assert_int_equal(v.window.errors, 1);
	assert_int_equal(v.window.own, 0);
	clients_free(c);
}

/* A window has one form for few different seconds and another form for many (window.h). */
static void different_seconds_are_counted(void **state)
{
	struct clients *c = table(10, 10, NULL);

	(void)state;
	for (uint32_t i = 0; i < 200; i++) {
		struct client_counts v = ask(c, "198.51.100.7", NOW + i, 1);
		assert_int_equal(v.window.seconds, i < 60 ? i + 1 : 60);
		assert_int_equal(v.window.requests, i < 60 ? i + 1 : 60);
	}
	clients_free(c);
}

static void counts_over_255_in_a_second_are_exact(void **state)
{
	struct clients *c = table(10, 10, NULL);

	(void)state;
	for (uint32_t i = 1; i <= 2000; i++)
		assert_int_equal(ask(c, "198.51.100.7", NOW, 1).window.requests, i);
	assert_int_equal(ask(c, "2001:db8::/64", NOW, 60000).window.requests, 60000);
	assert_int_equal(ask(c, "2001:db8::/64", NOW + 1, 60000).window.requests, 120000);
	clients_free(c);
}

/* Whatever the counts are, no sum wraps or falls, and there are never more errors than requests. */
static void counts_saturate(void **state)
{
	const uint32_t counts[] = {1, 200, 255, 256, 65535, 65536, UINT32_MAX - 200, UINT32_MAX};

	(void)state;
	for (uint32_t rings = 0; rings < 2; rings++) {
		for (int i = 0; i < 8; i++) {
			for (int k = 0; k < 8; k++) {
				struct clients *c = table(10, rings, NULL);
				struct address a = given_address("2001:db8::/64");
				uint32_t n[] = {counts[i], counts[k]}, last = 0, last_errors = 0;
				for (int j = 0; j < 8; j++) {
					uint32_t more = n[j % 2];
					struct client_counts v =
						add_hit(c, &a, NOW, NOW, more, more, more);
					uint32_t full = last > 65535 - more || more > 65535
								? 65535
								: last + more;
					assert_int_equal(v.window.requests, full);
					assert_true(v.window.errors >= last_errors);
					assert_true(v.window.errors <= v.window.requests);
					assert_true(v.window.own == v.window.errors);
					assert_true(v.visit.peak == v.window.requests);
					assert_true(v.visit.requests >= v.window.requests);
					last = v.window.requests;
					last_errors = v.window.errors;
				}
				/* 60 s later, none of these requests counts */
				assert_int_equal(
					add_hit(c, &a, NOW + 60, NOW + 60, 1, 0, 0).window.requests,
					1);
				clients_free(c);
			}
		}
	}
}

static void errors_of_a_saturated_window_are_gone_a_minute_later(void **state)
{
	(void)state;
	for (uint32_t rings = 0; rings < 2; rings++) {
		struct clients *c = table(10, rings, NULL);
		struct address a = given_address("198.51.100.7");
		struct client_counts v = {0};
		for (int64_t t = NOW; t < NOW + 180; t++) {
			v = add_hit(c, &a, t, t, 100000, 100000, 100000);
			assert_true(v.window.errors <= v.window.requests);
			assert_true(v.window.own <= v.window.errors);
		}
		assert_true(v.window.errors > 1000 && v.window.requests > 300000);
		for (int64_t t = NOW + 180; t < NOW + 240; t++)
			v = add_hit(c, &a, t, t, 1, 0, 0);
		assert_in_range(v.window.requests, 51, 60);
		assert_int_equal(v.window.errors, 0);
		assert_int_equal(v.window.own, 0);
		clients_free(c);
	}
}

static void released_ring_is_empty_for_the_next_client(void **state)
{
	struct clients *c = table(10, 1, NULL);

	(void)state;
	for (int round = 0; round < 5; round++) {
		int64_t at = NOW + round * 1000;
		const char *client = round % 2 ? "198.51.100.7" : "2001:db8::/64";
		for (uint32_t i = 0; i < 50; i++)
			assert_int_equal(
				ask(c, client, at + i, 300).window.requests, 300 * (i + 1));
		clients_expire(c, at + 200, 10);
	}
	assert_int_equal(clients_totals(c).coarse, 0);
	clients_free(c);
}

static void visit_is_reported_when_it_ends(void **state)
{
	struct reported reported = {0};
	struct clients *c = table(10, 10, &reported);
	struct address a = given_address("2001:db8:5::/64");

	(void)state;
	add_hit(c, &a, NOW, NOW, 4, 3, 2);
	add_hit(c, &a, NOW + 60, NOW + 60, 1, 0, 0); /* a gap of 60 s does not end a visit */
	clients_expire(c, NOW + 120, 10);
	assert_int_equal(reported.n, 0);
	clients_expire(c, NOW + 121, 10);
	assert_int_equal(reported.n, 1);
	assert_true(address_equal(&reported.client, &a));
	assert_int_equal(reported.visit.requests, 5);
	assert_int_equal(reported.visit.peak, 4);
	assert_int_equal(reported.visit.errors, 2);
	assert_int_equal(reported.visit.error_peak, 2);
	assert_int_equal(reported.last, (uint32_t)NOW + 60);
	assert_int_equal(clients_n(c), 0);
	clients_free(c);
}

static void ended_visit_is_reported_when_the_client_returns(void **state)
{
	struct reported reported = {0};
	struct clients *c = table(10, 10, &reported);

	(void)state;
	ask(c, "198.51.100.7", NOW, 4);
	struct client_counts v = ask(c, "198.51.100.7", NOW + 61, 1);
	assert_int_equal(reported.n, 1);
	assert_int_equal(reported.visit.requests, 4);
	assert_int_equal(reported.last, (uint32_t)NOW);
	assert_int_equal(v.visit.requests, 1);
	assert_int_equal(v.visit.peak, 1);
	assert_int_equal(clients_totals(c).entered, 2);
	clients_free(c);
}

static void lap_of_600_seconds_is_reported_and_a_new_one_begins(void **state)
{
	struct reported reported = {0};
	struct clients *c = table(10, 10, &reported);
	struct client_counts v = {0};

	(void)state;
	for (int64_t t = NOW; t <= NOW + 600; t += 10)
		v = ask(c, "198.51.100.7", t, 1);
	assert_int_equal(reported.n, 1);
	assert_int_equal(reported.visit.requests, 60);
	assert_int_equal(reported.visit.peak, 6);
	assert_int_equal(reported.last, (uint32_t)NOW + 590);
	assert_int_equal(v.visit.requests, 1);
	assert_int_equal(v.visit.first, (uint32_t)NOW);
	assert_int_equal(v.visit.start, (uint32_t)NOW + 600);
	clients_free(c);
}

/* The number is right while the client's window has few different seconds, when the window then
 * gets a ring, which is its form for many seconds, and if no ring is free. */
static void different_seconds_of_a_lap_are_counted(void **state)
{
	const char *const clients[] = {"198.51.100.7", "2001:db8:1:2::/64"};

	(void)state;
	for (uint32_t rings = 0; rings < 2; rings++) {
		struct clients *c = table(10, rings, NULL);
		for (int64_t t = 0; t < 1300; t++) {
			if (t % 3 == 0) /* no request in every third second */
				continue;
			ask(c, clients[rings], NOW + t, 1);
			struct client_counts v = ask(c, clients[rings], NOW + t, 1);
			assert_int_equal(v.lap_s, NOW + t - v.visit.start + 1);
			assert_int_equal(v.visit.requests, 2 * v.lap_seconds);
			assert_in_range(3 * v.lap_seconds, 2 * v.lap_s - 2, 2 * v.lap_s + 2);
		}
		clients_free(c);
	}
}

static void silence_of_60_seconds_does_not_end_a_lap(void **state)
{
	struct clients *c = table(10, 10, NULL);

	(void)state;
	ask(c, "198.51.100.7", NOW, 5);
	struct client_counts v = ask(c, "198.51.100.7", NOW + 60, 5);
	assert_int_equal(v.window.seconds, 1);
	assert_int_equal(v.lap_seconds, 2);
	assert_int_equal(v.lap_s, 61);
	v = ask(c, "198.51.100.7", NOW + 121, 5); /* the end of a visit ends its lap, too */
	assert_int_equal(v.lap_seconds, 1);
	assert_int_equal(v.lap_s, 1);
	clients_free(c);
}

static void first_lap_is_remembered_for_the_rest_of_the_visit(void **state)
{
	struct clients *c = table(10, 10, NULL);

	(void)state;
	for (int64_t t = 0; t < 2400; t += 10) {
		struct client_counts v = ask(c, "2001:db8::/64", NOW + t, t < 600 ? 3 : 50);
		assert_int_equal(v.before, t < 600 ? 0 : 180);
	}
	assert_int_equal(ask(c, "2001:db8::/64", NOW + 2390 + 61, 1).before, 0);
	for (int64_t t = 0; t <= 600; t += 60) /* more requests than can be stored */
		assert_int_equal(ask(c, "198.51.100.7", NOW + 3000 + t, 60000).before,
			t < 600 ? 0 : UINT16_MAX);
	clients_free(c);
}

static void first_lap_with_a_quarter_of_errors_is_not_remembered(void **state)
{
	struct clients *c = table(10, 10, NULL);

	(void)state;
	for (uint32_t own = 1; own <= 2; own++) { /* own errors in eight requests */
		struct address a = given_client(own);
		for (int64_t t = 0; t <= 600; t += 60) {
			struct client_counts v = add_hit(c, &a, NOW + t, NOW + t, 8, own, own);
			assert_int_equal(v.before, t < 600 || own == 2 ? 0 : 80);
		}
	}
	clients_free(c);
}

static void forgotten_client_reports_no_visit_and_is_new_again(void **state)
{
	struct reported reported = {0};
	struct clients *c = table(10, 10, &reported);
	struct address a = given_address("2001:db8::/64"), unknown = given_address("198.51.100.9");

	(void)state;
	ask(c, "2001:db8::/64", NOW, 500);
	clients_forget(c, &unknown);
	assert_int_equal(clients_n(c), 1);
	clients_forget(c, &a);
	assert_int_equal(clients_n(c), 0);
	assert_int_equal(ask(c, "2001:db8::/64", NOW, 1).window.requests, 1);
	ask(c, "198.51.100.7", NOW, 1);
	clients_clear(c);
	assert_int_equal(clients_n(c), 0);
	assert_int_equal(reported.n, 0);
	clients_free(c);
}

static void expiry_removes_no_more_clients_than_the_given_number(void **state)
{
	struct clients *c = table(100, 10, NULL);

	(void)state;
	for (uint32_t i = 0; i < 100; i++) {
		struct address a = given_client(i);
		add_hit(c, &a, NOW, NOW, 1, 0, 0);
	}
	clients_expire(c, NOW + 1000, 0);
	assert_int_equal(clients_n(c), 100);
	clients_expire(c, NOW + 1000, 30);
	assert_int_equal(clients_n(c), 70);
	clients_expire(c, NOW + 1000, UINT32_MAX);
	assert_int_equal(clients_n(c), 0);
	clients_free(c);
}

static void full_table_evicts_the_client_with_fewest_requests(void **state)
{
	struct clients *c = table(4, 4, NULL);

	(void)state;
	ask(c, "198.51.100.1", NOW, 50);
	ask(c, "2001:db8:2::/64", NOW, 1);
	ask(c, "198.51.100.3", NOW, 50);
	ask(c, "2001:db8:4::/64", NOW, 50);
	ask(c, "198.51.100.5", NOW + 1, 7);
	assert_int_equal(clients_n(c), 4);
	assert_int_equal(clients_totals(c).evicted, 1);
	assert_int_equal(ask(c, "198.51.100.1", NOW + 1, 1).window.requests, 51);
	assert_int_equal(ask(c, "198.51.100.3", NOW + 1, 1).window.requests, 51);
	assert_int_equal(ask(c, "2001:db8:4::/64", NOW + 1, 1).window.requests, 51);
	assert_int_equal(ask(c, "198.51.100.5", NOW + 1, 1).window.requests, 8);
	assert_int_equal(ask(c, "2001:db8:2::/64", NOW + 1, 1).window.requests, 1);
	clients_free(c);
}

static void silent_client_is_evicted_before_an_active_one(void **state)
{
	struct clients *c = table(3, 3, NULL);

	(void)state;
	ask(c, "198.51.100.1", NOW, 5000);
	ask(c, "198.51.100.2", NOW + 70, 2);
	ask(c, "198.51.100.3", NOW + 70, 2);
	ask(c, "2001:db8::/64", NOW + 70, 1);
	assert_int_equal(ask(c, "198.51.100.2", NOW + 70, 1).window.requests, 3);
	assert_int_equal(ask(c, "198.51.100.3", NOW + 70, 1).window.requests, 3);
	clients_free(c);
}

static void table_for_one_client_stores_the_newest_client(void **state)
{
	struct clients *c = table(1, 0, NULL);

	(void)state;
	for (uint32_t i = 0; i < 100; i++) {
		struct address a = given_client(i);
		assert_int_equal(add_hit(c, &a, NOW, NOW, 2, 0, 0).window.requests, 2);
		assert_int_equal(clients_n(c), 1);
	}
	assert_int_equal(clients_totals(c).evicted, 99);
	clients_free(c);
}

static void top_clients_are_listed_by_their_requests_in_the_window(void **state)
{
	struct clients *c = table(100, 10, NULL);
	struct top_client top[10];
	struct address a = given_address("2001:db8:1::/64"), b = given_address("198.51.100.2");

	(void)state;
	assert_int_equal(clients_top(c, NOW, top, 10), 0);
	add_hit(c, &a, NOW, NOW, 10, 4, 0);
	add_hit(c, &a, NOW + 30, NOW + 30, 2, 1, 0);
	add_hit(c, &b, NOW + 31, NOW + 31, 5, 0, 0);
	assert_int_equal(clients_top(c, NOW + 31, top, 10), 2);
	assert_true(address_equal(&top[0].client, &a) && address_equal(&top[1].client, &b));
	assert_int_equal(top[0].requests, 12);
	assert_int_equal(top[0].errors, 5);
	/* clients_top changes nothing: after a call for a later second, a call for an earlier
	 * second returns the same counts */
	assert_int_equal(clients_top(c, NOW + 60, top, 10), 2);
	assert_true(address_equal(&top[0].client, &b) && top[1].requests == 2);
	assert_int_equal(clients_top(c, NOW + 31, top, 1), 1);
	assert_int_equal(top[0].requests, 12);
	assert_int_equal(clients_top(c, NOW + 31, top, 0), 0);
	assert_int_equal(clients_top(c, NOW + 90, top, 10), 1);
	assert_int_equal(clients_top(c, NOW + 91, top, 10), 0);
	clients_free(c);
}

static void clients_with_similar_addresses_are_different(void **state)
{
	const char *const alike[] = {"198.51.100.7", "::c633:6407", "198.51.100.6", "2001:db8::/64",
		"2001:db8:0:1::/64", "2001:db8:0:0:1::"};
	struct clients *c = table(10, 10, NULL);

	(void)state;
	for (int i = 0; i < 6; i++)
		assert_int_equal(ask(c, alike[i], NOW, 1).window.requests, 1);
	assert_int_equal(clients_n(c), 6);
	assert_int_equal(ask(c, "::ffff:198.51.100.7", NOW, 1).window.requests, 2);
	clients_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(request_counts_for_60_seconds),
		cmocka_unit_test(late_request_counts_in_its_own_second),
		cmocka_unit_test(different_seconds_are_counted),
		cmocka_unit_test(counts_over_255_in_a_second_are_exact),
		cmocka_unit_test(counts_saturate),
		cmocka_unit_test(errors_of_a_saturated_window_are_gone_a_minute_later),
		cmocka_unit_test(released_ring_is_empty_for_the_next_client),
		cmocka_unit_test(visit_is_reported_when_it_ends),
		cmocka_unit_test(ended_visit_is_reported_when_the_client_returns),
		cmocka_unit_test(lap_of_600_seconds_is_reported_and_a_new_one_begins),
		cmocka_unit_test(different_seconds_of_a_lap_are_counted),
		cmocka_unit_test(silence_of_60_seconds_does_not_end_a_lap),
		cmocka_unit_test(first_lap_is_remembered_for_the_rest_of_the_visit),
		cmocka_unit_test(first_lap_with_a_quarter_of_errors_is_not_remembered),
		cmocka_unit_test(forgotten_client_reports_no_visit_and_is_new_again),
		cmocka_unit_test(expiry_removes_no_more_clients_than_the_given_number),
		cmocka_unit_test(full_table_evicts_the_client_with_fewest_requests),
		cmocka_unit_test(silent_client_is_evicted_before_an_active_one),
		cmocka_unit_test(table_for_one_client_stores_the_newest_client),
		cmocka_unit_test(top_clients_are_listed_by_their_requests_in_the_window),
		cmocka_unit_test(clients_with_similar_addresses_are_different),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
