/* test_accounts.c - existing users and groups are found, and others are not. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <sys/resource.h>

#include "io/host/accounts.h"

static void existing_account_is_found(void **unused)
{
	struct account a;

	(void)unused;
	assert_true(accounts_find_user("root", &a));
	assert_true(a.found && a.uid == 0 && a.gid == 0);
	assert_true(accounts_find_user("nobody", &a));
	assert_true(a.found && a.uid == 65534);
	assert_true(accounts_find_group("root", &a));
	assert_true(a.found && a.gid == 0);
	assert_true(accounts_find_group("adm", &a));
	assert_true(a.found && a.gid == 4);
}

static void unknown_name_is_no_failure(void **unused)
{
	static const char *const names[] = {"", "no-such-account", "root:x", "roo", "rootx"};
	struct account a;

	(void)unused;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		assert_true(accounts_find_user(names[i], &a));
		assert_false(a.found);
		assert_true(accounts_find_group(names[i], &a));
		assert_false(a.found);
	}
}

/* If this failure counted as an unknown name, --user would be refused as unknown, and the state
 * would lose its group. */
static void lack_of_descriptors_is_a_failure(void **unused)
{
	struct rlimit all, few;
	struct account a;

	(void)unused;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &all), 0);
	few = (struct rlimit){.rlim_cur = 3, .rlim_max = all.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	bool user = accounts_find_user("root", &a);
	int user_error = errno;
	bool group = accounts_find_group("adm", &a);
	int group_error = errno;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &all), 0);
	assert_false(user);
	assert_int_equal(user_error, EMFILE);
	assert_false(group);
	assert_int_equal(group_error, EMFILE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(existing_account_is_found),
		cmocka_unit_test(unknown_name_is_no_failure),
		cmocka_unit_test(lack_of_descriptors_is_a_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
