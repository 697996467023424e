/* test_order_times.c - at which age an order is obeyed, how long a ban may last, and the orders of
 * replays. */
#include "core/record/order.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "unit/order_line.h"

static enum order_reason parse_at(const char *line, int64_t now_ms)
{
	struct order o;

	return parse_bytes(line, strlen(line), false, (struct instant){now_ms}, false, &o);
}

static void ban_that_is_over_is_not_obeyed(void **state)
{
	static const char line[] = "{\"event\":\"ban\"," HEAD CLIENT TIMES "}";

	(void)state;
	assert_int_equal(parse_at(line, EVENT_MS + 599999), ORDER_OK);
	assert_int_equal(parse_at(line, EVENT_MS + 600000), ORDER_ENDED);
	assert_int_equal(parse_at(line, EVENT_MS + (int64_t)86400000 * 3650), ORDER_ENDED);
}

static void permanent_ban_is_obeyed_until_it_is_an_hour_old(void **state)
{
	static const char line[] = "{\"event\":\"ban\"," HEAD CLIENT EVER "}";

	(void)state;
	assert_int_equal(parse_at(line, EVENT_MS + 3600000), ORDER_OK);
	assert_int_equal(parse_at(line, EVENT_MS + 3600001), ORDER_STALE);
}

static void ban_over_an_hour_ahead_is_not_obeyed(void **state)
{
	static const char *const lines[] = {"{\"event\":\"ban\"," HEAD CLIENT TIMES "}",
		"{\"event\":\"ban\"," HEAD CLIENT EVER "}"};

	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		assert_int_equal(parse_at(lines[i], EVENT_MS - 3600000), ORDER_OK);
		assert_int_equal(parse_at(lines[i], EVENT_MS - 3600001), ORDER_FUTURE);
	}
}

/* An unban that is further ahead would block bans that are given before its time. */
static void unban_over_five_seconds_ahead_is_not_obeyed(void **state)
{
	static const char line[] = "{\"event\":\"unban\"," HEAD CLIENT "}";

	(void)state;
	assert_int_equal(parse_at(line, EVENT_MS - 5000), ORDER_OK);
	assert_int_equal(parse_at(line, EVENT_MS - 5001), ORDER_FUTURE);
	assert_int_equal(parse_at(line, EVENT_MS - 3600001), ORDER_FUTURE);
}

/* So a host that was rebooted gets the bans in force from the repeated events of another host. */
static void repeated_permanent_ban_is_obeyed_at_any_age(void **state)
{
	static const char *const others[] = {"false", "\"true\"", "1", "null", "[true]"};
	static const char again[] = "{\"event\":\"ban\"," HEAD CLIENT EVER ",\"repeat\":true}";
	char line[300];
	struct order o;

	(void)state;
	assert_int_equal(parse_bytes(again, sizeof again - 1, false,
				 (struct instant){EVENT_MS + (int64_t)86400000 * 3650}, false, &o),
		ORDER_OK);
	assert_true(o.repeated && o.permanent);
	assert_int_equal(parse_at(again, EVENT_MS - 3600001), ORDER_FUTURE);
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		snprintf(line, sizeof line,
			"{\"event\":\"ban\"," HEAD CLIENT EVER ",\"repeat\":%s}", others[i]);
		assert_int_equal(parse_at(line, EVENT_MS + 3600001), ORDER_STALE);
	}
	/* a ban that is over stays over */
	snprintf(line, sizeof line, "{\"event\":\"ban\"," HEAD CLIENT TIMES ",\"repeat\":true}");
	assert_int_equal(parse_at(line, EVENT_MS + 600000), ORDER_ENDED);
}

/* ---- the maximum length of a ban ---- */

static void ban_over_the_maximum_length_is_shortened(void **state)
{
	struct instant event = {EVENT_MS};
	struct order o;
	bool cut;

	(void)state;
	parse("{\"event\":\"ban\"," HEAD CLIENT TIMES "}", &o);
	assert_int_equal(order_shorten(&o, SPAN_MAX, NOW, &cut), ORDER_OK);
	assert_false(cut);
	assert_int_equal(order_shorten(&o, span_seconds(600), NOW, &cut), ORDER_OK);
	assert_false(cut);
	assert_int_equal(order_shorten(&o, span_seconds(300), NOW, &cut), ORDER_OK);
	assert_true(cut && instant_since(o.until, event).ms == 300000);
	assert_int_equal(order_shorten(&o, span_seconds(60), NOW, &cut), ORDER_ENDED);

	parse("{\"event\":\"ban\"," HEAD CLIENT EVER "}", &o);
	assert_int_equal(order_shorten(&o, SPAN_MAX, NOW, &cut), ORDER_OK);
	assert_true(!cut && o.permanent);
	assert_int_equal(order_shorten(&o, span_seconds(7200), NOW, &cut), ORDER_OK);
	assert_true(cut && !o.permanent && instant_since(o.until, event).ms == 7200000);

	parse("{\"event\":\"unban\"," HEAD CLIENT "}", &o);
	assert_int_equal(order_shorten(&o, span_seconds(1), NOW, &cut), ORDER_OK);
	assert_false(cut);
}

/* order_history moves the time of an event that is ahead of the clock. The ban then keeps its
 * length from the time at which it is obeyed. */
static void maximum_length_counts_from_the_event_and_in_a_replay_from_now(void **state)
{
	struct instant event = {EVENT_MS}, before = {EVENT_MS - 1800000};
	struct order o = {.kind = ORDER_BAN, .time = event, .until = INSTANT_MAX};
	bool cut;

	(void)state;
	assert_int_equal(order_shorten(&o, span_seconds(60), before, &cut), ORDER_OK);
	assert_int_equal(instant_since(o.until, event).ms, 60000);
	o.replay = true;
	o.until = INSTANT_MAX;
	assert_int_equal(order_shorten(&o, span_seconds(60), NOW, &cut), ORDER_OK);
	assert_int_equal(instant_since(o.until, NOW).ms, 60000);
}

/* ---- replays on request ---- */

#define OLD "\"time\":\"2020-01-01T00:00:00Z\",\"mode\":\"replay\""

static void bans_of_a_forced_replay_begin_now(void **state)
{
	static const char ban[] = "{\"event\":\"ban\"," OLD CLIENT
				  ",\"seconds\":600,\"until\":\"2020-01-01T00:10:00Z\"}";
	static const char ever[] = "{\"event\":\"ban\"," OLD CLIENT EVER "}";
	struct order o;

	(void)state;
	assert_int_equal(parse_bytes(ban, sizeof ban - 1, false, NOW, true, &o), ORDER_OK);
	assert_int_equal(instant_since(o.until, NOW).ms, 600000);
	assert_int_equal(parse_bytes(ever, sizeof ever - 1, false, NOW, true, &o), ORDER_OK);
	assert_true(o.until.ms == INSTANT_MAX.ms);
}

/* In a replay, "expired" means that a ban ended in the time of the log, not that it ended now. */
static void forced_replay_ends_no_ban_by_its_own_clock(void **state)
{
	static const char expired[] = "{\"event\":\"unban\"," OLD CLIENT ",\"reason\":\"expired\"}";
	static const char allowed[] = "{\"event\":\"unban\"," OLD CLIENT ",\"reason\":\"allowed\"}";
	struct order o;

	(void)state;
	assert_int_equal(
		parse_bytes(expired, sizeof expired - 1, false, NOW, true, &o), ORDER_ENDED);
	assert_int_equal(parse_bytes(allowed, sizeof allowed - 1, false, NOW, true, &o), ORDER_OK);
}

static void forcing_a_replay_skips_no_other_check(void **state)
{
	static const char *const lines[] = {"{\"event\":\"ban\"," OLD CLIENT ",\"seconds\":600}",
		"{\"event\":\"ban\"," HEAD CLIENT
		",\"seconds\":10,\"until\":\"2026-11-22T04:16:10Z\"}"};
	static const enum order_reason want[] = {ORDER_BAD_TIME, ORDER_ENDED};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct order o;
		assert_int_equal(
			parse_bytes(lines[i], strlen(lines[i]), false, NOW, true, &o), want[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ban_that_is_over_is_not_obeyed),
		cmocka_unit_test(permanent_ban_is_obeyed_until_it_is_an_hour_old),
		cmocka_unit_test(ban_over_an_hour_ahead_is_not_obeyed),
		cmocka_unit_test(unban_over_five_seconds_ahead_is_not_obeyed),
		cmocka_unit_test(repeated_permanent_ban_is_obeyed_at_any_age),
		cmocka_unit_test(ban_over_the_maximum_length_is_shortened),
		cmocka_unit_test(maximum_length_counts_from_the_event_and_in_a_replay_from_now),
		cmocka_unit_test(bans_of_a_forced_replay_begin_now),
		cmocka_unit_test(forced_replay_ends_no_ban_by_its_own_clock),
		cmocka_unit_test(forcing_a_replay_skips_no_other_check),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
