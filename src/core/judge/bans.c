/* bans.c - see bans.h.
 *
 * There are two heaps, ordered by the end of the ban: one of bans in force, one of bans that are
 * over. Bans end in this order, so a queue would be enough instead of the second heap. But after a
 * restart they are restored in no particular order.
 */
#include "core/judge/bans.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/hash_pool.h"

#define NONE HASH_POOL_NONE

/* Unit of the time since the last strike, which is stored in one byte: 6 minutes. */
#define AGAIN_MS INT64_C(360000)

static const struct span parole = {BANS_PAROLE_S * 1000};

struct entry {
	struct hash_pool_link link;
	uint32_t strikes;
	int64_t since_ms;
	int64_t until_ms;
	uint32_t place; /* index in its heap */
	uint16_t rules;
	uint16_t passed; /* lines of the client since its ban began */
	float value;     /* of the evidence; 0: unknown */
	float limit;
	uint8_t rule;  /* of the evidence, enum rule */
	uint8_t again; /* time from last strike to since_ms, in units of AGAIN_MS; at most 255 */
	uint8_t prefix_len;
	uint8_t form : 2; /* enum ban_form */
	bool enforced : 1;
	bool was_enforced : 1;
	bool tried : 1;
	bool temporary : 1;
	bool paroled : 1; /* parole follows the ban or mute; false for a
			   * mute, unless the client was on parole */
};

/* Entries ordered as a heap by until_ms; the earliest is at 0. */
struct heap {
	uint32_t *at;
	uint32_t n;
};

struct bans {
	struct bans_config config;
	struct hash_pool pool;
	uint64_t *used;      /* one bit per entry; see bans_walk */
	struct heap lasting; /* BAN_ACTIVE and BAN_MUTED */
	struct heap over;    /* BAN_OVER */
	uint32_t active;
};

struct bans *bans_new(const struct bans_config *config)
{
	struct bans *b = calloc(1, sizeof *b);

	if (!b)
		return NULL;
	b->config = *config;
	b->used = calloc(config->max / 64 + 1, sizeof *b->used);
	b->lasting.at = calloc(config->max, sizeof *b->lasting.at);
	b->over.at = calloc(config->max, sizeof *b->over.at);
	if (!hash_pool_init(&b->pool, config->max, sizeof(struct entry), config->key) || !b->used ||
		!b->lasting.at || !b->over.at) {
		bans_free(b);
		return NULL;
	}
	return b;
}

void bans_free(struct bans *b)
{
	if (!b)
		return;
	hash_pool_fini(&b->pool);
	free(b->used);
	free(b->lasting.at);
	free(b->over.at);
	free(b);
}

void bans_set_key(struct bans *b, struct hash_key key)
{
	b->pool.key = key;
}

void bans_set_schedule(struct bans *b, const struct span *schedule, uint32_t n)
{
	memcpy(b->config.schedule, schedule, n * sizeof *schedule);
	b->config.schedule_n = n;
}

static struct entry *entry_at(const struct bans *b, uint32_t i)
{
	return (struct entry *)b->pool.entries + i;
}

void bans_prefetch(const struct bans *b, uint64_t hash)
{
	if (b->pool.n)
		__builtin_prefetch(hash_pool_bucket(&b->pool, hash));
}

static uint32_t find_hashed(const struct bans *b, const struct address *client, uint64_t hash)
{
	/* in the common case the table is empty */
	return b->pool.n ? hash_pool_find(&b->pool, client->bytes, hash) : NONE;
}

static uint32_t find_entry(const struct bans *b, const struct address *client)
{
	return b->pool.n ? find_hashed(b, client, hash_pool_hash(&b->pool, client->bytes)) : NONE;
}

static void heap_set(struct bans *b, struct heap *h, uint32_t place, uint32_t i)
{
	h->at[place] = i;
	entry_at(b, i)->place = place;
}

static bool ends_before(const struct bans *b, uint32_t i, uint32_t j)
{
	return entry_at(b, i)->until_ms < entry_at(b, j)->until_ms;
}

/* Moves the entry at `place` up or down until the heap is in order again. */
static void heap_settle(struct bans *b, struct heap *h, uint32_t place)
{
	uint32_t i = h->at[place];

	while (place > 0 && ends_before(b, i, h->at[(place - 1) / 2])) {
		heap_set(b, h, place, h->at[(place - 1) / 2]);
		place = (place - 1) / 2;
	}
	for (;;) {
		uint32_t child = 2 * place + 1;
		if (child >= h->n)
			break;
		if (child + 1 < h->n && ends_before(b, h->at[child + 1], h->at[child]))
			child++;
		if (!ends_before(b, h->at[child], i))
			break;
		heap_set(b, h, place, h->at[child]);
		place = child;
	}
	heap_set(b, h, place, i);
}

static void heap_push(struct bans *b, struct heap *h, uint32_t i)
{
	heap_set(b, h, h->n++, i);
	heap_settle(b, h, h->n - 1);
}

static void heap_remove(struct bans *b, struct heap *h, uint32_t i)
{
	uint32_t place = entry_at(b, i)->place;
	uint32_t last = h->at[--h->n];

	if (last == i)
		return;
	heap_set(b, h, place, last);
	heap_settle(b, h, place);
}

/* Puts an entry that is in no heap into the heap of its new form. */
static void attach_entry(struct bans *b, uint32_t i, enum ban_form form)
{
	struct entry *e = entry_at(b, i);

	e->form = (uint8_t)form;
	e->enforced = e->was_enforced = e->tried = false;
	e->passed = 0;
	b->active += form == BAN_ACTIVE;
	heap_push(b, form == BAN_OVER ? &b->over : &b->lasting, i);
}

/* Removes the entry from its heap. */
static void detach_entry(struct bans *b, uint32_t i)
{
	b->active -= entry_at(b, i)->form == BAN_ACTIVE;
	heap_remove(b, entry_at(b, i)->form == BAN_OVER ? &b->over : &b->lasting, i);
}

static void drop_entry(struct bans *b, uint32_t i)
{
	detach_entry(b, i);
	b->used[i / 64] &= ~((uint64_t)1 << i % 64);
	hash_pool_remove(&b->pool, i);
}

/* Adds an entry to the hash table, but to no heap yet. NONE: the table is full, and no ban is
 * over. */
static uint32_t add_entry(struct bans *b, const struct address *client)
{
	if (b->pool.n == b->pool.max) {
		if (b->over.n == 0)
			return NONE;
		drop_entry(b, b->over.at[0]);
	}
	uint32_t i =
		hash_pool_add(&b->pool, client->bytes, hash_pool_hash(&b->pool, client->bytes));
	struct entry *e = entry_at(b, i);
	e->prefix_len = client->prefix_len;
	b->used[i / 64] |= (uint64_t)1 << i % 64;
	return i;
}

static struct ban ban_of(const struct entry *e)
{
	struct ban v = {
		.client.prefix_len = e->prefix_len,
		.form = (enum ban_form)e->form,
		.strikes = e->strikes,
		.since = {e->since_ms},
		.struck = {e->since_ms - e->again * AGAIN_MS},
		.until = {e->until_ms},
		.rules = e->rules,
		.evidence = {(enum rule)e->rule, (double)e->value, (double)e->limit},
		.enforced = e->enforced,
		.was_enforced = e->was_enforced,
		.tried = e->tried,
		.temporary = e->temporary,
		.paroled = e->paroled,
	};

	memcpy(v.client.bytes, e->link.key, 16);
	return v;
}

bool bans_find(const struct bans *b, const struct address *client, struct ban *out)
{
	uint32_t i = find_entry(b, client);

	if (i == NONE)
		return false;
	*out = ban_of(entry_at(b, i));
	return true;
}

static bool is_on_parole(const struct entry *e, struct instant now)
{
	struct instant over = {e->until_ms};

	return e->form == BAN_OVER && e->strikes > 0 && e->paroled &&
	       instant_before(now, instant_add(over, parole));
}

enum ban_standing bans_standing(
	const struct bans *b, const struct address *client, uint64_t hash, struct instant now)
{
	uint32_t i = find_hashed(b, client, hash);

	if (i == NONE)
		return STANDING_CLEAR;
	const struct entry *e = entry_at(b, i);
	if (e->form == BAN_ACTIVE)
		return STANDING_BANNED;
	if (e->strikes == 0)
		return STANDING_CLEAR;
	return is_on_parole(e, now) ? STANDING_PAROLE : STANDING_STRUCK;
}

bool bans_is_muted(const struct bans *b, const struct address *client)
{
	uint32_t i = find_entry(b, client);

	return i != NONE && entry_at(b, i)->form == BAN_MUTED;
}

/* `strikes` is 1 or more. */
static struct instant end_of(
	const struct bans *b, uint32_t strikes, enum ban_term term, struct instant now)
{
	const struct bans_config *c = &b->config;

	return instant_add(now, ban_schedule_length(c->schedule, c->schedule_n, strikes, term));
}

/* Sets the start of a ban or a mute. `strike`: it is also a strike. */
static void set_since(struct entry *e, struct instant now, bool strike)
{
	int64_t units = (now.ms - e->since_ms + AGAIN_MS / 2) / AGAIN_MS;
	int64_t again = e->again + (units > 0 ? units : 0);

	e->again = strike || e->strikes == 0 ? 0 : (uint8_t)(again < UINT8_MAX ? again : UINT8_MAX);
	e->since_ms = now.ms;
}

bool bans_strike(struct bans *b, const struct address *client, struct instant now, unsigned rules,
	enum ban_term term, struct ban *out)
{
	uint32_t i = find_entry(b, client);
	bool paroled = term != TERM_MUTE;

	if (i != NONE) {
		struct instant over = {entry_at(b, i)->until_ms};
		detach_entry(b, i);
		if (!instant_before(now, instant_add(over, b->config.forget)))
			entry_at(b, i)->strikes = 0; /* bans_forget would have
						      * forgotten them by now */
		paroled |= is_on_parole(entry_at(b, i), now);
	} else if ((i = add_entry(b, client)) == NONE) {
		return false;
	}
	struct entry *e = entry_at(b, i);
	uint32_t strikes = e->strikes < UINT32_MAX ? e->strikes + 1 : e->strikes;
	bool strike = term != TERM_AGAIN || e->strikes == 0;
	set_since(e, now, strike);
	if (strike)
		e->strikes = strikes;
	e->until_ms = end_of(b, strikes, term, now).ms;
	e->rules = (uint16_t)rules;
	e->value = e->limit = 0;
	e->paroled = paroled;
	e->temporary = e->until_ms < end_of(b, strikes, TERM_SCHEDULE, now).ms;
	attach_entry(b, i, term == TERM_MUTE ? BAN_MUTED : BAN_ACTIVE);
	*out = ban_of(e);
	return true;
}

bool bans_mute(
	struct bans *b, const struct address *client, struct instant now, struct instant until)
{
	uint32_t i = find_entry(b, client);
	bool paroled = i != NONE && is_on_parole(entry_at(b, i), now);

	if (i != NONE)
		detach_entry(b, i);
	else if ((i = add_entry(b, client)) == NONE)
		return false;
	struct entry *e = entry_at(b, i);
	set_since(e, now, false);
	e->until_ms = until.ms;
	e->paroled = paroled;
	attach_entry(b, i, BAN_MUTED);
	return true;
}

bool bans_has_strikes(const struct bans *b, const struct address *client)
{
	uint32_t i = find_entry(b, client);

	return i != NONE && entry_at(b, i)->strikes > 0;
}

void bans_shift(struct bans *b, int64_t ms)
{
	for (uint32_t i = 0; i < b->pool.used; i++) {
		struct entry *e = entry_at(b, i);
		e->since_ms = instant_shift((struct instant){e->since_ms}, ms).ms;
		/* all ends move by the same amount, so the heaps stay in order */
		e->until_ms = instant_shift((struct instant){e->until_ms}, ms).ms;
	}
}

static void put_evidence(struct entry *e, const struct evidence *evidence)
{
	e->rule = (uint8_t)evidence->rule;
	e->value = (float)evidence->value;
	e->limit = (float)evidence->limit;
}

bool bans_restore(struct bans *b, const struct ban *ban)
{
	uint32_t i = find_entry(b, &ban->client);

	if (i != NONE)
		detach_entry(b, i);
	else if ((i = add_entry(b, &ban->client)) == NONE)
		return false;
	struct entry *e = entry_at(b, i);
	e->strikes = ban->strikes;
	e->since_ms = ban->struck.ms ? ban->struck.ms : ban->since.ms;
	set_since(e, ban->since, false);
	e->until_ms = ban->until.ms;
	e->rules = (uint16_t)ban->rules;
	put_evidence(e, &ban->evidence);
	e->temporary = ban->temporary;
	e->paroled = ban->paroled;
	attach_entry(b, i, ban->form);
	e->was_enforced = ban->was_enforced;
	e->tried = ban->tried;
	return true;
}

void bans_set_evidence(
	struct bans *b, const struct address *client, const struct evidence *evidence)
{
	uint32_t i = find_entry(b, client);

	if (i != NONE)
		put_evidence(entry_at(b, i), evidence);
}

void bans_set_enforced(struct bans *b, const struct address *client, bool enforced)
{
	uint32_t i = find_entry(b, client);

	if (i == NONE)
		return;
	entry_at(b, i)->enforced = enforced;
	entry_at(b, i)->tried = true;
}

uint32_t bans_note_passed(struct bans *b, const struct address *client)
{
	uint32_t i = find_entry(b, client);

	if (i == NONE)
		return 0;
	if (entry_at(b, i)->passed < UINT16_MAX)
		entry_at(b, i)->passed++;
	return entry_at(b, i)->passed;
}

bool bans_next_end(const struct bans *b, struct instant *end)
{
	if (b->lasting.n == 0 || entry_at(b, b->lasting.at[0])->until_ms >= INSTANT_MAX.ms)
		return false;
	*end = (struct instant){entry_at(b, b->lasting.at[0])->until_ms};
	return true;
}

bool bans_end_one(struct bans *b, struct instant t, struct ban *out)
{
	struct instant end;

	if (!bans_next_end(b, &end) || instant_before(t, end))
		return false;
	uint32_t i = b->lasting.at[0];
	*out = ban_of(entry_at(b, i));
	if (entry_at(b, i)->strikes == 0) { /* the client was only muted */
		drop_entry(b, i);
		return true;
	}
	detach_entry(b, i);
	attach_entry(b, i, BAN_OVER);
	return true;
}

bool bans_lift(struct bans *b, const struct address *client, struct instant now, bool forgive,
	struct ban *out)
{
	uint32_t i = find_entry(b, client);

	if (i == NONE || entry_at(b, i)->form != BAN_ACTIVE)
		return false;
	*out = ban_of(entry_at(b, i));
	if (forgive || entry_at(b, i)->strikes == 0) {
		drop_entry(b, i);
		return true;
	}
	detach_entry(b, i);
	entry_at(b, i)->until_ms = now.ms;
	attach_entry(b, i, BAN_OVER);
	return true;
}

void bans_forget(struct bans *b, struct instant now, uint32_t most)
{
	while (most-- && b->over.n) {
		struct instant over = {entry_at(b, b->over.at[0])->until_ms};
		if (instant_before(now, instant_add(over, b->config.forget)))
			return;
		drop_entry(b, b->over.at[0]);
	}
}

uint32_t bans_active(const struct bans *b)
{
	return b->active;
}

uint32_t bans_n(const struct bans *b)
{
	return b->pool.n;
}

/* Skips up to 64 empty places in one step. In a table of a million places, nearly all places may
 * have become empty. A step for each place would take 8 ms. */
bool bans_walk(const struct bans *b, uint32_t *cursor, struct ban *out)
{
	while (*cursor < b->pool.used) {
		uint64_t left = b->used[*cursor / 64] >> *cursor % 64;
		if (left) {
			*cursor += (uint32_t)__builtin_ctzll(left);
			*out = ban_of(entry_at(b, (*cursor)++));
			return true;
		}
		*cursor = (*cursor / 64 + 1) * 64;
	}
	*cursor = b->pool.used;
	return false;
}
