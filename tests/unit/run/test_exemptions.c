/* test_exemptions.c - the allow-list of a run follows the SSH sessions. */
#include "io/run/exemptions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "unit/given.h"
#include "unit/given_proc.h"

#define MINUTE 60000

static struct exemptions exempt;

static struct allow *list_of(const char *network)
{
	struct address a = given_address(network);
	struct allow *list = allow_new();

	assert_non_null(list);
	assert_true(allow_add_reserved(list, true) && allow_add(list, &a));
	allow_seal(list);
	return list;
}

static bool has(const char *client)
{
	struct address a = given_address(client);

	return allow_has(exempt.allow, &a);
}

static struct span at(int64_t ms)
{
	return (struct span){ms};
}

/* One look; whether there is a new list, which is used then. */
static bool look(int64_t ms)
{
	struct allow *a = exemptions_look(&exempt, at(ms));

	if (a)
		exemptions_use(&exempt, a);
	return a != NULL;
}

static void log_in(unsigned n)
{
	static char title[32];

	snprintf(title, sizeof title, "sshd: root@pts/%u", n);
	add_process(&(struct given_process){200 + (int)n, 1, 0, 0, title, {10 + n}});
	add_connection4(22, n, 10 + n);
	add_connection6(22, n, 10 + n);
}

static int begin(void **state)
{
	return make_proc(state);
}

static int end(void **state)
{
	exemptions_fini(&exempt);
	return remove_proc(state);
}

static void start_allows_who_is_logged_in_beside_the_options(void **state)
{
	(void)state;
	log_in(1);
	assert_true(exemptions_init(&exempt, list_of("198.51.100.0/24"), &given_places, at(0)));
	assert_int_equal(exempt.at_start_n, 2);
	assert_true(has("203.0.113.1") && has("2001:db8::/64") && has("198.51.100.7"));
	assert_true(has("127.0.0.1") && has("64:ff9b::/64"));
	assert_false(has("203.0.113.2"));
}

static void login_later_is_allowed_within_a_minute(void **state)
{
	(void)state;
	assert_true(exemptions_init(&exempt, list_of("198.51.100.0/24"), &given_places, at(0)));
	log_in(1);
	assert_false(look(MINUTE - 1));
	assert_true(look(MINUTE));
	assert_true(has("203.0.113.1") && has("2001:db8::1") && has("198.51.100.7"));
	assert_int_equal(exempt.at_start_n, 0);
	assert_false(look(2 * MINUTE)); /* nothing is new */
	log_in(2);
	assert_false(look(3 * MINUTE - 1));
	assert_true(look(3 * MINUTE));
	assert_true(has("203.0.113.1") && has("203.0.113.2"));
}

static void exemption_ends_10_minutes_after_the_connection(void **state)
{
	(void)state;
	log_in(1);
	assert_true(exemptions_init(&exempt, list_of("198.51.100.0/24"), &given_places, at(0)));
	for (int m = 1; m <= 100; m++)
		assert_false(look(m * MINUTE));
	end_connections();
	for (int m = 101; m <= 110; m++) {
		assert_false(look(m * MINUTE));
		assert_true(has("203.0.113.1") && has("2001:db8::1"));
	}
	assert_true(look(111 * MINUTE));
	assert_false(has("203.0.113.1") || has("2001:db8::1"));
	assert_true(has("198.51.100.7"));
}

static void known_one_is_watched_without_the_right_to_see_processes(void **state)
{
	(void)state;
	log_in(1);
	assert_true(exemptions_init(&exempt, list_of("198.51.100.0/24"), &given_places, at(0)));
	end_process(201);
	assert_false(look(30 * MINUTE));
	assert_true(has("203.0.113.1"));
	end_connections();
	add_connection4(22, 1, 77); /* a bare one of the same address */
	assert_false(look(31 * MINUTE));
	assert_true(look(41 * MINUTE));
	assert_false(has("203.0.113.1"));
}

static void what_is_known_stays_while_proc_is_away(void **state)
{
	struct ssh_places away = {"/nonexistent", "/nonexistent"};

	(void)state;
	log_in(1);
	assert_true(exemptions_init(&exempt, list_of("198.51.100.0/24"), &given_places, at(0)));
	exempt.places = &away;
	assert_false(look(60 * MINUTE));
	assert_true(has("203.0.113.1"));
}

static void reload_keeps_the_sessions_and_looks_again(void **state)
{
	(void)state;
	log_in(1);
	assert_true(exemptions_init(&exempt, list_of("198.51.100.0/24"), &given_places, at(0)));
	log_in(2);
	struct allow *a = exemptions_reload(&exempt, list_of("192.0.2.0/24"), at(1));
	assert_non_null(a);
	exemptions_use(&exempt, a);
	assert_true(has("203.0.113.1") && has("203.0.113.2") && has("192.0.2.7"));
	assert_false(has("198.51.100.7"));
	assert_false(look(MINUTE));
	log_in(3);
	assert_true(look(1 + MINUTE));
	assert_true(has("203.0.113.3") && has("192.0.2.7"));
}

static void run_that_bans_nobody_looks_for_no_sessions(void **state)
{
	(void)state;
	log_in(1);
	assert_true(exemptions_init(&exempt, list_of("198.51.100.0/24"), NULL, at(0)));
	assert_false(look(5 * MINUTE));
	assert_int_equal(exempt.at_start_n, 0);
	assert_false(has("203.0.113.1"));
	assert_true(has("198.51.100.7"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(start_allows_who_is_logged_in_beside_the_options),
		TEST(login_later_is_allowed_within_a_minute),
		TEST(exemption_ends_10_minutes_after_the_connection),
		TEST(known_one_is_watched_without_the_right_to_see_processes),
		TEST(what_is_known_stays_while_proc_is_away),
		TEST(reload_keeps_the_sessions_and_looks_again),
		TEST(run_that_bans_nobody_looks_for_no_sessions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
