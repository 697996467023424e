/* test_statefile_default.c - the path of the state file if no option names a file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/host/statefile.h"

static void assert_default(bool reader, const char *want)
{
	char found[PATH_MAX];

	assert_true(statefile_default_path(reader, found, sizeof found));
	assert_string_equal(found, want);
}

static void environment_names_the_state_for_reader_and_writer(void **unused)
{
	char small[8];

	(void)unused;
	setenv("ANOMDETECT_STATE", "/run/x/state.json", 1);
	assert_default(true, "/run/x/state.json");
	assert_default(false, "/run/x/state.json");
	assert_false(statefile_default_path(true, small, sizeof small));
	assert_int_equal(errno, ENAMETOOLONG);
	unsetenv("ANOMDETECT_STATE");
	if (geteuid() == 0) {
		assert_default(true, "/var/lib/anomdetect/state.json");
		setenv("ANOMDETECT_STATE", "", 1); /* an empty variable counts as unset */
		assert_default(false, "/var/lib/anomdetect/state.json");
		unsetenv("ANOMDETECT_STATE");
	}
}

static void only_the_writer_uses_the_service_managers_directory(void **unused)
{
	static const struct {
		const char *given, *want; /* NULL: ignored */
	} rows[] = {
		{"/var/lib/private/a", "/var/lib/private/a/state.json"},
		{"/srv/one:/srv/two", "/srv/one/state.json"},
		{"", NULL},
		{":/srv/two", NULL},
		{"relative", NULL},
	};
	char found[PATH_MAX];

	(void)unused;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		setenv("STATE_DIRECTORY", rows[i].given, 1);
		if (rows[i].want)
			assert_default(false, rows[i].want);
		assert_true(statefile_default_path(true, found, sizeof found));
		assert_null(strstr(found, "/srv/"));
		if (!rows[i].want) {
			char without[PATH_MAX];

			assert_true(statefile_default_path(false, found, sizeof found));
			unsetenv("STATE_DIRECTORY");
			assert_true(statefile_default_path(false, without, sizeof without));
			assert_string_equal(found, without);
		}
	}
	setenv("STATE_DIRECTORY", "/srv/one", 1);
	setenv("ANOMDETECT_STATE", "/run/x/state.json", 1);
	assert_default(false, "/run/x/state.json");
	unsetenv("ANOMDETECT_STATE");
	unsetenv("STATE_DIRECTORY");
}

/* Runs in a child, as another user if the test runs as root. Returns the number of the failed
 * check. */
static int check_as_user(void)
{
	char found[PATH_MAX];

	if (geteuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0))
		return 1;
	unsetenv("ANOMDETECT_STATE");
	setenv("HOME", "/home/u", 1);
	setenv("XDG_STATE_HOME", "/home/u/s", 1);
	if (!statefile_default_path(false, found, sizeof found) ||
		strcmp(found, "/home/u/s/anomdetect/state.json") != 0)
		return 2;
	setenv("XDG_STATE_HOME", "relative", 1);
	if (!statefile_default_path(false, found, sizeof found) ||
		strcmp(found, "/home/u/.local/state/anomdetect/state.json") != 0)
		return 3;
	if (access("/var/lib/anomdetect", F_OK) < 0 &&
		(!statefile_default_path(true, found, sizeof found) ||
			strcmp(found, "/home/u/.local/state/anomdetect/state.json") != 0))
		return 4;
	unsetenv("HOME");
	unsetenv("XDG_STATE_HOME");
	return statefile_default_path(false, found, sizeof found) ? 5 : 0;
}

static void each_user_has_their_own_state(void **unused)
{
	int status = -1;

	(void)unused;
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0)
		_exit(check_as_user());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(environment_names_the_state_for_reader_and_writer),
		cmocka_unit_test(only_the_writer_uses_the_service_managers_directory),
		cmocka_unit_test(each_user_has_their_own_state),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
