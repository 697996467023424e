/* test_written_paths.c - which paths are features of the site, such as an editor; the usual
 * number of writes to a path in a visit; and a full table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/measure/written_paths.h"

#include "unit/given_host.h"

#define PATH UINT64_C(0x123456789abcdef1)
#define DAY  86400

static const struct hash_key key = {{7, 8}};

/* A client of this network has written to the path `writes` times. Returns whether the path is a
 * feature. */
static bool write_by(struct written_paths *w, uint32_t network, uint32_t writes)
{
	struct address client = given_host(network, 1);
	struct written_request r = {
		.path = PATH, .client = &client, .writes = writes, .second = 1000};
	uint32_t usual;

	return written_paths_note(w, key, &r, &usual);
}

static void three_other_networks_that_write_often_make_a_feature(void **state)
{
	struct written_paths *w = written_paths_new();

	(void)state;
	for (uint32_t network = 1; network <= 3; network++)
		assert_false(write_by(w, network, WRITTEN_OFTEN));
	assert_false(write_by(w, 3, WRITTEN_OFTEN)); /* only two other networks write often */
	assert_true(write_by(w, 4, WRITTEN_OFTEN));
	written_paths_free(w);
}

static void login_that_many_use_once_is_no_feature(void **state)
{
	struct written_paths *w = written_paths_new();

	(void)state;
	for (uint32_t network = 100; network < 120; network++)
		write_by(w, network, 1);
	for (uint32_t network = 1; network <= 5; network++)
		assert_false(write_by(w, network, WRITTEN_OFTEN));
	written_paths_free(w);
}

static void guessers_make_no_feature(void **state)
{
	struct written_paths *w = written_paths_new();
	uint32_t usual;

	(void)state;
	for (uint32_t network = 1; network <= 10; network++) {
		struct address client = given_host(network, 1);
		struct written_request r = {.path = PATH,
			.client = &client,
			.writes = 50,
			.second = 1,
			.guesser = true};
		assert_false(written_paths_note(w, key, &r, &usual));
	}
	written_paths_free(w);
}

/* Two clients of different networks write `writes` times each. Both had an honest visit before.
 * Returns the usual number of writes afterwards. */
static uint32_t note_two(struct written_paths *w, uint32_t writes, uint32_t second)
{
	uint32_t usual = 0;

	for (uint32_t k = 1; k <= 2; k++) {
		struct address client = given_host(k * 1000, 1);
		struct written_request r = {.path = PATH,
			.client = &client,
			.writes = writes,
			.second = second,
			.known = true};
		written_paths_note(w, key, &r, &usual);
	}
	return usual;
}

static void usual_number_counts_from_the_next_day_and_doubles_at_most(void **state)
{
	static const uint32_t most[] = {0, 24, 48, 96, 192, WRITTEN_USUAL_MAX, WRITTEN_USUAL_MAX};
	struct written_paths *w = written_paths_new();
	uint32_t usual;

	(void)state;
	for (uint32_t day = 0; day < 7; day++) {
		usual = note_two(w, 1000, day * DAY);
		assert_int_equal(usual, most[day]);
	}
	/* while clients write only once, the usual number halves each day */
	assert_int_equal(note_two(w, 1, 7 * DAY), WRITTEN_USUAL_MAX);
	assert_int_equal(note_two(w, 1, 8 * DAY), WRITTEN_USUAL_MAX / 2);
	assert_int_equal(note_two(w, 1, 9 * DAY), WRITTEN_USUAL_MAX / 4);
	written_paths_free(w);
}

/* One attacker who reads three pages first does not raise the limit for others. */
static void usual_number_needs_two_networks(void **state)
{
	struct written_paths *w = written_paths_new();
	struct address client = given_host(1, 1);
	struct written_request r = {
		.path = PATH, .client = &client, .writes = 1000, .second = 0, .known = true};
	uint32_t usual;

	(void)state;
	for (uint32_t day = 0; day < 10; day++) {
		r.second = day * DAY;
		written_paths_note(w, key, &r, &usual);
		assert_int_equal(usual, 0);
	}
	written_paths_free(w);
}

/* An attacker who writes to many paths does not evict a path whose usual number is learned. */
static void flood_of_paths_evicts_no_learned_path(void **state)
{
	struct written_paths *w = written_paths_new();
	struct address client = given_host(1, 1);
	struct written_request r = {
		.path = PATH, .client = &client, .writes = 20, .second = 1, .known = true};
	uint32_t usual;

	(void)state;
	note_two(w, 20, 1);
	r.known = false;
	r.writes = 1;
	for (uint64_t k = 1; k <= 100000; k++) {
		r.path = k * UINT64_C(0x9e3779b97f4a7c15);
		r.second = (uint32_t)k;
		written_paths_note(w, key, &r, &usual);
	}
	assert_true(written_paths_totals(w).evicted >= 100000 - WRITTEN_MAX);
	r.path = PATH;
	r.second = 2 * DAY;
	written_paths_note(w, key, &r, &usual);
	assert_int_equal(usual, 20); /* the writes of second 1 count from the next day on */
	written_paths_free(w);
}

static void free_accepts_null(void **state)
{
	(void)state;
	written_paths_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(three_other_networks_that_write_often_make_a_feature),
		cmocka_unit_test(login_that_many_use_once_is_no_feature),
		cmocka_unit_test(guessers_make_no_feature),
		cmocka_unit_test(usual_number_counts_from_the_next_day_and_doubles_at_most),
		cmocka_unit_test(usual_number_needs_two_networks),
		cmocka_unit_test(flood_of_paths_evicts_no_learned_path),
		cmocka_unit_test(free_accepts_null),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
