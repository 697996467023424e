/* test_rule_watch.c - a keeper that ends is started again, at most once per minute, or its end is
 * reported once per minute; one that does not answer is reported. The rules are nobody's here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <poll.h>
#include <signal.h>

#include "io/host/privileges.h"
#include "io/run/rule_watch.h"

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

/* Ends the keeper; its end has come through when the socket says so. */
static void kill_keeper(void)
{
	struct pollfd p = {.fd = rule_keeper_fd(watch.keeper)};

	kill(rule_keeper_pid(watch.keeper), SIGKILL);
	assert_int_equal(poll(&p, 1, 10000), 1);
}

/* What a step at second T0 + s finds. */
static unsigned step_at(int64_t s)
{
	return rule_watch_step(&watch, instant_at_second(T0 + s));
}

static void a_keeper_that_ends_is_made_anew_once_a_minute(void **state)
{
	bool may = privileges_have_net_admin() && privileges_have_net_raw();
	int first = rule_keeper_pid(watch.keeper);

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
	assert_int_not_equal(rule_keeper_pid(watch.keeper), first);
	kill_keeper();
	for (int64_t s = 3; s < 61; s++)
		assert_int_equal(step_at(s), 0);
	assert_int_equal(rule_keeper_fd(watch.keeper), -1);
	assert_int_equal(step_at(62), RULE_WATCH_KEEPER_GONE);
	assert_true(rule_keeper_fd(watch.keeper) >= 0);
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

/* Stopped, it stands for one that hangs. */
static void a_keeper_that_does_not_answer_is_told_until_it_does(void **state)
{
	struct pollfd p = {.fd = rule_keeper_fd(watch.keeper), .events = POLLIN};

	(void)state;
	kill(rule_keeper_pid(watch.keeper), SIGSTOP);
	for (int64_t s = 0; s < 180; s++)
		assert_int_equal(step_at(s), 0);
	assert_false(watch.bad);
	assert_int_equal(step_at(180), RULE_WATCH_FAILED);
	assert_true(watch.bad);
	assert_non_null(strstr(watch.answer.why, "does not answer"));
	for (int64_t s = 181; s < 360; s++)
		assert_int_equal(step_at(s), 0);
	assert_int_equal(step_at(360), RULE_WATCH_FAILED);
	kill(rule_keeper_pid(watch.keeper), SIGCONT);
	assert_int_equal(poll(&p, 1, 10000), 1);
	assert_int_equal(step_at(361), 0);
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
