/* test_exemptions.c - addresses with an SSH session join the allow-list of a run, and leave it some
 * time after the session. */
#include "io/run/exemptions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "io/host/log.h"
#include "io/host/ssh_processes.h"
#include "unit/captured.h"
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

/* Calls exemptions_look at `ms`. If it returns a new allow-list, uses this list from now on and
 * returns true. */
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

static void start_at(const struct ssh_places *places)
{
	assert_true(exemptions_init(&exempt, list_of("198.51.100.0/24"), places, at(0)));
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

static void at_the_start_logged_in_clients_are_allowed(void **state)
{
	(void)state;
	log_in(1);
	start_at(&given_places);
	assert_int_equal(exempt.at_start_n, 2);
	assert_true(has("203.0.113.1") && has("2001:db8::/64") && has("198.51.100.7"));
	assert_true(has("127.0.0.1") && has("64:ff9b::/64"));
	assert_false(has("203.0.113.2"));
}

static void client_that_logs_in_later_is_allowed_within_a_minute(void **state)
{
	(void)state;
	start_at(&given_places);
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

static void exemption_ends_10_minutes_after_the_connection_ends(void **state)
{
	(void)state;
	log_in(1);
	start_at(&given_places);
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

static void known_session_is_exempt_while_its_process_is_not_visible(void **state)
{
	(void)state;
	log_in(1);
	start_at(&given_places);
	end_process(201);
	assert_false(look(30 * MINUTE));
	assert_true(has("203.0.113.1"));
	end_connections();
	add_connection4(22, 1, 77); /* a connection without a login, from the same address */
	assert_false(look(31 * MINUTE));
	assert_true(look(41 * MINUTE));
	assert_false(has("203.0.113.1"));
}

static void known_sessions_stay_while_proc_is_missing(void **state)
{
	struct ssh_places away = {"/nonexistent", "/nonexistent", {3600 * 1000}};

	(void)state;
	log_in(1);
	start_at(&given_places);
	exempt.places = &away;
	assert_false(look(60 * MINUTE));
	assert_true(has("203.0.113.1"));
}

static void reload_keeps_the_sessions_and_checks_again(void **state)
{
	(void)state;
	log_in(1);
	start_at(&given_places);
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

/* The number of times that `what` occurs in `text`. */
static int times(const char *text, const char *what)
{
	int n = 0;

	for (; (text = strstr(text, what)); text++)
		n++;
	return n;
}

#define BLIND  "warning: unable to find the SSH logins: Permission denied; addresses of new"
#define HIDDEN "warning: unable to find the SSH logins: the processes of other users are"
#define CUT    "warning: too many processes or connections to find all SSH sessions in 250 ms;"
#define MORE   "warning: over 256 SSH connections have a session, so not all of them are exempt"

/* The number of times that the checks in minutes `first` to `last` log the warning `what`. */
static int looks_warn(int first, int last, const char *what)
{
	capture_begin();
	for (int m = first; m <= last; m++)
		(void)look(m * MINUTE);
	return times(capture_end(), what);
}

static void unreadable_sockets_are_reported_once(void **state)
{
	(void)state;
	start_at(&given_places);
	log_in(1);
	hide_sockets(201);
	make_readable("net");
	become_other();
	int said = looks_warn(1, 5, BLIND);
	become_oneself();
	assert_int_equal(said, 1);
	assert_int_equal(looks_warn(6, 6, BLIND), 0);
	become_other();
	/* the sockets were readable in between, so the warning is logged again */
	said = looks_warn(7, 7, BLIND);
	become_oneself();
	assert_int_equal(said, geteuid() == 0);
}

static void hidden_processes_are_reported_once_at_the_start(void **state)
{
	(void)state;
	end_process(1);
	capture_begin();
	bool ok = exemptions_init(&exempt, list_of("198.51.100.0/24"), &given_places, at(0));
	int said = times(capture_end(), HIDDEN);
	assert_true(ok);
	assert_int_equal(said, 1);
	assert_int_equal(looks_warn(1, 5, HIDDEN), 0);
}

static void add_bare_processes(void)
{
	for (int i = 0; i <= SSH_PROCESSES_MAX; i++)
		add_process(&(struct given_process){1000 + i, 1, 0, 0, "sshd: [accepted]", {0}});
}

/* A search that is cut off changes nothing: connections that were open still count as open, and the
 * exemptions of ended connections end when they would have ended without this search. */
static void incomplete_check_keeps_known_sessions(void **state)
{
	(void)state;
	log_in(1);
	start_at(&given_places);
	end_connections();
	assert_false(look(MINUTE));
	end_process(201);
	log_in(2);
	assert_true(look(2 * MINUTE));
	end_process(202);
	end_connections();
	add_bare_processes();
	assert_int_equal(looks_warn(9, 10, CUT), 1);
	assert_true(has("203.0.113.1") && has("2001:db8::1"));
	assert_int_equal(looks_warn(11, 11, CUT), 0);
	assert_int_equal(looks_warn(40, 40, CUT), 0);
	assert_false(has("203.0.113.1") || has("2001:db8::1"));
	assert_true(has("203.0.113.2") && has("2001:db8::2"));
}

static void sessions_beyond_the_limit_are_reported_once(void **state)
{
	(void)state;
	start_at(&given_places);
	for (unsigned n = 0; n < SSH_PEERS_MAX / 2; n++)
		log_in(n);
	assert_int_equal(looks_warn(1, 1, MORE), 0);
	log_in(SSH_PEERS_MAX / 2);
	assert_int_equal(looks_warn(2, 5, MORE), 1);
}

static void run_without_bans_checks_no_sessions(void **state)
{
	(void)state;
	log_in(1);
	start_at(NULL);
	assert_false(look(5 * MINUTE));
	assert_int_equal(exempt.at_start_n, 0);
	assert_false(has("203.0.113.1"));
	assert_true(has("198.51.100.7"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(at_the_start_logged_in_clients_are_allowed),
		TEST(client_that_logs_in_later_is_allowed_within_a_minute),
		TEST(exemption_ends_10_minutes_after_the_connection_ends),
		TEST(known_session_is_exempt_while_its_process_is_not_visible),
		TEST(known_sessions_stay_while_proc_is_missing),
		TEST(reload_keeps_the_sessions_and_checks_again),
		TEST(unreadable_sockets_are_reported_once),
		TEST(hidden_processes_are_reported_once_at_the_start),
		TEST(incomplete_check_keeps_known_sessions),
		TEST(sessions_beyond_the_limit_are_reported_once),
		TEST(run_without_bans_checks_no_sessions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
