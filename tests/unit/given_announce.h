/* given_announce.h - an engine that announces its bans, and the events that it has announced. */
#ifndef UNIT_GIVEN_ANNOUNCE_H
#define UNIT_GIVEN_ANNOUNCE_H

#include "unit/given_engine.h"

#include "core/record/order.h"

#define EVERY_S 600
#define MS      1000
#define DAY_MS  INT64_C(86400000)

static bool room;      /* the reader of the events has room */
static unsigned asked; /* number of calls of has_room */

static inline bool has_room(void *ctx)
{
	assert_ptr_equal(ctx, &g);
	asked++;
	return room;
}

static inline void begin_announcing(bool replay, int64_t every_s)
{
	struct engine_config c = config_of(replay);

	c.announce = span_seconds(every_s);
	c.has_room = has_room;
	c.bans.max = 100000;
	room = true;
	asked = 0;
	begin_with(c, NULL);
}

static inline struct ban ban_of(const char *client, int64_t since_s, int64_t until_s)
{
	return (struct ban){.client = given_address(client),
		.form = BAN_ACTIVE,
		.strikes = 2,
		.since = {since_s * MS + 77},
		.until = {until_s ? until_s * MS + 77 : INSTANT_MAX.ms},
		.rules = 1u << RULE_REQUESTS | 1u << RULE_ERRORS | RULES_GENTLE};
}

static inline void remember(const struct ban *ban)
{
	assert_true(bans_restore(engine_memory(g.engine).bans, ban));
}

static inline size_t repeats_of(enum event_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < g.n; i++)
		n += g.events[i].kind == kind && g.events[i].repeat;
	return n;
}

/* Returns the repeated event number k, counted from 0. */
static inline const struct event *repeat_at(size_t k)
{
	for (size_t i = 0; i < g.n; i++)
		if (g.events[i].repeat && k-- == 0)
			return &g.events[i];
	fail_msg("too few repeated events");
	return NULL;
}

/* Checks that another host would obey the line of this event. A permanent ban may be stale. */
static inline void check_obeyed(const struct event *e, int64_t at_ms)
{
	char line[EVENT_BYTES_MAX];
	struct order order;
	struct buf b;

	buf_init(&b, line, sizeof line);
	event_write(e, &b);
	assert_false(b.full);
	enum order_reason reason = order_parse(
		line, b.len - 1, false, (struct instant){at_ms}, g.config.replay, &order);
	if (reason != ORDER_OK && !(reason == ORDER_STALE && e->permanent))
		fail_msg("reason %d: %.*s", (int)reason, (int)b.len, line);
	assert_true(address_equal(&order.client, &e->client));
	assert_int_equal(order.time.ms, e->time.ms);
	assert_int_equal(order.kind == ORDER_BAN, e->kind == EVENT_BAN);
}

/* Ticks every 50 ms, from from_ms up to to_ms. */
static inline void pass(int64_t from_ms, int64_t to_ms)
{
	for (int64_t at = from_ms; at <= to_ms; at += 50)
		tick(at);
}

static inline void remove_ban(const char *client)
{
	struct address a = given_address(client);

	engine_report_outcome(g.engine, &a, BAN_REMOVED, (struct instant){0}, (struct instant){0});
}

#endif
