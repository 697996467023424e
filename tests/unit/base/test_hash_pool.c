/* test_hash_pool.c - compares the entries and keys of a pool with a plain list. Some chains are
 * long, and indexes are used again. */
#include "core/base/hash_pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "unit/given.h"
#include "unit/random.h"

struct entry {
	struct hash_pool_link link;
	uint32_t value;
	uint8_t more[7];
};

static struct hash_pool pool(uint32_t max)
{
	struct hash_pool p;

	assert_true(hash_pool_init(&p, max, sizeof(struct entry), (struct hash_key){{1, max}}));
	return p;
}

static struct entry *entry_at(const struct hash_pool *p, uint32_t i)
{
	return (struct entry *)p->entries + i;
}

/* Finds the client with this number. Even numbers are IPv4 addresses, odd numbers IPv6 networks. */
static uint32_t find(const struct hash_pool *p, uint32_t client)
{
	struct address a = given_client(client);

	return hash_pool_find(p, a.bytes, hash_pool_hash(p, a.bytes));
}

static uint32_t add(struct hash_pool *p, uint32_t client)
{
	struct address a = given_client(client);

	return hash_pool_add(p, a.bytes, hash_pool_hash(p, a.bytes));
}

static void key_finds_only_its_own_entry(void **state)
{
	struct hash_pool p = pool(2);

	(void)state;
	assert_int_equal(find(&p, 0), HASH_POOL_NONE);
	uint32_t v4 = add(&p, 0);
	assert_int_equal(find(&p, 0), v4);
	assert_int_equal(find(&p, 1), HASH_POOL_NONE);
	uint32_t v6 = add(&p, 1);
	assert_int_not_equal(v4, v6);
	assert_int_equal(find(&p, 0), v4);
	assert_int_equal(find(&p, 1), v6);
	assert_int_equal(p.n, 2);
	hash_pool_remove(&p, v4);
	assert_int_equal(find(&p, 0), HASH_POOL_NONE);
	assert_int_equal(find(&p, 1), v6);
	assert_int_equal(p.n, 1);
	hash_pool_fini(&p);
}

static void entry_is_zero_even_when_used_again(void **state)
{
	static const uint8_t zeros[sizeof(struct entry)];
	const size_t link = sizeof(struct hash_pool_link);
	struct hash_pool p = pool(1);

	(void)state;
	for (uint32_t client = 0; client < 3; client++) {
		uint32_t i = add(&p, client);
		assert_int_equal(i, 0); /* the only entry */
		assert_memory_equal((char *)entry_at(&p, i) + link, zeros, sizeof zeros - link);
		memset((char *)entry_at(&p, i) + link, 0xff, sizeof zeros - link);
		hash_pool_remove(&p, i);
	}
	assert_int_equal(p.used, 1);
	hash_pool_fini(&p);
}

static void pool_of_zeros_may_be_freed(void **state)
{
	struct hash_pool p = {0};

	(void)state;
	hash_pool_fini(&p);
}

#define CLIENTS 600

/* Adds and removes random entries, at most `max` at a time. The pool has at most `max` buckets, so
 * some chains contain several entries. */
static void check_history(uint32_t max, uint64_t salt)
{
	static uint32_t at[CLIENTS]; /* index + 1; 0: not in the pool */
	struct random r = random_new(salt);
	struct hash_pool p = pool(max);
	uint32_t n = 0, most = 0;

	memset(at, 0, sizeof at);
	for (int step = 0; step < 100000; step++) {
		uint32_t client = (uint32_t)random_below(&r, CLIENTS);
		assert_int_equal(find(&p, client) + 1, at[client]);
		if (at[client]) {
			assert_int_equal(entry_at(&p, at[client] - 1)->value, client);
			if (n == max || random_below(&r, 2)) {
				hash_pool_remove(&p, at[client] - 1);
				at[client] = 0;
				n--;
			}
		} else if (n < max) {
			at[client] = add(&p, client) + 1;
			entry_at(&p, at[client] - 1)->value = client;
			n++;
		}
		most = n > most ? n : most;
		assert_int_equal(p.n, n);
		assert_int_equal(p.used, most); /* removed entries are used again first */
		assert_true(p.buckets_n >= most && p.buckets_n <= (max > 64 ? max : 64));
		assert_true(p.buckets_n <= 64 + 4 * most);
	}
	assert_true(most > max / 2);
	for (uint32_t client = 0; client < CLIENTS; client++)
		assert_int_equal(find(&p, client) + 1, at[client]);
	hash_pool_fini(&p);
}

static void entries_match_a_plain_list(void **state)
{
	(void)state;
	random_note();
	check_history(64, 1);
	check_history(256, 2);
	check_history(400, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(key_finds_only_its_own_entry),
		cmocka_unit_test(entry_is_zero_even_when_used_again),
		cmocka_unit_test(pool_of_zeros_may_be_freed),
		cmocka_unit_test(entries_match_a_plain_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
