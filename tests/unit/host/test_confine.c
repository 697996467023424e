/* test_confine.c - what a confined process may still do, and what it may not. Each test runs in a
 * process of its own, because the confinement cannot be undone. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/host/confine.h"

/* Versions of the landlock interface. */
#define ABI_TRUNCATE 3
#define ABI_TCP      4
#define ABI_SIGNALS  6

static char top[64], inside[96], outside[96], file[96];

static int setup(void **state)
{
	(void)state;
	snprintf(top, sizeof top, "/tmp/test_confine.XXXXXX");
	if (!mkdtemp(top))
		return -1;
	snprintf(inside, sizeof inside, "%s/in", top);
	snprintf(outside, sizeof outside, "%s/out", top);
	snprintf(file, sizeof file, "%s/out/file", top);
	return mkdir(inside, 0700) || mkdir(outside, 0700) || mknod(file, S_IFREG | 0600, 0);
}

static int teardown(void **state)
{
	char command[96];

	(void)state;
	snprintf(command, sizeof command, "rm -rf %s", top);
	return system(command);
}

#define MUST(c)                                                                                    \
	do {                                                                                       \
		if (!(c)) {                                                                        \
			fprintf(stderr, "# line %d: %s (%s)\n", __LINE__, #c, strerror(errno));    \
			return 1;                                                                  \
		}                                                                                  \
	} while (0)

/* The call must fail because of the confinement, not for another reason. */
#define REFUSED(c) MUST((errno = 0, (c) < 0) && errno == EACCES)

static void in_child(int (*body)(void))
{
	int status;

	if (confine_abi() == 0) {
		print_message("# %s\n", confine_refusal(errno));
		skip();
	}
	pid_t pid = fork();
	if (pid == 0)
		_exit(body());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static int made(const char *directory, const char *name)
{
	char path[160];

	snprintf(path, sizeof path, "%s/%s", directory, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	if (fd >= 0 && (write(fd, "x", 1) != 1 || close(fd) < 0))
		return -1;
	return fd < 0 ? -1 : 0;
}

static int write_outside(void)
{
	struct confine_rules rules = {.writable = {inside}};
	char other[128], link_name[128];
	struct stat st;

	snprintf(other, sizeof other, "%s/other", outside);
	snprintf(link_name, sizeof link_name, "%s/link", inside);
	MUST(confine_self(&rules));
	REFUSED(made(outside, "new"));
	REFUSED(open(file, O_WRONLY));
	if (confine_abi() >= ABI_TRUNCATE) {
		REFUSED(open(file, O_RDONLY | O_TRUNC));
		REFUSED(truncate(file, 0));
	}
	REFUSED(unlink(file));
	REFUSED(rename(file, other));
	REFUSED(mkdir(other, 0700));
	REFUSED(rmdir(outside));
	REFUSED(symlink("x", other));
	REFUSED(mkfifo(other, 0600));
	MUST(link(file, link_name) < 0 && (errno == EXDEV || errno == EACCES));
	REFUSED(open("/dev/null", O_WRONLY));
	MUST(stat(file, &st) == 0);
	MUST(open(file, O_RDONLY) >= 0);
	return 0;
}

static void files_outside_can_be_read_and_not_written(void **state)
{
	(void)state;
	in_child(write_outside);
}

static int write_inside(void)
{
	struct confine_rules rules = {.writable = {inside, "/nowhere/at/all"}};
	char one[128], two[128], deep[128];

	snprintf(one, sizeof one, "%s/one", inside);
	snprintf(two, sizeof two, "%s/two", inside);
	snprintf(deep, sizeof deep, "%s/deep", inside);
	MUST(confine_self(&rules));
	MUST(made(inside, "one") == 0);
	MUST(rename(one, two) == 0);
	int fd = open(two, O_WRONLY | O_TRUNC);
	MUST(fd >= 0 && ftruncate(fd, 10) == 0 && truncate(two, 5) == 0);
	MUST(mkdir(deep, 0700) == 0 && made(deep, "one") == 0);
	MUST(unlink(two) == 0);
	/* a run needs none of these operations for its state files */
	REFUSED(symlink("x", one));
	REFUSED(mkfifo(one, 0600));
	REFUSED(rmdir(deep));
	return 0;
}

static void files_below_an_allowed_directory_can_be_made_and_replaced(void **state)
{
	(void)state;
	in_child(write_inside);
}

static int use_open(void)
{
	struct confine_rules rules = {.execute = false};
	int fd = open(file, O_RDWR | O_APPEND);
	char text[2];

	MUST(fd >= 0);
	MUST(confine_self(&rules));
	MUST(write(fd, "ab", 2) == 2);
	/* log rotation by copytruncate truncates the file, too, but from another process */
	MUST(ftruncate(fd, 0) == 0);
	MUST(write(fd, "cd", 2) == 2);
	MUST(pread(fd, text, 2, 0) == 2 && memcmp(text, "cd", 2) == 0);
	REFUSED(made(outside, "new"));
	return 0;
}

static void open_files_can_still_be_written(void **state)
{
	(void)state;
	in_child(use_open);
}

/* True if /bin/true runs. */
static bool can_execute(void)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		execl("/bin/true", "true", (char *)NULL);
		_exit(errno == EACCES ? 3 : 4);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static int execute_nothing(void)
{
	struct confine_rules rules = {.execute = false};

	MUST(can_execute());
	MUST(confine_self(&rules));
	MUST(!can_execute());
	REFUSED(execl("/bin/true", "true", (char *)NULL));
	MUST(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
	return 0;
}

static int execute_all(void)
{
	struct confine_rules rules = {.execute = true, .writable = {"/dev/null"}};

	MUST(confine_self(&rules));
	MUST(can_execute());
	MUST(open("/dev/null", O_RDWR) >= 0);
	REFUSED(open(file, O_WRONLY));
	return 0;
}

static void programs_run_only_if_the_rules_allow_execution(void **state)
{
	(void)state;
	in_child(execute_nothing);
	in_child(execute_all);
}

static int reach_nobody(void)
{
	struct confine_rules rules = {.execute = false};
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9)};
	int fd;

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	MUST(confine_self(&rules));
	if (confine_abi() >= ABI_TCP) {
		fd = socket(AF_INET, SOCK_STREAM, 0);
		MUST(fd >= 0);
		REFUSED(connect(fd, (struct sockaddr *)&to, sizeof to));
		to.sin_port = 0;
		REFUSED(bind(fd, (struct sockaddr *)&to, sizeof to));
	}
	if (confine_abi() >= ABI_SIGNALS)
		MUST(kill(getppid(), 0) < 0 && errno == EPERM);
	MUST(raise(0) == 0);
	return 0;
}

static void connections_and_signals_to_others_are_refused(void **state)
{
	(void)state;
	in_child(reach_nobody);
}

/* The rules also allow writing to the parent directory, as they do for the state's directory, so
 * that the removed directory can be made again. */
static int remake(void)
{
	struct confine_rules rules = {.writable = {inside, top}};

	MUST(confine_self(&rules));
	MUST(made(inside, "one") == 0);
	char tell = 'x', heard;
	/* the parent has removed the directory when the read returns */
	MUST(write(4, &tell, 1) == 1 && read(3, &heard, 1) == 1);
	REFUSED(made("/tmp", "test_confine.stray"));
	MUST(mkdir(inside, 0700) == 0);
	MUST(made(inside, "one") == 0);
	return 0;
}

static void removed_directory_can_be_made_again(void **state)
{
	int to[2], from[2], status;
	char byte, command[160];

	(void)state;
	if (confine_abi() == 0)
		skip();
	assert_int_equal(pipe(to) | pipe(from), 0);
	pid_t pid = fork();
	if (pid == 0) {
		dup2(to[0], 30), dup2(from[1], 31), dup2(30, 3), dup2(31, 4);
		closefrom(5);
		_exit(remake());
	}
	close(from[1]);
	if (read(from[0], &byte, 1) == 1) {
		snprintf(command, sizeof command, "rm -r %s", inside);
		assert_int_equal(system(command), 0);
		assert_int_equal(write(to[1], "x", 1), 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void each_failure_is_explained(void **state)
{
	(void)state;
	assert_string_equal(
		confine_refusal(ENOSYS), "this kernel has no landlock (Linux 5.13 has it)");
	assert_non_null(strstr(confine_refusal(EOPNOTSUPP), "lsm="));
	assert_non_null(strstr(confine_refusal(EPERM), "filter of system calls"));
	assert_string_equal(confine_refusal(ENOMEM), strerror(ENOMEM));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(files_outside_can_be_read_and_not_written),
		TEST(files_below_an_allowed_directory_can_be_made_and_replaced),
		TEST(open_files_can_still_be_written),
		TEST(programs_run_only_if_the_rules_allow_execution),
		TEST(connections_and_signals_to_others_are_refused),
		TEST(removed_directory_can_be_made_again),
		cmocka_unit_test(each_failure_is_explained),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
