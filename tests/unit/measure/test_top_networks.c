/* test_top_networks.c - the networks with the most requests. */
#include "core/measure/top_networks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "unit/given.h"
#include "unit/given_hits.h"
#include "unit/given_host.h"
#include "unit/random.h"

#define NOW ((int64_t)1700000000)

static struct top_networks table; /* too large for the stack */

static struct clients *clients(uint32_t max)
{
	struct clients_config config = {.max = max, .rings = max, .key = {{1, 2}}};
	struct clients *c = clients_new(&config);

	assert_non_null(c);
	table.key = config.key;
	return c;
}

static void add(struct clients *c, const struct address *a, uint32_t requests)
{
	add_hit(c, a, NOW, NOW, requests, 0, 0);
}

static void add_failing(struct clients *c, const struct address *a, uint32_t requests)
{
	add_hit(c, a, NOW, NOW, requests, requests, requests);
}

static void without_clients_there_is_no_network(void **state)
{
	struct top_network out[TOP_NETWORKS_MAX];
	struct clients *c = clients(10);

	(void)state;
	assert_int_equal(top_networks_find(&table, c, NOW, false, out), 0);
	clients_free(c);
}

static void clients_of_a_network_count_together(void **state)
{
	struct top_network out[TOP_NETWORKS_MAX];
	struct clients *c = clients(2000);
	struct address four = given_address("0.0.0.0/24"), six = given_address("2001:db8:1::/48");
	struct address other = given_address("2001:db8:2::/48");

	(void)state;
	for (uint32_t host = 0; host < 256; host++) {
		struct address a = given_host(0, (uint8_t)host);
		add(c, &a, 2);
	}
	/* these clients are /64 networks in both halves of the /48 */
	for (uint32_t host = 0; host < 100; host++) {
		struct address a = given_address("2001:db8:1::/64");
		a.bytes[6] = host % 2 ? 0xff : 0;
		a.bytes[7] = (uint8_t)host;
		add(c, &a, 1);
	}
	add(c, &other, 400);
	assert_int_equal(top_networks_find(&table, c, NOW, false, out), 3);
	assert_true(address_equal(&out[0].network, &four) && out[0].requests == 512);
	assert_true(address_equal(&out[1].network, &other) && out[1].requests == 400);
	assert_true(address_equal(&out[2].network, &six) && out[2].requests == 100);
	assert_float_equal(out[0].share, 512.0 / 1012, 1e-12);
	assert_float_equal(out[2].share, 100.0 / 1012, 1e-12);
	assert_int_equal(table.clients, 357);
	clients_free(c);
}

/* The number of this network among the first n networks. Returns n if the network is not one of
 * them. */
static uint32_t number_of(const struct address *network, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct address a = given_host(i, 1);
		a = address_mask(&a, 24, 48);
		if (address_equal(&a, network))
			return i;
	}
	return n;
}

static void networks_with_the_most_requests_come_first(void **state)
{
	struct random r = random_new(1);

	(void)state;
	for (int round = 0; round < 50; round++) {
		struct top_network out[TOP_NETWORKS_MAX];
		struct clients *c = clients(3000);
		uint32_t exact[300] = {0}, total = 0, n = 6 + (uint32_t)random_below(&r, 294);
		for (int k = 0; k < 2000; k++) {
			uint32_t i = (uint32_t)random_below(&r, 1 + random_below(&r, n));
			struct address a = given_host(i, (uint8_t)random_below(&r, 256));
			uint32_t requests = 1 + (uint32_t)random_below(&r, 9);
			add(c, &a, requests);
			exact[i] += requests;
			total += requests;
		}
		size_t top = top_networks_find(&table, c, NOW, false, out), larger = 0;
		assert_int_equal(top, TOP_NETWORKS_MAX);
		for (size_t k = 0; k < top; k++) {
			uint32_t i = number_of(&out[k].network, n);
			assert_true(i < n);
			assert_int_equal(out[k].requests, exact[i]);
			assert_float_equal(out[k].share, (double)exact[i] / total, 1e-12);
			assert_true(k == 0 || out[k - 1].requests >= out[k].requests);
		}
		for (uint32_t i = 0; i < n; i++)
			larger += exact[i] > out[top - 1].requests;
		assert_true(larger < top);
		clients_free(c);
	}
}

/* The order does not depend on the hash key of the table. */
static void of_equal_networks_the_one_with_the_last_request_comes_first(void **state)
{
	struct top_network out[TOP_NETWORKS_MAX];
	struct clients *c = clients(100);

	(void)state;
	for (uint32_t i = 0; i < 40; i++) {
		struct address a = given_host(i, 1); /* both families in turn */
		add(c, &a, i == 7 ? 5 : 3);
	}
	for (uint64_t key = 0; key < 20; key++) {
		table.key = (struct hash_key){{key, 1}};
		assert_int_equal(top_networks_find(&table, c, NOW, false, out), TOP_NETWORKS_MAX);
		assert_int_equal(number_of(&out[0].network, 40), 7);
		for (uint32_t k = 1; k < TOP_NETWORKS_MAX; k++)
			assert_int_equal(number_of(&out[k].network, 40), 40 - k);
	}
	clients_free(c);
}

static void requests_older_than_a_minute_do_not_count(void **state)
{
	struct top_network out[TOP_NETWORKS_MAX];
	struct clients *c = clients(10);
	struct address a = given_host(0, 1), b = given_host(1, 1);

	(void)state;
	add_hit(c, &a, NOW, NOW, 10, 0, 0);
	add_hit(c, &b, NOW + 30, NOW + 30, 1, 0, 0);
	assert_int_equal(top_networks_find(&table, c, NOW + 59, false, out), 2);
	assert_int_equal(top_networks_find(&table, c, NOW + 60, false, out), 1);
	assert_int_equal(out[0].requests, 1);
	assert_float_equal(out[0].share, 1, 1e-12);
	clients_free(c);
}

/* There is one client more than the table examines, and the newest clients are examined first. So
 * client 0 is not examined. Client 1 is examined last, and its network is the busiest. */
static void every_examined_client_may_have_its_own_network(void **state)
{
	struct top_network out[TOP_NETWORKS_MAX];
	struct clients *c = clients(TOP_NETWORKS_SEEN_MAX + 1);

	(void)state;
	for (uint32_t i = 0; i < TOP_NETWORKS_SEEN_MAX + 1; i++) {
		struct address a = given_host(i, 1);
		add(c, &a, i == 0 ? 5000 : i == 1 ? 1000 : 1);
	}
	assert_int_equal(top_networks_find(&table, c, NOW, false, out), TOP_NETWORKS_MAX);
	assert_int_equal(table.n, TOP_NETWORKS_SEEN_MAX);
	assert_int_equal(table.clients, TOP_NETWORKS_SEEN_MAX);
	assert_int_equal(table.requests, TOP_NETWORKS_SEEN_MAX + 999);
	assert_int_equal(out[0].requests, 1000);
	assert_int_equal(number_of(&out[0].network, 2), 1);
	assert_float_equal(out[0].share, 1000.0 / (TOP_NETWORKS_SEEN_MAX + 999), 1e-12);
	clients_free(c);
}

/* In each family, the guessers are in one network, and each makes one guess. The visitors make many
 * requests, some of which fail, too. */
static void networks_with_the_most_errors_are_found_among_busier_ones(void **state)
{
	struct top_network out[TOP_NETWORKS_MAX];

	(void)state;
	for (uint32_t family = 0; family < 2; family++) {
		struct clients *c = clients(1000);
		struct address guessers =
			given_address(family ? "2001:db8:bad::/48" : "203.0.113.0/24");
		for (uint32_t i = 0; i < 40; i++) {
			struct address a = guessers, honest = given_host(i, 1);
			a.bytes[family ? 7 : 15] = (uint8_t)i;
			a.prefix_len = family ? 64 : 32;
			add_failing(c, &a, 1);
			add(c, &honest, 90);
			if (i == 3) /* as many errors as the guessers, but among more requests */
				add_failing(c, &honest, 40);
			if (i < 3)
				add_failing(c, &honest, 9 + i);
		}
		assert_int_equal(top_networks_find(&table, c, NOW, true, out), 5);
		assert_true(address_equal(&out[0].network, &guessers));
		assert_int_equal(out[0].requests, 40);
		assert_int_equal(out[0].errors, 40);
		assert_float_equal(out[0].share, 40.0 / 110, 1e-12);
		assert_int_equal(number_of(&out[1].network, 40), 3);
		assert_int_equal(number_of(&out[2].network, 40), 2);
		assert_int_equal(out[2].requests, 101);
		assert_int_equal(out[2].errors, 11);
		top_networks_find(&table, c, NOW, false, out);
		assert_int_equal(out[0].errors, 40);
		assert_float_equal(out[0].share, 130.0 / 3710, 1e-12);
		clients_free(c);
	}
}

/* When an alert is raised, each guesser may have made only one request. A network whose only
 * request is an error precedes a network with two errors among 27 requests. */
static void networks_with_one_guess_each_precede_visitors(void **state)
{
	struct top_network out[TOP_NETWORKS_MAX];
	struct clients *c = clients(1000);

	(void)state;
	for (uint32_t i = 0; i < 400; i++) {
		struct address a = given_host(i, 1);
		if (i < 200) {
			add_failing(c, &a, 1);
			continue;
		}
		add(c, &a, 25);
		add_failing(c, &a, 2);
	}
	assert_int_equal(top_networks_find(&table, c, NOW, true, out), TOP_NETWORKS_MAX);
	for (uint32_t k = 0; k < TOP_NETWORKS_MAX; k++)
		assert_int_equal(number_of(&out[k].network, 400), 199 - k);
	clients_free(c);
}

/* 200,000 guesses from one /48. Each /64 guesses again only after all others, over 60 s later. */
static void guesses_from_one_48_are_one_network(void **state)
{
	struct top_network out[TOP_NETWORKS_MAX];
	struct address network = given_address("2001:db8:bad::/48");
	struct clients *c = clients(100000);

	(void)state;
	for (uint32_t i = 0; i < 200000; i++) {
		struct address a = given_address("2001:db8:bad::/64");
		int64_t second = NOW + i / 1000;
		a.bytes[6] = (uint8_t)(i >> 8);
		a.bytes[7] = (uint8_t)i;
		add_hit(c, &a, second, second, 1, 1, 1);
	}
	assert_int_equal(top_networks_find(&table, c, NOW + 199, true, out), 1);
	assert_true(address_equal(&out[0].network, &network));
	assert_int_equal(out[0].errors, CLIENTS_LOOK);
	assert_float_equal(out[0].share, 1, 1e-12);
	clients_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_clients_there_is_no_network),
		cmocka_unit_test(clients_of_a_network_count_together),
		cmocka_unit_test(networks_with_the_most_requests_come_first),
		cmocka_unit_test(of_equal_networks_the_one_with_the_last_request_comes_first),
		cmocka_unit_test(requests_older_than_a_minute_do_not_count),
		cmocka_unit_test(every_examined_client_may_have_its_own_network),
		cmocka_unit_test(networks_with_the_most_errors_are_found_among_busier_ones),
		cmocka_unit_test(networks_with_one_guess_each_precede_visitors),
		cmocka_unit_test(guesses_from_one_48_are_one_network),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
