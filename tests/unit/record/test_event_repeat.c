/* test_event_repeat.c - the exact text of bans and unbans that are announced again. The text
 * contains everything that is still known, and another host obeys it. */
#include "core/record/event.h"
#include "core/record/order.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "unit/given.h"

#define AT_MS      INT64_C(1795320960123) /* 2026-11-22T04:16:00.123Z */
#define HEAD(kind) "{\"event\":\"" kind "\",\"time\":\"2026-11-22T04:16:00.123Z\",\"mode\":\"live\""

static void check(const struct event *e, const char *want)
{
	char text[EVENT_BYTES_MAX + 1];
	struct order order;
	struct buf b;

	buf_init(&b, text, EVENT_BYTES_MAX);
	event_write(e, &b);
	assert_false(b.full);
	text[b.len] = '\0';
	assert_string_equal(text, want);
	assert_int_equal(
		order_parse(text, b.len - 1, false, (struct instant){AT_MS + 60000}, false, &order),
		ORDER_OK);
	assert_true(address_equal(&order.client, &e->client));
	assert_int_equal(order.time.ms, e->time.ms);
}

static struct event ban_of(const char *client)
{
	return (struct event){.kind = EVENT_BAN,
		.time = {AT_MS},
		.repeat = true,
		.client = given_address(client),
		.strike = 1,
		.seconds = {600 * 1000},
		.until = {AT_MS + 600 * 1000}};
}

static void repeated_ban_contains_no_verdict(void **state)
{
	struct event e = ban_of("198.51.100.7");

	(void)state;
	e.rules = 1u << RULE_REQUESTS | 1u << RULE_BAIT;
	e.enforced = true;
	check(&e, HEAD("ban") ",\"client\":\"198.51.100.7\",\"rules\":[\"requests\",\"bait\"],"
			      "\"strike\":1,\"repeat\":true,\"seconds\":600,"
			      "\"until\":\"2026-11-22T04:26:00.123Z\",\"enforced\":true}\n");
}

static void permanent_ban_by_another_program_contains_no_rules(void **state)
{
	struct event e = ban_of("2001:db8:1:2::/64");

	(void)state;
	e.strike = 0;
	e.permanent = true;
	e.behind_proxy = true;
	check(&e, HEAD("ban") ",\"client\":\"2001:db8:1:2::/64\",\"rules\":[],\"strike\":0,"
			      "\"repeat\":true,\"seconds\":null,\"until\":null,\"enforced\":false,"
			      "\"enforceable\":false}\n");
}

/* `seconds` and `until` agree, whatever the fraction of a second is. */
static void repeated_ban_is_obeyed_whatever_its_length(void **state)
{
	(void)state;
	for (int64_t ms = 1000; ms < 3100; ms += 7) {
		struct event e = ban_of("2001:db8::/64");
		char text[EVENT_BYTES_MAX];
		struct order order;
		struct buf b;
		e.seconds = (struct span){ms};
		e.until = instant_add(e.time, e.seconds);
		buf_init(&b, text, sizeof text);
		event_write(&e, &b);
		assert_int_equal(
			order_parse(text, b.len - 1, false, e.time, false, &order), ORDER_OK);
		assert_int_equal(order.until.ms, e.until.ms);
	}
}

static void repeated_unban_contains_the_member_repeat(void **state)
{
	struct event e = {.kind = EVENT_UNBAN,
		.time = {AT_MS},
		.repeat = true,
		.client = given_address("2001:db8::/64"),
		.reason = "manual",
		.strike = 2};

	(void)state;
	check(&e, HEAD("unban") ",\"client\":\"2001:db8::/64\",\"reason\":\"manual\","
				"\"strike\":2,\"repeat\":true}\n");
}

static bool is_in(const struct event *e, const char *part)
{
	char text[EVENT_BYTES_MAX + 1];
	struct buf b;

	buf_init(&b, text, EVENT_BYTES_MAX);
	event_write(e, &b);
	text[b.len] = '\0';
	return strstr(text, part) != NULL;
}

/* The event contains the command only if the ban is in the kernel, and if the event is not
 * announced again. */
static void enforced_ban_contains_the_command_that_lifts_it(void **state)
{
	static const struct lift_sets web = {"web", 32, 56};
	static const char *const clients[] = {"203.0.113.9", "2001:db8:0:100::/56"};

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct event e = ban_of(clients[i]);
		char wanted[128];
		e.repeat = false;
		e.sets = &web;
		e.enforced = true;
		snprintf(wanted, sizeof wanted,
			",\"lift\":\"anomban --set web --ipv6-prefix 56 --unban %s\"}\n",
			clients[i]);
		assert_true(is_in(&e, wanted));
		e.repeat = true;
		assert_false(is_in(&e, "lift"));
		e.repeat = e.enforced = false;
		assert_false(is_in(&e, "lift"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(repeated_ban_contains_no_verdict),
		cmocka_unit_test(permanent_ban_by_another_program_contains_no_rules),
		cmocka_unit_test(repeated_ban_is_obeyed_whatever_its_length),
		cmocka_unit_test(repeated_unban_contains_the_member_repeat),
		cmocka_unit_test(enforced_ban_contains_the_command_that_lifts_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
