/* test_line_reader_descriptors.c - tests the line reader with pipes of any size, and with reads
 * that block, fail or are interrupted. */
#include "io/host/line_reader.h"

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
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#define MIB    (1024 * 1024)
#define LIMIT  65536 /* maximum length of a line in bytes */
#define NOBODY 65534

static bool next_line(struct line_reader *l, struct line_reader_line *line)
{
	while (!line_reader_next(l, line)) {
		if (line_reader_fill(l) != LINE_READER_OK)
			return line_reader_next(l, line);
	}
	return true;
}

static void descriptor_that_would_block_is_no_error(void **state)
{
	struct line_reader_line line;
	int fd[2];

	(void)state;
	assert_int_equal(pipe2(fd, O_NONBLOCK), 0);
	struct line_reader *l = line_reader_new(fd[0], LIMIT);
	assert_non_null(l);
	assert_int_equal(line_reader_fill(l), LINE_READER_OK);
	assert_false(line_reader_next(l, &line));
	assert_int_equal(write(fd[1], "a\n", 2), 2);
	assert_true(next_line(l, &line));
	assert_int_equal(line.len, 1);
	line_reader_free(l);
	close(fd[0]);
	close(fd[1]);
}

/* Sends lines of 1 to 300 bytes through a pipe of this size. Returns the pipe's size afterwards, or
 * 0 if the kernel refuses such a pipe. */
static int pipe_after_lines(int bytes)
{
	static char text[40 * 1024];
	struct line_reader_line line;
	size_t n = 0, len = 0, seen = 0;
	int fd[2];

	assert_int_equal(pipe2(fd, O_NONBLOCK), 0);
	if (fcntl(fd[0], F_SETPIPE_SZ, bytes) < 0) {
		close(fd[0]);
		close(fd[1]);
		return 0;
	}
	for (; len + 301 <= sizeof text; n++) {
		memset(text + len, 'x', n % 300 + 1);
		len += n % 300 + 1;
		text[len++] = '\n';
	}
	struct line_reader *l = line_reader_new(fd[0], LIMIT);
	assert_non_null(l);
	for (size_t at = 0; at < len;) {
		ssize_t got = write(fd[1], text + at, len - at);
		at += got > 0 ? (size_t)got : 0;
		assert_int_equal(line_reader_fill(l), LINE_READER_OK);
		for (; line_reader_next(l, &line); seen++)
			assert_int_equal(line.len, seen % 300 + 1);
	}
	assert_int_equal(seen, n);
	int has = fcntl(fd[0], F_GETPIPE_SZ);
	line_reader_free(l);
	close(fd[0]);
	close(fd[1]);
	return has;
}

static void pipe_of_any_size_gives_its_lines_and_never_shrinks(void **state)
{
	const int page = (int)sysconf(_SC_PAGESIZE);
	int most = pipe_after_lines(MIB), more = pipe_after_lines(4 * MIB);

	(void)state;
	assert_true(pipe_after_lines(page) >= (most ? most : page));
	assert_true(pipe_after_lines(65536) >= (most ? most : 65536));
	if (most)
		assert_int_equal(most, MIB);
	else
		print_message(
			"# this user may not have pipes of 1 MiB: only smaller pipes are tried\n");
	if (more)
		assert_int_equal(more, 4 * MIB);
	else
		print_message("# without CAP_SYS_RESOURCE, a pipe of 4 MiB is not tried\n");
}

/* All pipes of a user without privileges may have 64 MiB together, by default. This user has so
 * many pipes that no further pipe can be enlarged. Returns 0 if the reader still gets a line. */
static int lines_of_a_user_with_many_pipes(void)
{
	struct line_reader_line line;
	int fd[2], last = 0;

	if (geteuid() == 0 && setuid(NOBODY) < 0)
		return 1;
	for (int n = 0; n < 400 && last >= 0; n++) {
		if (pipe2(fd, O_NONBLOCK) < 0)
			return 2;
		last = fcntl(fd[0], F_SETPIPE_SZ, MIB);
	}
	struct line_reader *l = line_reader_new(fd[0], LIMIT);
	if (!l || write(fd[1], "a\n", 2) != 2 || line_reader_fill(l) != LINE_READER_OK)
		return 3;
	bool given = line_reader_next(l, &line) && line.len == 1;
	line_reader_free(l);
	return given ? 0 : 4;
}

static void pipe_that_cannot_be_enlarged_is_read_unchanged(void **state)
{
	int status;
	pid_t child = fork();

	(void)state;
	assert_true(child >= 0);
	if (child == 0)
		_exit(lines_of_a_user_with_many_pipes());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void on_alarm(int number)
{
	(void)number;
}

static void signal_ends_a_read_without_an_error(void **state)
{
	struct sigaction act = {.sa_handler = on_alarm}, old;
	/* repeated, because the first signal may come before the read */
	struct itimerval timer = {{0, 20000}, {0, 20000}}, off = {{0, 0}, {0, 0}};
	struct line_reader_line line;
	int fd[2];

	(void)state;
	assert_int_equal(pipe(fd), 0);
	struct line_reader *l = line_reader_new(fd[0], LIMIT);
	assert_non_null(l);
	assert_int_equal(sigaction(SIGALRM, &act, &old), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &timer, NULL), 0);
	assert_int_equal(line_reader_fill(l), LINE_READER_OK);
	assert_int_equal(setitimer(ITIMER_REAL, &off, NULL), 0);
	assert_int_equal(sigaction(SIGALRM, &old, NULL), 0);
	assert_false(line_reader_next(l, &line));
	line_reader_free(l);
	close(fd[0]);
	close(fd[1]);
}

static void failed_read_keeps_errno_and_the_lines_before_it(void **state)
{
	struct line_reader_line line;
	int fd[2];

	(void)state;
	assert_int_equal(pipe(fd), 0);
	assert_int_equal(write(fd[1], "a\nb", 3), 3);
	struct line_reader *l = line_reader_new(fd[0], LIMIT);
	assert_non_null(l);
	assert_int_equal(line_reader_fill(l), LINE_READER_OK);
	close(fd[0]);
	close(fd[1]);
	errno = 0;
	assert_int_equal(line_reader_fill(l), LINE_READER_ERROR);
	assert_int_equal(errno, EBADF);
	assert_true(line_reader_next(l, &line));
	assert_int_equal(line.len, 1);
	assert_memory_equal(line.text, "a", 1);
	line_reader_free(l);
}

static void reading_a_directory_is_an_error(void **state)
{
	int fd = open("/", O_RDONLY | O_DIRECTORY);
	struct line_reader *l = line_reader_new(fd, LIMIT);

	(void)state;
	assert_non_null(l);
	assert_int_equal(line_reader_fill(l), LINE_READER_ERROR);
	assert_int_equal(errno, EISDIR);
	line_reader_free(l);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pipe_of_any_size_gives_its_lines_and_never_shrinks),
		cmocka_unit_test(pipe_that_cannot_be_enlarged_is_read_unchanged),
		cmocka_unit_test(descriptor_that_would_block_is_no_error),
		cmocka_unit_test(signal_ends_a_read_without_an_error),
		cmocka_unit_test(failed_read_keeps_errno_and_the_lines_before_it),
		cmocka_unit_test(reading_a_directory_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
