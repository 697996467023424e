/* test_helper.c - a helper process answers each question, inherits no descriptor of the program,
 * and can write only where it may. test_rule_keeper.c tests that a new process replaces a helper's
 * process that has ended. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/host/confine.h"
#include "io/host/helper.h"
#include "unit/given_keeper.h"

struct question {
	int number;
	char path[64];
};

struct answer {
	int number;      /* number of the question plus the number in the context */
	int write_error; /* errno of writing the path; 0: it was written */
	int null_error;  /* errno of writing /dev/null; 0: it was written */
	char more[20000];
};

static void try_it(const void *ctx, const void *question, void *answer)
{
	const struct question *q = question;
	struct answer *a = answer;
	int fd;

	a->number = q->number + *(const int *)ctx;
	fd = open(q->path, O_WRONLY | O_CREAT, 0600);
	a->write_error = fd < 0 ? errno : 0;
	if (fd >= 0)
		close(fd);
	fd = open("/dev/null", O_WRONLY);
	a->null_error = fd < 0 ? errno : 0;
	if (fd >= 0)
		close(fd);
	memset(a->more, 'x', sizeof a->more);
}

static const struct helper_kind confined = {.name = "test-helper",
	.question_bytes = sizeof(struct question),
	.answer_bytes = sizeof(struct answer),
	.writes_nothing = true,
	.work = try_it};

static enum helper_result take_answer(struct helper *h, struct answer *a)
{
	enum helper_result result = helper_answer(h, a);

	for (int i = 0; i < KEEPER_LOOKS_MAX && result == HELPER_WAITING; i++) {
		usleep(KEEPER_LOOK_US);
		result = helper_answer(h, a);
	}
	return result;
}

static void each_question_gets_its_own_answer(void **state)
{
	static struct answer a;
	struct question q = {.path = "/dev/null"};
	int offset = 1000;
	struct helper *h = helper_new(&confined, &offset);

	(void)state;
	assert_non_null(h);
	offset = 0; /* the helper has its own copy of `offset` */
	for (q.number = 1; q.number < 4; q.number++) {
		assert_true(helper_ask(h, &q));
		assert_false(helper_ask(h, &q));
		assert_int_equal(take_answer(h, &a), HELPER_OK);
		assert_int_equal(a.number, 1000 + q.number);
		assert_int_equal(a.more[sizeof a.more - 1], 'x');
		assert_int_equal(helper_answer(h, &a), HELPER_WAITING);
	}
	helper_free(h);
	helper_free(NULL);
}

/* If the process that works for the helper is killed, its successor may still answer the lost
 * question. This answer must not be taken for the answer to a later question. */
static void answer_to_a_lost_question_is_discarded(void **state)
{
	static struct answer a;
	struct question q = {.number = 1, .path = "/dev/null"};
	int offset = 0;
	struct helper *h = helper_new(&confined, &offset);

	(void)state;
	assert_non_null(h);
	pid_t worker = worker_pid();
	kill(worker, SIGSTOP);
	assert_true(helper_ask(h, &q));
	kill(worker, SIGKILL);
	assert_int_equal(take_answer(h, &a), HELPER_REPLACED);
	q.number = 2;
	assert_true(helper_ask(h, &q));
	assert_int_equal(take_answer(h, &a), HELPER_OK);
	assert_int_equal(a.number, 2);
	assert_int_equal(helper_answer(h, &a), HELPER_WAITING);
	helper_free(h);
}

static void helper_without_the_right_to_write_cannot_write(void **state)
{
	static struct helper_kind free_one;
	static struct answer a;
	struct question q = {.number = 0};
	int offset = 0;

	(void)state;
	if (confine_abi() == 0)
		skip();
	snprintf(q.path, sizeof q.path, "/tmp/test_helper.%d", (int)getpid());
	free_one = confined;
	free_one.writes_nothing = false;
	for (int may = 0; may < 2; may++) {
		struct helper *h = helper_new(may ? &free_one : &confined, &offset);
		assert_non_null(h);
		assert_true(helper_ask(h, &q));
		assert_int_equal(take_answer(h, &a), HELPER_OK);
		assert_int_equal(a.write_error, may ? 0 : EACCES);
		assert_int_equal(a.null_error, 0);
		helper_free(h);
	}
	assert_int_equal(unlink(q.path), 0);
}

/* The test asks the helper nothing: a helper that has only started must not keep the lock. */
static void helper_does_not_inherit_a_lock(void **state)
{
	char path[64];
	int offset = 0;

	(void)state;
	snprintf(path, sizeof path, "/tmp/test_helper.%d", (int)getpid());
	int fd = open(path, O_RDWR | O_CREAT, 0600);
	assert_true(fd >= 0);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	struct helper *h = helper_new(&confined, &offset);
	assert_non_null(h);
	close(fd);
	fd = open(path, O_RDWR);
	int locked = -1;
	for (int i = 0; i < KEEPER_LOOKS_MAX && locked < 0; i++) {
		locked = flock(fd, LOCK_EX | LOCK_NB);
		usleep(KEEPER_LOOK_US);
	}
	assert_int_equal(locked, 0);
	close(fd);
	unlink(path);
	helper_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_question_gets_its_own_answer),
		cmocka_unit_test(answer_to_a_lost_question_is_discarded),
		cmocka_unit_test(helper_without_the_right_to_write_cannot_write),
		cmocka_unit_test(helper_does_not_inherit_a_lock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
