/* test_top_paths.c - the most requested paths of the last minute. tests/prop/test_top_paths_model.c
 * tests random histories. */
#include "core/measure/top_paths.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define NOW ((int64_t)1700000000)

static struct top_paths table; /* too large for the stack */
static struct top_path out[TOP_PATHS_MAX];
static bool known;

static void add(const char *path, size_t len, int status, int64_t second)
{
	struct request r = {.count = 1, .status = (uint16_t)status, .path_len = (uint16_t)len};

	memcpy(r.path, path, len);
	for (size_t i = 0; i < len; i++)
		r.path_hash = (r.path_hash ^ (unsigned char)path[i]) * 0x100000001b3 + 1;
	top_paths_add(&table, &r, second, second);
}

static void add_text(const char *path, int status, int64_t second)
{
	add(path, strlen(path), status, second);
}

static size_t find(bool errors, uint64_t total, int64_t now)
{
	return top_paths_find(&table, errors, total, now, out, &known);
}

static void check_path(size_t i, const char *path, uint64_t requests)
{
	assert_int_equal(out[i].path_len, strlen(path));
	assert_memory_equal(out[i].path, path, strlen(path));
	assert_int_equal(out[i].requests, requests);
}

static void no_path_is_named_without_lines_that_have_paths(void **state)
{
	(void)state;
	top_paths_clear(&table);
	assert_int_equal(find(false, 0, NOW), 0);
	assert_false(known);
	add_text("", 200, NOW);
	assert_int_equal(find(false, 1, NOW), 0);
	assert_false(known);
}

static void errors_are_counted_separately(void **state)
{
	(void)state;
	top_paths_clear(&table);
	for (int i = 0; i < 9; i++)
		add_text("/", 200, NOW);
	for (int i = 0; i < 3; i++)
		add_text("/wp-login.php", i ? 404 : 500, NOW);
	assert_int_equal(find(false, 12, NOW), 2);
	check_path(0, "/", 9);
	check_path(1, "/wp-login.php", 3);
	assert_int_equal(find(true, 3, NOW), 1);
	check_path(0, "/wp-login.php", 3);
}

static void five_most_requested_are_named_and_ties_prefer_the_newest(void **state)
{
	static const char *const paths[] = {"/a", "/b", "/c", "/d", "/e", "/f"};

	(void)state;
	top_paths_clear(&table);
	for (int i = 0; i < 6; i++)
		add_text(paths[i], 200, NOW);
	add_text("/c", 200, NOW);
	assert_int_equal(find(false, 7, NOW), TOP_PATHS_MAX);
	check_path(0, "/c", 2);
	check_path(1, "/f", 1);
	check_path(4, "/b", 1);
}

static void requests_older_than_a_minute_do_not_count(void **state)
{
	(void)state;
	top_paths_clear(&table);
	add_text("/old", 200, NOW);
	add_text("/new", 200, NOW + 30);
	assert_int_equal(find(false, 2, NOW + 59), 2);
	assert_int_equal(find(false, 1, NOW + 60), 1);
	check_path(0, "/new", 1);
	assert_int_equal(find(false, 0, NOW + 90), 0);
	assert_false(known);
}

/* Only the beginning of a long path is stored. Two paths that differ only after this part are
 * counted separately, but are printed as the same text. */
static void paths_that_are_cut_alike_are_counted_separately(void **state)
{
	char path[REQUEST_PATH_MAX];

	(void)state;
	top_paths_clear(&table);
	memset(path, 1, sizeof path);
	add(path, sizeof path, 200, NOW);
	path[255] = 2;
	add(path, sizeof path, 200, NOW);
	assert_int_equal(find(false, 2, NOW), 2);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(out[i].path_len, REQUEST_PATH_SHOWN_MAX);
		assert_memory_equal(out[i].path, path, REQUEST_PATH_SHOWN_MAX);
		assert_int_equal(out[i].requests, 1);
	}
}

/* A page, its style sheet and its script always come in this order. If every third request were
 * sampled, all samples would be of the same file. */
static void files_that_come_in_a_fixed_order_get_equal_shares(void **state)
{
	static const char *const paths[] = {"/page", "/style.css", "/script.js"};
	int64_t second = NOW;

	(void)state;
	top_paths_clear(&table);
	for (int i = 0; i < 180000; i++) {
		add_text(paths[i % 3], 200, second);
		if (i % 3000 == 2999)
			top_paths_pace(&table, ++second, 1);
	}
	assert_int_equal(find(false, 180000, second - 1), 3);
	for (int i = 0; i < 3; i++)
		assert_in_range(out[i].requests, 50000, 70000);
}

/* The table stores a limited number of requests as samples. One second has more requests than this
 * number, so each sample stands for several requests. */
static void flood_of_one_second_is_named_among_normal_requests(void **state)
{
	(void)state;
	top_paths_clear(&table);
	for (int s = 0; s < 60; s++) {
		for (int i = 0; i < 10; i++)
			add_text("/", 200, NOW + s);
		top_paths_pace(&table, NOW + s + 1, 1);
	}
	for (int i = 0; i < 1000000; i++)
		add_text(i % 4 ? "/xmlrpc.php" : "/wp-login.php", 404, NOW + 60);
	assert_true(find(false, 1000590, NOW + 60) >= 2);
	assert_int_equal(out[0].path_len, 11);
	assert_in_range(out[0].requests, 700000, 800000);
	assert_in_range(out[1].requests, 200000, 300000);
	assert_int_equal(find(true, 1000000, NOW + 60), 2);
	assert_in_range(out[0].requests, 700000, 800000);
	assert_int_equal(out[0].requests + out[1].requests, 1000000);
}

static void paths_that_were_sampled_rarely_are_left_out(void **state)
{
	char path[16];

	(void)state;
	top_paths_clear(&table);
	for (int i = 0; i < 100000; i++) {
		snprintf(path, sizeof path, "/%d", i);
		add_text(path, 200, NOW + i / 2000);
		if (i % 2000 == 1999)
			top_paths_pace(&table, NOW + i / 2000 + 1, 1);
	}
	assert_int_equal(find(false, 100000, NOW + 49), 0);
	assert_true(known);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_path_is_named_without_lines_that_have_paths),
		cmocka_unit_test(errors_are_counted_separately),
		cmocka_unit_test(five_most_requested_are_named_and_ties_prefer_the_newest),
		cmocka_unit_test(requests_older_than_a_minute_do_not_count),
		cmocka_unit_test(paths_that_are_cut_alike_are_counted_separately),
		cmocka_unit_test(files_that_come_in_a_fixed_order_get_equal_shares),
		cmocka_unit_test(flood_of_one_second_is_named_among_normal_requests),
		cmocka_unit_test(paths_that_were_sampled_rarely_are_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
