/* test_clients_expire.c - visits that end although no request arrives. */
#include "core/measure/clients.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "unit/given.h"
#include "unit/given_hits.h"

#define NOW ((int64_t)1700000000)

struct told {
	int n;
	struct address client;
	int64_t at;
};

static void note(
	void *ctx, const struct address *client, const struct visit *v, uint32_t last, int64_t now)
{
	struct told *t = ctx;

	assert_int_equal(v->requests, 1);
	assert_int_equal(now - 61, last);
	t->n++;
	t->client = *client;
	t->at = now;
}

/* One call of clients_expire_each may cover many seconds. It reports each visit with the second in
 * which that visit ended. */
static void visits_are_reported_with_the_second_of_their_end(void **state)
{
	const char *const clients[] = {"198.51.100.7", "2001:db8:1:2::/64", "198.51.100.8"};
	struct told told = {0};
	struct clients_config config = {.max = 10, .rings = 10, .told = note, .ctx = &told};
	struct clients *c = clients_new(&config);
	int64_t end;

	(void)state;
	assert_non_null(c);
	for (int i = 0; i < 3; i++) {
		struct address a = given_address(clients[i]);
		add_hit(c, &a, NOW + 7 * i, NOW + 7 * i, 1, 0, 0);
	}
	for (int i = 0; i < 3; i++) {
		struct address a = given_address(clients[i]);
		assert_true(clients_next_end(c, NOW + 30, &end));
		assert_int_equal(end, NOW + 7 * i + 61);
		clients_expire_each(c, end - 1, 9);
		assert_int_equal(told.n, i);
		clients_expire_each(c, end + 5, 0);
		assert_int_equal(told.n, i);
		clients_expire_each(c, end + 5, 9);
		assert_int_equal(told.n, i + 1);
		assert_int_equal(told.at, end);
		assert_true(address_equal(&told.client, &a));
	}
	assert_false(clients_next_end(c, NOW + 200, &end));
	clients_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(visits_are_reported_with_the_second_of_their_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
