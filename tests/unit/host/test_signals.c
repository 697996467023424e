/* test_signals.c - signals, as poll and the main loop receive them. */
#include "io/host/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

static int fd = -1;

static bool is_readable(void)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, 0) == 1;
}

static void seen(bool stop, bool reload)
{
	struct signals_seen s = signals_take();

	assert_int_equal(s.stop, stop);
	assert_int_equal(s.reload, reload);
	assert_false(is_readable());
}

static void at_first_no_signal_is_pending(void **state)
{
	(void)state;
	assert_true(fd >= 0);
	assert_false(is_readable());
	seen(false, false);
}

static void each_signal_wakes_poll_and_is_reported_once(void **state)
{
	(void)state;
	raise(SIGTERM);
	assert_true(is_readable());
	seen(true, false);
	seen(false, false);
	raise(SIGINT);
	assert_true(is_readable());
	seen(true, false);
	raise(SIGHUP);
	assert_true(is_readable());
	seen(false, true);
	raise(SIGHUP);
	raise(SIGTERM);
	seen(true, true);
	seen(false, false);
}

static void request_to_announce_wakes_poll_and_is_reported_once(void **state)
{
	(void)state;
	raise(SIGUSR1);
	assert_true(is_readable());
	raise(SIGHUP);
	struct signals_seen s = signals_take();
	assert_true(s.announce && s.reload && !s.stop);
	assert_false(is_readable());
	s = signals_take();
	assert_false(s.announce || s.reload || s.stop);
	raise(SIGTERM);
	s = signals_take();
	assert_true(s.stop && !s.announce);
}

static void stop_is_not_lost_after_many_reloads(void **state)
{
	(void)state;
	for (int i = 0; i < 70000; i++)
		raise(SIGHUP);
	errno = ENOENT;
	raise(SIGTERM);
	assert_int_equal(errno, ENOENT);
	seen(true, true);
}

static void broken_pipe_is_an_error_and_no_signal(void **state)
{
	int pipe_fd[2];

	(void)state;
	assert_int_equal(pipe(pipe_fd), 0);
	close(pipe_fd[0]);
	assert_true(write(pipe_fd[1], "x", 1) < 0);
	assert_int_equal(errno, EPIPE);
	close(pipe_fd[1]);
	seen(false, false);
}

/* The child sends signals until the read has returned, because its first signal may be too early.
 */
static void blocked_read_is_interrupted(void **state)
{
	int input[2], done[2];
	char c;

	(void)state;
	assert_int_equal(pipe(input), 0);
	assert_int_equal(pipe2(done, O_NONBLOCK), 0);
	pid_t parent = getpid();
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		close(done[1]);
		while (read(done[0], &c, 1) < 0 && getppid() == parent) {
			kill(parent, SIGTERM);
			usleep(20000);
		}
		_exit(0);
	}
	close(done[0]);
	ssize_t n = read(input[0], &c, 1);
	int why = errno;
	close(done[1]);
	while (waitpid(child, NULL, 0) < 0)
		assert_int_equal(errno, EINTR);
	assert_true(n < 0);
	assert_int_equal(why, EINTR);
	seen(true, false);
	close(input[0]);
	close(input[1]);
}

/* Runs in a child, because signals_reset is for the start of a process. In this process, it would
 * undo the set-up of the other tests. */
static void inherited_signal_settings_are_reset(void **state)
{
	struct sigaction now;
	sigset_t blocked;
	int status;

	(void)state;
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTERM);
	sigaddset(&blocked, SIGHUP);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		signal(SIGCHLD, SIG_IGN);
		sigprocmask(SIG_BLOCK, &blocked, NULL);
		signals_reset();
		bool usual = sigaction(SIGCHLD, NULL, &now) == 0 && now.sa_handler == SIG_DFL;
		bool held = sigprocmask(SIG_BLOCK, NULL, &blocked) != 0 ||
			    sigismember(&blocked, SIGTERM) || sigismember(&blocked, SIGHUP);
		raise(SIGXFSZ);
		_exit(usual && !held ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void descriptor_is_not_inherited_by_other_programs(void **state)
{
	(void)state;
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(at_first_no_signal_is_pending),
		cmocka_unit_test(each_signal_wakes_poll_and_is_reported_once),
		cmocka_unit_test(request_to_announce_wakes_poll_and_is_reported_once),
		cmocka_unit_test(stop_is_not_lost_after_many_reloads),
		cmocka_unit_test(broken_pipe_is_an_error_and_no_signal),
		cmocka_unit_test(blocked_read_is_interrupted),
		cmocka_unit_test(inherited_signal_settings_are_reset),
		cmocka_unit_test(descriptor_is_not_inherited_by_other_programs),
	};

	fd = signals_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
