/* order_history.c - see order_history.h.
 *
 * A client may have several stored bans. Example: a permanent ban and then a ban of 10 minutes are
 * obeyed. Then a late unban arrives, with a time between the two bans. So only the second ban
 * remains. An older ban only matters if it ends later than all newer bans, so only a few bans are
 * stored. */
#include "core/record/order_history.h"

#include <stdlib.h>

#include "core/base/hash_pool.h"

#define NONE HASH_POOL_NONE

struct past_ban {
	struct instant time; /* never later than the moment when the ban was obeyed */
	/* time in the event; later than `time` if the event's time was ahead of the clock */
	struct instant claimed;
	struct instant until;
};

struct client_orders {
	struct hash_pool_link link; /* must be the first member */
	/* neighbours in the list of clients, which is sorted by the last obeyed order */
	uint32_t newer, older;
	struct instant newest;   /* time of the newest obeyed order */
	struct instant unbanned; /* time of the newest unban; 0: none */
	struct instant end;      /* see order_history_note_end */
	/* Times of unbans that were ahead of the clock when they were obeyed; 0: unused. Without
	 * these times, the unbans would count as new when they are delivered again. */
	struct instant unbans_ahead[ORDER_HISTORY_UNBANS];
	uint32_t bans_n;
	/* Not sorted. Bans with a time up to `unbanned` are lifted. A lifted ban stays stored if
	 * its event claims a time after `unbanned`. If it were removed, it would count as new when
	 * it is delivered again. A ban that was ahead of the clock stays stored until the end that
	 * its event claims. */
	struct past_ban bans[ORDER_HISTORY_BANS];
};

struct order_history {
	struct hash_pool pool;
	uint32_t newest, oldest; /* ends of the list of clients; NONE if it is empty */
	uint64_t forgotten;
	struct instant forgotten_newest; /* the newest order of all evicted clients */
};

struct order_history *order_history_new(uint32_t clients, struct hash_key key)
{
	struct order_history *h = calloc(1, sizeof *h);

	if (!h)
		return NULL;
	h->newest = h->oldest = NONE;
	if (hash_pool_init(&h->pool, clients, sizeof(struct client_orders), key))
		return h;
	order_history_free(h);
	return NULL;
}

void order_history_free(struct order_history *h)
{
	if (h)
		hash_pool_fini(&h->pool);
	free(h);
}

static struct client_orders *client_at(const struct order_history *h, uint32_t i)
{
	return (struct client_orders *)hash_pool_link(&h->pool, i);
}

/* ---- the list of clients ---- */

static void unlink_client(struct order_history *h, uint32_t i)
{
	struct client_orders *c = client_at(h, i);

	*(c->newer == NONE ? &h->newest : &client_at(h, c->newer)->older) = c->older;
	*(c->older == NONE ? &h->oldest : &client_at(h, c->older)->newer) = c->newer;
}

static void put_first(struct order_history *h, uint32_t i)
{
	struct client_orders *c = client_at(h, i);

	c->newer = NONE;
	c->older = h->newest;
	*(h->newest == NONE ? &h->oldest : &client_at(h, h->newest)->newer) = i;
	h->newest = i;
}

/* Finds or adds the client, and moves it to the front of the list. */
static struct client_orders *use_client(struct order_history *h, const struct address *entry)
{
	uint64_t hash = hash_pool_hash(&h->pool, entry->bytes);
	uint32_t i = hash_pool_find(&h->pool, entry->bytes, hash);

	if (i != NONE) {
		unlink_client(h, i);
	} else {
		if (h->pool.n == h->pool.max) {
			uint32_t last = h->oldest;
			h->forgotten_newest =
				instant_later(h->forgotten_newest, client_at(h, last)->newest);
			unlink_client(h, last);
			hash_pool_remove(&h->pool, last);
			h->forgotten++;
		}
		i = hash_pool_add(&h->pool, entry->bytes, hash);
	}
	put_first(h, i);
	return client_at(h, i);
}

/* ---- the bans of a client ---- */

static void remove_ban(struct client_orders *c, uint32_t at)
{
	for (c->bans_n--; at < c->bans_n; at++)
		c->bans[at] = c->bans[at + 1];
}

static bool is_lifted(const struct client_orders *c, const struct past_ban *b)
{
	return b->time.ms <= c->unbanned.ms;
}

static bool is_in_force(const struct client_orders *c, const struct past_ban *b, struct instant now)
{
	return !is_lifted(c, b) && b->until.ms > now.ms;
}

/* The latest end of the bans in force; 0 if no ban is in force. */
static struct instant last_end(const struct client_orders *c, struct instant now)
{
	struct instant last = {0};

	for (uint32_t i = 0; i < c->bans_n; i++)
		if (is_in_force(c, &c->bans[i], now))
			last = instant_later(last, c->bans[i].until);
	return last;
}

/* The end of a ban that lasts `length` from `time` on. */
static struct instant end_of(struct instant time, struct span length)
{
	return length.ms >= SPAN_MAX.ms ? INSTANT_MAX : instant_add(time, length);
}

static struct span length_of(const struct past_ban *b)
{
	return b->until.ms >= INSTANT_MAX.ms ? SPAN_MAX : instant_since(b->until, b->time);
}

static void remove_ended(struct client_orders *c, struct instant now)
{
	for (uint32_t i = c->bans_n; i-- > 0;)
		if (c->bans[i].until.ms <= now.ms &&
			end_of(c->bans[i].claimed, length_of(&c->bans[i])).ms <= now.ms)
			remove_ban(c, i);
}

/* If a stored ban has the same event time as b, b is the same ban, delivered again. b then gets the
 * time of the stored ban, and the stored ban is removed. */
static void recall_ban(struct client_orders *c, struct past_ban *b)
{
	for (uint32_t i = 0; i < c->bans_n; i++) {
		const struct past_ban *old = &c->bans[i];
		if (old->claimed.ms != b->claimed.ms)
			continue;
		b->until = instant_later(end_of(old->time, length_of(b)), old->until);
		b->time = old->time;
		remove_ban(c, i);
		return;
	}
}

/* If the client has no room for a ban, evicts the oldest ban, but not the ban with the latest end.
 * The evicted ban no longer counts when a late unban arrives. At worst, this unban then ends the
 * client's ban in the firewall too early, although the evicted ban is newer than the unban. */
static void make_room(struct order_history *h, struct client_orders *c, struct instant now)
{
	struct instant last = last_end(c, now);
	uint32_t oldest = NONE;

	if (c->bans_n < ORDER_HISTORY_BANS)
		return;
	for (uint32_t i = 0; i < c->bans_n; i++)
		if ((!is_in_force(c, &c->bans[i], now) || c->bans[i].until.ms < last.ms) &&
			(oldest == NONE || c->bans[i].time.ms < c->bans[oldest].time.ms))
			oldest = i;
	remove_ban(c, oldest == NONE ? 0 : oldest);
	h->forgotten++;
}

/* Whether ban `a` is not needed if ban `b` is stored. A ban that was ahead of the clock is always
 * needed: if it were not stored, it would count as new when it is delivered again. */
static bool is_covered(const struct past_ban *a, const struct past_ban *b)
{
	return a->time.ms <= b->time.ms && a->until.ms <= b->until.ms &&
	       a->claimed.ms <= a->time.ms;
}

static void insert_ban(struct order_history *h, struct client_orders *c, const struct past_ban *b,
	struct instant now)
{
	for (uint32_t i = 0; i < c->bans_n; i++)
		if (is_covered(b, &c->bans[i]))
			return;
	for (uint32_t i = c->bans_n; i-- > 0;)
		if (is_covered(&c->bans[i], b))
			remove_ban(c, i);
	make_room(h, c, now);
	c->bans[c->bans_n++] = *b;
}

/* Whether a newer ban ends at the same time or later. */
static bool is_outdone(const struct client_orders *c, const struct past_ban *b)
{
	for (uint32_t i = 0; i < c->bans_n; i++)
		if (c->bans[i].time.ms > b->time.ms && c->bans[i].until.ms >= b->until.ms)
			return true;
	return false;
}

static enum order_effect take_ban(struct order_history *h, struct client_orders *c,
	const struct past_ban *given, struct instant now)
{
	struct past_ban b = *given;

	recall_ban(c, &b);
	bool outdone = is_outdone(c, &b);
	if (b.claimed.ms > c->unbanned.ms)
		insert_ban(h, c, &b, now);
	if (outdone || !is_in_force(c, &b, now))
		return ORDER_NO_EFFECT;
	c->newest = instant_later(c->newest, b.time);
	return ORDER_BANS;
}

/* Whether this unban was ahead of the clock at its first delivery. */
static bool is_known_unban(const struct client_orders *c, struct instant claimed)
{
	for (size_t i = 0; i < ORDER_HISTORY_UNBANS; i++)
		if (c->unbans_ahead[i].ms == claimed.ms)
			return true;
	return false;
}

/* Stores the unban in place of the earliest stored unban. If the earliest one is older than the
 * newest obeyed unban, it is not needed any more, so its eviction is not counted. */
static void note_unban_ahead(
	struct order_history *h, struct client_orders *c, struct instant claimed)
{
	struct instant *first = &c->unbans_ahead[0];

	for (size_t i = 1; i < ORDER_HISTORY_UNBANS; i++)
		if (c->unbans_ahead[i].ms < first->ms)
			first = &c->unbans_ahead[i];
	h->forgotten += first->ms > c->unbanned.ms;
	*first = claimed;
}

static enum order_effect take_unban(struct order_history *h, struct client_orders *c,
	struct instant time, struct instant claimed, struct instant now)
{
	bool lifts = false, newer = time.ms >= c->newest.ms;

	if (is_known_unban(c, claimed))
		return ORDER_NO_EFFECT;
	if (claimed.ms > time.ms)
		note_unban_ahead(h, c, claimed);
	if (time.ms <= c->unbanned.ms)
		return ORDER_NO_EFFECT;
	for (uint32_t i = c->bans_n; i-- > 0;) {
		if (c->bans[i].time.ms > time.ms)
			continue;
		lifts |= is_in_force(c, &c->bans[i], now);
		if (c->bans[i].claimed.ms <= time.ms)
			remove_ban(c, i);
	}
	c->unbanned = time;
	c->newest = instant_later(c->newest, time);
	if (!lifts && !newer)
		return ORDER_NO_EFFECT;
	c->end = (struct instant){0};
	return last_end(c, now).ms ? ORDER_BANS_LESS : ORDER_UNBANS;
}

/* Returns the time at which an order counts as given. */
static struct instant time_of(enum order_kind kind, struct instant time, struct instant now)
{
	if (!instant_before(now, time))
		return time;
	if (kind == ORDER_BAN && instant_since(time, now).ms > 1000)
		return instant_at_second(instant_second(now));
	return now;
}

/* If the clock of this host was set back, limits the times of earlier orders to `now`, too. */
static void follow_clock(struct order_history *h, struct client_orders *c, struct instant now)
{
	if (!instant_before(now, c->newest))
		return;
	for (uint32_t i = 0; i < c->bans_n; i++)
		c->bans[i].time = time_of(ORDER_BAN, c->bans[i].time, now);
	if (instant_before(now, c->unbanned))
		note_unban_ahead(h, c, c->unbanned);
	c->unbanned = time_of(ORDER_UNBAN, c->unbanned, now);
	c->newest = now;
}

/* Converts an order to a ban. If the order's time is ahead of the clock, the ban begins earlier
 * than ordered. Then it also ends earlier, so that it does not last longer than ordered. */
static struct past_ban ban_of(const struct order *order, struct instant time, struct instant now)
{
	struct past_ban b = {time, order->time, order->until};

	if (instant_before(time, order->time) && order->until.ms < INSTANT_MAX.ms)
		b.until = end_of(
			time, instant_since(order->until, order->replay ? now : order->time));
	return b;
}

/* Whether the order is an unban of a client that is not stored, and is not newer than the orders of
 * evicted clients. It may have been obeyed before the client was evicted. */
static bool is_forgotten(const struct order_history *h, const struct address *entry,
	const struct order *order, struct instant time)
{
	return order->kind == ORDER_UNBAN && time.ms <= h->forgotten_newest.ms &&
	       hash_pool_find(&h->pool, entry->bytes, hash_pool_hash(&h->pool, entry->bytes)) ==
		       NONE;
}

enum order_effect order_history_take(struct order_history *h, const struct address *entry,
	const struct order *order, struct instant now, struct instant *until)
{
	struct instant time = time_of(order->kind, order->time, now);
	enum order_effect effect;

	*until = (struct instant){0};
	if (is_forgotten(h, entry, order, time))
		return ORDER_NO_EFFECT;
	struct client_orders *c = use_client(h, entry);
	follow_clock(h, c, now);
	remove_ended(c, now);
	if (order->kind == ORDER_BAN) {
		struct past_ban b = ban_of(order, time, now);
		effect = take_ban(h, c, &b, now);
	} else {
		effect = take_unban(h, c, time, order->time, now);
	}
	*until = last_end(c, now);
	return effect;
}

/* ---- the ends of bans in the firewall ---- */

static struct client_orders *find_client(const struct order_history *h, const struct address *entry)
{
	uint32_t i = hash_pool_find(&h->pool, entry->bytes, hash_pool_hash(&h->pool, entry->bytes));

	return i == NONE ? NULL : client_at(h, i);
}

void order_history_note_end(
	struct order_history *h, const struct address *entry, struct instant until)
{
	struct client_orders *c = find_client(h, entry);

	if (c)
		c->end = until;
}

struct instant order_history_end(const struct order_history *h, const struct address *entry)
{
	const struct client_orders *c = find_client(h, entry);

	return c ? c->end : (struct instant){0};
}

uint64_t order_history_forgotten(const struct order_history *h)
{
	return h->forgotten;
}
