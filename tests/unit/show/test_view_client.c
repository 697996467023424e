/* test_view_client.c - the report about one client, from the state and from the memory file. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "core/record/memory.h"
#include "core/show/view.h"
#include "unit/given_source.h"
#include "unit/plural.h"
#include "unit/sample_state.h"

#define NOW ((struct instant){SAMPLE_SAVED_MS})

static struct state sample;
static char text[8192];

static void tell_with(const char *client, const struct memory_client *remembered, const char *why)
{
	struct address a = sample_address(client);
	struct buf b;

	buf_init(&b, text, sizeof text - 1);
	view_client(&sample, NOW, &a, remembered, why, &b);
	assert_false(b.full);
	text[b.len] = '\0';
}

static void tell(const char *client)
{
	tell_with(client, NULL, NULL);
}

static void assert_says(const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" is not in:\n%s", part, text);
}

static void assert_hides(const char *part)
{
	if (strstr(text, part))
		fail_msg("\"%s\" is in:\n%s", part, text);
}

static void fill(void)
{
	sample_fill(&sample);
	memset(sample.trouble, 0, sizeof sample.trouble);
	sample.failing = sample.pages_failing = false;
	sample.bans_not_enforced = 0;
	sample.no_effect.ms = 0;
}

static void banned_client_is_shown_with_remaining_time_and_reason(void **unused)
{
	(void)unused;
	fill();
	tell("203.0.113.9");
	assert_says(
		"client   203.0.113.9\n"
		"ban      banned until 2026-11-22 04:25:12 UTC, 9m 12s left; the firewall has it\n"
		"since    2026-11-22 04:15:12 UTC, 48s ago\n"
		"lift     anomban --ipv4-prefix 24 --unban 203.0.113.9\n"
		"why      visit_requests 331.13 > 330 requests/visit\n"
		"request  GET /shop?<b>\"'&\\ 200\n"
		"strikes  2, the last 2026-11-22 04:15:12 UTC, 48s ago\n"
		"now      not among the 3 clients with the most requests in 60 s\n"
		"limits   1200 requests, 20 errors in 60 s; 3012 requests, 31 errors in a visit; "
		"learned\n"
		"event    2026-11-22 04:16:00 UTC  unban  203.0.113.9  expired\n"
		"event    2026-11-22 04:15:00 UTC  ban  203.0.113.9  requests 121 > 120, strike "
		"2, 10m 0s  POST /wp-login.php 599\n");
	assert_hides("memory");
	assert_hides("length");
	tell("203.0.113.10");
	assert_says("why      requests 1201 > 1200 requests/60s, zscore, multiplier\n"
		    "length   not permanent: only the number of requests was too high\n"
		    "strikes  4, ");
	assert_hides("event"); /* the events are about 203.0.113.9, another client */
}

static void path_rules_are_explained_in_words(void **unused)
{
	(void)unused;
	fill();
	sample.bans[2].rules = RULES_OF_PATHS | 1u << RULE_SLOW_ERRORS | RULES_GENTLE;
	tell("203.0.113.10");
	assert_says(
		"why      probes, bait, repeats, slow_errors\n"
		"rule     probes: the client failed on many different paths that the site never "
		"served\n"
		"rule     bait: the client failed on paths that clients of other networks failed "
		"on before\n"
		"rule     repeats: the client wrote to one path again and again, as password "
		"guessers do\n"
		"rule     slow_errors: nearly all requests of the client in 24 hours failed\n"
		"length   not permanent: only the paths of its requests count against it\n"
		"strikes  4, ");
	assert_hides("request  ");
	sample.bans[2].temporary = false;
	tell("203.0.113.10");
	assert_hides("length");
}

static void address_is_found_in_the_network_that_counts_as_one_client(void **unused)
{
	(void)unused;
	fill();
	tell("2001:db8:bad::7");
	assert_says("ban      banned, permanent; the firewall has it\nsince ");
	assert_says(
		"lift     anomban --ipv4-prefix 24 --unban 2001:db8:bad::/64\nwhy      swarm\n");
	snprintf(sample.set_name, sizeof sample.set_name, "web");
	sample.ipv4_prefix = 32;
	sample.ipv6_prefix = 56;
	tell("2001:db8:bad::7");
	assert_says("lift     anomban --set web --ipv6-prefix 56 --unban 2001:db8:bad::/64\n");
	tell("2001:db8:bad:1::7");
	assert_says("ban      not banned\nstrikes  none known\n");
	tell("198.51.100.200"); /* the list of clients contains its network 198.51.100.0/24 */
	assert_says("now      1004 requests, 28 errors in 60 s: 84 % of its limit\n");
	tell("2001:db8:1:2::3");
	assert_says("now      1104 requests, 29 errors in 60 s: 92 % of its limit; not banned: "
		    "allowed or held back\n");
}

static void missing_ban_in_the_firewall_is_shown(void **unused)
{
	(void)unused;
	fill();
	sample.bans[0].enforced = false;
	tell("203.0.113.9");
	assert_says("9m 12s left; the FIREWALL LACKS it\n");
	snprintf(sample.firewall, sizeof sample.firewall, "none");
	tell("203.0.113.9");
	assert_says("9m 12s left; not enforced\n");
	assert_says("lift     nothing to lift: this run bans no client in the kernel\n");
}

static void memory_file_supplies_clients_that_the_state_lacks(void **unused)
{
	struct memory_client m = {.ban = {.client = sample_address("2001:db8:9::/64"),
					  .form = BAN_OVER,
					  .strikes = 3,
					  .since = {SAMPLE_SAVED_MS - 7200000},
					  .until = {SAMPLE_SAVED_MS - 3600000},
					  .rules = 1u << RULE_ERRORS | RULES_GENTLE}};

	(void)unused;
	fill();
	tell_with("2001:db8:9::1", &m, NULL);
	assert_says("ban      not banned\nwhy      errors\n"
		    "strikes  3, the last 2026-11-22 02:16:00 UTC, 2h 0m ago\n");
	assert_hides("length");
	m.ban.rules = RULES_GENTLE; /* a flag without a rule */
	tell_with("2001:db8:9::1", &m, NULL);
	assert_says("why      not known");
	m.ban.rules = 1u << RULE_ERRORS | RULES_GENTLE;
	m.ban.temporary = true;
	tell_with("2001:db8:9::1", &m, NULL);
	assert_says("why      errors\nlength   not permanent: only the paths of its requests count "
		    "against it\nstrikes  3, ");
	assert_hides("parole");
	m.ban.paroled = true; /* the ban ended at 03:16 */
	tell_with("2001:db8:9::1", &m, NULL);
	assert_says("parole   until 2026-11-23 03:16:00 UTC: a fifth of the limits below "
		    "applies\n");
	m.ban.until.ms -= 23 * 3600000LL;
	tell_with("2001:db8:9::1", &m, NULL);
	assert_hides("parole");
	m.ban.form = BAN_MUTED;
	m.ban.until.ms = SAMPLE_SAVED_MS + 60000;
	tell_with("2001:db8:9::1", &m, NULL);
	assert_says("ban      not banned: the client is allowed or the ban is held "
		    "back; no alert before 2026-11-22 "
		    "04:17:00 UTC\n");
	assert_hides("parole");
	m.ban.strikes = 0;
	tell_with("2001:db8:9::1", &m, NULL);
	assert_says("strikes  none\n");
	m.ban.strikes = 3;
	m.ban.form = BAN_ACTIVE;
	m.ban.was_enforced = true;
	tell_with("2001:db8:9::1", &m, NULL);
	/* the state lists all bans, and this one is not among them */
	assert_says("ban      not banned\n");
	sample.bans_total = 5000;
	tell_with("2001:db8:9::1", &m, NULL);
	assert_says("1m 0s left; the firewall had it\n");
	tell_with("203.0.113.9", &m, NULL); /* the ban in the state is newer */
	assert_says("9m 12s left; the firewall has it\n");
	tell_with("203.0.113.9", NULL, "no such file");
	assert_says("\nmemory   the memory file could not be used: no such file\n");
}

static void network_shows_its_banned_clients(void **unused)
{
	(void)unused;
	fill();
	tell("203.0.113.0/24"); /* the network is not a client, but contains two banned clients */
	assert_says(
		"\nban      not banned; banned clients in this network: 2, such as 203.0.113.9\n");
	tell("2001:db8:bad::/56");
	assert_says("\nban      not banned; banned clients in this network: 1, such as "
		    "2001:db8:bad::/64\n");
	tell("203.0.113.0/30");
	assert_says("\nban      not banned\n");
	sample.bans[0].until = sample.saved;
	tell("203.0.113.8/29");
	assert_says("banned clients in this network: 1, such as 203.0.113.10\n");
}

static void age_of_an_old_state_is_shown(void **unused)
{
	(void)unused;
	fill();
	sample.saved.ms -= 6001;
	tell("203.0.113.9");
	assert_says("state    STALE, and 6s old; all lines below are as old\n");
	sample.running = false;
	tell("203.0.113.9");
	assert_says("state    of a run that has STOPPED, and 6s old; all lines below are as old\n");
}

static bool find(const char *file, const char *client, struct memory_client *out, bool *found)
{
	struct address a = sample_address(client);
	const char *why;
	struct given_source all = {.text = file, .len = strlen(file), .most = 11};
	struct byte_source source = given_source(&all);
	enum memory_result result = memory_find(&source, &a, out, found, &why);
	bool ok = result == MEMORY_OK;

	assert_int_not_equal(result, MEMORY_UNREAD);
	assert_true(ok == !why);
	return ok;
}

static void client_is_found_in_the_memory_file(void **unused)
{
	static const char file[] =
		"{\"version\":1,\"clients\":[\"203.0.113.7 over 4 1795320000000 1795320600000 1\","
		"\"2001:db8:bad::/64 enforced 2 1795320000001 253402300799999 6\"]}\n";
	struct memory_client m;
	bool found;

	(void)unused;
	assert_true(find(file, "203.0.113.7", &m, &found) && found);
	assert_true(m.ban.form == BAN_OVER && m.ban.strikes == 4 && m.ban.rules == 1);
	assert_true(find(file, "2001:db8:bad::42", &m, &found) && found);
	assert_true(
		m.ban.form == BAN_ACTIVE && m.ban.was_enforced && m.ban.until.ms == INSTANT_MAX.ms);
	assert_true(find(file, "203.0.113.8", &m, &found) && !found);
	assert_false(find("{\"version\":2,\"clients\":[]}\n", "203.0.113.7", &m, &found));
	assert_false(find("{\"version\":1,\"clients\":[\"x\"]}\n", "203.0.113.7", &m, &found));
	assert_false(find("{\"version\":1,\"clients\":{}}\n", "203.0.113.7", &m, &found));
	assert_false(find("{\"version\":1,\"cli", "203.0.113.7", &m, &found));
	assert_false(find("", "203.0.113.7", &m, &found));
}

static void number_one_has_a_singular_noun(void **unused)
{
	(void)unused;
	fill();
	plural_make_one(&sample);
	tell("198.51.100.7");
	assert_says("now      1 request, 1 error in 60 s: ");
	assert_says("limits   1 request, 1 error in 60 s; 1 request, 1 error in a visit; ");
	plural_assert_none(text);
	tell("2001:db8::1");
	assert_says("now      not the client with the most requests in 60 s\n");
	plural_assert_none(text);
	sample.top_n = 0;
	tell("2001:db8::1");
	assert_says("now      no client has sent a request in 60 s\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(number_one_has_a_singular_noun),
		cmocka_unit_test(banned_client_is_shown_with_remaining_time_and_reason),
		cmocka_unit_test(path_rules_are_explained_in_words),
		cmocka_unit_test(address_is_found_in_the_network_that_counts_as_one_client),
		cmocka_unit_test(missing_ban_in_the_firewall_is_shown),
		cmocka_unit_test(memory_file_supplies_clients_that_the_state_lacks),
		cmocka_unit_test(network_shows_its_banned_clients),
		cmocka_unit_test(age_of_an_old_state_is_shown),
		cmocka_unit_test(client_is_found_in_the_memory_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
