/* test_memory_paths.c - the table of paths in the memory file. */
#include "unit/given_memory.h"

#include <time.h>

#define NOW ((int64_t)1700000000)

static void note(struct paths *p, const char *path, const char *client, enum paths_outcome outcome)
{
	struct address a = given_address(client);

	paths_note(p, paths_hash(p, path, strlen(path)), &a, outcome, true, NOW);
}

static bool is_served(const struct paths *p, const char *path)
{
	return paths_is_served(p, paths_hash(p, path, strlen(path)));
}

static bool is_dead(const struct paths *p, const char *path)
{
	return paths_is_dead(p, paths_hash(p, path, strlen(path)), NOW);
}

static void fill_two(struct paths *p)
{
	note(p, "/", "198.51.100.7", PATHS_SERVED);
	note(p, "/", "2001:db8:1::/64", PATHS_SERVED);
	note(p, "/old", "198.51.100.7", PATHS_MISSING);
	note(p, "/old", "2001:db8:1::/64", PATHS_MISSING);
}

/* The run uses the key of the file, so that it finds the same paths. */
static void paths_outlive_a_restart(void **state)
{
	struct memory_parts a = parts_new(1), b = parts_new(1);

	(void)state;
	fill_two(a.paths);
	struct text t = written(&a);
	paths_set_key(b.paths, (struct hash_key){{77, 78}});
	assert_true(read_exactly(t.s, t.len, &b));
	assert_true(paths_key(b.paths).k[0] == 5 && paths_key(b.paths).k[1] == 6);
	assert_int_equal(paths_n(b.paths), 2);
	assert_int_equal(paths_totals(b.paths).entered, 0);
	assert_true(is_served(b.paths, "/") && !is_served(b.paths, "/old"));
	assert_true(is_dead(b.paths, "/old") && !is_dead(b.paths, "/"));
	parts_free(&a);
	parts_free(&b);
	free(t.s);
}

static void file_of_an_older_program_is_read_without_paths(void **state)
{
	struct memory_parts a = parts_full(70, 10, 3), b = parts_new(10);

	(void)state;
	paths_free(a.paths);
	a.paths = NULL;
	struct text t = written(&a);
	assert_null(strstr(t.s, "path"));
	assert_true(read_exactly(t.s, t.len, &b));
	assert_int_equal(paths_n(b.paths), 0);
	assert_true(paths_key(b.paths).k[0] == 5);
	parts_free(&a);
	parts_free(&b);
	free(t.s);
}

static void run_without_a_table_of_paths_reads_the_rest_of_the_file(void **state)
{
	struct memory_parts a = parts_full(71, 10, 3), b = parts_new(10);

	(void)state;
	struct text t = written(&a);
	paths_free(b.paths);
	b.paths = NULL;
	assert_true(read_exactly(t.s, t.len, &b));
	assert_int_equal(bans_n(b.bans), 3);
	parts_free(&a);
	parts_free(&b);
	free(t.s);
}

/* If the key is 0, anybody could compute the hashes. */
static void paths_hashed_without_a_secret_key_are_not_used(void **state)
{
	struct memory_parts a = parts_new(1), b = parts_new(1);

	(void)state;
	paths_set_key(a.paths, (struct hash_key){{0, 0}});
	fill_two(a.paths);
	struct text t = written(&a);
	assert_true(read_exactly(t.s, t.len, &b));
	assert_int_equal(paths_n(b.paths), 0);
	assert_true(paths_key(b.paths).k[0] == 5 && paths_key(b.paths).k[1] == 6);
	parts_free(&a);
	parts_free(&b);
	free(t.s);
}

static uint32_t records(struct paths *p, struct paths_record *out)
{
	uint32_t n = 0;

	paths_walk_begin(p);
	while (paths_walk(p, &out[n]))
		n++;
	assert_int_equal(n, paths_n(p));
	return n;
}

static void smaller_table_keeps_the_paths_that_are_evicted_last(void **state)
{
	static struct paths_record all[200], kept[200];
	struct memory_parts a = parts_full(72, 10, 0);
	struct text t = written(&a);
	uint32_t n = records(a.paths, all);

	(void)state;
	assert_int_equal(n, 200);
	for (uint32_t max = 1; max <= 200; max += 33) {
		struct memory_parts b = parts_new(1);
		paths_free(b.paths);
		b.paths = paths_new(max, (struct hash_key){{5, 6}});
		assert_true(read_exactly(t.s, t.len, &b));
		assert_int_equal(records(b.paths, kept), max);
		assert_memory_equal(kept, all, max * sizeof *kept);
		parts_free(&b);
	}
	for (uint32_t i = 1; i < n; i++)
		assert_true(all[i].kind <= all[i - 1].kind);
	parts_free(&a);
	free(t.s);
}

static void path_that_is_listed_twice_is_read_once(void **state)
{
	struct memory_parts a = parts_new(1), b = parts_new(1);

	(void)state;
	note(a.paths, "/", "198.51.100.7", PATHS_SERVED);
	struct text t = written(&a);
	char *list = strstr(t.s, "\"path_list\":["), *end = strchr(list, ']');
	char *twice = malloc(2 * t.len);
	assert_non_null(twice);
	int len = sprintf(twice, "%.*s,%.*s%s", (int)(end - t.s), t.s, (int)(end - list - 13),
		list + 13, end);
	assert_true(read_exactly(twice, (size_t)len, &b));
	assert_int_equal(paths_n(b.paths), 1);
	parts_free(&a);
	parts_free(&b);
	free(twice);
	free(t.s);
}

static double seconds_since(const struct timespec *start)
{
	struct timespec end;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
	return (double)(end.tv_sec - start->tv_sec) + (double)(end.tv_nsec - start->tv_nsec) / 1e9;
}

/* A table of the default size is full: first with paths that many networks were served, then with
 * paths whose entries are as long as possible. */
static void full_table_is_written_in_chunks_and_read(void **state)
{
	enum { N = 65536 };
	static struct paths_record all[N], read[N];

	(void)state;
	for (int most = 0; most < 2; most++) {
		struct memory_parts a = parts_new(1), b = parts_new(1);
		struct random r = random_new(73);
		struct timespec start;
		paths_free(a.paths);
		paths_free(b.paths);
		a.paths = paths_new(N, (struct hash_key){{5, 6}});
		b.paths = paths_new(N, (struct hash_key){{5, 6}});
		assert_true(a.paths && b.paths);
		for (uint32_t i = 0; i < N; i++) {
			struct paths_record record = {.hash = random_u64(&r),
				.kind = PATHS_HONEST_MANY,
				.served_at = 1700000000 + i};
			if (most) {
				record.failed = record.honest = UINT64_MAX << 17;
				record.networks[0] = 65535;
				record.networks[1] = 65534;
				record.networks[2] = 65533;
			}
			assert_true(paths_record_is_possible(&record));
			assert_true(paths_restore(a.paths, &record));
		}
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
		struct text t = written(&a);
		double write_s = seconds_since(&start);
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
		assert_true(read_exactly(t.s, t.len, &b));
		printf("# 65536 paths: %zu bytes, written in %.0f ms, read in %.0f ms\n", t.len,
			1000 * write_s, 1000 * seconds_since(&start));
		assert_true(t.len / N < 110);
		assert_int_equal(records(b.paths, read), records(a.paths, all));
		assert_memory_equal(all, read, sizeof all);
		parts_free(&a);
		parts_free(&b);
		free(t.s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_outlive_a_restart),
		cmocka_unit_test(file_of_an_older_program_is_read_without_paths),
		cmocka_unit_test(run_without_a_table_of_paths_reads_the_rest_of_the_file),
		cmocka_unit_test(paths_hashed_without_a_secret_key_are_not_used),
		cmocka_unit_test(smaller_table_keeps_the_paths_that_are_evicted_last),
		cmocka_unit_test(path_that_is_listed_twice_is_read_once),
		cmocka_unit_test(full_table_is_written_in_chunks_and_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
