/* test_rule_keeper.c - the processes of the rule keeper (rule_keeper.h), which puts back missing
 * firewall rules. It consists of a worker, which answers questions, and a supervisor, which is the
 * worker's parent. If one of them is killed, the other one replaces it. In these tests the
 * administrator manages the firewall rules, so the keeper changes none.
 * tests/e2e/removed-firewall-rules-are-replaced.t tests the effect of the keeper. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/firewall/rule_keeper.h"
#include "unit/given_keeper.h"

static struct rule_keeper *make(void)
{
	struct firewall_config config = {.set_name = "anomtest"};
	char why[FIREWALL_WHY_CAP] = "";
	struct rule_keeper *k = rule_keeper_new(&config, why, sizeof why);

	assert_non_null(k);
	return k;
}

static void a_question_is_answered(void **state)
{
	struct rule_keeper *k = make();
	struct rule_keeper_answer a;

	(void)state;
	for (int i = 0; i < 3; i++) {
		memset(&a, 0xff, sizeof a);
		assert_true(rule_keeper_ask(k));
		assert_int_equal(keeper_answer(k, &a), RULE_KEEPER_OK);
		assert_true(a.ok);
		assert_false(a.put_back);
		assert_false(a.behind);
		assert_string_equal(a.why, "");
	}
	rule_keeper_free(k);
}

static void second_question_before_the_answer_is_refused_and_no_call_blocks(void **state)
{
	struct rule_keeper *k = make();
	struct rule_keeper_answer a;

	(void)state;
	assert_int_equal(rule_keeper_answer(k, &a), RULE_KEEPER_WAITING);
	kill(worker_pid(), SIGSTOP);
	assert_true(rule_keeper_ask(k));
	assert_false(rule_keeper_ask(k));
	assert_int_equal(rule_keeper_answer(k, &a), RULE_KEEPER_WAITING);
	kill(worker_pid(), SIGCONT);
	assert_int_equal(keeper_answer(k, &a), RULE_KEEPER_OK);
	assert_int_equal(rule_keeper_answer(k, &a), RULE_KEEPER_WAITING);
	rule_keeper_free(k);
}

static void signals_to_the_process_group_do_not_end_the_keeper(void **state)
{
	static const int signals[] = {SIGTERM, SIGINT, SIGHUP};
	struct rule_keeper *k = make();
	struct rule_keeper_answer a;

	(void)state;
	assert_true(rule_keeper_ask(k)); /* once the keeper answers, its set-up is complete */
	assert_int_equal(keeper_answer(k, &a), RULE_KEEPER_OK);
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
		kill(keeper_pid(), signals[i]);
		kill(worker_pid(), signals[i]);
	}
	assert_true(rule_keeper_ask(k));
	assert_int_equal(keeper_answer(k, &a), RULE_KEEPER_OK);
	rule_keeper_free(k);
}

static void a_missing_keeper_is_reported(void **state)
{
	struct rule_keeper *k = make();
	struct rule_keeper_answer a;

	(void)state;
	kill_keeper();
	assert_int_equal(keeper_answer(k, &a), RULE_KEEPER_GONE);
	assert_false(rule_keeper_ask(k));
	assert_int_equal(rule_keeper_answer(k, &a), RULE_KEEPER_GONE);
	rule_keeper_free(k);
	/* the killed process may become a zombie after the last check */
	while (waitpid(-1, NULL, 0) > 0)
		;
	assert_int_equal(errno, ECHILD);
}

static void each_killed_process_of_the_keeper_is_replaced_by_the_other_one(void **state)
{
	struct rule_keeper *k = make();
	pid_t first = worker_pid();
	struct rule_keeper_answer a;

	(void)state;
	/* the worker dies before or after it has answered the question */
	assert_true(rule_keeper_ask(k));
	kill(first, SIGKILL);
	while (keeper_answer(k, &a) == RULE_KEEPER_OK)
		;
	assert_int_not_equal(worker_pid(), first);
	assert_true(rule_keeper_ask(k));
	assert_int_equal(keeper_answer(k, &a), RULE_KEEPER_OK);
	pid_t worker = worker_pid();
	kill(keeper_pid(), SIGKILL);
	assert_int_equal(keeper_answer(k, &a), RULE_KEEPER_REPLACED);
	assert_true(rule_keeper_ask(k));
	assert_int_equal(keeper_answer(k, &a), RULE_KEEPER_OK);
	/* the worker is the supervisor now, and not a child of the test */
	assert_int_equal(keeper_pid(), 0);
	assert_true(process_runs(worker) && child_of(worker) > 0);
	kill(child_of(worker), SIGKILL); /* the same again, with the new worker */
	assert_int_equal(keeper_answer(k, &a), RULE_KEEPER_REPLACED);
	assert_true(rule_keeper_ask(k));
	assert_int_equal(keeper_answer(k, &a), RULE_KEEPER_OK);
	rule_keeper_free(k);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* the first process was reaped, too */
}

/* The hexadecimal value of a line of /proc/PID/status. */
static unsigned long long status_of(pid_t pid, const char *name)
{
	unsigned long long value = ~0ull;
	char path[64], line[256];

	snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
	FILE *f = fopen(path, "r");
	while (f && fgets(line, sizeof line, f)) {
		if (strncmp(line, name, strlen(name)) == 0)
			value = strtoull(line + strlen(name), NULL, 16);
	}
	if (f)
		fclose(f);
	return value;
}

static void keeper_keeps_only_the_capabilities_for_iptables(void **state)
{
	static const char *const sets[] = {"CapPrm:", "CapEff:", "CapInh:", "CapAmb:", "CapBnd:"};
	unsigned long long ours = status_of(getpid(), "CapPrm:");
	struct rule_keeper *k = make();
	struct rule_keeper_answer a;

	(void)state;
	assert_true(rule_keeper_ask(k));
	assert_int_equal(keeper_answer(k, &a), RULE_KEEPER_OK);
	pid_t pids[] = {keeper_pid(), worker_pid()};
	for (size_t p = 0; p < 2; p++) {
		assert_int_equal(status_of(pids[p], "NoNewPrivs:"), 1);
		/* a user who cannot reduce the bounding set has no_new_privs instead */
		for (size_t i = 0; i < (geteuid() == 0 ? 5 : 4); i++)
			assert_int_equal(status_of(pids[p], sets[i]), ours & 0x3000);
	}
	rule_keeper_free(k);
}

static void keeper_ends_when_its_socket_is_closed_and_is_reaped(void **state)
{
	bool reaped = false;

	(void)state;
	/* rule_keeper_free waits at most 200 ms. A busy machine may need longer: then try again. */
	for (int i = 0; i < 20 && !reaped; i++) {
		struct rule_keeper *k = make();
		pid_t pid = keeper_pid();
		rule_keeper_free(k);
		reaped = waitpid(pid, NULL, 0) < 0;
		assert_int_equal(kill(pid, 0), -1);
		assert_int_equal(errno, ESRCH);
	}
	assert_true(reaped);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	rule_keeper_free(NULL);
}

/* A reader of the test's standard output must see the end of the output when the test ends, even if
 * a keeper still runs. */
static void keeper_keeps_no_inherited_descriptor(void **state)
{
	int fds[2];
	char byte;
	struct rule_keeper *k;
	struct rule_keeper_answer a;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	k = make();
	assert_true(rule_keeper_ask(k));
	assert_int_equal(keeper_answer(k, &a), RULE_KEEPER_OK);
	close(fds[1]);
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	assert_int_equal(read(fds[0], &byte, 1), 0);
	close(fds[0]);

	char path[64], target[64];
	for (int fd = 0; fd < 3; fd++) {
		snprintf(path, sizeof path, "/proc/%d/fd/%d", keeper_pid(), fd);
		ssize_t n = readlink(path, target, sizeof target - 1);
		assert_true(n > 0);
		target[n] = '\0';
		assert_string_equal(target, "/dev/null");
	}
	rule_keeper_free(k);
}

static void keeper_has_its_own_process_name(void **state)
{
	struct rule_keeper *k = make();
	struct rule_keeper_answer a;
	char path[64], name[32] = "";

	(void)state;
	assert_true(rule_keeper_ask(k));
	assert_int_equal(keeper_answer(k, &a), RULE_KEEPER_OK);
	snprintf(path, sizeof path, "/proc/%d/comm", keeper_pid());
	FILE *f = fopen(path, "r");
	assert_non_null(f);
	assert_non_null(fgets(name, sizeof name, f));
	fclose(f);
	assert_string_equal(name, "anomdetect-rule\n");
	rule_keeper_free(k);
}

/* A child of the test makes the keeper, and is then killed by SIGKILL. Another process keeps the
 * keeper's socket open. */
static void keeper_dies_immediately_with_its_parent(void **state)
{
	int tell[2], hold[2];
	pid_t middle, keeper = 0;
	char byte;

	(void)state;
	assert_int_equal(pipe(tell), 0);
	assert_int_equal(pipe(hold), 0);
	middle = fork();
	if (middle == 0) {
		close(hold[1]);
		struct rule_keeper *k = make();
		struct rule_keeper_answer a;
		pid_t pid = keeper_pid();
		if (!rule_keeper_ask(k) || keeper_answer(k, &a) != RULE_KEEPER_OK || fork() == 0) {
			(void)!read(hold[0], &byte,
				1); /* keeps this end of the socket open until the test ends */
			_exit(0);
		}
		(void)!write(tell[1], &pid, sizeof pid);
		pause();
	}
	close(tell[1]);
	assert_int_equal(read(tell[0], &keeper, sizeof keeper), sizeof keeper);
	close(tell[0]);
	assert_int_equal(kill(keeper, 0), 0);
	kill(middle, SIGKILL);
	waitpid(middle, NULL, 0);
	bool gone = false;
	for (int i = 0; i < 3000 && !gone; i++) {
		gone = !process_runs(keeper);
		usleep(10000);
	}
	close(hold[0]);
	close(hold[1]);
	assert_true(gone);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_question_is_answered),
		cmocka_unit_test(second_question_before_the_answer_is_refused_and_no_call_blocks),
		cmocka_unit_test(signals_to_the_process_group_do_not_end_the_keeper),
		cmocka_unit_test(a_missing_keeper_is_reported),
		cmocka_unit_test(each_killed_process_of_the_keeper_is_replaced_by_the_other_one),
		cmocka_unit_test(keeper_keeps_only_the_capabilities_for_iptables),
		cmocka_unit_test(keeper_ends_when_its_socket_is_closed_and_is_reaped),
		cmocka_unit_test(keeper_keeps_no_inherited_descriptor),
		cmocka_unit_test(keeper_has_its_own_process_name),
		cmocka_unit_test(keeper_dies_immediately_with_its_parent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
