/* test_child.c - child programs: their output, exit code, environment and failures. */
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

#define WHY_CAP 512

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

/* Runs `script` in the shell. */
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

static void exit_code_and_output_are_returned(void **state)
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
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no child is left */
}

static void output_larger_than_a_pipe_arrives_whole(void **state)
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

static void last_line_needs_no_newline_and_long_lines_are_cut(void **state)
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

static void unwanted_output_goes_to_dev_null(void **state)
{
	struct child_end end;
	char why[WHY_CAP];

	(void)state;
	assert_true(shell("yes | head -c 200000; test $(readlink /proc/$$/fd/1) = /dev/null", NULL,
		&end, why));
	assert_int_equal(end.code, 0);
}

static void child_has_no_input_and_no_descriptor_of_its_parent(void **state)
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

static void missing_program_is_reported(void **state)
{
	char name[] = "no-such-program-here";
	char *argv[] = {name, NULL};
	struct child_end end;
	char why[WHY_CAP];

	(void)state;
	assert_false(child_run(argv, NULL, NULL, &end, why, sizeof why));
	assert_true(end.missing);
	assert_non_null(strstr(why, "unable to run no-such-program-here: No such file"));
	assert_non_null(strstr(why, " in /usr/sbin, /sbin, "));
}

/* The program is only in the caller's PATH. */
static void programs_in_the_callers_path_are_not_run(void **state)
{
	char top[] = "/tmp/test_child.XXXXXX", name[64], program[] = "no-such-program-here";
	char *argv[] = {program, NULL};
	struct child_end end;
	char why[WHY_CAP];

	(void)state;
	assert_non_null(mkdtemp(top));
	snprintf(name, sizeof name, "%s/%s", top, program);
	assert_int_equal(symlink("/bin/true", name), 0);
	assert_int_equal(setenv("PATH", top, 1), 0);
	assert_int_equal(chdir(top), 0);
	bool ran = child_run(argv, NULL, NULL, &end, why, sizeof why);
	assert_int_equal(unlink(name), 0);
	assert_int_equal(rmdir(top), 0);
	assert_false(ran);
	assert_true(end.missing);
}

static void child_inherits_only_the_iptables_lock_variable(void **state)
{
	static const char *const ours[] = {"LD_PRELOAD", "XTABLES_LIBDIR", "PATH", "HOME"};
	char program[] = "env", *argv[] = {program, NULL};
	struct child_end end;
	struct seen seen = {0};
	char why[WHY_CAP];

	(void)state;
	for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
		assert_int_equal(setenv(ours[i], "/nowhere", 1), 0);
	unsetenv("XTABLES_LOCKFILE");
	assert_true(child_run(argv, see, &seen, &end, why, sizeof why));
	assert_int_equal(seen.lines, 1);
	assert_string_equal(seen.last, "PATH=/usr/sbin:/sbin:/usr/bin:/bin:/usr/local/sbin:"
				       "/usr/local/bin:/run/current-system/sw/bin");
	assert_int_equal(setenv("XTABLES_LOCKFILE", "/run/some/lock", 1), 0);
	seen = (struct seen){0};
	assert_true(child_run(argv, see, &seen, &end, why, sizeof why));
	assert_int_equal(seen.lines, 2);
	assert_string_equal(seen.last, "XTABLES_LOCKFILE=/run/some/lock");
	for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
		unsetenv(ours[i]);
}

static void killed_program_is_a_failure(void **state)
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
		cmocka_unit_test(exit_code_and_output_are_returned),
		cmocka_unit_test(output_larger_than_a_pipe_arrives_whole),
		cmocka_unit_test(last_line_needs_no_newline_and_long_lines_are_cut),
		cmocka_unit_test(unwanted_output_goes_to_dev_null),
		cmocka_unit_test(child_has_no_input_and_no_descriptor_of_its_parent),
		cmocka_unit_test(missing_program_is_reported),
		cmocka_unit_test(programs_in_the_callers_path_are_not_run),
		cmocka_unit_test(child_inherits_only_the_iptables_lock_variable),
		cmocka_unit_test(killed_program_is_a_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
