/* test_exempt_brokers.c - the allow-list of anomban contains the brokers to which this host is
 * connected, or was connected in the last 10 minutes. */
#include "io/run/exemptions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "unit/captured.h"
#include "unit/given.h"
#include "unit/given_row.h"

#define MINUTE 60000

static struct exemptions exempt;

static struct allow *list_of(const char *network)
{
	struct address a = given_address(network);
	struct allow *list = allow_new();

	assert_non_null(list);
	assert_true(allow_add(list, &a));
	allow_seal(list);
	return list;
}

static bool has(const char *client)
{
	struct address a = given_address(client);

	return allow_has(exempt.allow, &a);
}

static bool use(struct allow *a)
{
	if (a)
		exemptions_use(&exempt, a);
	return a != NULL;
}

static bool look(int64_t ms)
{
	return use(exemptions_look(&exempt, (struct span){ms}));
}

static bool look_before_ban(int64_t ms)
{
	return use(exemptions_look_before_ban(&exempt, (struct span){ms}));
}

static void start_at(const char *ports)
{
	struct tcp_ports parsed;

	assert_true(exemptions_init(&exempt, list_of("198.51.100.0/24"), NULL, (struct span){0}));
	assert_true(tcp_ports_parse(ports, &parsed));
	assert_true(exemptions_watch_ports(&exempt, &parsed, proc_directory, (struct span){0}));
}

static int end(void **state)
{
	exemptions_fini(&exempt);
	return remove_proc(state);
}

static void no_connections(void)
{
	put_text("net/tcp", TCP_HEAD, strlen(TCP_HEAD));
	put_text("net/tcp6", TCP_HEAD, strlen(TCP_HEAD));
}

static void broker_is_allowed_from_the_start(void **state)
{
	(void)state;
	add_peer4(40000, 1, 1883, "1");
	add_peer6(40001, 2, 1883, "1");
	add_mapped(40002, 3, 1883, "1");
	start_at("1883");
	assert_true(has("203.0.113.1") && has("2001:db8::2") && has("203.0.113.3"));
	assert_true(has("2001:db8::/64")); /* the sets store the whole /64 */
	assert_true(has("198.51.100.7"));
	assert_false(has("203.0.113.4"));
}

static void later_broker_is_allowed_within_a_minute_and_before_a_ban(void **state)
{
	(void)state;
	start_at("1883");
	add_peer4(40000, 1, 1883, "1");
	assert_false(look(MINUTE - 1));
	assert_true(look(MINUTE));
	assert_true(has("203.0.113.1"));
	add_peer6(40001, 2, 1883, "1");
	assert_false(look_before_ban(MINUTE + 500));
	assert_true(look_before_ban(MINUTE + 1100));
	assert_true(has("203.0.113.1") && has("2001:db8::2") && has("198.51.100.7"));
	assert_false(look_before_ban(MINUTE + 3000)); /* nothing is new */
}

static void broker_stays_allowed_for_10_minutes_after_its_connection_has_ended(void **state)
{
	(void)state;
	add_peer4(40000, 1, 1883, "1");
	add_peer6(40001, 2, 1883, "1");
	start_at("1883");
	no_connections();
	for (int m = 1; m <= 10; m++) {
		assert_false(look(m * MINUTE));
		assert_true(has("203.0.113.1") && has("2001:db8::2"));
	}
	assert_true(look(11 * MINUTE));
	assert_false(has("203.0.113.1") || has("2001:db8::2"));
}

/* A stranger may have opened an established connection, so the ban of its peer is not lifted. */
static void only_a_broker_that_does_not_answer_is_unbanned(void **state)
{
	struct address stuck = given_address("2001:db8::2"), answers = given_address("203.0.113.1");

	(void)state;
	add_peer4(40000, 1, 1883, "1");
	add_peer6(40001, 2, 1883, "2");
	start_at("1883");
	assert_true(has("203.0.113.1") && has("2001:db8::2"));
	struct allow *lifting = exemptions_lifting(&exempt);
	struct address listed = given_address("198.51.100.7");
	assert_true(allow_has(lifting, &listed));
	assert_false(allow_has(lifting, &stuck) || allow_has(lifting, &answers));
	allow_free(lifting);
	assert_int_equal(exempt.unanswered_n, 1);
	assert_true(address_equal(&exempt.unanswered[0], &stuck));
	/* the address is known already, so the list does not change */
	no_connections();
	add_peer4(40000, 1, 1883, "2");
	assert_false(look(MINUTE));
	assert_int_equal(exempt.unanswered_n, 1);
	assert_true(address_equal(&exempt.unanswered[0], &answers));
	no_connections();
	assert_false(look(2 * MINUTE));
	assert_int_equal(exempt.unanswered_n, 0);
}

static void reload_keeps_brokers_and_finds_new_ones(void **state)
{
	(void)state;
	add_peer4(40000, 1, 1883, "1");
	start_at("1883");
	add_peer6(40001, 2, 1883, "1");
	assert_true(use(exemptions_reload(&exempt, list_of("192.0.2.0/24"), (struct span){1})));
	assert_true(has("203.0.113.1") && has("2001:db8::2") && has("192.0.2.7"));
	assert_false(has("198.51.100.7"));
}

static void ports_none_allows_no_broker(void **state)
{
	(void)state;
	add_peer4(40000, 1, 1883, "1");
	start_at("none");
	assert_false(has("203.0.113.1"));
	assert_false(look(MINUTE));
	assert_false(look_before_ban(2 * MINUTE));
}

static void missing_table_of_connections_is_reported_once_and_changes_nothing(void **state)
{
	static const char want[] = "anomdetect: warning: unable to find the hosts that this host "
				   "is connected to: No such file or directory; give the broker's "
				   "address with --allow\n";

	(void)state;
	add_peer4(40000, 1, 1883, "1");
	start_at("1883");
	exempt.proc = "/nonexistent";
	capture_begin();
	for (int m = 1; m <= 30; m++)
		(void)look(m * MINUTE);
	assert_string_equal(capture_end(), want);
	assert_true(has("203.0.113.1"));
}

static void brokers_beyond_the_limit_are_reported_once(void **state)
{
	(void)state;
	start_at("1883");
	for (unsigned i = 0; i <= SSH_PEERS_MAX; i++)
		(i % 2 ? add_peer4 : add_peer6)(40000 + i, i / 2, 1883, "1");
	capture_begin();
	for (int m = 1; m <= 3; m++)
		(void)look(m * MINUTE);
	assert_string_equal(capture_end(),
		"anomdetect: warning: this host is connected to over 256 hosts at the ports of "
		"--allow-peers, so not all of them are exempt from bans; "
		"give the broker's address with --allow\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_proc, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(broker_is_allowed_from_the_start),
		TEST(later_broker_is_allowed_within_a_minute_and_before_a_ban),
		TEST(broker_stays_allowed_for_10_minutes_after_its_connection_has_ended),
		TEST(only_a_broker_that_does_not_answer_is_unbanned),
		TEST(reload_keeps_brokers_and_finds_new_ones),
		TEST(ports_none_allows_no_broker),
		TEST(missing_table_of_connections_is_reported_once_and_changes_nothing),
		TEST(brokers_beyond_the_limit_are_reported_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
