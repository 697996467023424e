/* test_memory_find_paths.c - reads only the table of paths from a memory file. */
#include "unit/given_memory.h"

#define NOW ((int64_t)1700000000)

struct found {
	struct paths *paths;
	bool found;
	const char *why;
	enum memory_result result;
};

static uint64_t hash_of(const struct paths *p, const char *path)
{
	return paths_hash(p, path, strlen(path));
}

static void note(struct paths *p, const char *path, const char *client, enum paths_outcome outcome)
{
	struct address a = given_address(client);

	paths_note(p, hash_of(p, path), &a, outcome, true, NOW);
}

static struct found find_in(const char *s, size_t len, size_t fails_at)
{
	struct given_source text = {
		.text = s, .len = len, .most = 1 + len % 5000, .fails_at = fails_at};
	struct byte_source source = given_source(&text);
	struct found f = {.paths = paths_new(300, (struct hash_key){{0, 0}})};

	assert_non_null(f.paths);
	f.result = memory_find_paths(&source, f.paths, NULL, NULL, &f.found, &f.why);
	return f;
}

static void check_refused(const char *s, size_t len)
{
	struct found f = find_in(s, len, 0);

	assert_int_equal(f.result, MEMORY_DAMAGED);
	assert_non_null(f.why);
	assert_false(f.found);
	paths_free(f.paths);
}

/* For each path, the table that is read gives the same answer as the table that was written:
 * whether the path is a dead link. One IPv4 client and one IPv6 client have asked for each path. */
static void table_that_is_read_has_the_same_dead_links(void **state)
{
	struct memory_parts a = parts_full(81, 10, 3);

	(void)state;
	paths_free(a.paths);
	a.paths = paths_new(200, (struct hash_key){{5, 6}});
	note(a.paths, "/", "198.51.100.7", PATHS_SERVED);
	note(a.paths, "/", "2001:db8:1::/64", PATHS_SERVED);
	note(a.paths, "/old", "198.51.100.7", PATHS_MISSING);
	note(a.paths, "/old", "2001:db8:1::/64", PATHS_MISSING);
	struct text t = written(&a);
	struct found f = find_in(t.s, t.len, 0);
	assert_int_equal(f.result, MEMORY_OK);
	assert_true(f.found && f.why == NULL);
	assert_int_equal(paths_n(f.paths), 2);
	assert_true(paths_key(f.paths).k[0] == 5 && paths_key(f.paths).k[1] == 6);
	assert_true(paths_is_dead(f.paths, hash_of(f.paths, "/old"), NOW));
	assert_false(paths_is_dead(f.paths, hash_of(f.paths, "/"), NOW));
	paths_free(f.paths);
	parts_free(&a);
	free(t.s);
}

static void all_records_are_read_in_their_order(void **state)
{
	struct memory_parts a = parts_full(82, 10, 3);
	struct text t = written(&a);
	struct found f = find_in(t.s, t.len, 0);
	struct paths_record want, got;

	(void)state;
	assert_true(f.found);
	assert_int_equal(paths_n(f.paths), paths_n(a.paths));
	paths_walk_begin(a.paths);
	paths_walk_begin(f.paths);
	while (paths_walk(a.paths, &want)) {
		assert_true(paths_walk(f.paths, &got));
		assert_memory_equal(&got, &want, sizeof got);
	}
	paths_free(f.paths);
	parts_free(&a);
	free(t.s);
}

static void no_path_is_read_from_a_file_without_usable_paths(void **state)
{
	struct memory_parts a = parts_full(83, 10, 3), b = parts_full(84, 10, 3);

	(void)state;
	paths_free(a.paths);
	a.paths = NULL;
	/* this key is not secret, so anybody could compute the hashes of paths, and the table is
	 * not used */
	paths_set_key(b.paths, (struct hash_key){{0, 0}});
	struct text texts[] = {written(&a), written(&b)};
	for (int i = 0; i < 2; i++) {
		struct found f = find_in(texts[i].s, texts[i].len, 0);
		assert_int_equal(f.result, MEMORY_OK);
		assert_false(f.found);
		paths_free(f.paths);
		free(texts[i].s);
	}
	parts_free(&a);
	parts_free(&b);
}

/* The file is cut off at many places, as a full file system may do. */
static void file_that_is_cut_off_is_refused(void **state)
{
	struct memory_parts a = parts_full(85, 4, 2);
	struct text t = written(&a);

	(void)state;
	size_t end = t.len;
	while (t.s[end - 1] == '\n')
		end--;
	for (size_t len = 0; len < end; len += 1 + len / 50)
		check_refused(t.s, len);
	check_refused(t.s, end - 1);
	parts_free(&a);
	free(t.s);
}

static void change_first(struct text *t, const char *from, const char *to)
{
	char *at = strstr(t->s, from);

	assert_non_null(at);
	assert_int_equal(strlen(from), strlen(to));
	memcpy(at, to, strlen(to));
}

static void damaged_members_are_refused(void **state)
{
	static const char *const changes[][2] = {
		{"\"version\":1", "\"version\":2"},
		{"\"version\":1", "\"versiom\":1"},
		{"\"paths\":{\"key\":[", "\"paths\":{\"kez\":["},
		{"\"paths\":{", "\"pathz\":{"},
		{"\"path_list\":[", "\"path_lisp\":["},
		{"\"path_list\":[\"", "\"path_list\":[-"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
		struct memory_parts a = parts_full(86, 4, 2);
		struct text t = written(&a);
		change_first(&t, changes[i][0], changes[i][1]);
		check_refused(t.s, t.len);
		parts_free(&a);
		free(t.s);
	}
}

static void file_that_cannot_be_read_is_not_reported_as_damaged(void **state)
{
	struct memory_parts a = parts_full(87, 4, 2);
	struct text t = written(&a);
	struct found f = find_in(t.s, t.len, t.len / 2);

	(void)state;
	assert_int_equal(f.result, MEMORY_UNREAD);
	assert_int_equal(errno, EIO);
	assert_false(f.found);
	paths_free(f.paths);
	parts_free(&a);
	free(t.s);
}

static bool stop_at_once(void *ctx)
{
	return ++*(int *)ctx > 3;
}

static void reading_can_be_stopped(void **state)
{
	struct memory_parts a = parts_full(88, 4, 2);
	struct text t = written(&a);
	struct given_source text = {.text = t.s, .len = t.len};
	struct byte_source source = given_source(&text);
	struct paths *p = paths_new(300, (struct hash_key){{0, 0}});
	const char *why;
	bool found;
	int asked = 0;

	(void)state;
	assert_int_equal(
		memory_find_paths(&source, p, stop_at_once, &asked, &found, &why), MEMORY_UNREAD);
	assert_int_equal(errno, ECANCELED);
	assert_int_equal(asked, 4);
	assert_false(found);
	paths_free(p);
	parts_free(&a);
	free(t.s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table_that_is_read_has_the_same_dead_links),
		cmocka_unit_test(all_records_are_read_in_their_order),
		cmocka_unit_test(no_path_is_read_from_a_file_without_usable_paths),
		cmocka_unit_test(file_that_is_cut_off_is_refused),
		cmocka_unit_test(damaged_members_are_refused),
		cmocka_unit_test(file_that_cannot_be_read_is_not_reported_as_damaged),
		cmocka_unit_test(reading_can_be_stopped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
