/* test_statefile.c - a file is replaced whole or not at all, and is read only if it is trustworthy.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/host/statefile.h"

#define TEXT_MAX 4096

static char dir[64];
static char path[96];
static char temporary[128];

static int setup(void **unused)
{
	(void)unused;
	snprintf(dir, sizeof dir, "/tmp/test_statefile.XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof path, "%s/state.json", dir);
	snprintf(temporary, sizeof temporary, "%s.new", path);
	return 0;
}

static int teardown(void **unused)
{
	static const char *const names[] = {
		"state.json", "state.json.new", "state.json.bad", "victim"};
	char name[128];

	(void)unused;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		snprintf(name, sizeof name, "%s/%s", dir, names[i]);
		(void)remove(name);
	}
	return rmdir(dir); /* fails if a test leaves an unexpected file */
}

/* Creates a file as another program would leave it. */
static void put_file(const char *name, const char *data, mode_t mode)
{
	FILE *f = fopen(name, "w");

	assert_non_null(f);
	fputs(data, f);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(name, mode), 0);
}

static void assert_holds(const char *name, const char *want)
{
	char data[TEXT_MAX];
	FILE *f = fopen(name, "r");

	assert_non_null(f);
	data[fread(data, 1, sizeof data - 1, f)] = '\0';
	fclose(f);
	assert_string_equal(data, want);
}

static void assert_absent(const char *name)
{
	struct stat st;

	assert_int_equal(lstat(name, &st), -1);
	assert_int_equal(errno, ENOENT);
}

static bool replace(const char *data)
{
	return statefile_replace(path, -1, data, strlen(data));
}

static void assert_read_refused(size_t max, int error)
{
	size_t len;

	errno = 0;
	assert_null(statefile_read(path, max, &len));
	assert_int_equal(errno, error);
}

static void written_data_is_read_back(void **unused)
{
	static const char data[] = "a\0b\n";
	size_t len = 0;

	(void)unused;
	assert_true(statefile_replace(path, -1, data, sizeof data));
	char *read = statefile_read(path, sizeof data, &len);
	assert_non_null(read);
	assert_int_equal(len, sizeof data);
	assert_memory_equal(read, data, sizeof data);
	free(read);
	assert_true(replace(""));
	read = statefile_read(path, 0, &len);
	assert_non_null(read);
	assert_int_equal(len, 0);
	free(read);
}

static void reader_of_the_old_file_keeps_its_contents(void **unused)
{
	char data[8] = "";

	(void)unused;
	assert_true(replace("old"));
	int fd = open(path, O_RDONLY);
	assert_true(replace("newer"));
	assert_holds(path, "newer");
	assert_int_equal(read(fd, data, sizeof data), 3);
	assert_string_equal(data, "old");
	close(fd);
}

static bool commit_file(struct statefile *f)
{
	if (!statefile_publish(f))
		return false;
	while (!statefile_let_go(f))
		;
	return true;
}

static void old_file_stays_until_the_commit(void **unused)
{
	(void)unused;
	assert_true(replace("old"));
	struct statefile *f = statefile_begin(path, -1);
	assert_non_null(f);
	assert_true(statefile_put(f, "ne", 2));
	assert_holds(path, "old");
	assert_true(statefile_put(f, "w", 1));
	assert_holds(path, "old");
	assert_true(commit_file(f));
	assert_holds(path, "new");
	assert_absent(temporary);
}

static void abandoned_file_is_removed(void **unused)
{
	(void)unused;
	assert_true(replace("old"));
	struct statefile *f = statefile_begin(path, -1);
	assert_non_null(f);
	assert_true(statefile_put(f, "new", 3));
	errno = ENOSPC;
	statefile_abandon(f);
	assert_int_equal(errno, ENOSPC);
	assert_holds(path, "old");
	assert_absent(temporary);
}

static void mode_is_0640_whatever_the_umask(void **unused)
{
	static const mode_t masks[] = {0, 022, 077, 0777};
	struct stat st;

	(void)unused;
	for (size_t i = 0; i < 4; i++) {
		mode_t before = umask(masks[i]);
		bool ok = replace("x");
		umask(before);
		assert_true(ok);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 07777, 0640);
	}
}

static void file_belongs_to_the_given_group(void **unused)
{
	struct stat st;

	(void)unused;
	if (geteuid() != 0)
		skip(); /* only root may give a file to any group */
	assert_true(statefile_replace(path, 4, "x", 1));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_gid, 4);
	assert_int_equal(st.st_mode & 07777, 0640);
}

static void link_under_the_temporary_name_is_not_followed(void **unused)
{
	char victim[128];
	struct stat st;

	(void)unused;
	snprintf(victim, sizeof victim, "%s/victim", dir);
	put_file(victim, "precious", 0600);
	assert_int_equal(symlink(victim, temporary), 0);
	assert_true(replace("new"));
	assert_holds(victim, "precious");
	assert_int_equal(stat(victim, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(lstat(path, &st), 0);
	assert_true(S_ISREG(st.st_mode));
	assert_holds(path, "new");
}

static void temporary_file_of_a_crash_is_replaced(void **unused)
{
	(void)unused;
	put_file(temporary, "half", 0400);
	assert_true(replace("new"));
	assert_holds(path, "new");
	assert_absent(temporary);
}

static void missing_directory_is_reported(void **unused)
{
	char missing[128];

	(void)unused;
	snprintf(missing, sizeof missing, "%s/missing/state.json", dir);
	errno = 0;
	assert_false(statefile_replace(missing, -1, "x", 1));
	assert_int_equal(errno, ENOENT);
}

static void path_that_is_too_long_is_reported(void **unused)
{
	char name[PATH_MAX + 8];

	(void)unused;
	memset(name, 'x', sizeof name);
	name[PATH_MAX - 3] = '\0'; /* fits, but not with .new */
	errno = 0;
	assert_null(statefile_begin(name, -1));
	assert_int_equal(errno, ENAMETOOLONG);
	assert_false(statefile_set_aside(name));
	assert_int_equal(errno, ENAMETOOLONG);
}

/* A limit on the size of files stands in for a full disk: a write is short, then the next one
 * fails. */
static void full_disk_keeps_the_old_file(void **unused)
{
	char data[TEXT_MAX];
	struct rlimit before, small = {1000, RLIM_INFINITY};

	(void)unused;
	memset(data, 'x', sizeof data);
	assert_true(replace("old"));
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small.rlim_max = before.rlim_max;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	errno = 0;
	bool ok = statefile_replace(path, -1, data, sizeof data);
	int error = errno;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_false(ok);
	assert_int_equal(error, EFBIG);
	assert_holds(path, "old");
	assert_absent(temporary);
}

static void failed_rename_leaves_no_temporary_file(void **unused)
{
	(void)unused;
	assert_int_equal(mkdir(path, 0700), 0); /* a file cannot replace a directory */
	errno = 0;
	assert_false(replace("new"));
	assert_int_equal(errno, EISDIR);
	assert_absent(temporary);
}

static void two_writers_never_publish_a_partial_file(void **unused)
{
	(void)unused;
	struct statefile *first = statefile_begin(path, -1);
	assert_true(statefile_put(first, "fir", 3));
	struct statefile *second = statefile_begin(path, -1);
	assert_true(statefile_put(second, "sec", 3));
	errno = 0;
	assert_false(commit_file(first));
	assert_true(errno == EBUSY || errno == ENOENT);
	assert_absent(path);
	assert_true(statefile_put(second, "ond", 3));
	assert_true(commit_file(second));
	assert_holds(path, "second");
}

static void file_that_others_may_write_is_refused(void **unused)
{
	size_t len;

	(void)unused;
	put_file(path, "x", 0646);
	assert_read_refused(10, EPERM);
	assert_int_equal(chmod(path, 0660), 0);
	char *data = statefile_read(path, 10, &len);
	assert_non_null(data);
	free(data);
}

static void assert_own_refused(int uid, int error)
{
	size_t len;

	errno = 0;
	assert_null(statefile_read_own(path, 10, uid, &len));
	assert_int_equal(errno, error);
}

static void assert_own_is_read(int uid)
{
	size_t len;
	char *data = statefile_read_own(path, 10, uid, &len);

	assert_non_null(data);
	free(data);
}

static void own_file_that_others_may_write_is_refused(void **unused)
{
	static const mode_t bad[] = {0660, 0620, 0646, 0602, 0666};
	char victim[128];

	(void)unused;
	put_file(path, "x", 0640);
	assert_own_is_read(-1);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_int_equal(chmod(path, bad[i]), 0);
		assert_own_refused(-1, EPERM);
	}
	assert_int_equal(unlink(path), 0);
	snprintf(victim, sizeof victim, "%s/victim", dir);
	put_file(victim, "x", 0600);
	assert_int_equal(symlink(victim, path), 0);
	assert_own_refused(-1, ELOOP);
	assert_string_equal(statefile_refusal(ELOOP), "it is a symbolic link");
	assert_int_equal(unlink(path), 0);
	assert_own_refused(-1, ENOENT);
}

static void own_file_belongs_to_root_or_its_writer(void **unused)
{
	(void)unused;
	if (geteuid() != 0)
		skip(); /* only root may give a file to another user */
	put_file(path, "x", 0640);
	assert_int_equal(chown(path, 65534, (gid_t)-1), 0);
	assert_own_refused(-1, EPERM);
	assert_own_refused(65533, EPERM);
	assert_own_is_read(65534);
	assert_int_equal(chown(path, 0, 0), 0);
	assert_own_is_read(65534);
}

static void file_over_the_limit_is_refused(void **unused)
{
	size_t len;

	(void)unused;
	put_file(path, "12345", 0640);
	assert_read_refused(4, EFBIG);
	char *data = statefile_read(path, 5, &len);
	assert_non_null(data);
	assert_int_equal(len, 5);
	free(data);
}

static void file_that_is_not_regular_is_refused_without_waiting(void **unused)
{
	(void)unused;
	assert_read_refused(10, ENOENT);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_read_refused(10, EINVAL);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0); /* opening it would wait for a writer forever */
	assert_read_refused(10, EINVAL);
	assert_int_equal(remove(path), 0);
	assert_int_equal(symlink("/dev/zero", path), 0);
	assert_read_refused(10, EINVAL);
}

static void bad_file_is_set_aside(void **unused)
{
	char bad[128];

	(void)unused;
	snprintf(bad, sizeof bad, "%s.bad", path);
	put_file(path, "worse", 0640);
	put_file(bad, "older", 0640);
	assert_true(statefile_set_aside(path));
	assert_absent(path);
	assert_holds(bad, "worse");
	errno = 0;
	assert_false(statefile_set_aside(path));
	assert_int_equal(errno, ENOENT);
	assert_holds(bad, "worse");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(written_data_is_read_back),
		TEST(reader_of_the_old_file_keeps_its_contents),
		TEST(old_file_stays_until_the_commit),
		TEST(abandoned_file_is_removed),
		TEST(mode_is_0640_whatever_the_umask),
		TEST(file_belongs_to_the_given_group),
		TEST(link_under_the_temporary_name_is_not_followed),
		TEST(temporary_file_of_a_crash_is_replaced),
		TEST(missing_directory_is_reported),
		TEST(path_that_is_too_long_is_reported),
		TEST(full_disk_keeps_the_old_file),
		TEST(failed_rename_leaves_no_temporary_file),
		TEST(two_writers_never_publish_a_partial_file),
		TEST(file_that_others_may_write_is_refused),
		TEST(own_file_that_others_may_write_is_refused),
		TEST(own_file_belongs_to_root_or_its_writer),
		TEST(file_over_the_limit_is_refused),
		TEST(file_that_is_not_regular_is_refused_without_waiting),
		TEST(bad_file_is_set_aside),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
