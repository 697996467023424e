/* test_order.c - which event lines anomban obeys, and why it does not obey others. */
#include "core/record/order.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/record/event.h"
#include "unit/order_line.h"

struct line_case {
	const char *line;
	enum order_reason reason;
};

static void check(const struct line_case *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct order o;
		enum order_reason got = parse(cases[i].line, &o);
		if (got != cases[i].reason)
			fail_msg("%s: reason %d, not %d", cases[i].line, got, cases[i].reason);
	}
}

#define CHECK(...)                                                                                 \
	check((const struct line_case[]){__VA_ARGS__},                                             \
		sizeof((const struct line_case[]){__VA_ARGS__}) / sizeof(struct line_case))

static void check_client(const struct order *o, const char *want)
{
	struct address a;

	assert_true(address_parse_prefix(want, strlen(want), &a));
	assert_true(address_equal(&o->client, &a));
}

/* ---- lines that are obeyed ---- */

static void ban_is_obeyed_with_its_end(void **state)
{
	struct order o;

	(void)state;
	assert_int_equal(parse("{\"event\":\"ban\"," HEAD CLIENT TIMES "}", &o), ORDER_OK);
	assert_int_equal(o.kind, ORDER_BAN);
	check_client(&o, "198.51.100.7");
	assert_false(o.permanent);
	assert_true(o.time.ms == EVENT_MS && o.until.ms == EVENT_MS + 600000);
}

static void network_of_ipv6_is_banned_whole(void **state)
{
	struct order o;

	(void)state;
	assert_int_equal(
		parse("{\"event\":\"ban\"," HEAD ",\"client\":\"2001:db8:1:2::/64\"" TIMES "}", &o),
		ORDER_OK);
	check_client(&o, "2001:db8:1:2::/64");
	assert_int_equal(
		parse("{\"event\":\"ban\"," HEAD ",\"client\":\"2001:db8::7\"" TIMES "}", &o),
		ORDER_OK);
	check_client(&o, "2001:db8::7");
	assert_int_equal(
		parse("{\"event\":\"ban\"," HEAD ",\"client\":\"::ffff:198.51.100.7\"" TIMES "}",
			&o),
		ORDER_OK);
	check_client(&o, "198.51.100.7");
}

static void permanent_ban_has_no_end(void **state)
{
	struct order o;

	(void)state;
	assert_int_equal(parse("{\"event\":\"ban\"," HEAD CLIENT EVER "}", &o), ORDER_OK);
	assert_true(o.permanent);
	assert_true(o.until.ms == INSTANT_MAX.ms);
}

static void unban_is_obeyed_whatever_its_age_unless_it_only_reports(void **state)
{
	static const char *const reports[] = {"{\"event\":\"unban\"," HEAD CLIENT
					      ",\"reason\":\"expired\",\"strike\":1}",
		"{\"event\":\"unban\"," HEAD CLIENT ",\"reason\":\"ordered\",\"strike\":0}",
		"{\"event\":\"unban\"," HEAD CLIENT ",\"reason\":\"not_enforced\"}"};
	static const char *const lines[] = {"{\"event\":\"unban\"," HEAD CLIENT
					    ",\"reason\":\"manual\",\"strike\":1}",
		"{\"event\":\"unban\"," HEAD CLIENT "}",
		"{\"event\":\"unban\",\"time\":\"2020-01-01T00:00:00Z\",\"mode\":\"live\"" CLIENT
		"}"};

	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		struct order o;
		assert_int_equal(parse(lines[i], &o), ORDER_OK);
		assert_int_equal(o.kind, ORDER_UNBAN);
		check_client(&o, "198.51.100.7");
	}
	for (size_t i = 0; i < sizeof reports / sizeof *reports; i++) {
		struct order o;
		assert_int_equal(parse(reports[i], &o), ORDER_ENDED);
	}
}

/* order.c can read every ban and unban that event.c writes. */
static void events_of_anomdetect_are_obeyed(void **state)
{
	static const char *const clients[] = {
		"198.51.100.7", "203.0.113.0/24", "2001:db8:1:2::/64"};
	struct event e = {.kind = EVENT_BAN,
		.time = {EVENT_MS},
		.seconds = {600000},
		.until = {EVENT_MS + 600000},
		.reason = "manual",
		.strike = 1};
	char line[EVENT_BYTES_MAX];
	struct order o;
	struct buf b;

	(void)state;
	for (size_t i = 0; i < sizeof clients / sizeof *clients; i++) {
		for (int kind = 0; kind < 3; kind++) {
			e.kind = kind == 2 ? EVENT_UNBAN : EVENT_BAN;
			e.permanent = kind == 1;
			assert_true(
				address_parse_prefix(clients[i], strlen(clients[i]), &e.client));
			buf_init(&b, line, sizeof line);
			event_write(&e, &b);
			assert_int_equal(
				parse_bytes(line, b.len - 1, false, NOW, false, &o), ORDER_OK);
			assert_int_equal(o.kind, kind == 2 ? ORDER_UNBAN : ORDER_BAN);
			assert_true(address_equal(&o.client, &e.client));
			assert_true(kind != 0 || o.until.ms == e.until.ms);
			assert_true(o.permanent == (kind == 1));
		}
	}
}

static void members_may_have_any_order_and_blanks_around_them(void **state)
{
	(void)state;
	CHECK({"{ \"until\" : \"2026-11-22T05:26:00+01:00\" , \"seconds\":6e2" CLIENT
	       ",\"mode\":\"live\",\"x\":[{\"event\":\"no\"}],\"time\":\"2026-11-22T04:16:00Z\","
	       "\"event\":\"ban\"} \t\r",
		ORDER_OK});
}

/* ---- lines that are not obeyed ---- */

static void text_that_is_no_whole_object_is_no_event(void **state)
{
	(void)state;
	CHECK({"", ORDER_NOT_EVENT}, {"garbage", ORDER_NOT_EVENT}, {"{}", ORDER_NOT_EVENT},
		{"[{\"event\":\"ban\"}]", ORDER_NOT_EVENT}, {"\"ban\"", ORDER_NOT_EVENT},
		{"{\"event\":\"ban\"," HEAD CLIENT TIMES, ORDER_NOT_EVENT},
		{"{\"event\":\"ban\"," HEAD CLIENT TIMES "} x", ORDER_NOT_EVENT},
		{"{\"event\":\"ban\"," HEAD CLIENT TIMES "}}", ORDER_NOT_EVENT},
		{"x {\"event\":\"ban\"," HEAD CLIENT TIMES "}", ORDER_NOT_EVENT},
		{" {\"event\":\"ban\"," HEAD CLIENT TIMES "}", ORDER_NOT_EVENT},
		{"\xef\xbb\xbf{\"event\":\"ban\"," HEAD CLIENT TIMES "}", ORDER_NOT_EVENT},
		{"<14>Nov 22 04:16:00 web anomdetect: {\"event\":\"ban\"," HEAD CLIENT TIMES "}",
			ORDER_NOT_EVENT},
		{"{\"log\":\"{\\\"event\\\":\\\"ban\\\"}\"," HEAD CLIENT TIMES "}",
			ORDER_NOT_EVENT},
		{"{\"Event\":\"ban\"," HEAD CLIENT TIMES "}", ORDER_NOT_EVENT},
		{"{\"event\":[\"ban\"]," HEAD CLIENT TIMES "}", ORDER_NOT_EVENT},
		{"{\"remote_addr\":\"198.51.100.7\",\"status\":200}", ORDER_NOT_EVENT});
}

static void only_a_live_run_is_obeyed(void **state)
{
	(void)state;
	CHECK({"{\"event\":\"ban\",\"time\":\"2026-11-22T04:16:00Z\",\"mode\":\"replay\"" CLIENT
			      TIMES "}",
		      ORDER_REPLAY},
		{"{\"event\":\"unban\",\"time\":\"2026-11-22T04:16:00Z\",\"mode\":\"replay\"" CLIENT
		 "}",
			ORDER_REPLAY},
		{"{\"event\":\"ban\",\"time\":\"2026-11-22T04:16:00Z\"" CLIENT TIMES "}",
			ORDER_NOT_EVENT},
		{"{\"event\":\"ban\",\"time\":\"2026-11-22T04:16:00Z\",\"mode\":\"Live\"" CLIENT
				TIMES "}",
			ORDER_NOT_EVENT});
}

static void other_events_are_not_obeyed(void **state)
{
	static const char *const kinds[] = {"start", "baseline", "alert", "recovered", "error",
		"stop", "banned", "BAN", "ban "};

	(void)state;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		char line[300];
		struct order o;
		snprintf(line, sizeof line, "{\"event\":\"%s\"," HEAD CLIENT TIMES "}", kinds[i]);
		assert_int_equal(parse(line, &o), ORDER_OTHER_EVENT);
	}
}

static void client_is_an_address_or_a_network(void **state)
{
	static const char *const bad[] = {"\"\"", "null", "7", "\"example.org\"",
		"\"198.51.100.7:80\"", "\"198.51.100.07\"", "\"198.51.100.7/33\"",
		"\"2001:db8::/129\"", "\"198.51.100.7,::1\"", "[\"198.51.100.7\"]",
		"\" 198.51.100.7\""};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		char line[300];
		struct order o;
		snprintf(line, sizeof line, "{\"event\":\"ban\"," HEAD ",\"client\":%s" TIMES "}",
			bad[i]);
		if (parse(line, &o) != ORDER_BAD_CLIENT)
			fail_msg("not rejected as bad_client: %s", line);
		snprintf(line, sizeof line, "{\"event\":\"unban\"," HEAD ",\"client\":%s}", bad[i]);
		if (parse(line, &o) != ORDER_BAD_CLIENT)
			fail_msg("not rejected as bad_client: %s", line);
	}
	CHECK({"{\"event\":\"ban\"," HEAD TIMES "}", ORDER_BAD_CLIENT},
		{"{\"event\":\"ban\"," HEAD ",\"Client\":\"198.51.100.7\"" TIMES "}",
			ORDER_BAD_CLIENT});
}

static void first_of_equal_members_counts(void **state)
{
	struct order o;

	(void)state;
	assert_int_equal(parse("{\"event\":\"ban\",\"event\":\"stop\"," HEAD CLIENT
			       ",\"client\":\"203.0.113.1\"" TIMES "}",
				 &o),
		ORDER_OK);
	check_client(&o, "198.51.100.7");
}

static void nul_and_broken_escapes_are_not_obeyed(void **state)
{
	static const char nul[] = "{\"event\":\"ban\0x\"," HEAD CLIENT TIMES "}";
	struct order o;

	(void)state;
	assert_int_equal(parse_bytes(nul, sizeof nul - 1, false, NOW, false, &o), ORDER_NOT_EVENT);
	CHECK({"{\"event\":\"ban\"," HEAD ",\"client\":\"198.51.100.7\\u0000x\"" TIMES "}",
		      ORDER_NOT_EVENT},
		{"{\"event\":\"ban\\u0000\"," HEAD CLIENT TIMES "}", ORDER_NOT_EVENT},
		{"{\"event\":\"ban\"," HEAD ",\"client\":\"198.51.100.7\\uzzzz\"" TIMES "}",
			ORDER_NOT_EVENT},
		{"{\"event\":\"ban\"," HEAD CLIENT TIMES ",\"x\":\"\\u00", ORDER_NOT_EVENT},
		{"{\"event\":\"ban\"," HEAD CLIENT TIMES ",\"x\":\"\\", ORDER_NOT_EVENT},
		/* an escaped backslash before u0000 is only text, and other escapes are allowed */
		{"{\"event\":\"ban\"," HEAD CLIENT TIMES ",\"x\":\"\\\\u0000 \\u001b\"}",
			ORDER_OK});
}

static void cut_line_is_not_obeyed(void **state)
{
	static const char line[] = "{\"event\":\"ban\"," HEAD CLIENT TIMES "}";
	struct order o;

	(void)state;
	assert_int_equal(parse_bytes(line, sizeof line - 1, true, NOW, false, &o), ORDER_NOT_EVENT);
}

static void time_must_be_present_and_valid(void **state)
{
	(void)state;
	CHECK({"{\"event\":\"ban\",\"mode\":\"live\"" CLIENT TIMES "}", ORDER_BAD_TIME},
		{"{\"event\":\"ban\",\"time\":1795320960,\"mode\":\"live\"" CLIENT TIMES "}",
			ORDER_BAD_TIME},
		{"{\"event\":\"ban\",\"time\":\"yesterday\",\"mode\":\"live\"" CLIENT TIMES "}",
			ORDER_BAD_TIME},
		{"{\"event\":\"unban\",\"mode\":\"live\"" CLIENT "}", ORDER_BAD_TIME},
		{"{\"event\":\"unban\",\"time\":null,\"mode\":\"live\"" CLIENT "}",
			ORDER_BAD_TIME});
}

static void seconds_and_until_must_be_present_and_agree(void **state)
{
	static const char *const bad[] = {"", ",\"seconds\":600", ",\"seconds\":0",
		EVER ",\"x\":1}x", ",\"until\":\"2026-11-22T04:26:00Z\"", ",\"until\":null",
		",\"seconds\":601,\"until\":null", ",\"seconds\":null",
		",\"seconds\":null,\"until\":\"2026-11-22T04:26:00Z\"",
		",\"seconds\":null,\"until\":false", ",\"seconds\":false,\"until\":null",
		",\"seconds\":\"600\",\"until\":\"2026-11-22T04:26:00Z\"",
		",\"seconds\":600,\"until\":1795321560", ",\"seconds\":600,\"until\":\"never\"",
		",\"seconds\":602,\"until\":\"2026-11-22T04:26:00Z\"",
		",\"seconds\":598,\"until\":\"2026-11-22T04:26:00Z\"",
		",\"seconds\":0,\"until\":\"2026-11-22T04:16:00Z\"",
		",\"seconds\":0.5,\"until\":\"2026-11-22T04:16:00.5Z\"",
		",\"seconds\":600.5,\"until\":\"2026-11-22T04:26:00.5Z\"",
		",\"seconds\":-600,\"until\":\"2026-11-22T04:06:00Z\"",
		",\"seconds\":1e400,\"until\":\"2026-11-22T04:26:00Z\"",
		",\"seconds\":-1e400,\"until\":\"2026-11-22T04:26:00Z\"",
		",\"seconds\":31622401,\"until\":\"2027-11-23T04:16:01Z\"",
		",\"seconds\":1e300,\"until\":\"9999-12-31T23:59:59Z\""};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		char line[300];
		struct order o;
		snprintf(line, sizeof line, "{\"event\":\"ban\"," HEAD CLIENT "%s}", bad[i]);
		enum order_reason want = strchr(bad[i], '}') ? ORDER_NOT_EVENT : ORDER_BAD_TIME;
		if (parse(line, &o) != want)
			fail_msg("another reason than expected: %s", line);
	}
	CHECK({"{\"event\":\"ban\"," HEAD CLIENT EVER "}", ORDER_OK},
		{"{\"event\":\"ban\"," HEAD CLIENT ",\"seconds\":0,\"until\":null}", ORDER_OK},
		{"{\"event\":\"ban\"," HEAD CLIENT
		 ",\"seconds\":601,\"until\":\"2026-11-22T04:26:00Z\"}",
			ORDER_OK},
		{"{\"event\":\"ban\"," HEAD CLIENT
		 ",\"seconds\":31622400,\"until\":\"2027-11-23T04:16:00Z\"}",
			ORDER_OK});
}

static void each_reason_has_its_own_counter(void **state)
{
	struct order_counters c = {0};

	(void)state;
	assert_null(order_counter(&c, ORDER_OK));
	for (int r = ORDER_OK + 1; r < ORDER_REASON_COUNT; r++) {
		uint64_t *counter = order_counter(&c, (enum order_reason)r);
		assert_non_null(counter);
		assert_int_equal(*counter, 0);
		++*counter;
	}
	assert_int_equal(c.not_event + c.other_event + c.replay + c.bad_client + c.bad_time +
				 c.future + c.ended + c.stale + c.older,
		ORDER_REASON_COUNT - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ban_is_obeyed_with_its_end),
		cmocka_unit_test(network_of_ipv6_is_banned_whole),
		cmocka_unit_test(permanent_ban_has_no_end),
		cmocka_unit_test(unban_is_obeyed_whatever_its_age_unless_it_only_reports),
		cmocka_unit_test(events_of_anomdetect_are_obeyed),
		cmocka_unit_test(members_may_have_any_order_and_blanks_around_them),
		cmocka_unit_test(text_that_is_no_whole_object_is_no_event),
		cmocka_unit_test(only_a_live_run_is_obeyed),
		cmocka_unit_test(other_events_are_not_obeyed),
		cmocka_unit_test(client_is_an_address_or_a_network),
		cmocka_unit_test(first_of_equal_members_counts),
		cmocka_unit_test(nul_and_broken_escapes_are_not_obeyed),
		cmocka_unit_test(cut_line_is_not_obeyed),
		cmocka_unit_test(time_must_be_present_and_valid),
		cmocka_unit_test(seconds_and_until_must_be_present_and_agree),
		cmocka_unit_test(each_reason_has_its_own_counter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
