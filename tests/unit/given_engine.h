/* given_engine.h - an engine, a sink that records its events, and lines that nginx would write. */
#ifndef UNIT_GIVEN_ENGINE_H
#define UNIT_GIVEN_ENGINE_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/engine/engine.h"

#include "unit/given.h"

/* 04:16:00 UTC: no hour ends during a short test. */
#define T0 ((int64_t)1795320960)

#define RECORDS_MAX 4096
#define VISITORS    60

static const char *const families[] = {"203.0.113.77", "2001:db8:bad:1::9"};
static const char *const clients_of[] = {"203.0.113.77", "2001:db8:bad:1::/64"};

struct given {
	struct engine_config config;
	struct allow *allow;
	struct engine *engine;
	size_t n;
	bool enforce; /* the firewall carries out each ban */
	struct event events[RECORDS_MAX];
};

static struct given g;

static inline void record(void *ctx, const struct event *e)
{
	struct given *to = ctx;

	assert_true(to->n < RECORDS_MAX);
	to->events[to->n++] = *e;
}

static inline enum ban_outcome take_ban(
	void *ctx, const struct address *client, struct span left, struct instant now)
{
	const struct given *to = ctx;

	(void)client, (void)left, (void)now;
	return to->enforce ? BAN_ENFORCED : BAN_NOT_ASKED;
}

static inline struct engine_config config_of(bool replay)
{
	struct engine_config c = {
		.replay = replay,
		.key = {{11, 12}},
		.max_clients = 5000,
		.v4_prefix_len = 32,
		.v6_prefix_len = 64,
		.rules = given_rules_config(),
		.visits = given_visits_config(),
		.holds = {.learn = {600 * 1000}, .mass_share = 0.05, .proxy_share = 0.8},
		.bans = given_bans_config(1000),
		.severe = 5,
		.max_bans_per_minute = 6000,
	};

	return c;
}

static inline struct allow *allow_of(const char *network)
{
	struct allow *a = allow_new();

	assert_non_null(a);
	if (network) {
		struct address n = given_address(network);
		assert_true(allow_add(a, &n));
	}
	allow_seal(a);
	return a;
}

static inline void begin_with(struct engine_config config, const char *allowed)
{
	g.n = 0;
	g.enforce = false;
	g.allow = allow_of(allowed);
	g.config = config;
	g.config.allow = g.allow;
	g.config.firewall.ctx = &g;
	g.config.firewall.ban = take_ban;
	g.engine = engine_new(&g.config, record, &g);
	assert_non_null(g.engine);
}

static inline void begin(bool replay)
{
	begin_with(config_of(replay), NULL);
}

static inline int end(void **state)
{
	(void)state;
	engine_free(g.engine);
	allow_free(g.allow);
	g.engine = NULL;
	g.allow = NULL;
	return 0;
}

/* Feeds one line, which the engine processes directly. */
static inline void say_line(
	struct engine *e, const char *line, size_t len, bool cut, struct instant wall)
{
	engine_queue(e, line, len, cut, wall);
	engine_flush(e);
}

/* Feeds one line of `client` with the time at_ms, read when the wall clock shows wall_ms. */
static inline void say_at(const char *client, int status, int64_t at_ms, int64_t wall_ms)
{
	char line[256];
	int len = snprintf(line, sizeof line,
		"{\"msec\":\"%lld.%03d\",\"remote_addr\":\"%s\",\"status\":%d,\"request\":\"GET / "
		"HTTP/1.1\"}",
		(long long)(at_ms / 1000), (int)(at_ms % 1000), client, status);

	say_line(g.engine, line, (size_t)len, false, (struct instant){wall_ms});
}

static inline void say(const char *client, int status, int64_t at_ms)
{
	say_at(client, status, at_ms, at_ms);
}

static inline void tick(int64_t wall_ms)
{
	engine_tick(g.engine, (struct instant){wall_ms});
}

/* Feeds per_s requests in each of `seconds` seconds, beginning at *second. `visitors` clients of
 * both families take turns. Each of them stays far below any limit. */
static inline void traffic(int64_t *second, int64_t seconds, int per_s, int visitors)
{
	static uint32_t turn;
	char client[64];

	for (int64_t end_s = *second + seconds; *second < end_s; ++*second) {
		for (int i = 0; i < per_s; i++) {
			uint32_t k = turn++ % (uint32_t)visitors;
			if (k % 2)
				snprintf(client, sizeof client, "198.51.%u.%u", 100 + k / 200,
					k % 200);
			else
				snprintf(client, sizeof client, "2001:db8:%x::1", k + 16);
			say(client, 200, *second * 1000 + i * 1000 / per_s);
		}
	}
}

/* Feeds more requests of one client in one second than any limit allows. */
static inline void flood(const char *client, int64_t at_ms)
{
	for (int i = 0; i < 1500; i++)
		say(client, 200, at_ms);
}

static inline size_t count_of(enum event_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < g.n; i++)
		n += g.events[i].kind == kind;
	return n;
}

static inline const struct event *last_of(enum event_kind kind)
{
	for (size_t i = g.n; i > 0; i--)
		if (g.events[i - 1].kind == kind)
			return &g.events[i - 1];
	fail_msg("no event %s", event_name(kind));
	return NULL;
}

/* The number of alerts about the requests of the site. */
static inline size_t site_alerts(void)
{
	size_t n = 0;

	for (size_t i = 0; i < g.n; i++)
		n += g.events[i].kind == EVENT_ALERT && g.events[i].scope == SCOPE_SITE &&
		     g.events[i].signal == SIGNAL_REQUESTS;
	return n;
}

static inline size_t client_alerts(const char *hold)
{
	size_t n = 0;

	for (size_t i = 0; i < g.n; i++)
		n += g.events[i].kind == EVENT_ALERT && g.events[i].scope == SCOPE_CLIENT &&
		     strcmp(g.events[i].hold, hold) == 0;
	return n;
}

static inline void check_times_in_order(void)
{
	for (size_t i = 1; i < g.n; i++)
		assert_true(g.events[i].time.ms >= g.events[i - 1].time.ms);
}

static inline struct state *snapshot(void)
{
	static struct state s;

	memset(&s, 0, sizeof s);
	engine_snapshot(g.engine, &s);
	return &s;
}

#endif
