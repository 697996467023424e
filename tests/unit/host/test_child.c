/* test_child.c - programs that are run to their end. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/host/child.h"

#define WHY_CAP 256

struct seen {
	size_t lines;
	size_t bytes;
	char last[128];
};

static void see(void *ctx, const char *line, size_t len)
{
	struct seen *s = ctx;

	s->lines++;
	s->bytes += len;
	snprintf(s->last, sizeof s->last, "%.*s", (int)len, line);
}

/* What the shell does with `script`. */
static bool shell(const char *script, struct seen *seen, struct child_end *end, char *why)
{
	char sh[] = "sh", c[] = "-c", text[256];
	char *argv[] = {sh, c, text, NULL};

	snprintf(text, sizeof text, "%s", script);
	*why = '\0';
	if (seen)
		*seen = (struct seen){0};
	return child_run(argv, seen ? see : NULL, seen, end, why, WHY_CAP);
}

static void exit_code_and_words_are_told(void **state)
{
	struct child_end end;
	struct seen seen;
	char why[WHY_CAP];

	(void)state;
	assert_true(shell("echo oops >&2; echo one; echo two; exit 3", &seen, &end, why));
	assert_int_equal(end.code, 3);
	assert_string_equal(end.said, "oops\n");
	assert_int_equal(seen.lines, 2);
	assert_string_equal(seen.last, "two");
	assert_string_equal(why, "");
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* nobody is left */
}

static void more_output_than_a_pipe_holds_comes_whole(void **state)
{
	struct child_end end;
	struct seen seen;
	char why[WHY_CAP];

	(void)state;
	assert_true(shell("seq 1 50000; seq 1 50000 >&2", &seen, &end, why));
	assert_int_equal(end.code, 0);
	assert_int_equal(seen.lines, 50000);
	assert_string_equal(seen.last, "50000");
	assert_int_equal(strlen(end.said), CHILD_SAID_CAP - 1);
}

static void last_line_needs_no_newline_and_long_ones_are_cut(void **state)
{
	struct child_end end;
	struct seen seen;
	char why[WHY_CAP];

	(void)state;
	assert_true(shell("echo one; printf two", &seen, &end, why));
	assert_int_equal(seen.lines, 2);
	assert_string_equal(seen.last, "two");
	assert_true(shell("printf '%05000d\\nx\\n' 1", &seen, &end, why));
	assert_int_equal(seen.lines, 2);
	assert_int_equal(seen.bytes, 2048 + 1);
	assert_string_equal(seen.last, "x");
}

static void output_that_is_not_wanted_goes_nowhere(void **state)
{
	struct child_end end;
	char why[WHY_CAP];

	(void)state;
	assert_true(shell("yes | head -c 200000; test $(readlink /proc/$$/fd/1) = /dev/null", NULL,
		&end, why));
	assert_int_equal(end.code, 0);
}

static void child_has_no_input_and_no_descriptor_of_ours(void **state)
{
	struct child_end end;
	struct seen seen;
	char why[WHY_CAP];
	int ours = open("/dev/zero", O_RDONLY); /* without O_CLOEXEC */

	(void)state;
	assert_true(ours > 2);
	assert_true(shell("cat; ls -l /proc/$$/fd | grep -c zero", &seen, &end, why));
	assert_string_equal(seen.last, "0");
	close(ours);
}

static void program_that_is_missing_is_told(void **state)
{
	char name[] = "no-such-program-here";
	char *argv[] = {name, NULL};
	struct child_end end;
	char why[WHY_CAP];

	(void)state;
	/* in the caller's PATH a directory that this user may not enter is another error */
	setenv("PATH", "/usr/bin:/bin", 1);
	assert_false(child_run(argv, NULL, NULL, &end, why, sizeof why));
	assert_non_null(strstr(why, "unable to run no-such-program-here: No such file"));
}

static void program_that_is_killed_is_a_failure(void **state)
{
	struct child_end end;
	char why[WHY_CAP];

	(void)state;
	assert_false(shell("kill -KILL $$", NULL, &end, why));
	assert_string_equal(why, "sh did not end properly");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exit_code_and_words_are_told),
		cmocka_unit_test(more_output_than_a_pipe_holds_comes_whole),
		cmocka_unit_test(last_line_needs_no_newline_and_long_ones_are_cut),
		cmocka_unit_test(output_that_is_not_wanted_goes_nowhere),
		cmocka_unit_test(child_has_no_input_and_no_descriptor_of_ours),
		cmocka_unit_test(program_that_is_missing_is_told),
		cmocka_unit_test(program_that_is_killed_is_a_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
