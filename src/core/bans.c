/* bans.c - see bans.h.
 *
 * The time after which strikes are forgotten is the same for all, so a queue in the order of the
 * bans' ends is enough there; ends themselves come in any order (strikes differ), so they need the
 * heap.
 */
#include "core/bans.h"

#include <stdlib.h>
#include <string.h>

#define NONE UINT32_MAX

struct entry {
	uint8_t key[16];
	int64_t since_ms;
	int64_t until_ms;
	uint32_t chain; /* next of the same hash bucket, or next free entry */
	uint32_t strikes;
	uint32_t place; /* BAN_OVER: the entry that ended before; else the index in the heap */
	uint32_t after; /* BAN_OVER: the entry that ended after */
	uint16_t rules;
	uint8_t form; /* enum ban_form */
	uint8_t prefix_len;
	bool enforced;
	bool used;
};

struct bans {
	struct bans_config config;
	struct entry *pool;
	uint32_t *buckets; /* entry + 1; 0: empty */
	uint32_t *heap;    /* entries by until_ms, the earliest at 0 */
	uint32_t heap_n;
	uint32_t mask;
	uint32_t ever_used;
	uint32_t free;
	uint32_t n;
	uint32_t active;
	uint32_t over_first, over_last; /* the queue of BAN_OVER, longest over first */
};

struct bans *bans_new(const struct bans_config *config)
{
	struct bans *b = calloc(1, sizeof *b);
	uint32_t buckets = 64;

	while (buckets < config->max)
		buckets *= 2;
	if (!b)
		return NULL;
	b->config = *config;
	b->mask = buckets - 1;
	b->free = b->over_first = b->over_last = NONE;
	b->pool = calloc(config->max, sizeof *b->pool);
	b->buckets = calloc(buckets, sizeof *b->buckets);
	b->heap = calloc(config->max, sizeof *b->heap);
	if (!b->pool || !b->buckets || !b->heap) {
		bans_free(b);
		return NULL;
	}
	return b;
}

void bans_free(struct bans *b)
{
	if (!b)
		return;
	free(b->pool);
	free(b->buckets);
	free(b->heap);
	free(b);
}

static uint32_t *bucket_of(const struct bans *b, const uint8_t key[16])
{
	return &b->buckets[hash_16(b->config.key, key) & b->mask];
}

static uint32_t find(const struct bans *b, const struct address *client)
{
	if (b->n == 0)
		return NONE; /* the common case costs no hash */
	uint32_t i = *bucket_of(b, client->bytes) - 1;

	while (i != NONE && memcmp(b->pool[i].key, client->bytes, 16) != 0)
		i = b->pool[i].chain;
	return i;
}

static void heap_set(struct bans *b, uint32_t place, uint32_t i)
{
	b->heap[place] = i;
	b->pool[i].place = place;
}

static bool ends_before(const struct bans *b, uint32_t i, uint32_t j)
{
	return b->pool[i].until_ms < b->pool[j].until_ms;
}

/* Moves the entry at `place` to where it belongs. */
static void heap_settle(struct bans *b, uint32_t place)
{
	uint32_t i = b->heap[place];

	while (place > 0 && ends_before(b, i, b->heap[(place - 1) / 2])) {
		heap_set(b, place, b->heap[(place - 1) / 2]);
		place = (place - 1) / 2;
	}
	for (;;) {
		uint32_t child = 2 * place + 1;
		if (child >= b->heap_n)
			break;
		if (child + 1 < b->heap_n && ends_before(b, b->heap[child + 1], b->heap[child]))
			child++;
		if (!ends_before(b, b->heap[child], i))
			break;
		heap_set(b, place, b->heap[child]);
		place = child;
	}
	heap_set(b, place, i);
}

static void heap_push(struct bans *b, uint32_t i)
{
	heap_set(b, b->heap_n++, i);
	heap_settle(b, b->heap_n - 1);
}

static void heap_remove(struct bans *b, uint32_t i)
{
	uint32_t place = b->pool[i].place;
	uint32_t last = b->heap[--b->heap_n];

	if (last == i)
		return;
	heap_set(b, place, last);
	heap_settle(b, place);
}

static void over_push(struct bans *b, uint32_t i)
{
	struct entry *e = &b->pool[i];

	e->form = BAN_OVER;
	e->enforced = false;
	e->place = b->over_last;
	e->after = NONE;
	if (b->over_last != NONE)
		b->pool[b->over_last].after = i;
	else
		b->over_first = i;
	b->over_last = i;
}

static void over_remove(struct bans *b, uint32_t i)
{
	const struct entry *e = &b->pool[i];

	if (e->place != NONE)
		b->pool[e->place].after = e->after;
	else
		b->over_first = e->after;
	if (e->after != NONE)
		b->pool[e->after].place = e->place;
	else
		b->over_last = e->place;
}

/* Takes the entry out of the heap or the queue it is in. */
static void detach(struct bans *b, uint32_t i)
{
	if (b->pool[i].form == BAN_OVER) {
		over_remove(b, i);
		return;
	}
	if (b->pool[i].form == BAN_ACTIVE)
		b->active--;
	heap_remove(b, i);
}

static void drop(struct bans *b, uint32_t i)
{
	struct entry *e = &b->pool[i];
	uint32_t *bucket = bucket_of(b, e->key);

	if (*bucket == i + 1) {
		*bucket = e->chain + 1;
	} else {
		uint32_t p = *bucket - 1;
		while (b->pool[p].chain != i)
			p = b->pool[p].chain;
		b->pool[p].chain = e->chain;
	}
	detach(b, i);
	e->used = false;
	e->chain = b->free;
	b->free = i;
	b->n--;
}

/* A new entry in the hash table, in neither heap nor queue yet; NONE when all are active. */
static uint32_t enter(struct bans *b, const struct address *client)
{
	uint32_t i;

	if (b->n == b->config.max) {
		if (b->over_first == NONE)
			return NONE;
		drop(b, b->over_first);
	}
	if (b->free != NONE) {
		i = b->free;
		b->free = b->pool[i].chain;
	} else {
		i = b->ever_used++;
	}
	struct entry *e = &b->pool[i];
	uint32_t *bucket = bucket_of(b, client->bytes);
	memset(e, 0, sizeof *e);
	memcpy(e->key, client->bytes, 16);
	e->prefix_len = client->prefix_len;
	e->used = true;
	e->chain = *bucket - 1;
	*bucket = i + 1;
	b->n++;
	return i;
}

static struct ban view(const struct entry *e)
{
	struct ban v = {
		.client.prefix_len = e->prefix_len,
		.form = (enum ban_form)e->form,
		.strikes = e->strikes,
		.since = {e->since_ms},
		.until = {e->until_ms},
		.rules = e->rules,
		.enforced = e->enforced,
	};

	memcpy(v.client.bytes, e->key, 16);
	return v;
}

bool bans_find(const struct bans *b, const struct address *client, struct ban *out)
{
	uint32_t i = find(b, client);

	if (i == NONE)
		return false;
	*out = view(&b->pool[i]);
	return true;
}

bool bans_is_banned(const struct bans *b, const struct address *client)
{
	uint32_t i = find(b, client);

	return i != NONE && b->pool[i].form == BAN_ACTIVE;
}

bool bans_is_muted(const struct bans *b, const struct address *client)
{
	uint32_t i = find(b, client);

	return i != NONE && b->pool[i].form == BAN_MUTED;
}

static struct instant end_of(const struct bans *b, uint32_t strikes, struct instant now)
{
	uint32_t k = strikes < b->config.schedule_n ? strikes : b->config.schedule_n;

	return instant_add(now, b->config.schedule[k - 1]);
}

bool bans_strike(struct bans *b, const struct address *client, struct instant now, unsigned rules,
	bool mute, struct ban *out)
{
	uint32_t i = find(b, client);

	if (i != NONE) {
		struct instant over = {b->pool[i].until_ms};
		detach(b, i);
		if (!instant_before(now, instant_add(over, b->config.forget)))
			b->pool[i].strikes = 0; /* its time has come, but bans_forget has not */
	} else if ((i = enter(b, client)) == NONE) {
		return false;
	}
	struct entry *e = &b->pool[i];
	if (e->strikes < UINT32_MAX)
		e->strikes++;
	e->since_ms = now.ms;
	e->until_ms = end_of(b, e->strikes, now).ms;
	e->rules = (uint16_t)rules;
	e->enforced = false;
	e->form = mute ? BAN_MUTED : BAN_ACTIVE;
	b->active += !mute;
	heap_push(b, i);
	*out = view(e);
	return true;
}

bool bans_restore(struct bans *b, const struct ban *ban)
{
	uint32_t i = find(b, &ban->client);

	if (i != NONE)
		detach(b, i);
	else if ((i = enter(b, &ban->client)) == NONE)
		return false;
	struct entry *e = &b->pool[i];
	e->strikes = ban->strikes;
	e->since_ms = ban->since.ms;
	e->until_ms = ban->until.ms;
	e->rules = (uint16_t)ban->rules;
	e->enforced = false;
	if (ban->form == BAN_OVER) {
		over_push(b, i);
		return true;
	}
	e->form = (uint8_t)ban->form;
	b->active += ban->form == BAN_ACTIVE;
	heap_push(b, i);
	return true;
}

void bans_set_enforced(struct bans *b, const struct address *client, bool enforced)
{
	uint32_t i = find(b, client);

	if (i != NONE)
		b->pool[i].enforced = enforced;
}

bool bans_next_end(const struct bans *b, struct instant *end)
{
	if (b->heap_n == 0 || b->pool[b->heap[0]].until_ms >= INSTANT_MAX.ms)
		return false;
	*end = (struct instant){b->pool[b->heap[0]].until_ms};
	return true;
}

bool bans_end_one(struct bans *b, struct instant t, struct ban *out)
{
	struct instant end;

	if (!bans_next_end(b, &end) || instant_before(t, end))
		return false;
	uint32_t i = b->heap[0];
	*out = view(&b->pool[i]);
	detach(b, i);
	over_push(b, i);
	return true;
}

bool bans_lift(struct bans *b, const struct address *client, struct instant now, bool forgive,
	struct ban *out)
{
	uint32_t i = find(b, client);

	if (i == NONE || b->pool[i].form != BAN_ACTIVE)
		return false;
	*out = view(&b->pool[i]);
	if (forgive) {
		drop(b, i);
		return true;
	}
	detach(b, i);
	b->pool[i].until_ms = now.ms;
	over_push(b, i);
	return true;
}

void bans_forget(struct bans *b, struct instant now, uint32_t most)
{
	while (most-- && b->over_first != NONE) {
		struct instant over = {b->pool[b->over_first].until_ms};
		if (instant_before(now, instant_add(over, b->config.forget)))
			return;
		drop(b, b->over_first);
	}
}

uint32_t bans_active(const struct bans *b)
{
	return b->active;
}

uint32_t bans_n(const struct bans *b)
{
	return b->n;
}

bool bans_walk(const struct bans *b, uint32_t *cursor, struct ban *out)
{
	while (*cursor < b->ever_used) {
		const struct entry *e = &b->pool[(*cursor)++];
		if (e->used) {
			*out = view(e);
			return true;
		}
	}
	return false;
}
