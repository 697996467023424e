/* test_top_k.c - compares the k entries with the highest counts, and ties among them, with a stable
 * sort. */
#include "core/base/top_k.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "unit/given.h"
#include "unit/random.h"

struct entry {
	struct address client; /* IPv4 and IPv6 in turn */
	uint32_t requests;
};

static uint64_t requests_of(const void *entry)
{
	return ((const struct entry *)entry)->requests;
}

static struct top_k list(struct entry *entries, size_t k)
{
	return (struct top_k){
		.entries = entries, .entry_size = sizeof *entries, .count = requests_of, .k = k};
}

static void insert(struct top_k *t, uint32_t client, uint32_t requests)
{
	struct entry e = {given_client(client), requests};

	top_k_insert(t, &e);
}

/* Checks that entry i of the list is this client with its requests. */
static void check_entry(const struct top_k *t, size_t i, uint32_t client, uint32_t requests)
{
	const struct entry *e = (const struct entry *)t->entries + i;
	struct address a = given_client(client);

	assert_true(i < t->n);
	assert_true(address_equal(&e->client, &a));
	assert_int_equal(e->requests, requests);
}

static void entry_with_the_highest_count_is_first(void **state)
{
	struct entry entries[3];
	struct top_k t = list(entries, 3);

	(void)state;
	insert(&t, 1, 5);
	insert(&t, 2, 9);
	assert_int_equal(t.n, 2);
	check_entry(&t, 0, 2, 9);
	check_entry(&t, 1, 1, 5);
	insert(&t, 3, 7);
	insert(&t, 4, 6); /* replaces the last entry */
	insert(&t, 5, 2); /* not inserted */
	assert_int_equal(t.n, 3);
	check_entry(&t, 0, 2, 9);
	check_entry(&t, 1, 3, 7);
	check_entry(&t, 2, 4, 6);
}

static void entries_with_equal_counts_stay_in_order(void **state)
{
	struct entry entries[3];
	struct top_k t = list(entries, 3);

	(void)state;
	for (uint32_t client = 1; client <= 4; client++)
		insert(&t, client, 5);
	for (uint32_t i = 0; i < 3; i++)
		check_entry(&t, i, i + 1, 5);
	insert(&t, 5, 6);
	check_entry(&t, 0, 5, 6);
	check_entry(&t, 1, 1, 5);
	check_entry(&t, 2, 2, 5);
}

static void list_of_one_keeps_the_first_with_the_highest_count(void **state)
{
	struct entry entries[1];
	struct top_k t = list(entries, 1);

	(void)state;
	insert(&t, 1, 0);
	check_entry(&t, 0, 1, 0);
	insert(&t, 2, 0);
	check_entry(&t, 0, 1, 0);
	insert(&t, 3, UINT32_MAX);
	insert(&t, 4, UINT32_MAX);
	assert_int_equal(t.n, 1);
	check_entry(&t, 0, 3, UINT32_MAX);
}

static void list_without_room_keeps_nothing(void **state)
{
	struct top_k t = list(NULL, 0);

	(void)state;
	assert_false(top_k_accepts(&t, UINT64_MAX));
	insert(&t, 1, 5);
	assert_int_equal(t.n, 0);
}

static void entry_that_is_accepted_is_inserted(void **state)
{
	struct entry entries[2];
	struct top_k t = list(entries, 2);

	(void)state;
	assert_true(top_k_accepts(&t, 0));
	insert(&t, 1, 5);
	assert_true(top_k_accepts(&t, 0));
	insert(&t, 2, 7);
	assert_false(top_k_accepts(&t, 5));
	assert_true(top_k_accepts(&t, 6));
}

#define ENTRIES 30

static void list_is_the_beginning_of_a_stable_sort(void **state)
{
	struct random r = random_new(1);

	(void)state;
	random_note();
	for (int round = 0; round < 2000; round++) {
		struct entry entries[ENTRIES], all[ENTRIES];
		struct top_k t = list(entries, (size_t)random_below(&r, ENTRIES));
		uint32_t n = (uint32_t)random_below(&r, ENTRIES);
		for (uint32_t i = 0; i < n; i++) {
			all[i] = (struct entry){given_client(i), (uint32_t)random_below(&r, 10)};
			top_k_insert(&t, &all[i]);
		}
		assert_int_equal(t.n, n < t.k ? n : t.k);
		for (size_t i = 0; i < t.n; i++) {
			uint32_t most = 0;
			for (uint32_t k = 0; k < n; k++)
				if (all[k].requests + 1 > all[most].requests + 1)
					most = k;
			check_entry(&t, i, most, all[most].requests);
			all[most].requests = UINT32_MAX; /* used: adding 1 gives 0 */
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entry_with_the_highest_count_is_first),
		cmocka_unit_test(entries_with_equal_counts_stay_in_order),
		cmocka_unit_test(list_of_one_keeps_the_first_with_the_highest_count),
		cmocka_unit_test(list_without_room_keeps_nothing),
		cmocka_unit_test(entry_that_is_accepted_is_inserted),
		cmocka_unit_test(list_is_the_beginning_of_a_stable_sort),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
