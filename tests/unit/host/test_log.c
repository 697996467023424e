/* test_log.c - the form of messages on standard error, and how often they are logged. */
#include "io/host/log.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "unit/captured.h"

static void message_names_program_and_level(void **state)
{
	(void)state;
	log_init("anomban");
	capture_begin();
	log_warning("unable to save '%s': %s", "x", "No space left on device");
	log_error("second");
	log_fatal("third %d", 3);
	assert_string_equal(capture_end(),
		"anomban: warning: unable to save 'x': No space left on device\n"
		"anomban: error: second\n"
		"anomban: fatal: third 3\n");
	log_init("anomdetect");
}

static void info_is_logged_only_with_verbose(void **state)
{
	(void)state;
	log_set_verbose(false);
	capture_begin();
	log_info("one");
	log_set_verbose(true);
	log_info("two");
	log_set_verbose(false);
	log_info("three");
	assert_string_equal(capture_end(), "anomdetect: info: two\n");
}

static void control_bytes_are_replaced(void **state)
{
	(void)state;
	capture_begin();
	log_warning("a%cb\x1b[2J\r\n\t\x7f|\xc2\x9b|\x9b|\xff|caf\xc3\xa9 \xe2\x82\xac", 0);
	log_warning("forged\nanomdetect: error: line");
	assert_string_equal(capture_end(),
		"anomdetect: warning: a?b?[2J????|??|?|?|caf\xc3\xa9 \xe2\x82\xac\n"
		"anomdetect: warning: forged?anomdetect: error: line\n");
}

static void errno_is_not_changed(void **state)
{
	struct log_repeat r = {.muted = 0};
	int after[6];

	(void)state;
	/* standard error is closed, so the write itself sets errno */
	capture_begin();
	close(STDERR_FILENO);
	errno = ENOSPC;
	log_warning("x");
	after[0] = errno;
	log_error("x");
	after[1] = errno;
	log_fatal("x");
	after[2] = errno;
	log_set_verbose(true);
	log_info("x");
	after[3] = errno;
	log_set_verbose(false);
	log_repeat(&r, instant_at_second(1000000), "x");
	after[4] = errno;
	log_repeat(&r, instant_at_second(1000001), "x");
	after[5] = errno;
	(void)capture_end();
	for (int i = 0; i < 6; i++)
		assert_int_equal(after[i], ENOSPC);
}

static void format_may_contain_the_errno_of_the_caller(void **state)
{
	(void)state;
	capture_begin();
	errno = ENOENT;
	log_error("unable to open 'x': %m");
	assert_string_equal(capture_end(),
		"anomdetect: error: unable to open 'x': No such file or directory\n");
}

static void long_message_is_cut_and_still_one_line(void **state)
{
	static char text[10000];

	(void)state;
	memset(text, 'x', sizeof text - 1);
	capture_begin();
	log_warning("%s", text);
	const char *got = capture_end();
	size_t len = strlen(got);
	assert_in_range(len, 1024, 4096);
	assert_ptr_equal(strchr(got, '\n'), got + len - 1);
}

static void message_is_one_write(void **state)
{
	char text[256];
	int fd[2], saved = dup(STDERR_FILENO);

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fd), 0);
	(void)dup2(fd[1], STDERR_FILENO);
	log_warning("one %d", 1);
	(void)dup2(saved, STDERR_FILENO);
	ssize_t n = recv(fd[0], text, sizeof text, MSG_DONTWAIT);
	assert_int_equal(n, (ssize_t)strlen("anomdetect: warning: one 1\n"));
	close(saved);
	close(fd[0]);
	close(fd[1]);
}

static void repeated_condition_is_logged_once_per_minute_with_its_count(void **state)
{
	struct log_repeat r = {.muted = 0};
	int64_t start = 1795320960000;

	(void)state;
	capture_begin();
	log_repeat(&r, (struct instant){start}, "first %d", 1);
	for (int i = 1; i <= 500; i++)
		log_repeat(&r, (struct instant){start + i}, "muted");
	log_repeat(&r, (struct instant){start + 59999}, "muted");
	log_repeat(&r, (struct instant){start + 60000}, "second");
	log_repeat(&r, (struct instant){start + 119999}, "muted");
	log_repeat(&r, (struct instant){start + 500000}, "third");
	log_repeat(&r, (struct instant){start + 900000}, "fourth");
	assert_string_equal(capture_end(),
		"anomdetect: warning: first 1\n"
		"anomdetect: warning: second (501 more since the last message)\n"
		"anomdetect: warning: third (1 more since the last message)\n"
		"anomdetect: warning: fourth\n");
}

static void message_about_one_condition_suppresses_no_other(void **state)
{
	struct log_repeat a = {.muted = 0}, b = {.muted = 0};
	struct instant now = instant_at_second(1795320960);

	(void)state;
	capture_begin();
	log_repeat(&a, now, "a");
	log_repeat(&b, now, "b");
	log_repeat(&a, now, "a");
	assert_string_equal(capture_end(), "anomdetect: warning: a\nanomdetect: warning: b\n");
}

static void clock_that_was_set_back_suppresses_no_message(void **state)
{
	struct log_repeat r = {.muted = 0};

	(void)state;
	capture_begin();
	log_repeat(&r, instant_at_second(5), "early");
	log_repeat(&r, instant_at_second(6), "muted");
	log_repeat(&r, instant_at_second(1000000), "late");
	log_repeat(&r, instant_at_second(900000), "back");
	assert_string_equal(capture_end(),
		"anomdetect: warning: early\n"
		"anomdetect: warning: late (1 more since the last message)\n"
		"anomdetect: warning: back\n");
}

/* Logs to a file as standard error. JOURNAL_STREAM names its inode number plus `inode_more`.
 * Returns the logged text. */
static const char *written_to_stream(uint64_t inode_more)
{
	char stream[64];
	struct stat st = {0};

	capture_begin();
	(void)fstat(STDERR_FILENO, &st);
	snprintf(stream, sizeof stream, "%ju:%ju", (uintmax_t)st.st_dev,
		(uintmax_t)(st.st_ino + inode_more));
	(void)setenv("JOURNAL_STREAM", stream, 1);
	log_init("anomdetect");
	log_set_verbose(true);
	log_info("one");
	log_warning("two\n<0>forged");
	log_error("three");
	log_fatal("four");
	log_set_verbose(false);
	unsetenv("JOURNAL_STREAM");
	log_init("anomdetect");
	return capture_end();
}

static void messages_to_the_journal_have_priorities(void **state)
{
	(void)state;
	assert_string_equal(written_to_stream(0), "<6>anomdetect: info: one\n"
						  "<4>anomdetect: warning: two?<0>forged\n"
						  "<3>anomdetect: error: three\n"
						  "<2>anomdetect: fatal: four\n");
}

static void messages_to_other_files_have_no_priorities(void **state)
{
	(void)state;
	assert_string_equal(written_to_stream(1), "anomdetect: info: one\n"
						  "anomdetect: warning: two?<0>forged\n"
						  "anomdetect: error: three\n"
						  "anomdetect: fatal: four\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(message_names_program_and_level),
		cmocka_unit_test(info_is_logged_only_with_verbose),
		cmocka_unit_test(control_bytes_are_replaced),
		cmocka_unit_test(errno_is_not_changed),
		cmocka_unit_test(format_may_contain_the_errno_of_the_caller),
		cmocka_unit_test(long_message_is_cut_and_still_one_line),
		cmocka_unit_test(message_is_one_write),
		cmocka_unit_test(repeated_condition_is_logged_once_per_minute_with_its_count),
		cmocka_unit_test(message_about_one_condition_suppresses_no_other),
		cmocka_unit_test(clock_that_was_set_back_suppresses_no_message),
		cmocka_unit_test(messages_to_the_journal_have_priorities),
		cmocka_unit_test(messages_to_other_files_have_no_priorities),
	};

	log_init("anomdetect");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
