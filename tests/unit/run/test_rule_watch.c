/* test_rule_watch.c - a rule keeper (io/firewall/rule_keeper.h) that has ended, or that replaced
 * one of its processes, is reported at most once per minute. A keeper that does not answer is
 * reported, too. The keeper manages no firewall rule here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <signal.h>

#include "io/run/rule_watch.h"
#include "unit/given_keeper.h"

#define T0 ((int64_t)1795320960)

static struct rule_watch watch;

static int begin_keeper(void **state)
{
	static const struct firewall_config config = {.set_name = "anomtest"};
	char why[FIREWALL_WHY_CAP];

	(void)state;
	watch = (struct rule_watch){.keeper = rule_keeper_new(&config, why, sizeof why)};
	return watch.keeper ? 0 : -1;
}

static int end_keeper(void **state)
{
	(void)state;
	rule_keeper_free(watch.keeper);
	return 0;
}

/* Kills the worker and waits for the next one. */
static void kill_worker(void)
{
	pid_t pid = worker_pid();

	assert_true(pid > 0);
	kill(pid, SIGKILL);
	for (int i = 0; i < KEEPER_LOOKS_MAX && worker_pid() == pid; i++)
		usleep(KEEPER_LOOK_US);
	assert_int_not_equal(worker_pid(), pid);
}

/* The result of a step at second T0 + s. */
static unsigned step_at(int64_t s)
{
	return rule_watch_step(&watch, instant_at_second(T0 + s));
}

static void a_replaced_keeper_is_reported_once_per_minute_and_is_asked_immediately(void **state)
{
	(void)state;
	assert_int_equal(step_at(0), 0);
	kill_worker();
	/* an answer from before the kill arrives first, if there is one */
	unsigned found = step_at(1);
	if (!found)
		found = step_at(2);
	assert_int_equal(found, RULE_WATCH_KEEPER_GONE);
	/* the text is checked before the next step, which may replace it with the new keeper's
	 * answer */
	assert_non_null(strstr(watch.answer.why, "a new one was started"));
	/* the new keeper was asked although the previous question is not a minute old */
	assert_true(instant_second(watch.asked) > T0);
	assert_int_equal(step_at(3), 0);
	kill_worker();
	for (int64_t s = 4; s < 61; s++)
		assert_int_equal(step_at(s), 0);
	kill_worker();
	found = 0;
	for (int64_t s = 63; s < 66; s++)
		found |= step_at(s);
	assert_int_equal(found, RULE_WATCH_KEEPER_GONE);
	assert_false(watch.bad);
}

static void a_missing_keeper_is_reported_once_per_minute(void **state)
{
	(void)state;
	assert_int_equal(step_at(0), 0);
	kill_keeper();
	unsigned found = step_at(1);
	found |= step_at(2);
	assert_int_equal(found, RULE_WATCH_KEEPER_GONE);
	assert_non_null(strstr(watch.answer.why, "has ended; restart anomdetect"));
	assert_true(watch.bad);
	for (int64_t s = 3; s < 61; s++)
		assert_int_equal(step_at(s), 0);
	assert_int_equal(step_at(62), RULE_WATCH_KEEPER_GONE);
	assert_true(watch.bad);
}

/* SIGSTOP makes the keeper hang. Its answer after SIGCONT takes real time, so the last steps are
 * all at the same second of the watch. */
static void a_keeper_that_does_not_answer_is_reported_until_it_does(void **state)
{
	(void)state;
	kill(worker_pid(), SIGSTOP);
	for (int64_t s = 0; s < 180; s++)
		assert_int_equal(step_at(s), 0);
	assert_false(watch.bad);
	assert_int_equal(step_at(180), RULE_WATCH_FAILED);
	assert_true(watch.bad);
	assert_non_null(strstr(watch.answer.why, "does not answer"));
	for (int64_t s = 181; s < 360; s++)
		assert_int_equal(step_at(s), 0);
	assert_int_equal(step_at(360), RULE_WATCH_FAILED);
	kill(worker_pid(), SIGCONT);
	for (int i = 0; i < 100 && watch.bad; i++) {
		usleep(100000);
		assert_int_equal(step_at(361), 0);
	}
	assert_false(watch.bad);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_replaced_keeper_is_reported_once_per_minute_and_is_asked_immediately,
			begin_keeper, end_keeper),
		cmocka_unit_test_setup_teardown(
			a_missing_keeper_is_reported_once_per_minute, begin_keeper, end_keeper),
		cmocka_unit_test_setup_teardown(
			a_keeper_that_does_not_answer_is_reported_until_it_does, begin_keeper,
			end_keeper),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
