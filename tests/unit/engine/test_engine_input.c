/* test_engine_input.c - feeds the whole engine, under a virtual clock, a log that stops, or lines
 * that are useless for the detection. The tests check what the state then shows, and the exit
 * status of `anomstat --check`. */
#include "unit/given_engine.h"

#include "core/show/status.h"

#define HOUR ((int64_t)3600)
#define DAY  (24 * HOUR)

static int64_t second, monotonic;

/* Time passes as in a live run: the engine gets the wall clock and the monotonic clock each
 * second. */
static void pass(int64_t seconds)
{
	for (int64_t end = second + seconds; second < end;) {
		second++;
		monotonic++;
		engine_clock(g.engine, instant_at_second(second), span_seconds(monotonic));
		engine_tick(g.engine, instant_at_second(second));
	}
}

static void begin_run(void)
{
	begin(false);
	second = T0;
	monotonic = 1000;
	pass(1);
}

static const struct state *state_now(void)
{
	static struct state s;

	memset(&s, 0, sizeof s);
	s.saved = instant_at_second(second);
	s.started = instant_at_second(T0);
	s.interval_s = 1;
	s.running = true;
	snprintf(s.firewall, sizeof s.firewall, "none");
	engine_snapshot(g.engine, &s);
	return &s;
}

static enum status_blind blind_now(void)
{
	return status_blind(state_now(), instant_at_second(second));
}

static enum status_check check_now(void)
{
	return status_check(state_now(), instant_at_second(second));
}

/* For `seconds` seconds, a client makes a request every `step` seconds: an IPv4 client and an IPv6
 * client in alternation. */
static void visit(int64_t seconds, int64_t step)
{
	for (int64_t t = 0; t < seconds; t += step) {
		say(families[t / step % 2], 200, second * 1000);
		pass(step);
	}
}

/* If requests alternate between two files, `tail -F a b` writes an empty line and a header before
 * each request. */
static void headers_of_tail_do_not_count_as_lines_of_the_log(void **state)
{
	(void)state;
	begin_run();
	for (int i = 0; i < 300; i++) {
		const char *header = i % 2 ? "==> /var/log/a.json <==" : "==> /var/log/b.json <==";
		engine_queue(g.engine, "", 0, false, instant_at_second(second));
		engine_queue(g.engine, header, strlen(header), false, instant_at_second(second));
		say(families[i % 2], 200, second * 1000);
		pass(1);
	}
	assert_int_equal(blind_now(), BLIND_NOT);
	for (int i = 0; i < 300; i++) {
		engine_queue(g.engine, "another text", 12, false, instant_at_second(second));
		engine_queue(g.engine, "==> b <=", 8, false, instant_at_second(second));
		say(families[i % 2], 200, second * 1000);
		pass(1);
	}
	assert_int_equal(blind_now(), BLIND_REJECTED);
}

static void check_returns_unknown_until_the_first_request(void **state)
{
	(void)state;
	begin_run();
	assert_int_equal(check_now(), CHECK_UNKNOWN);
	assert_int_equal(blind_now(), BLIND_NO_LINE);
	pass(HOUR);
	assert_int_equal(check_now(), CHECK_UNKNOWN);
	say(families[1], 200, second * 1000);
	assert_int_equal(check_now(), CHECK_OK);
	end(NULL);
	begin(true);
	say(families[0], 200, T0 * 1000);
	assert_float_equal(state_now()->silence_limit_s, 0, 0);
	assert_int_equal(blind_now(), BLIND_NOT); /* a replay has no silence */
}

static void check_warns_of_a_stopped_log_until_the_log_continues(void **state)
{
	(void)state;
	begin_run();
	visit(DAY + HOUR, 30);
	assert_float_equal(state_now()->silence_longest_s, 30, 0);
	assert_float_equal(state_now()->silence_limit_s, 900, 0);
	pass(900 - 30 - 1);
	assert_int_equal(check_now(), CHECK_OK);
	pass(1);
	assert_int_equal(check_now(), CHECK_WARNING);
	assert_int_equal(blind_now(), BLIND_SILENT);
	pass(5 * HOUR);
	assert_int_equal(blind_now(), BLIND_SILENT);
	say(families[1], 200, second * 1000);
	assert_int_equal(check_now(), CHECK_OK);
	assert_float_equal(state_now()->silence_limit_s, 3600, 0);
}

/* The log does not stop when somebody sets the clock, when the machine sleeps, or when the process
 * is stopped. So the time in which the engine could not check the log is no silence. */
static void time_without_a_check_is_no_silence(void **state)
{
	(void)state;
	begin_run();
	visit(DAY + HOUR, 30);
	second += 5 * HOUR; /* only the wall clock was set */
	pass(10);
	assert_float_equal(state_now()->silence_s, 40, 2);
	second -= 9 * HOUR;
	pass(10);
	assert_float_equal(state_now()->silence_s, 50, 4);
	/* both clocks go ahead, as after a sleep of the machine, without a check in between */
	second += 5 * HOUR;
	monotonic += 5 * HOUR;
	pass(10);
	assert_float_equal(state_now()->silence_s, 60, 6);
	assert_int_equal(check_now(), CHECK_OK);
	say(families[0], 200, second * 1000);
	assert_float_equal(state_now()->silence_limit_s, 900, 0);
}

static void feed(const char *line, int64_t seconds)
{
	for (int64_t k = 0; k < seconds; k++) {
		say_line(g.engine, line, strlen(line), false, instant_at_second(second));
		pass(1);
	}
}

static void check_warns_until_few_lines_are_useless(void **state)
{
	static const struct {
		const char *line;
		enum status_blind blind;
	} cases[] = {
		{"{\"remote_addr\":\"2001:db8::7\",\"request\":\"GET / HTTP/1.1\"}",
			BLIND_NO_STATUS},
		{"{\"remote_addr\":\"192.0.2.7\",\"status\":200,\"msec\":1795300000}", BLIND_LATE},
		{"{\"remote_addr\":\"nobody\",\"status\":200}", BLIND_REJECTED},
		{"{\"remote_addr\":\"2001:db8::/32\",\"status\":200}", BLIND_REJECTED},
		{"{\"status\":200,\"request\":\"GET / HTTP/1.1\"", BLIND_REJECTED},
		{"a line of another program", BLIND_REJECTED},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		begin_run();
		visit(60, 2);
		feed(cases[i].line, 59);
		assert_int_equal(check_now(), CHECK_OK); /* one bad minute may be chance */
		feed(cases[i].line, 62);
		if (blind_now() != cases[i].blind)
			fail_msg("%s: %s", cases[i].line, status_blind_name(blind_now()));
		assert_int_equal(check_now(), CHECK_WARNING);
		visit(122, 1);
		assert_int_equal(check_now(), CHECK_OK);
		end(NULL);
	}
}

static void rejected_lines_are_reported_although_the_clock_was_set_back(void **state)
{
	(void)state;
	begin_run();
	feed("a line of another program", 30);
	second -= 2 * HOUR;
	feed("a line of another program", 125);
	assert_int_equal(blind_now(), BLIND_REJECTED);
}

static void stream_of_rejected_lines_is_no_silence(void **state)
{
	(void)state;
	begin_run();
	feed("a line of another program", 200);
	assert_int_equal(blind_now(), BLIND_REJECTED); /* no request has arrived since the start */
	assert_int_equal(check_now(), CHECK_WARNING);
	end(NULL);
	begin_run();
	visit(DAY + HOUR, 30);
	feed("a line of another program", 2000);
	assert_int_equal(blind_now(), BLIND_REJECTED);
	assert_float_equal(state_now()->silence_s, 2030, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(headers_of_tail_do_not_count_as_lines_of_the_log, end),
		cmocka_unit_test_teardown(check_returns_unknown_until_the_first_request, end),
		cmocka_unit_test_teardown(
			check_warns_of_a_stopped_log_until_the_log_continues, end),
		cmocka_unit_test_teardown(time_without_a_check_is_no_silence, end),
		cmocka_unit_test_teardown(check_warns_until_few_lines_are_useless, end),
		cmocka_unit_test_teardown(
			rejected_lines_are_reported_although_the_clock_was_set_back, end),
		cmocka_unit_test_teardown(stream_of_rejected_lines_is_no_silence, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
