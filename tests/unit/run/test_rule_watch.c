/* test_rule_watch.c - a keeper that ends is started again, at most once per minute, or its end is
 * reported once per minute; one that does not answer is reported. The rules are nobody's here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <signal.h>

#include "io/host/privileges.h"
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

/* Ends the keeper; a process that has ended has closed its socket. */
static void kill_keeper(void)
{
	pid_t pid = keeper_pid();

	assert_true(pid > 0);
	kill(pid, SIGKILL);
	for (int i = 0; i < KEEPER_LOOKS_MAX && process_runs(pid); i++)
		usleep(KEEPER_LOOK_US);
	assert_false(process_runs(pid));
}

/* What a step at second T0 + s finds. */
static unsigned step_at(int64_t s)
{
	return rule_watch_step(&watch, instant_at_second(T0 + s));
}

static void a_keeper_that_ends_is_made_anew_once_a_minute(void **state)
{
	bool may = privileges_have_net_admin() && privileges_have_net_raw();
	pid_t first = keeper_pid();

	(void)state;
	assert_int_equal(step_at(0), 0);
	kill_keeper();
	/* what it had answered before, if it had, is taken first */
	unsigned found = step_at(1);
	found |= step_at(2);
	assert_int_equal(found, RULE_WATCH_KEEPER_GONE);
	assert_non_null(strstr(
		watch.answer.why, may ? "there is a new one" : "has gone: the right to run"));
	if (!may) { /* told again, and no more */
		assert_int_equal(step_at(60), 0);
		assert_int_equal(step_at(62), RULE_WATCH_KEEPER_GONE);
		return;
	}
	assert_int_not_equal(keeper_pid(), first);
	kill_keeper();
	for (int64_t s = 3; s < 61; s++)
		assert_int_equal(step_at(s), 0);
	assert_int_equal(keeper_pid(), 0);
	assert_int_equal(step_at(62), RULE_WATCH_KEEPER_GONE);
	assert_true(keeper_pid() > 0);
}

static void a_new_keeper_is_asked_at_once(void **state)
{
	(void)state;
	if (!privileges_have_net_admin() || !privileges_have_net_raw())
		skip(); /* none is made without the right to run iptables */
	assert_int_equal(step_at(0), 0);
	kill_keeper();
	unsigned found = step_at(1);
	found |= step_at(2);
	assert_int_equal(found, RULE_WATCH_KEEPER_GONE);
	assert_int_equal(step_at(3), 0);
	assert_false(rule_keeper_ask(watch.keeper)); /* a question is under way */
}

/* Stopped, it stands for one that hangs. Each look counts, so few are made while its answer is
 * waited for. */
static void a_keeper_that_does_not_answer_is_told_until_it_does(void **state)
{
	(void)state;
	kill(keeper_pid(), SIGSTOP);
	for (int64_t s = 0; s < 180; s++)
		assert_int_equal(step_at(s), 0);
	assert_false(watch.bad);
	assert_int_equal(step_at(180), RULE_WATCH_FAILED);
	assert_true(watch.bad);
	assert_non_null(strstr(watch.answer.why, "does not answer"));
	for (int64_t s = 181; s < 360; s++)
		assert_int_equal(step_at(s), 0);
	assert_int_equal(step_at(360), RULE_WATCH_FAILED);
	kill(keeper_pid(), SIGCONT);
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
			a_keeper_that_ends_is_made_anew_once_a_minute, begin_keeper, end_keeper),
		cmocka_unit_test_setup_teardown(a_keeper_that_does_not_answer_is_told_until_it_does,
			begin_keeper, end_keeper),
		cmocka_unit_test_setup_teardown(
			a_new_keeper_is_asked_at_once, begin_keeper, end_keeper),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
