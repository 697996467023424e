/* given_orders.h - orders, and a fake firewall for them. Include it after cmocka.h. */
#ifndef UNIT_GIVEN_ORDERS_H
#define UNIT_GIVEN_ORDERS_H

#include <string.h>

#include "io/firewall/firewall_backend.h"
#include "io/run/apply_orders.h"

static const struct instant start = {1795343940000}; /* the start of a minute */
static const char *const families[] = {"198.51.100.7", "2001:db8:7::/64"};

/* A fake firewall. It refuses the next `refuses` bans. It stores the client of the last ban or
 * unban, and how long the last ban lasts. */
static struct {
	struct firewall base;
	int refuses;
	int bans, unbans, markers, lists;
	struct address client;
	struct span left;
	/* the entries of the sets */
	struct {
		struct address client;
		struct span left;
	} held[ORDER_QUEUE_MAX + 100];
	size_t held_n;
} wall;

/* The index of the client in `held`; held_n: the client is not in it. */
static size_t find_held(const struct address *client)
{
	size_t i = 0;

	/* with 1000 entries or more, a search would take too long: a test that adds so many must
	 * ban each client only once */
	while (wall.held_n < 1000 && i < wall.held_n &&
		!address_equal(&wall.held[i].client, client))
		i++;
	return wall.held_n < 1000 ? i : wall.held_n;
}

static inline void hold(const char *client, int64_t seconds)
{
	assert_true(address_parse_prefix(client, strlen(client), &wall.held[wall.held_n].client));
	wall.held[wall.held_n++].left = span_seconds(seconds);
}

/* Whether this is the entry that firewall_put_marker inserts into both sets. */
static bool is_marker(const struct address *client)
{
	static const uint8_t ones[16] = {[0 ... 15] = 0xff};

	return memcmp(client->bytes + 13, ones, 3) == 0;
}

static bool fake_ban(struct firewall *f, const struct address *client, struct span left)
{
	if (is_marker(client)) {
		wall.markers++;
		assert_int_equal(left.ms, FIREWALL_MARKER_LASTS.ms);
		return true;
	}
	if (wall.refuses) {
		wall.refuses--;
		firewall_set_why(f, "refused");
		return false;
	}
	wall.bans++;
	wall.client = *client;
	wall.left = left;
	size_t i = find_held(client);
	wall.held_n += i == wall.held_n;
	wall.held[i].client = *client;
	wall.held[i].left = left;
	return true;
}

static bool fake_has(struct firewall *f, const struct address *client, bool *in)
{
	(void)f;
	*in = find_held(client) < wall.held_n;
	return true;
}

static bool fake_list(struct firewall *f, firewall_each *each, void *ctx)
{
	(void)f;
	wall.lists++;
	for (size_t i = 0; i < wall.held_n; i++)
		each(ctx, &wall.held[i].client, wall.held[i].left);
	return true;
}

static bool fake_unban(struct firewall *f, const struct address *client)
{
	(void)f;
	wall.unbans++;
	wall.client = *client;
	size_t i = find_held(client);
	if (i < wall.held_n)
		wall.held[i] = wall.held[--wall.held_n];
	return true;
}

static const struct firewall_ops fake = {
	.name = "fake", .ban = fake_ban, .unban = fake_unban, .has = fake_has, .list = fake_list};

static struct ban_options options;
static struct allow *allow;
static struct apply_orders obey;

static inline struct address address_of(const char *text)
{
	struct address a;

	assert_true(address_parse_prefix(text, strlen(text), &a));
	return a;
}

/* Here the monotonic clock advances together with the wall clock. */
static struct span steady_at(struct instant now)
{
	return (struct span){now.ms - start.ms + 1000000};
}

static int setup(void **unused)
{
	struct address network;

	(void)unused;
	memset(&wall, 0, sizeof wall);
	wall.base.ops = &fake;
	options = (struct ban_options){
		.ipv4_prefix = 32, .ipv6_prefix = 64, .max_bans_per_minute = 100000};
	allow = allow_new();
	network = address_of("192.0.2.0/24");
	allow_add(allow, &network);
	network = address_of("2001:db8:a::/48");
	allow_add(allow, &network);
	allow_seal(allow);
	apply_orders_init(&obey, &options);
	assert_true(apply_orders_open(&obey, (struct hash_key){{1, 2}}, steady_at(start)));
	obey.firewall = &wall.base;
	obey.allow = allow;
	return 0;
}

static int teardown(void **unused)
{
	(void)unused;
	apply_orders_fini(&obey);
	allow_free(allow);
	return 0;
}

static inline struct instant later(int64_t seconds)
{
	return instant_add(start, span_seconds(seconds));
}

/* An order with this time. A ban lasts `seconds`; 0: forever. */
static enum apply_result order_at(enum order_kind kind, const char *client, int64_t seconds,
	struct instant time, struct instant now)
{
	struct order o = {.kind = kind,
		.client = address_of(client),
		.time = time,
		.until = seconds ? instant_add(time, span_seconds(seconds)) : INSTANT_MAX,
		.permanent = seconds == 0};

	return apply_orders_take(&obey, &o, now, steady_at(now));
}

/* An order with the current time. */
static inline enum apply_result order(
	enum order_kind kind, const char *client, int64_t seconds, struct instant now)
{
	return order_at(kind, client, seconds, now, now);
}

static inline bool step(struct instant now)
{
	return apply_orders_step(&obey, now, steady_at(now));
}

static inline struct span idle_at(struct instant now)
{
	return apply_orders_idle(&obey, now, steady_at(now));
}

#endif
