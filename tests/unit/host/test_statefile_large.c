/* test_statefile_large.c - the blocks of a large replaced file are freed in steps, and only if no
 * other name or process uses the file. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/host/statefile.h"

#define LARGE ((off_t)10 << 20) /* freed in three steps of 4 MiB */

static char dir[64];
static char path[96];
static char other[96];

static int setup(void **unused)
{
	(void)unused;
	snprintf(dir, sizeof dir, "/tmp/test_statefile_large.XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof path, "%s/memory", dir);
	snprintf(other, sizeof other, "%s/other", dir);
	return 0;
}

static int teardown(void **unused)
{
	(void)unused;
	(void)unlink(path);
	(void)unlink(other);
	return rmdir(dir); /* fails if a test leaves an unexpected file */
}

static void put_large(const char *name)
{
	static char block[1 << 20];
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0640);

	assert_true(fd >= 0);
	memset(block, 'o', sizeof block);
	for (off_t n = 0; n < LARGE; n += (off_t)sizeof block)
		assert_int_equal(write(fd, block, sizeof block), sizeof block);
	assert_int_equal(close(fd), 0);
}

static struct statefile *publish(void)
{
	struct statefile *f = statefile_begin(path, -1);

	assert_non_null(f);
	assert_true(statefile_put(f, "new", 3));
	assert_true(statefile_publish(f));
	return f;
}

static off_t size_of(const char *name)
{
	struct stat st;

	assert_int_equal(stat(name, &st), 0);
	return st.st_size;
}

static int steps_of(struct statefile *f)
{
	int steps = 1;

	while (!statefile_let_go(f)) {
		assert_int_equal(size_of(path), 3); /* the new file stays in place */
		assert_true(++steps < 100);
	}
	return steps;
}

static void large_old_file_is_freed_in_steps(void **state)
{
	(void)state;
	put_large(path);
	struct statefile *f = publish();
	assert_int_equal(size_of(path), 3);
	assert_int_equal(steps_of(f), 3);
	assert_int_equal(size_of(path), 3);
}

static void first_file_has_no_old_file_to_free(void **state)
{
	(void)state;
	assert_int_equal(steps_of(publish()), 1);
}

static void reader_of_the_old_file_reads_it_whole(void **state)
{
	char last;

	(void)state;
	put_large(path);
	int reader = open(path, O_RDONLY);
	assert_true(reader >= 0);
	assert_int_equal(steps_of(publish()), 1);
	assert_int_equal(pread(reader, &last, 1, LARGE - 1), 1);
	assert_int_equal(last, 'o');
	assert_int_equal(close(reader), 0);
}

static void old_file_with_another_link_stays_whole(void **state)
{
	(void)state;
	put_large(path);
	assert_int_equal(link(path, other), 0);
	assert_int_equal(steps_of(publish()), 1);
	assert_int_equal(size_of(other), LARGE);
}

static void target_of_a_link_stays_whole(void **state)
{
	(void)state;
	put_large(other);
	assert_int_equal(symlink(other, path), 0);
	assert_int_equal(steps_of(publish()), 1);
	assert_int_equal(size_of(other), LARGE);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(large_old_file_is_freed_in_steps),
		TEST(first_file_has_no_old_file_to_free),
		TEST(reader_of_the_old_file_reads_it_whole),
		TEST(old_file_with_another_link_stays_whole),
		TEST(target_of_a_link_stays_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
