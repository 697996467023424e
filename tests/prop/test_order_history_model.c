/* test_order_history_model.c - order_history.h against a list of all orders, carried out in the
 * order in which they were given: random histories of several clients, each delivered in a random
 * order, some of it many times. What is in force in the end must be the same. */
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
/* Times of bans: no client has more of them than it has room for. */
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

/* What is in force when all orders come as they were given; at the same time bans come first. */
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

/* A firewall: what the effects leave. */
static void deliver(
	struct order_history *h, const struct given *g, struct instant now, int64_t ends[CLIENTS])
{
	struct address entry = given_address(names[g->client]);
	struct instant until;

	if (g->order.kind == ORDER_BAN && g->order.until.ms <= now.ms)
		return; /* order_parse: it is over */
	switch (order_history_take(h, &entry, &g->order, now, &until)) {
	case ORDER_NO_EFFECT:
		break;
	case ORDER_BANS:
		assert_true(until.ms >= g->order.until.ms);
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

static void orders_leave_the_same_in_whatever_order_they_come(void **state)
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
		while (left > 0) { /* each at least once, also while bans end */
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(orders_leave_the_same_in_whatever_order_they_come),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
