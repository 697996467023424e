/* test_teachers.c - a client teaches once in 24 h, and only a few clients of a network teach per
 * day. */
#include "core/measure/teachers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "unit/given.h"
#include "unit/given_host.h"

#define NOW   ((int64_t)1700000000)
#define DAY   86400
#define RATED 16384 /* clients; the smallest filter is sized for this number */

static struct teachers *filter(uint32_t clients)
{
	struct teachers *t = teachers_new(clients, 8, (struct hash_key){{3, 4}});

	assert_non_null(t);
	return t;
}

static bool take(struct teachers *t, const char *client, int64_t second)
{
	struct address a = given_address(client);

	return teachers_admit(t, &a, second);
}

static void client_teaches_once_in_24_hours(void **state)
{
	const char *const clients[] = {"198.51.100.7", "2001:db8:1:2::/64"};

	(void)state;
	for (int k = 0; k < 2; k++)
		/* the client teaches at different times of the filter's day */
		for (int64_t at = 0; at < DAY; at += 3601) {
			struct teachers *t = filter(100);
			assert_true(take(t, "192.0.2.1", NOW));
			assert_true(take(t, clients[k], NOW + at));
			for (int64_t s = 0; s < DAY; s += 600)
				assert_false(take(t, clients[k], NOW + at + s));
			teachers_free(t);
		}
}

static void client_may_teach_again_after_24_to_48_hours(void **state)
{
	const char *const clients[] = {"198.51.100.7", "2001:db8:1:2::/64"};

	(void)state;
	for (int k = 0; k < 2; k++)
		for (int64_t at = 0; at < DAY; at += 3601) {
			struct teachers *t = filter(100);
			int64_t again = -1;
			assert_true(take(t, "192.0.2.1", NOW));
			assert_true(take(t, clients[k], NOW + at));
			for (int64_t s = 0; s <= 2 * DAY && again < 0; s += 300)
				if (take(t, clients[k], NOW + at + s))
					again = s;
			assert_in_range(again, DAY, 2 * DAY);
			teachers_free(t);
		}
}

static void two_days_without_a_visit_clear_the_filter(void **state)
{
	struct teachers *t = filter(100);

	(void)state;
	assert_true(take(t, "198.51.100.7", NOW));
	assert_true(take(t, "198.51.100.7", NOW + 2 * DAY));
	assert_true(take(t, "198.51.100.8", NOW + 2 * DAY + DAY - 1));
	assert_true(take(t, "198.51.100.7", NOW + 9 * DAY));
	assert_false(take(t, "198.51.100.7", NOW + 10 * DAY));
	teachers_free(t);
}

static void eight_clients_of_a_network_teach_per_day(void **state)
{
	(void)state;
	for (uint32_t network = 0; network < 200; network++) {
		struct teachers *t = filter(RATED);
		for (uint32_t host = 0; host < 256; host++) {
			struct address a = given_host(network, (uint8_t)host);
			assert_int_equal(teachers_admit(t, &a, NOW + host), host < 8);
		}
		/* the next day eight others teach */
		for (uint32_t host = 100; host < 256; host++) {
			struct address a = given_host(network, (uint8_t)host);
			assert_int_equal(teachers_admit(t, &a, NOW + DAY + host), host < 108);
		}
		teachers_free(t);
	}
}

static void network_is_an_ipv4_24_or_an_ipv6_48(void **state)
{
	struct teachers *t = filter(100);

	(void)state;
	for (uint32_t host = 0; host < 8; host++) {
		struct address four = given_host(0, (uint8_t)host),
			       six = given_host(1, (uint8_t)host);
		assert_true(teachers_admit(t, &four, NOW) && teachers_admit(t, &six, NOW));
	}
	assert_false(take(t, "0.0.0.255", NOW));
	assert_true(take(t, "0.0.1.0", NOW));
	assert_false(take(t, "2000::ffff:0:0:0:0/64", NOW));
	assert_true(take(t, "2000:0:1::/64", NOW));
	teachers_free(t);
}

static void ninth_client_of_a_network_may_teach_the_next_day(void **state)
{
	struct teachers *t = filter(100);

	(void)state;
	for (uint32_t host = 0; host < 8; host++) {
		struct address a = given_host(1, (uint8_t)host);
		assert_true(teachers_admit(t, &a, NOW));
	}
	struct address ninth = given_host(1, 8);
	assert_false(teachers_admit(t, &ninth, NOW));
	assert_true(teachers_admit(t, &ninth, NOW + DAY));
	teachers_free(t);
}

/* On each day, as many clients visit as the filter is sized for, all in different networks. */
static void under_one_client_in_a_hundred_is_confused_with_another(void **state)
{
	struct teachers *t = filter(RATED);

	(void)state;
	for (uint32_t day = 0; day < 4; day++) {
		uint32_t refused = 0;
		for (uint32_t i = 0; i < RATED; i++) {
			struct address a = given_host(day * RATED + i, 1);
			refused += !teachers_admit(t, &a, NOW + day * DAY + i);
		}
		assert_true(refused < RATED / 100);
	}
	teachers_free(t);
}

static void client_that_has_taught_never_counts_as_new(void **state)
{
	struct teachers *t = filter(RATED);

	(void)state;
	for (uint32_t i = 0; i < 2 * RATED; i++) {
		struct address a = given_host(i, 1);
		teachers_admit(t, &a, NOW + i);
	}
	for (uint32_t i = 0; i < 2 * RATED; i++) {
		struct address a = given_host(i, 1);
		assert_false(teachers_admit(t, &a, NOW + DAY - 1));
	}
	teachers_free(t);
}

/* 24 h of real time pass, whatever the clock was set to in between. */
static void client_waits_24_hours_whatever_the_clock_is_set_to(void **state)
{
	const int64_t shifts[] = {-3600, 7200, -40 * DAY, 400 * DAY};

	(void)state;
	for (int k = 0; k < 4; k++) {
		struct teachers *t = filter(100);
		teachers_shift(t, shifts[k]); /* before the first client there is nothing to move */
		assert_true(take(t, "198.51.100.7", NOW));
		teachers_shift(t, shifts[k]);
		assert_false(take(t, "198.51.100.7", NOW + shifts[k] + DAY - 1));
		assert_false(take(t, "198.51.100.7", NOW + shifts[k] + DAY));
		assert_true(take(t, "198.51.100.7", NOW + shifts[k] + 2 * DAY));
		teachers_free(t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(client_teaches_once_in_24_hours),
		cmocka_unit_test(client_may_teach_again_after_24_to_48_hours),
		cmocka_unit_test(two_days_without_a_visit_clear_the_filter),
		cmocka_unit_test(eight_clients_of_a_network_teach_per_day),
		cmocka_unit_test(network_is_an_ipv4_24_or_an_ipv6_48),
		cmocka_unit_test(ninth_client_of_a_network_may_teach_the_next_day),
		cmocka_unit_test(under_one_client_in_a_hundred_is_confused_with_another),
		cmocka_unit_test(client_that_has_taught_never_counts_as_new),
		cmocka_unit_test(client_waits_24_hours_whatever_the_clock_is_set_to),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
