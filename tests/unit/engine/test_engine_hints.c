/* test_engine_hints.c - the errors that the engine reports when lines of the log lack information.
 */
#include "unit/given_engine.h"

#include "core/measure/line_quality.h"

static size_t errors_of(const char *reason)
{
	size_t n = 0;

	for (size_t i = 0; i < g.n; i++)
		n += g.events[i].kind == EVENT_ERROR && strcmp(g.events[i].reason, reason) == 0;
	return n;
}

static void feed(const char *line, bool cut, int64_t wall_ms)
{
	engine_queue(g.engine, line, strlen(line), cut, (struct instant){wall_ms});
	engine_flush(g.engine);
}

/* Feeds one line per second. Every fourth line is a good line of an IPv6 client. */
static void run_minutes(const char *line, int64_t seconds)
{
	for (int64_t s = T0; s < T0 + seconds; s++) {
		if (s % 4 == 0)
			say("2001:db8::7", 200, s * 1000);
		else
			feed(line, false, s * 1000);
		tick(s * 1000);
	}
}

static void lines_without_status_are_reported_once_and_only_live(void **state)
{
	static const char line[] =
		"{\"remote_addr\":\"203.0.113.7\",\"request\":\"GET / HTTP/1.1\"}";

	(void)state;
	begin(false);
	run_minutes(line, 60);
	assert_int_equal(errors_of("no_status"), 0);
	tick((T0 + 60) * 1000);
	assert_int_equal(errors_of("no_status"), 1);
	assert_string_equal(last_of(EVENT_ERROR)->message, line_quality_message(FLAW_NO_STATUS));
	end(NULL);
	begin(false);
	run_minutes(line, 600);
	assert_int_equal(errors_of("no_status"), 1);
	check_times_in_order();
	end(NULL);
	begin(true);
	for (int i = 0; i < 1000; i++)
		feed("{\"remote_addr\":\"203.0.113.7\",\"msec\":1795320960,"
		     "\"request\":\"GET / HTTP/1.1\"}",
			false, 0);
	assert_int_equal(count_of(EVENT_ERROR), 0);
}

static void late_lines_are_reported(void **state)
{
	(void)state;
	begin(false);
	say("203.0.113.7", 200, T0 * 1000);
	for (int64_t s = T0; s <= T0 + 60; s++) {
		/* the delays vary, so that the engine does not report a clock skew */
		say_at("2001:db8::7", 200, (s - 100 - s % 2 * 50) * 1000, s * 1000);
		tick(s * 1000);
	}
	assert_int_equal(errors_of("late_lines"), 1);
	assert_int_equal(count_of(EVENT_ERROR), 1);
}

static void cut_lines_are_reported_with_and_without_their_client(void **state)
{
	static char endless[LINE_LONGEST + 1];

	(void)state;
	begin(false);
	run_minutes("{\"remote_addr\":\"203.0.113.7\",\"status\":200,\"request\":\"GET /aaa", 61);
	assert_int_equal(errors_of("cut_lines"), 1);
	assert_int_equal(count_of(EVENT_ERROR), 1);
	end(NULL);
	begin(false);
	run_minutes("{\"msec\":1,\"request\":\"GET /aaa", 61);
	assert_int_equal(errors_of("cut_lines"), 1);
	end(NULL);
	begin(false);
	memset(endless, 'a', sizeof endless - 1);
	memcpy(endless, "{\"a\":\"", 6);
	for (int64_t s = T0; s <= T0 + 60; s++) {
		if (s % 4 == 0)
			say("2001:db8::7", 200, s * 1000);
		else
			feed(endless, true, s * 1000);
		tick(s * 1000);
	}
	assert_int_equal(errors_of("cut_lines"), 1);
}

/* Before the first request, a line with only `{` is more likely the beginning of an object on
 * several lines than a line that was cut off. */
static void partial_objects_before_any_request_are_no_cut_lines(void **state)
{
	(void)state;
	begin(false);
	for (int64_t s = T0; s < T0 + 70; s++)
		feed("{", false, s * 1000);
	for (int64_t s = T0 + 70; s < T0 + 140; s++) {
		say("2001:db8::7", 200, s * 1000);
		tick(s * 1000);
	}
	assert_int_equal(errors_of("cut_lines"), 0);
}

static void unnamed_proxy_is_reported_live_and_in_a_replay(void **state)
{
	(void)state;
	for (int replay = 0; replay < 2; replay++) {
		begin(replay);
		for (int64_t ms = T0 * 1000; ms < T0 * 1000 + 200 * 500; ms += 500) {
			char line[256];
			snprintf(line, sizeof line,
				"{\"remote_addr\":\"%s\",\"remote_ip\":\"203.0.113.7\","
				"\"status\":200,\"msec\":\"%lld.%03d\"}",
				replay ? "::1" : "127.0.0.1", (long long)(ms / 1000),
				(int)(ms % 1000));
			feed(line, false, ms);
		}
		assert_int_equal(errors_of("unnamed_proxy"), 1);
		const struct event *e = last_of(EVENT_ERROR);
		assert_non_null(
			strstr(e->message, replay ? "--trust-proxy ::1 --forwarded remote_ip"
						  : "--trust-proxy 127.0.0.1 --forwarded "
						    "remote_ip"));
		assert_int_equal(e->replay, replay);
		assert_int_equal(engine_counters(g.engine).requests, 200);
		end(NULL);
	}
}

static void traefik_behind_a_proxy_is_advised_to_log_the_header(void **state)
{
	(void)state;
	begin(true);
	for (int64_t s = T0; s < T0 + 200; s++) {
		char line[256];
		snprintf(line, sizeof line,
			"{\"ClientAddr\":\"[fd00::1]:80\",\"ClientHost\":\"2001:db8::7\","
			"\"DownstreamStatus\":200,\"time\":%lld}",
			(long long)s);
		feed(line, false, s * 1000);
	}
	assert_int_equal(errors_of("unnamed_proxy"), 1);
	assert_non_null(strstr(last_of(EVENT_ERROR)->message, "X-Forwarded-For=keep"));
	assert_null(strstr(last_of(EVENT_ERROR)->message, "--forwarded"));
}

static void unknown_lines_are_examined_until_the_first_request(void **state)
{
	(void)state;
	begin(false);
	feed("==> a <==", false, T0 * 1000);
	feed("{\"visitor\":\"2001:db8::7\"}", false, T0 * 1000);
	assert_int_equal(engine_strangers(g.engine)->inputs[INPUT_TAIL], 1);
	assert_int_equal(engine_strangers(g.engine)->n[STRANGER_UNKNOWN], 1);
	say("203.0.113.7", 200, T0 * 1000);
	feed("{\"visitor\":\"2001:db8::7\"}", false, T0 * 1000);
	assert_int_equal(engine_strangers(g.engine)->n[STRANGER_UNKNOWN], 1);
	assert_int_equal(engine_counters(g.engine).other, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(
			lines_without_status_are_reported_once_and_only_live, end),
		cmocka_unit_test_teardown(late_lines_are_reported, end),
		cmocka_unit_test_teardown(
			cut_lines_are_reported_with_and_without_their_client, end),
		cmocka_unit_test_teardown(partial_objects_before_any_request_are_no_cut_lines, end),
		cmocka_unit_test(unnamed_proxy_is_reported_live_and_in_a_replay),
		cmocka_unit_test_teardown(traefik_behind_a_proxy_is_advised_to_log_the_header, end),
		cmocka_unit_test_teardown(unknown_lines_are_examined_until_the_first_request, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
