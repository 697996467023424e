/* apply_orders.c - see apply_orders.h. Instants are the wall clock's, as in the events. */
#include "io/run/apply_orders.h"

#include <errno.h>
#include <string.h>

#include "core/base/array.h"
#include "io/firewall/manual.h"
#include "io/firewall/firewall_backend.h"

/* From a ban that the firewall refused to its second try. There is no third, so this waits until a
 * short trouble, such as another program's lock, is most likely over. */
static const struct span second_try_after = {5000};
/* Between two markers for a detector: at each unban, most of the time that one lasts is left. */
static const struct span marker_every = {1000};

void apply_orders_init(struct apply_orders *o, const struct ban_options *options)
{
	*o = (struct apply_orders){.options = options};
}

struct freeing {
	const struct allow *before, *now;
	struct address_list clients; /* allowed now, and were not before */
};

static void collect_allowed(void *ctx, const struct address *client, struct span left)
{
	struct freeing *f = ctx;

	(void)left;
	if (allow_has(f->now, client) && !allow_has(f->before, client))
		address_list_add(&f->clients, client);
}

bool apply_orders_set_allow(struct apply_orders *o, const struct allow *allow)
{
	struct freeing f = {.before = o->allow, .now = allow};
	const struct address_list *clients = &f.clients;
	bool done = firewall_list(o->firewall, collect_allowed, &f), marked;

	o->allow = allow;
	done = done &&
	       (clients->n == 0 || manual_unban(o->firewall, clients->at, clients->n, &marked));
	if (done && clients->is_short)
		firewall_set_why(o->firewall, "%s", strerror(ENOMEM));
	done = done && !clients->is_short;
	address_list_fini(&f.clients);
	return done;
}

struct address apply_orders_entry(const struct apply_orders *o, const struct address *client)
{
	return address_mask(client, (int)o->options->ipv4_prefix, (int)o->options->ipv6_prefix);
}

bool apply_orders_is_full(struct apply_orders *o, struct instant now)
{
	int64_t minute = instant_second(now) / 60;

	if (minute != o->minute)
		o->bans_in_minute = 0;
	o->minute = minute;
	return o->bans_in_minute >= o->options->max_bans_per_minute;
}

static void forget_refused(struct apply_orders *o, size_t at)
{
	o->refused_n--;
	memmove(&o->refused[at], &o->refused[at + 1], (o->refused_n - at) * sizeof o->refused[0]);
}

/* The newer event about a client counts: the older ban is not tried again. */
static void forget_older(struct apply_orders *o, const struct address *entry)
{
	for (size_t i = 0; i < o->refused_n; i++) {
		if (!address_equal(&o->refused[i].entry, entry))
			continue;
		forget_refused(o, i);
		o->counters.failed++;
		return;
	}
}

static bool ban_entry(struct apply_orders *o, const struct address *entry, struct instant until,
	struct instant now)
{
	bool permanent = until.ms >= INSTANT_MAX.ms;

	return firewall_reaches(o->firewall, entry) &&
	       firewall_ban(o->firewall, entry, permanent ? SPAN_MAX : instant_since(until, now));
}

static bool order_ban(struct apply_orders *o, const struct order *order, struct instant now)
{
	struct address entry = apply_orders_entry(o, &order->client);

	if (allow_has(o->allow, &entry)) {
		o->counters.allowed++;
		return true;
	}
	forget_older(o, &entry);
	o->bans_in_minute++;
	if (ban_entry(o, &entry, order->until, now)) {
		o->counters.bans++;
		return true;
	}
	if (o->refused_n < APPLY_ORDERS_REFUSED_MAX)
		o->refused[o->refused_n++] = (struct refused_ban){
			entry, order->until, instant_add(now, second_try_after)};
	else
		o->counters.failed++;
	return false;
}

/* As far as it can: the unban counts all the same. */
static void put_marker(struct apply_orders *o, struct instant now)
{
	int64_t ms = instant_since(now, o->marked).ms;

	if (ms >= 0 && ms < marker_every.ms)
		return;
	o->marked = now;
	firewall_put_marker(o->firewall, FIREWALL_MARKER_ORDERED);
}

bool apply_orders_apply(struct apply_orders *o, const struct order *order, struct instant now)
{
	struct address entry = apply_orders_entry(o, &order->client);

	if (order->kind == ORDER_BAN)
		return order_ban(o, order, now);
	forget_older(o, &entry);
	put_marker(o, now);
	bool done = firewall_unban(o->firewall, &entry);
	o->counters.unbans += done;
	o->counters.failed += !done;
	return done;
}

/* Longer than that it may be ahead when the clock was set back. */
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
			o->counters.failed++; /* its time is over: it was never in force */
		} else if (allow_has(o->allow, &r.entry)) {
			o->counters.allowed++;
		} else if (ban_entry(o, &r.entry, r.until, now)) {
			o->counters.bans++;
		} else {
			o->counters.failed++;
			all = false;
		}
	}
	return all;
}

struct instant apply_orders_next_retry(const struct apply_orders *o)
{
	return o->refused_n ? o->refused[0].due : INSTANT_MAX;
}
