/* ban_requests.c - see ban_requests.h. Besides the hash table, a list links the entries in the
 * order of insertion. */
#include "core/record/ban_requests.h"

#include <stdlib.h>

#include "core/base/hash_pool.h"

#define NONE HASH_POOL_NONE

struct entry {
	struct hash_pool_link link;
	uint32_t older, newer; /* NONE at the ends of the list */
	struct request_text request;
};

struct ban_requests {
	struct hash_pool pool;
	uint32_t oldest, newest; /* NONE while the list is empty */
};

struct ban_requests *ban_requests_new(uint32_t max, struct hash_key key)
{
	struct ban_requests *b = calloc(1, sizeof *b);

	if (!b)
		return NULL;
	b->oldest = b->newest = NONE;
	if (!hash_pool_init(&b->pool, max, sizeof(struct entry), key)) {
		ban_requests_free(b);
		return NULL;
	}
	return b;
}

void ban_requests_free(struct ban_requests *b)
{
	if (b)
		hash_pool_fini(&b->pool);
	free(b);
}

void ban_requests_set_key(struct ban_requests *b, struct hash_key key)
{
	b->pool.key = key;
}

static struct entry *entry_at(const struct ban_requests *b, uint32_t i)
{
	return (struct entry *)b->pool.entries + i;
}

static uint32_t find_entry(const struct ban_requests *b, const struct address *client)
{
	return b->pool.n ? hash_pool_find(
				   &b->pool, client->bytes, hash_pool_hash(&b->pool, client->bytes))
			 : NONE;
}

static void drop_entry(struct ban_requests *b, uint32_t i)
{
	struct entry *e = entry_at(b, i);

	*(e->older == NONE ? &b->oldest : &entry_at(b, e->older)->newer) = e->newer;
	*(e->newer == NONE ? &b->newest : &entry_at(b, e->newer)->older) = e->older;
	hash_pool_remove(&b->pool, i);
}

void ban_requests_drop(struct ban_requests *b, const struct address *client)
{
	uint32_t i = find_entry(b, client);

	if (i != NONE)
		drop_entry(b, i);
}

bool ban_requests_note(
	struct ban_requests *b, const struct address *client, const struct request_text *request)
{
	ban_requests_drop(b, client);
	if (!request_text_is_known(request))
		return false;
	bool is_full = b->pool.n == b->pool.max;
	if (is_full)
		drop_entry(b, b->oldest);
	uint32_t i =
		hash_pool_add(&b->pool, client->bytes, hash_pool_hash(&b->pool, client->bytes));
	struct entry *e = entry_at(b, i);
	e->request = *request;
	e->older = b->newest;
	e->newer = NONE;
	*(b->newest == NONE ? &b->oldest : &entry_at(b, b->newest)->newer) = i;
	b->newest = i;
	return is_full;
}

struct request_text ban_requests_find(const struct ban_requests *b, const struct address *client)
{
	uint32_t i = find_entry(b, client);

	if (i == NONE)
		return (struct request_text){0};
	return entry_at(b, i)->request;
}
