/* order_queue.c - see order_queue.h. */
#include "core/record/order_queue.h"

#include <stdlib.h>

#include "core/base/hash_pool.h"

#define NONE HASH_POOL_NONE

struct waiting_client {
	struct hash_pool_link link; /* must be the first member */
	uint32_t later, earlier;    /* neighbours in the client's queue */
	enum order_line line;
	struct waiting_ban ban;
};

struct waiting_line {
	/* the clients that entered the queue last and first; NONE if the queue is empty */
	uint32_t last, first;
	uint32_t n;
};

struct order_queue {
	struct hash_pool pool;
	struct waiting_line lines[ORDER_LINES];
	unsigned turn; /* counts the calls of order_queue_next */
};

struct order_queue *order_queue_new(uint32_t max, struct hash_key key)
{
	struct order_queue *q = calloc(1, sizeof *q);

	if (!q)
		return NULL;
	for (int i = 0; i < ORDER_LINES; i++)
		q->lines[i] = (struct waiting_line){NONE, NONE, 0};
	if (hash_pool_init(&q->pool, max, sizeof(struct waiting_client), key))
		return q;
	order_queue_free(q);
	return NULL;
}

void order_queue_free(struct order_queue *q)
{
	if (q)
		hash_pool_fini(&q->pool);
	free(q);
}

static struct waiting_client *client_at(const struct order_queue *q, uint32_t i)
{
	return (struct waiting_client *)hash_pool_link(&q->pool, i);
}

static uint32_t find_client(const struct order_queue *q, const struct address *entry)
{
	return hash_pool_find(&q->pool, entry->bytes, hash_pool_hash(&q->pool, entry->bytes));
}

static void put_last(struct order_queue *q, uint32_t i, enum order_line line)
{
	struct waiting_line *l = &q->lines[line];
	struct waiting_client *c = client_at(q, i);

	c->line = line;
	c->later = NONE;
	c->earlier = l->last;
	*(l->last == NONE ? &l->first : &client_at(q, l->last)->later) = i;
	l->last = i;
	l->n++;
}

static void unlink_client(struct order_queue *q, uint32_t i)
{
	struct waiting_client *c = client_at(q, i);
	struct waiting_line *l = &q->lines[c->line];

	*(c->later == NONE ? &l->last : &client_at(q, c->later)->earlier) = c->earlier;
	*(c->earlier == NONE ? &l->first : &client_at(q, c->earlier)->later) = c->later;
	l->n--;
}

static void take_client(struct order_queue *q, uint32_t i, struct waiting_ban *out)
{
	*out = client_at(q, i)->ban;
	unlink_client(q, i);
	hash_pool_remove(&q->pool, i);
}

/* Evicts the first repeated ban. If no repeated ban waits, evicts the first fresh ban. A ban in
 * ORDER_LINE_UNKNOWN waits for at most a second, so it is only evicted if no other ban waits. */
static void drop_first(struct order_queue *q, struct waiting_ban *dropped)
{
	static const enum order_line from[] = {
		ORDER_LINE_REPEATED, ORDER_LINE_FRESH, ORDER_LINE_UNKNOWN};
	int k = 0;

	while (!q->lines[from[k]].n)
		k++;
	take_client(q, q->lines[from[k]].first, dropped);
}

/* Whether the new ban only repeats the waiting ban, which then keeps its place. */
static bool is_repeated(const struct waiting_client *c, const struct waiting_ban *ban, bool unknown)
{
	return ban->repeated && !unknown && c->line != ORDER_LINE_UNKNOWN;
}

bool order_queue_put(struct order_queue *q, const struct waiting_ban *ban, bool unknown,
	struct waiting_ban *dropped)
{
	uint32_t i = find_client(q, &ban->entry), lines = ban->lines;
	bool full = i == NONE && q->pool.n == q->pool.max;

	if (full)
		drop_first(q, dropped);
	if (i == NONE) {
		i = hash_pool_add(
			&q->pool, ban->entry.bytes, hash_pool_hash(&q->pool, ban->entry.bytes));
	} else {
		struct waiting_client *c = client_at(q, i);
		lines += c->ban.lines;
		if (is_repeated(c, ban, unknown)) {
			c->ban = *ban;
			c->ban.repeated = c->line == ORDER_LINE_REPEATED;
			c->ban.lines = lines;
			return false;
		}
		unlink_client(q, i);
	}
	client_at(q, i)->ban = *ban;
	client_at(q, i)->ban.lines = lines;
	put_last(q, i,
		unknown         ? ORDER_LINE_UNKNOWN
		: ban->repeated ? ORDER_LINE_REPEATED
				: ORDER_LINE_FRESH);
	return full;
}

bool order_queue_remove(struct order_queue *q, const struct address *entry, struct waiting_ban *out)
{
	uint32_t i = find_client(q, entry);

	if (i == NONE)
		return false;
	take_client(q, i, out);
	return true;
}

const struct waiting_ban *order_queue_find_unknown(
	const struct order_queue *q, const struct address *entry)
{
	uint32_t i = find_client(q, entry);

	if (i == NONE || client_at(q, i)->line != ORDER_LINE_UNKNOWN)
		return NULL;
	return &client_at(q, i)->ban;
}

bool order_queue_next_unknown(struct order_queue *q, struct waiting_ban *out)
{
	uint32_t i = q->lines[ORDER_LINE_UNKNOWN].first;

	if (i != NONE)
		take_client(q, i, out);
	return i != NONE;
}

/* The next client by turns; NONE if no ban waits. */
static uint32_t find_next(struct order_queue *q)
{
	const struct waiting_line *fresh = &q->lines[ORDER_LINE_FRESH];
	const struct waiting_line *repeated = &q->lines[ORDER_LINE_REPEATED];
	unsigned turn = q->turn++ % 4;

	if (!fresh->n || (turn == 3 && repeated->n))
		return repeated->first;
	return turn % 2 ? fresh->first : fresh->last;
}

bool order_queue_next(struct order_queue *q, struct waiting_ban *out)
{
	uint32_t i = find_next(q);

	if (i != NONE)
		take_client(q, i, out);
	return i != NONE;
}

uint32_t order_queue_n(const struct order_queue *q, enum order_line line)
{
	return q->lines[line].n;
}
