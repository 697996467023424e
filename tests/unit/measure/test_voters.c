/* test_voters.c - which voter a client counts as, how many voters made requests lately, and how
 * many are active. */
#include "core/measure/voters.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "unit/given.h"
#include "unit/given_hits.h"
#include "unit/given_host.h"

#define NOW ((int64_t)1700000040) /* the first second of a minute */

static struct voters v; /* too large for the stack */

static void begin(void)
{
	v = (struct voters){.key = {{1, 2}}};
}

static void come(uint32_t network, uint8_t host, int64_t second)
{
	struct address a = given_host(network, host);

	voters_note_came(&v, &a, second);
}

static void client_votes_as_its_network(void **state)
{
	struct address four = given_address("192.0.2.7"), six = given_address("2001:db8:1:2::/64");
	struct address four_net = given_address("192.0.2.0/24");
	struct address six_net = given_address("2001:db8:1::/48");

	(void)state;
	begin();
	four = voters_of(&v, &four, NOW);
	six = voters_of(&v, &six, NOW);
	assert_true(address_equal(&four, &four_net));
	assert_true(address_equal(&six, &six_net));
}

/* The networks with most requests are at most five networks that together made over 80 % of all
 * requests, of which there are at least 1000. */
static void clients_of_the_networks_with_most_requests_vote_one_by_one(void **state)
{
	(void)state;
	for (uint32_t n = 5; n <= 7; n += 2) {
		begin();
		for (uint32_t i = 0; i < n; i++) {
			struct address a = given_host(i, 7), voter = voters_of(&v, &a, NOW);
			assert_false(address_equal(&voter, &a));
			voters_note_visit(&v, &a, 1000, NOW);
		}
		for (uint32_t i = 0; i < n; i++) {
			struct address a = given_host(i, 9), voter = voters_of(&v, &a, NOW + 1);
			assert_true(address_equal(&voter, &a) == (n == 5));
		}
		struct address other = given_host(9, 7);
		struct address voter = voters_of(&v, &other, NOW + 1);
		assert_false(address_equal(&voter, &other));
	}
}

static void networks_are_counted_once_in_the_minute_of_their_last_request(void **state)
{
	(void)state;
	begin();
	assert_int_equal(voters_came(&v, 10, NOW), 0);
	for (uint32_t i = 0; i < 20; i++)
		for (uint8_t host = 0; host < 9; host++)
			come(i, host, NOW);
	assert_int_equal(voters_came(&v, 1, NOW + 59), 20);
	for (uint32_t i = 15; i < 25; i++)
		come(i, 9, NOW + 60);
	assert_int_equal(voters_came(&v, 1, NOW + 60), 10);
	assert_int_equal(voters_came(&v, 2, NOW + 60), 25);
	assert_int_equal(voters_came(&v, 10, NOW + 599), 25);
	assert_int_equal(voters_came(&v, 10, NOW + 600), 10);
	come(3, 1, NOW + 600); /* the last request of this network is ten minutes old */
	assert_int_equal(voters_came(&v, 10, NOW + 600), 11);
	assert_int_equal(voters_came(&v, 1, NOW + 600), 1);
	come(3, 1, NOW + 86400);
	assert_int_equal(voters_came(&v, 10, NOW + 86400), 1);
}

/* Networks that share a cell of the table are counted as one. So 3 % of 1000 networks are missing,
 * and a quarter of 10,000. */
static void few_of_many_networks_are_not_counted(void **state)
{
	(void)state;
	begin();
	for (uint32_t i = 0; i < 10000; i++) {
		come(i, 1, NOW);
		if (i == 999)
			assert_in_range(voters_came(&v, 10, NOW), 950, 1000);
	}
	assert_in_range(voters_came(&v, 10, NOW), 7200, 7800);
}

static void active_voters_are_counted_up_to_a_number(void **state)
{
	struct clients_config config = {.max = 1000, .rings = 100, .key = {{1, 2}}};
	struct clients *c = clients_new(&config);

	(void)state;
	begin();
	assert_non_null(c);
	for (uint32_t i = 0; i < 300; i++) {
		struct address a = given_host(i % 30, (uint8_t)(i / 30));
		int64_t second = NOW + (i >= 150) * 60;
		add_hit(c, &a, second, second, 1, 0, 0);
	}
	assert_int_equal(voters_active(&v, c, 100, NOW + 60), 30);
	assert_int_equal(voters_active(&v, c, 30, NOW + 60), 30);
	assert_int_equal(voters_active(&v, c, 29, NOW + 60), 29);
	assert_int_equal(voters_active(&v, c, 100, NOW + 120), 0);
	clients_free(c);
}

static void setting_the_clock_clears_the_count_of_voters(void **state)
{
	struct address a = given_host(1, 1);

	(void)state;
	begin();
	come(1, 1, NOW);
	voters_note_visit(&v, &a, 1000, NOW);
	voters_shift(&v, -7200);
	assert_int_equal(voters_came(&v, 10, NOW - 7200), 0);
	come(1, 1, NOW - 7200);
	assert_int_equal(voters_came(&v, 10, NOW - 7200), 1);
	/* a network with most requests is still recognised */
	struct address voter = voters_of(&v, &a, NOW - 7200);
	assert_true(address_equal(&voter, &a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(client_votes_as_its_network),
		cmocka_unit_test(clients_of_the_networks_with_most_requests_vote_one_by_one),
		cmocka_unit_test(networks_are_counted_once_in_the_minute_of_their_last_request),
		cmocka_unit_test(few_of_many_networks_are_not_counted),
		cmocka_unit_test(active_voters_are_counted_up_to_a_number),
		cmocka_unit_test(setting_the_clock_clears_the_count_of_voters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
