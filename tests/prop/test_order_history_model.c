/* test_order_history_model.c - compares order_history.h with a model that obeys all orders sorted
 * by their times. Random histories of several clients are delivered in a random sequence, and some
 * orders are delivered many times. At the end, the same bans must be in force as in the model. */
#include "core/record/order_history.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "unit/given.h"
#include "unit/random.h"

#define CLIENTS   4
#define ORDERS    24
#define HISTORIES 20000
/* Number of different times of orders. The history stores as many bans for each client. */
#define TIMES ORDER_HISTORY_BANS

static const int64_t t0 = 1795320960000;
static const char *const names[CLIENTS] = {
	"198.51.100.7", "203.0.113.9", "2001:db8:1:2::/64", "2001:db8:1:3::/64"};

struct given {
	int client;
	struct order order;
};

static struct given random_order(struct random *r)
{
	struct given g = {.client = (int)random_below(r, CLIENTS)};
	struct order *o = &g.order;

	o->kind = random_below(r, 5) < 3 ? ORDER_BAN : ORDER_UNBAN;
	o->client = given_address(names[g.client]);
	o->time.ms = t0 + (int64_t)random_below(r, TIMES) * 1000;
	o->repeated = random_below(r, 2);
	o->permanent = o->kind == ORDER_BAN && random_below(r, 4) == 0;
	o->until.ms = t0 + (int64_t)(1 + random_below(r, 12)) * 100000;
	if (o->permanent)
		o->until = INSTANT_MAX;
	return g;
}

/* The end of the ban that is in force after all orders are obeyed sorted by their times; 0: none.
 * Bans are obeyed before an unban of the same time. */
static int64_t model_end(const struct given *all, int n, int client, struct instant now)
{
	int64_t end = 0;

	for (int64_t t = t0; t < t0 + TIMES * 1000; t += 1000) {
		bool unbanned = false;
		for (int i = 0; i < n; i++) {
			const struct order *o = &all[i].order;
			if (all[i].client != client || o->time.ms != t)
				continue;
			unbanned |= o->kind == ORDER_UNBAN;
			if (o->kind == ORDER_BAN && o->until.ms > end)
				end = o->until.ms;
		}
		if (unbanned)
			end = 0;
	}
	return end > now.ms ? end : 0;
}

/* Applies the effect of an order to `ends`, as to a firewall. */
static void deliver(
	struct order_history *h, const struct given *g, struct instant now, int64_t ends[CLIENTS])
{
	struct address entry = given_address(names[g->client]);
	struct instant until;

	if (g->order.kind == ORDER_BAN && g->order.until.ms <= now.ms)
		return; /* order_parse refuses a ban that is over */
	switch (order_history_take(h, &entry, &g->order, now, &until)) {
	case ORDER_NO_EFFECT:
		break;
	case ORDER_BANS:
		assert_true(until.ms > now.ms);
		if (ends[g->client] < until.ms)
			ends[g->client] = until.ms;
		break;
	case ORDER_UNBANS:
		ends[g->client] = 0;
		break;
	case ORDER_BANS_LESS:
		ends[g->client] = until.ms;
		break;
	}
}

static void orders_leave_the_same_bans_in_any_sequence(void **state)
{
	struct random r = random_new(1);
	struct given all[ORDERS];

	(void)state;
	for (int k = 0; k < HISTORIES; k++) {
		struct order_history *h = order_history_new(CLIENTS, (struct hash_key){{1, 2}});
		int n = 1 + (int)random_below(&r, ORDERS);
		struct instant now = {t0 + 3600000};
		int64_t ends[CLIENTS] = {0};
		bool seen[ORDERS] = {false};
		int left = n;
		assert_non_null(h);
		now.ms = t0 + 50000;
		for (int i = 0; i < n; i++)
			all[i] = random_order(&r);
		while (left > 0) { /* delivers each order at least once, also while bans expire */
			int i = (int)random_below(&r, (uint64_t)n);
			left -= !seen[i];
			seen[i] = true;
			now.ms += (int64_t)random_below(&r, 20) * 1000;
			for (int again = 0; again < 2; again++)
				deliver(h, &all[i], now, ends);
		}
		for (int c = 0; c < CLIENTS; c++) {
			int64_t got = ends[c] > now.ms ? ends[c] : 0;
			int64_t want = model_end(all, n, c, now);
			if (got != want) {
				random_note();
				fail_msg("history %d, %s: until %" PRId64 ", not %" PRId64, k,
					names[c], got, want);
			}
		}
		assert_int_equal(order_history_forgotten(h), 0);
		order_history_free(h);
	}
}

/* ---- events that are ahead of this host's clock ---- */

#define AHEAD_ORDERS 8

struct ahead {
	struct given given;
	bool obeyed;
	struct instant time, until; /* with which the order was first obeyed */
};

/* The times of the orders are about 1.5 s apart. So at any time, only a few unbans are ahead of the
 * clock by at most 5 s. */
static struct ahead random_ahead(struct random *r, int i)
{
	struct ahead a = {.given = random_order(r)};
	struct order *o = &a.given.order;

	o->time.ms = t0 + i * 1500 + (int64_t)random_below(r, 1000);
	if (o->kind == ORDER_BAN && !o->permanent)
		o->until.ms = o->time.ms + (int64_t)(1 + random_below(r, 40)) * 1000;
	return a;
}

/* Whether the host obeys the order at `now`, by the rules of order_parse and order_history.h. Sets
 * the time and the end with which the order is first obeyed. */
static bool is_taken(struct ahead *a, struct instant now)
{
	const struct order *o = &a->given.order;
	bool bans = o->kind == ORDER_BAN;
	int64_t by = o->time.ms - now.ms;

	if (bans ? o->until.ms <= now.ms : by > ORDER_UNBAN_AHEAD_MAX.ms)
		return false;
	if (a->obeyed)
		return true;
	a->obeyed = true;
	a->time.ms = by <= 0 ? o->time.ms : bans && by > 1000 ? now.ms / 1000 * 1000 : now.ms;
	a->until = o->until;
	if (bans && !o->permanent)
		a->until.ms += a->time.ms - o->time.ms;
	return true;
}

static int64_t ahead_end(const struct ahead *all, int n, int client, struct instant now)
{
	int64_t unbanned = 0, end = 0;

	for (int i = 0; i < n; i++)
		if (all[i].obeyed && all[i].given.client == client &&
			all[i].given.order.kind == ORDER_UNBAN && all[i].time.ms > unbanned)
			unbanned = all[i].time.ms;
	for (int i = 0; i < n; i++)
		if (all[i].obeyed && all[i].given.client == client &&
			all[i].given.order.kind == ORDER_BAN && all[i].time.ms > unbanned &&
			all[i].until.ms > end)
			end = all[i].until.ms;
	return end > now.ms ? end : 0;
}

static void check_ends(const struct ahead *all, int n, const int64_t *ends, struct instant now)
{
	for (int c = 0; c < CLIENTS; c++) {
		int64_t got = ends[c] > now.ms ? ends[c] : 0, want = ahead_end(all, n, c, now);
		if (got == want)
			continue;
		random_note();
		fail_msg("%s: until %" PRId64 ", not %" PRId64 ", at %" PRId64, names[c], got, want,
			now.ms);
	}
}

/* An order from the future counts as if it had been given at its first delivery. The end of each
 * ban is checked after each delivery. */
static void repeated_orders_from_the_future_count_once(void **state)
{
	struct random r = random_new(2);
	struct ahead all[AHEAD_ORDERS];

	(void)state;
	for (int k = 0; k < HISTORIES; k++) {
		struct order_history *h = order_history_new(CLIENTS, (struct hash_key){{1, 2}});
		int n = 2 + (int)random_below(&r, AHEAD_ORDERS - 1);
		struct instant now = {t0 - 4000};
		int64_t ends[CLIENTS] = {0};
		assert_non_null(h);
		for (int i = 0; i < n; i++) {
			all[i] = random_ahead(&r, i);
			/* in every second history only two clients, so that each has more orders */
			all[i].given.client %= 2 + 2 * (k % 2);
		}
		for (int i = 0; i < 5 * n; i++) {
			struct ahead *a = &all[random_below(&r, (uint64_t)n)];
			now.ms += (int64_t)random_below(&r, 1500);
			for (int again = 0; again < 2; again++)
				if (is_taken(a, now))
					deliver(h, &a->given, now, ends);
			check_ends(all, n, ends, now);
		}
		assert_int_equal(order_history_forgotten(h), 0);
		order_history_free(h);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(orders_leave_the_same_bans_in_any_sequence),
		cmocka_unit_test(repeated_orders_from_the_future_count_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
