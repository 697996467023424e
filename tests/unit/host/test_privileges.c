/* test_privileges.c - dropped privileges. Each test runs in a process of its own, because dropped
 * privileges cannot be regained. */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/host/privileges.h"

#define NET_ADMIN 12 /* CAP_NET_ADMIN */

static char why[256];

/* The hexadecimal value of a line of /proc/self/status. */
static unsigned long long status_of(const char *name)
{
	FILE *f = fopen("/proc/self/status", "r");
	unsigned long long value = ~0ull;
	char line[256];

	while (f && fgets(line, sizeof line, f)) {
		if (strncmp(line, name, strlen(name)) == 0)
			value = strtoull(line + strlen(name) + 1, NULL, 16);
	}
	if (f)
		fclose(f);
	return value;
}

/* Runs `body` in a child. `body` returns 0, or the line of the failed check. */
static void in_child(int (*body)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(body());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status))
		fail_msg("the check in line %d failed", WEXITSTATUS(status));
}

#define MUST(c)                                                                                    \
	do {                                                                                       \
		if (!(c)) {                                                                        \
			fprintf(stderr, "# line %d: %s (%s)\n", __LINE__, #c, why);                \
			return __LINE__ < 256 ? __LINE__ : 255;                                    \
		}                                                                                  \
	} while (0)

static void need_root(void)
{
	if (geteuid() != 0) {
		print_message("# needs root\n");
		skip();
	}
}

static int drop_to_nobody(void)
{
	const struct passwd *nobody = getpwnam("nobody");
	uid_t real, effective, saved;
	gid_t rgid, egid, sgid, groups[64];

	MUST(nobody);
	MUST(privileges_have_net_admin());
	MUST(privileges_drop("nobody", true, why, sizeof why));
	getresuid(&real, &effective, &saved);
	getresgid(&rgid, &egid, &sgid);
	MUST(real == nobody->pw_uid && effective == real && saved == real);
	MUST(rgid == nobody->pw_gid && egid == rgid && sgid == rgid);
	MUST(getgroups(64, groups) == 1 && groups[0] == nobody->pw_gid);
	MUST(status_of("CapPrm:") == 1ull << NET_ADMIN);
	MUST(status_of("CapEff:") == 1ull << NET_ADMIN);
	MUST(status_of("CapInh:") == 0);
	MUST(status_of("CapAmb:") == 0);
	MUST(status_of("CapBnd:") == 1ull << NET_ADMIN);
	MUST(status_of("NoNewPrivs:") == 1);
	MUST(privileges_have_net_admin());
	MUST(setuid(0) != 0 && setgid(0) != 0);
	return 0;
}

static void root_becomes_the_user_and_keeps_only_net_admin(void **state)
{
	(void)state;
	need_root();
	in_child(drop_to_nobody);
}

static int drop_everything(void)
{
	MUST(privileges_drop("nobody", false, why, sizeof why));
	MUST(status_of("CapPrm:") == 0 && status_of("CapBnd:") == 0);
	MUST(!privileges_have_net_admin());
	return 0;
}

static void no_capability_is_kept_unless_requested(void **state)
{
	(void)state;
	need_root();
	in_child(drop_everything);
}

static int groups_of_root(void)
{
	static const gid_t many[] = {0, 4, 27};

	MUST(setgroups(3, many) == 0);
	MUST(privileges_drop("nobody", true, why, sizeof why));
	gid_t now[64];
	int n = getgroups(64, now);
	for (int i = 0; i < n; i++)
		MUST(now[i] != 0 && now[i] != 4 && now[i] != 27);
	return 0;
}

static void groups_of_root_are_dropped(void **state)
{
	(void)state;
	need_root();
	in_child(groups_of_root);
}

static int bad_users(void)
{
	MUST(!privileges_drop("no-such-user-here", true, why, sizeof why));
	MUST(strstr(why, "there is no user 'no-such-user-here'"));
	MUST(!privileges_drop("root", true, why, sizeof why));
	MUST(strstr(why, "user 'root' is root"));
	if (geteuid() == 0) {
		MUST(!privileges_drop(NULL, true, why, sizeof why));
		MUST(strstr(why, "no user is given"));
		MUST(status_of("NoNewPrivs:") == 0); /* nothing was changed */
	}
	return 0;
}

static void root_and_unknown_users_are_refused(void **state)
{
	(void)state;
	in_child(bad_users);
}

/* A service manager starts the program as another user than root, with or without CAP_NET_ADMIN. */
static int as_service(void)
{
	MUST(privileges_drop("nobody", true, why, sizeof why));
	MUST(privileges_drop(NULL, true, why, sizeof why));
	MUST(privileges_drop("nobody", true, why, sizeof why));
	MUST(status_of("CapEff:") == 1ull << NET_ADMIN);
	MUST(!privileges_drop("daemon", true, why, sizeof why));
	MUST(strstr(why, "unable to become user 'daemon' (only root can): "));
	MUST(privileges_drop(NULL, false, why, sizeof why));
	MUST(!privileges_have_net_admin());
	MUST(!privileges_drop(NULL, true, why, sizeof why));
	MUST(strstr(why, "unable to keep CAP_NET_ADMIN: "));
	return 0;
}

static void user_other_than_root_keeps_existing_capabilities_only(void **state)
{
	(void)state;
	need_root();
	in_child(as_service);
}

static int keep_few(void)
{
	MUST(privileges_have_dac_override());
	MUST(privileges_keep(PRIVILEGES_NET_ADMIN));
	MUST(geteuid() == 0);
	MUST(status_of("CapPrm:") == 1ull << NET_ADMIN);
	MUST(status_of("CapEff:") == 1ull << NET_ADMIN);
	MUST(status_of("CapBnd:") == 1ull << NET_ADMIN);
	MUST(status_of("CapInh:") == 0 && status_of("CapAmb:") == 0);
	MUST(status_of("NoNewPrivs:") == 1);
	MUST(!privileges_have_dac_override());
	/* a dropped capability does not come back */
	MUST(privileges_keep(PRIVILEGES_DAC_OVERRIDE));
	MUST(status_of("CapEff:") == 0);
	return 0;
}

static void process_that_stays_root_keeps_only_requested_capabilities(void **state)
{
	(void)state;
	need_root();
	in_child(keep_few);
}

static int look_at_directories(void)
{
	char name[] = "/tmp/test_privileges.XXXXXX";
	const struct passwd *nobody = getpwnam("nobody");
	unsigned long long before = status_of("CapEff:");

	MUST(nobody && mkdtemp(name));
	bool own = privileges_can_write(0, name);
	bool given = chown(name, nobody->pw_uid, nobody->pw_gid) == 0;
	bool without = privileges_can_write(PRIVILEGES_NET_ADMIN, name);
	int error = errno;
	bool with = privileges_can_write(PRIVILEGES_DAC_OVERRIDE, name);
	MUST(rmdir(name) == 0);
	MUST(own && given && with && !without && error == EACCES);
	MUST(!privileges_can_write(PRIVILEGES_DAC_OVERRIDE, name) && errno == ENOENT);
	MUST(status_of("CapEff:") == before);
	return 0;
}

static void directory_of_another_user_needs_a_capability(void **state)
{
	(void)state;
	need_root();
	in_child(look_at_directories);
}

static int join_group(void)
{
	static const gid_t before[] = {0, 4};
	gid_t groups[8];

	MUST(setgroups(2, before) == 0);
	MUST(privileges_join_group(27) && privileges_join_group(27) && privileges_join_group(0));
	MUST(getgroups(8, groups) == 3 && groups[0] == 0 && groups[1] == 4 && groups[2] == 27);
	MUST(privileges_keep(0));
	MUST(privileges_join_group(4) && !privileges_join_group(28) && errno == EPERM);
	return 0;
}

static void group_is_added_to_the_existing_groups(void **state)
{
	(void)state;
	need_root();
	in_child(join_group);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(root_becomes_the_user_and_keeps_only_net_admin),
		cmocka_unit_test(no_capability_is_kept_unless_requested),
		cmocka_unit_test(groups_of_root_are_dropped),
		cmocka_unit_test(root_and_unknown_users_are_refused),
		cmocka_unit_test(user_other_than_root_keeps_existing_capabilities_only),
		cmocka_unit_test(process_that_stays_root_keeps_only_requested_capabilities),
		cmocka_unit_test(directory_of_another_user_needs_a_capability),
		cmocka_unit_test(group_is_added_to_the_existing_groups),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
