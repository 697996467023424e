/* test_out_file.c - a regular file without room is treated as a slow reader: lines wait, none is
 * torn, and the writer retries. The limit of file sizes (RLIMIT_FSIZE) stands in for a full disk,
 * because there, too, the kernel writes a part of a line. */
#include "io/host/out.h"

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
#include <sys/resource.h>
#include <unistd.h>
#include <cmocka.h>

#define LINE_BYTES 100
#define TEXT_MAX   65536

static char path[64];

static int setup(void **unused)
{
	(void)unused;
	snprintf(path, sizeof path, "/tmp/test_out_file.XXXXXX");
	int fd = mkstemp(path);
	return fd < 0 ? -1 : close(fd);
}

static int teardown(void **unused)
{
	(void)unused;
	return unlink(path);
}

static void limit_size(rlim_t bytes)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void put_text(const char *text)
{
	int fd = open(path, O_WRONLY | O_TRUNC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void assert_holds(const char *want)
{
	static char text[TEXT_MAX];
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	text[fread(text, 1, sizeof text - 1, f)] = '\0';
	fclose(f);
	assert_string_equal(text, want);
}

/* Line i, and the expected contents of the file: all lines before n. */
static void make_line(char line[LINE_BYTES + 1], int i)
{
	snprintf(line, LINE_BYTES + 1, "%099d\n", i);
}

static const char *lines_before(int n)
{
	static char text[TEXT_MAX];

	text[0] = '\0';
	for (int i = 0; i < n; i++)
		make_line(text + (size_t)i * LINE_BYTES, i);
	return text;
}

static void put_line(struct out *o, int i)
{
	char line[LINE_BYTES + 1];

	make_line(line, i);
	assert_true(out_put(o, OUT_BAN, line, LINE_BYTES));
}

static void check_full(int flags)
{
	int fd = open(path, O_WRONLY | O_TRUNC | flags);
	struct out *o = out_new(fd, false);

	assert_non_null(o);
	limit_size(1050); /* in the middle of the 11th line */
	for (int i = 0; i < 20; i++)
		put_line(o, i);
	assert_holds(lines_before(10));
	assert_int_equal(out_disk_error(o), EFBIG);
	assert_false(out_waiting(o)); /* poll would return at once for a regular file */
	assert_int_equal(out_lines(o), 10);
	limit_size(RLIM_INFINITY);
	assert_true(out_flush(o)); /* the writer does not retry so soon */
	assert_holds(lines_before(10));
	usleep((OUT_RETRY_MS + 50) * 1000);
	put_line(o, 20);
	assert_holds(lines_before(21));
	assert_int_equal(out_disk_error(o), 0);
	assert_int_equal(out_lines(o), 0);
	assert_int_equal(out_dropped(o), 0);
	out_free(o);
	close(fd);
}

static void lines_wait_for_room_and_none_is_torn(void **unused)
{
	(void)unused;
	check_full(O_APPEND);
	check_full(0);
}

static void drain_waits_for_room(void **unused)
{
	int fd = open(path, O_WRONLY | O_APPEND);
	struct out *o = out_new(fd, false);

	(void)unused;
	limit_size(50);
	put_line(o, 0);
	errno = 0;
	assert_false(out_drain(o, (struct span){OUT_RETRY_MS / 2}));
	assert_int_equal(errno, ETIMEDOUT);
	limit_size(RLIM_INFINITY);
	assert_true(out_drain(o, span_seconds(30)));
	assert_holds(lines_before(1));
	out_free(o);
	close(fd);
}

static void lines_beyond_the_queue_are_dropped_and_counted(void **unused)
{
	const int fit = OUT_QUEUE_BYTES / LINE_BYTES, n = fit + 500;
	int fd = open(path, O_WRONLY | O_APPEND);
	struct out *o = out_new(fd, false);

	(void)unused;
	limit_size(0);
	for (int i = 0; i < n; i++)
		put_line(o, i);
	assert_int_equal(out_lines(o), fit);
	assert_int_equal(out_dropped(o), 500);
	limit_size(RLIM_INFINITY);
	out_free(o);
	close(fd);
}

/* Another program has written after the half line: cutting the file would remove the other
 * program's bytes. The rest of the line must follow later. */
static void bytes_of_another_program_are_never_cut_off(void **unused)
{
	int fd = open(path, O_WRONLY);
	struct out *o = out_new(fd, false);

	(void)unused;
	put_text("0123456789 and more of another program\n");
	limit_size(5);
	assert_true(out_put(o, OUT_BAN, "abcdefgh\n", 9));
	limit_size(RLIM_INFINITY);
	assert_holds("abcde56789 and more of another program\n");
	out_free(o);
	close(fd);
}

static void check_end(const char *before, const char *want, bool wait)
{
	put_text(before);
	int fd = open(path, O_WRONLY | O_APPEND);
	struct out *o = out_new(fd, wait);
	assert_true(out_put(o, OUT_BAN, "{}\n", 3));
	out_free(o);
	close(fd);
	assert_holds(want);
}

static void torn_line_of_an_earlier_run_is_ended(void **unused)
{
	(void)unused;
	for (int wait = 0; wait < 2; wait++) {
		check_end("", "{}\n", wait);
		check_end("{\"a\":1}\n", "{\"a\":1}\n{}\n", wait);
		check_end("{\"a\":1}\n{\"b", "{\"a\":1}\n{\"b\n{}\n", wait);
		check_end("{", "{\n{}\n", wait);
	}
}

static void replay_fails_and_leaves_no_torn_line(void **unused)
{
	int fd = open(path, O_WRONLY | O_APPEND);
	struct out *o = out_new(fd, true);
	char line[LINE_BYTES + 1];

	(void)unused;
	limit_size(150);
	put_line(o, 0);
	make_line(line, 1);
	errno = 0;
	bool ok = out_put(o, OUT_BAN, line, LINE_BYTES);
	int error = errno;
	limit_size(RLIM_INFINITY);
	assert_false(ok);
	assert_int_equal(error, EFBIG);
	assert_holds(lines_before(1));
	out_free(o);
	close(fd);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(lines_wait_for_room_and_none_is_torn),
		TEST(drain_waits_for_room),
		TEST(lines_beyond_the_queue_are_dropped_and_counted),
		TEST(bytes_of_another_program_are_never_cut_off),
		TEST(torn_line_of_an_earlier_run_is_ended),
		TEST(replay_fails_and_leaves_no_torn_line),
	};

	signal(SIGXFSZ, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
