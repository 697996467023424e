/* apply_orders.c - see apply_orders.h. */
#include "io/run/apply_orders.h"

#include <errno.h>
#include <string.h>

#include "core/base/array.h"
#include "io/firewall/firewall_backend.h"
#include "io/firewall/manual.h"
#include "io/host/clock.h"

/* Time between a ban that the firewall refused and its only retry. By then a temporary cause, such
 * as another program's lock, is most likely gone. */
static const struct span second_try_after = {5000};
/* A marker in the sets (firewall.h) shows a detector on this host that the entry of an unban was
 * removed on purpose. This is the minimum time between two markers. At each unban, the newest
 * marker is at most this old, so it does not expire soon. */
static const struct span marker_every = {1000};
/* list_every: minimum time between two listings. LIST_PAUSE: minimum pause after a listing, as a
 * multiple of the listing's duration. */
static const struct span list_every = {1000};
#define LIST_PAUSE 10
/* The kernel lists whole seconds, so an entry may end this much later than listed. */
static const struct span list_step = {1000};

void apply_orders_init(struct apply_orders *o, const struct ban_options *options)
{
	*o = (struct apply_orders){.options = options};
}

bool apply_orders_open(struct apply_orders *o, struct hash_key key, struct span steady)
{
	ban_rate_init(&o->rate, o->options->max_bans_per_minute, steady);
	o->history = order_history_new(ORDER_HISTORY_CLIENTS, key);
	o->queue = order_queue_new(ORDER_QUEUE_MAX, key);
	return o->history && o->queue;
}

void apply_orders_fini(struct apply_orders *o)
{
	order_history_free(o->history);
	order_queue_free(o->queue);
	o->history = NULL;
	o->queue = NULL;
}

struct freeing {
	const struct allow *before, *now;
	struct address_list clients; /* clients that are allowed now and were not before */
};

static void collect_allowed(void *ctx, const struct address *client, struct span left)
{
	struct freeing *f = ctx;

	(void)left;
	if (allow_has(f->now, client) && !allow_has(f->before, client))
		address_list_add(&f->clients, client);
}

static bool free_clients(struct apply_orders *o, const struct address_list *clients)
{
	bool marked;

	if (clients->n && !manual_unban(o->firewall, clients->at, clients->n, &marked))
		return false;
	if (clients->is_short)
		firewall_set_why(o->firewall, "%s", strerror(ENOMEM));
	return !clients->is_short;
}

bool apply_orders_set_allow(
	struct apply_orders *o, const struct allow *allow, const struct allow *lifting)
{
	struct freeing f = {.before = o->lifting, .now = lifting};
	bool done = firewall_list(o->firewall, collect_allowed, &f);

	o->allow = allow;
	o->lifting = lifting;
	done = done && free_clients(o, &f.clients);
	address_list_fini(&f.clients);
	return done;
}

struct address apply_orders_entry(const struct apply_orders *o, const struct address *client)
{
	return address_mask(client, (int)o->options->ipv4_prefix, (int)o->options->ipv6_prefix);
}

/* ---- bans ---- */

static void let_wait(struct apply_orders *o, const struct waiting_ban *b, bool unknown)
{
	struct waiting_ban dropped;

	if (order_queue_put(o->queue, b, unknown, &dropped))
		o->counters.dropped += dropped.lines;
}

/* True if the sets contain the client, whatever the end of its ban. False if the query fails: then
 * the ban most likely fails, too, and its failure is reported. */
static bool is_there(struct apply_orders *o, const struct address *entry)
{
	bool in;

	return firewall_has(o->firewall, entry, &in) && in;
}

bool apply_orders_lift(struct apply_orders *o, const struct address *hosts, size_t n)
{
	struct address_list clients = {0};
	bool done;

	for (size_t i = 0; i < n; i++) {
		struct address entry = apply_orders_entry(o, &hosts[i]);
		if (is_there(o, &entry))
			address_list_add(&clients, &entry);
	}
	done = free_clients(o, &clients);
	address_list_fini(&clients);
	return done;
}

/* ---- bans that were refused ---- */

static void forget_refused(struct apply_orders *o, size_t at)
{
	o->refused_n--;
	memmove(&o->refused[at], &o->refused[at + 1], (o->refused_n - at) * sizeof o->refused[0]);
}

/* Called when a newer event about the client is obeyed: drops the retry of its older ban. */
static void forget_older(struct apply_orders *o, const struct address *entry)
{
	for (size_t i = 0; i < o->refused_n; i++) {
		if (!address_equal(&o->refused[i].entry, entry))
			continue;
		o->counters.failed += o->refused[i].lines;
		forget_refused(o, i);
		return;
	}
}

static bool ban_entry(struct apply_orders *o, const struct address *entry, struct instant until,
	struct instant now)
{
	bool permanent = until.ms >= INSTANT_MAX.ms;

	if (!firewall_reaches(o->firewall, entry) ||
		!firewall_ban(o->firewall, entry, permanent ? SPAN_MAX : instant_since(until, now)))
		return false;
	order_history_note_end(o->history, entry, until);
	return true;
}

/* True if the time of the retry has come. Also true if this time is further ahead than
 * second_try_after, because the clock was set back. */
static bool is_due(const struct refused_ban *r, struct instant now)
{
	int64_t ms = instant_since(r->due, now).ms;

	return ms <= 0 || ms > second_try_after.ms;
}

bool apply_orders_retry(struct apply_orders *o, struct instant now, bool end)
{
	bool all = true;

	while (o->refused_n && (end || is_due(&o->refused[0], now))) {
		struct refused_ban r = o->refused[0];
		forget_refused(o, 0);
		o->counters.retried++;
		if (!instant_before(now, r.until)) {
			o->counters.failed += r.lines; /* expired: it was never in force */
		} else if (allow_has(o->allow, &r.entry)) {
			o->counters.allowed += r.lines;
		} else if (is_there(o, &r.entry)) { /* somebody else has banned the client */
			let_wait(o, &(struct waiting_ban){r.entry, r.until, r.lines, false, false},
				true);
		} else if (ban_entry(o, &r.entry, r.until, now)) {
			o->counters.bans += r.lines;
		} else {
			o->counters.failed += r.lines;
			all = false;
		}
	}
	return all;
}

/* Carries out one ban. False when the firewall refused. */
static bool carry_out(struct apply_orders *o, const struct waiting_ban *b, struct instant now)
{
	if (ban_entry(o, &b->entry, b->until, now)) {
		o->counters.bans += b->lines;
		return true;
	}
	if (o->refused_n < APPLY_ORDERS_REFUSED_MAX)
		o->refused[o->refused_n++] = (struct refused_ban){
			b->entry, b->until, instant_add(now, second_try_after), b->lines};
	else
		o->counters.failed += b->lines;
	return false;
}

static enum apply_result take_ban(struct apply_orders *o, const struct address *entry,
	const struct order *order, struct instant until, struct instant now, struct span steady)
{
	struct waiting_ban b = {*entry, until, 1, order->repeated, false}, before;

	forget_older(o, entry);
	if (is_there(o, entry)) {
		if (order_history_end(o->history, entry).ms >= until.ms)
			o->counters.bans++;
		else
			let_wait(o, &b, true);
		return APPLY_DONE;
	}
	if (!ban_rate_allows(&o->rate, steady)) {
		o->counters.waits++;
		let_wait(o, &b, false);
		return APPLY_DONE;
	}
	if (order_queue_remove(o->queue, entry, &before))
		b.lines += before.lines;
	ban_rate_spend(&o->rate);
	return carry_out(o, &b, now) ? APPLY_DONE : APPLY_REFUSED;
}

/* ---- unbans ---- */

/* If the marker cannot be added, the unban is carried out nevertheless. */
static void put_marker(struct apply_orders *o, struct instant now)
{
	int64_t ms = instant_since(now, o->marked).ms;

	if (ms >= 0 && ms < marker_every.ms)
		return;
	o->marked = now;
	firewall_put_marker(o->firewall, FIREWALL_MARKER_ORDERED);
}

/* `until`: the end of a ban that is newer than the unban, and stays in force; 0: there is none. */
static enum apply_result take_unban(struct apply_orders *o, const struct address *entry,
	struct instant until, struct instant now)
{
	struct waiting_ban waited;
	bool waits = order_queue_remove(o->queue, entry, &waited), done;
	bool stays = until.ms && !allow_has(o->allow, entry);

	if (!waits)
		waited = (struct waiting_ban){.entry = *entry};
	waited.until = until;
	waited.compared = false;
	forget_older(o, entry);
	put_marker(o, now);
	if (stays && !waits && is_there(o, entry)) {
		done = ban_entry(o, entry, until, now);
	} else {
		done = firewall_unban(o->firewall, entry);
		if (stays)
			let_wait(o, &waited, false);
		else
			o->counters.older += waited.lines;
	}
	o->counters.unbans += done;
	o->counters.failed += !done;
	return done ? APPLY_DONE : APPLY_REFUSED;
}

/* True if the network is wider than an entry of the sets. The firewall refuses such a network, and
 * reports why. An entry for the network's first address would ban only one of its clients. */
static bool is_too_wide(const struct apply_orders *o, const struct address *entry)
{
	return entry->prefix_len <
	       (address_is_v4(entry) ? o->options->ipv4_prefix : o->options->ipv6_prefix);
}

static enum apply_result refuse_wide(struct apply_orders *o, const struct address *entry,
	const struct order *order, struct instant now)
{
	struct waiting_ban b = {*entry, order->until, 1, false, false};

	if (order->kind == ORDER_BAN)
		return carry_out(o, &b, now) ? APPLY_DONE : APPLY_REFUSED;
	o->counters.failed++;
	return firewall_unban(o->firewall, entry) ? APPLY_DONE : APPLY_REFUSED;
}

enum apply_result apply_orders_take(
	struct apply_orders *o, const struct order *order, struct instant now, struct span steady)
{
	struct address entry = apply_orders_entry(o, &order->client);
	struct instant until;

	if (order->kind == ORDER_BAN && allow_has(o->allow, &entry)) {
		o->counters.allowed++;
		return APPLY_ALLOWED;
	}
	if (is_too_wide(o, &entry))
		return refuse_wide(o, &entry, order, now);
	enum order_effect effect = order_history_take(o->history, &entry, order, now, &until);
	o->counters.forgotten = order_history_forgotten(o->history);
	switch (effect) {
	case ORDER_NO_EFFECT:
		break;
	case ORDER_BANS:
		return take_ban(o, &entry, order, until, now, steady);
	case ORDER_UNBANS:
		return take_unban(o, &entry, (struct instant){0}, now);
	case ORDER_BANS_LESS:
		return take_unban(o, &entry, until, now);
	}
	o->counters.older++;
	return APPLY_OLDER;
}

/* ---- waiting bans ---- */

struct comparing {
	struct apply_orders *orders;
	struct instant now;
};

/* Compares one entry of the sets with the waiting ban of its client. If the waiting ban ends no
 * later than the entry, the waiting ban is in force already. */
static void compare_entry(void *ctx, const struct address *entry, struct span left)
{
	const struct comparing *c = ctx;
	struct apply_orders *o = c->orders;
	const struct waiting_ban *b = order_queue_find_unknown(o->queue, entry);
	struct waiting_ban out;

	if (!b)
		return;
	struct instant end = left.ms >= SPAN_MAX.ms ? INSTANT_MAX : instant_add(c->now, left);
	if (instant_before(instant_add(end, list_step), b->until))
		return;
	order_queue_remove(o->queue, entry, &out);
	order_history_note_end(o->history, entry, out.until);
	o->counters.bans += out.lines;
}

static bool is_list_due(const struct apply_orders *o, struct span steady)
{
	uint32_t n = order_queue_n(o->queue, ORDER_LINE_UNKNOWN);

	return n && (steady.ms >= o->list_due.ms || n >= APPLY_ORDERS_COMPARED);
}

/* Reads the sets, and drops each unknown ban that is in force already (compare_entry). Moves the
 * other unknown bans to the queue in which bans wait for their turn. */
static bool compare_all(struct apply_orders *o, struct instant now, struct span steady)
{
	struct comparing c = {o, now};
	struct span begin = clock_monotonic();
	bool listed = firewall_list(o->firewall, compare_entry, &c);
	struct waiting_ban b;

	int64_t took = clock_monotonic().ms - begin.ms, pause = took * LIST_PAUSE;
	o->list_due.ms = steady.ms + took + (pause < list_every.ms ? list_every.ms : pause);
	if (!listed)
		return false; /* the bans go on waiting until the next listing */
	while (order_queue_next_unknown(o->queue, &b)) {
		b.compared = true;
		let_wait(o, &b, false);
	}
	return true;
}

static bool step_one(struct apply_orders *o, struct waiting_ban *b, struct instant now)
{
	if (allow_has(o->allow, &b->entry)) {
		o->counters.allowed += b->lines;
	} else if (!instant_before(now, b->until)) {
		o->counters.dropped += b->lines; /* expired: it was never in force */
	} else if (!b->compared && is_there(o, &b->entry)) {
		let_wait(o, b, true); /* somebody else has banned the client in the meantime */
	} else {
		ban_rate_spend(&o->rate);
		return carry_out(o, b, now);
	}
	return true;
}

bool apply_orders_step(struct apply_orders *o, struct instant now, struct span steady)
{
	struct waiting_ban b;
	bool all = true;

	if (is_list_due(o, steady))
		all = compare_all(o, now, steady);
	while (ban_rate_allows(&o->rate, steady) && order_queue_next(o->queue, &b))
		all &= step_one(o, &b, now);
	return all;
}

bool apply_orders_end(struct apply_orders *o, struct instant now, struct span steady)
{
	struct waiting_ban b;
	bool all = true;

	/* the second pass compares clients that somebody else has banned in the meantime */
	for (int i = 0; i < 2; i++) {
		o->list_due = steady;
		all &= apply_orders_step(o, now, steady);
		all &= apply_orders_retry(o, now, true);
	}
	while (order_queue_next_unknown(o->queue, &b) || order_queue_next(o->queue, &b))
		o->counters.dropped += b.lines;
	return all;
}

uint32_t apply_orders_waiting(const struct apply_orders *o)
{
	return order_queue_n(o->queue, ORDER_LINE_FRESH) +
	       order_queue_n(o->queue, ORDER_LINE_REPEATED);
}

struct span apply_orders_idle(struct apply_orders *o, struct instant now, struct span steady)
{
	struct span idle = SPAN_MAX;
	int64_t ms;

	if (o->refused_n)
		idle = instant_since(o->refused[0].due, now);
	if (order_queue_n(o->queue, ORDER_LINE_UNKNOWN)) {
		ms = is_list_due(o, steady) ? 0 : o->list_due.ms - steady.ms;
		idle.ms = ms < idle.ms ? ms : idle.ms;
	}
	if (apply_orders_waiting(o)) {
		ms = ban_rate_wait(&o->rate, steady).ms;
		idle.ms = ms < idle.ms ? ms : idle.ms;
	}
	return (struct span){idle.ms < 0 ? 0 : idle.ms};
}
