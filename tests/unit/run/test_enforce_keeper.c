/* test_enforce_keeper.c - a keeper that ends is made anew, at most once a minute, or its end is
 * told once a minute; one that does not answer is told of. The rules are nobody's here, and the firewall is a double that takes all. */
#include "unit/given_engine.h"

#include <poll.h>
#include <signal.h>

#include "io/run/enforce.h"
#include "io/firewall/firewall_backend.h"
#include "io/host/privileges.h"

static bool no_has(struct firewall *f, const struct address *client, bool *in)
{
	(void)f, (void)client;
	*in = false;
	return true;
}

static bool no_list(struct firewall *f, firewall_each *each, void *ctx)
{
	(void)f, (void)each, (void)ctx;
	return true;
}

static unsigned no_made_sets(const struct firewall *f)
{
	(void)f;
	return 0;
}

static const struct firewall_ops ops = {
	.enforces = true, .has = no_has, .list = no_list, .made_sets = no_made_sets};

static struct firewall firewall = {.ops = &ops};
static struct enforce enforce;

static int begin_keeper(void **state)
{
	static const struct firewall_config config = {.set_name = "anomtest"};
	char why[FIREWALL_WHY_CAP];
	struct rule_keeper *k = rule_keeper_new(&config, why, sizeof why);

	(void)state;
	begin(false);
	if (k)
		enforce_init(&enforce, &firewall, k, g.engine);
	return k ? 0 : -1;
}

static int end_keeper(void **state)
{
	rule_keeper_free(enforce.keeper);
	return end(state);
}

/* Ends the keeper; its end has come through when the socket says so. */
static void kill_keeper(void)
{
	struct pollfd p = {.fd = rule_keeper_fd(enforce.keeper)};

	kill(rule_keeper_pid(enforce.keeper), SIGKILL);
	assert_int_equal(poll(&p, 1, 10000), 1);
}

/* What a look at second T0 + s finds. */
static unsigned look(int64_t s)
{
	return enforce_check(&enforce, instant_at_second(T0 + s));
}

static void a_keeper_that_ends_is_made_anew_once_a_minute(void **state)
{
	bool may = privileges_have_net_admin() && privileges_have_net_raw();
	int first = rule_keeper_pid(enforce.keeper);

	(void)state;
	assert_int_equal(look(0), 0);
	kill_keeper();
	/* what it had answered before, if it had, is taken first */
	unsigned found = look(1);
	found |= look(2);
	assert_int_equal(found, ENFORCE_KEEPER_GONE);
	assert_non_null(strstr(enforce_rule_why(&enforce),
		may ? "there is a new one" : "has gone: the right to run"));
	if (!may) { /* told again, and no more */
		assert_int_equal(look(60), 0);
		assert_int_equal(look(62), ENFORCE_KEEPER_GONE);
		return;
	}
	assert_int_not_equal(rule_keeper_pid(enforce.keeper), first);
	kill_keeper();
	for (int64_t s = 3; s < 61; s++)
		assert_int_equal(look(s), 0);
	assert_int_equal(rule_keeper_fd(enforce.keeper), -1);
	assert_int_equal(look(62), ENFORCE_KEEPER_GONE);
	assert_true(rule_keeper_fd(enforce.keeper) >= 0);
}

static void a_new_keeper_is_asked_at_once(void **state)
{
	(void)state;
	if (!privileges_have_net_admin() || !privileges_have_net_raw())
		skip(); /* none is made without the right to run iptables */
	assert_int_equal(look(0), 0);
	kill_keeper();
	unsigned found = look(1);
	found |= look(2);
	assert_int_equal(found, ENFORCE_KEEPER_GONE);
	assert_int_equal(look(3), 0);
	assert_false(rule_keeper_ask(enforce.keeper)); /* a question is under way */
}

/* Stopped, it stands for one that hangs. */
static void a_keeper_that_does_not_answer_is_told_until_it_does(void **state)
{
	struct pollfd p = {.fd = rule_keeper_fd(enforce.keeper), .events = POLLIN};

	(void)state;
	kill(rule_keeper_pid(enforce.keeper), SIGSTOP);
	for (int64_t s = 0; s < 180; s++)
		assert_int_equal(look(s), 0);
	assert_string_equal(enforce_trouble(&enforce), "");
	assert_int_equal(look(180), ENFORCE_RULE_FAILED);
	assert_non_null(strstr(enforce_trouble(&enforce), "does not answer"));
	for (int64_t s = 181; s < 360; s++)
		assert_int_equal(look(s), 0);
	assert_int_equal(look(360), ENFORCE_RULE_FAILED);
	kill(rule_keeper_pid(enforce.keeper), SIGCONT);
	assert_int_equal(poll(&p, 1, 10000), 1);
	assert_int_equal(look(361), 0);
	assert_string_equal(enforce_trouble(&enforce), "");
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
