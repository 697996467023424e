/* fuzz_order.c - any bytes as an order for anomban. The order is refused for one reason, or its
 * members agree with each other. An accepted order that is written as an event gives the same order
 * again. Bytes after the line change nothing. Then the bytes are read as several lines. If their
 * orders are repeated or reversed, the same bans are in force at the end. */
#include "core/record/event.h"
#include "core/record/order.h"
#include "core/record/order_history.h"

#include "mutate_json.h"

/* 2026-11-22T10:00:30Z. The events of the corpus are half a minute older. */
static const struct instant wall = {1795341630000};

static bool is_same(const struct order *a, const struct order *b)
{
	return a->kind == b->kind && address_equal(&a->client, &b->client) &&
	       a->time.ms == b->time.ms && a->until.ms == b->until.ms &&
	       a->permanent == b->permanent;
}

/* Writes the order as an event of a live run. */
static size_t write_event(const struct order *o, char *text, size_t cap)
{
	struct event e = {.kind = o->kind == ORDER_BAN ? EVENT_BAN : EVENT_UNBAN,
		.time = o->time,
		.client = o->client,
		.until = o->until,
		.permanent = o->permanent,
		.reason = "manual"};
	struct buf b;

	if (o->kind == ORDER_BAN && !o->permanent) {
		int64_t ms =
			/* exact to one second, as the parser allows */
			instant_since(o->until, o->time).ms;
		e.seconds.ms = ms < 1000 ? 1000 : ms > ORDER_BAN_MAX.ms ? ORDER_BAN_MAX.ms : ms;
	}
	buf_init(&b, text, cap);
	event_write(&e, &b);
	FUZZ_HOLDS(!b.full && b.len > 0 && b.data[b.len - 1] == '\n');
	return b.len - 1;
}

/* `seconds` and the time from `time` to `until` differ by at most one second. */
static void check_length(const struct order *o, const char *line, size_t len)
{
	cJSON *object = cJSON_ParseWithLength(line, len);
	const cJSON *seconds = cJSON_GetObjectItemCaseSensitive(object, "seconds");

	FUZZ_HOLDS(cJSON_IsNumber(seconds));
	double apart = (double)instant_since(o->until, o->time).ms - seconds->valuedouble * 1000;
	FUZZ_HOLDS(o->permanent ? seconds->valuedouble == 0 : apart >= -1000 && apart <= 1000);
	cJSON_Delete(object);
}

static void check_order(const struct order *o, bool replays)
{
	char text[EVENT_BYTES_MAX];
	struct order again;

	FUZZ_HOLDS(o->client.prefix_len > 0 || address_is_v4(&o->client) || !o->client.bytes[0]);
	FUZZ_HOLDS(o->kind == ORDER_UNBAN || o->permanent || o->until.ms > 0);
	if (replays) /* the end of the ban is computed from the wall clock */
		return;
	FUZZ_HOLDS(o->time.ms <= wall.ms + ORDER_AHEAD_MAX.ms);
	FUZZ_HOLDS(o->kind == ORDER_BAN || o->time.ms <= wall.ms + ORDER_UNBAN_AHEAD_MAX.ms);
	FUZZ_HOLDS(o->kind == ORDER_UNBAN || o->permanent || o->until.ms > wall.ms);
	FUZZ_HOLDS(o->kind == ORDER_UNBAN || !o->permanent || o->repeated ||
		   o->time.ms >= wall.ms - ORDER_STALE_AFTER.ms);
	if (o->permanent && o->repeated)
		return; /* write_event writes no repeated event, so this order would be stale */
	size_t len = write_event(o, text, sizeof text);
	FUZZ_HOLDS(order_parse(text, len, false, wall, false, &again) == ORDER_OK);
	FUZZ_HOLDS(is_same(o, &again));
}

/* ---- histories ---- */

#define ORDERS_MAX 64

/* Obeys all orders, `times` times. Returns the end of the ban that the client of the order `of`
 * then has; 0: none. */
static struct instant end_of(
	const struct order *orders, size_t n, bool reversed, int times, const struct order *of)
{
	struct order_history *h = order_history_new(ORDERS_MAX, (struct hash_key){{1, 2}});
	struct instant end = {0}, until;

	FUZZ_HOLDS(h);
	for (size_t k = 0; k < n * (size_t)times; k++) {
		const struct order *o = &orders[reversed ? n - 1 - k % n : k % n];
		enum order_effect effect = order_history_take(h, &o->client, o, wall, &until);
		if (memcmp(o->client.bytes, of->client.bytes, 16) != 0)
			continue;
		if (effect == ORDER_BANS)
			end = instant_later(end, until);
		else if (effect != ORDER_NO_EFFECT)
			end.ms = effect == ORDER_UNBANS ? 0 : until.ms;
		FUZZ_HOLDS(
			effect == ORDER_NO_EFFECT || effect == ORDER_UNBANS || until.ms > wall.ms);
	}
	/* with too many clients, some were evicted, and the end is not known */
	if (order_history_forgotten(h))
		end.ms = -1;
	order_history_free(h);
	return end;
}

static void check_history(const char *text, size_t len)
{
	struct order orders[ORDERS_MAX];
	size_t n = 0;

	while (len && n < ORDERS_MAX) {
		const char *end = memchr(text, '\n', len);
		size_t line = end ? (size_t)(end - text) : len;
		n += order_parse(text, line, false, wall, false, &orders[n]) == ORDER_OK;
		text += line + (end != NULL);
		len -= line + (end != NULL);
	}
	for (size_t i = 0; i < n; i++) {
		int64_t once = end_of(orders, n, false, 1, &orders[i]).ms;
		int64_t again = end_of(orders, n, false, 2, &orders[i]).ms;
		int64_t back = end_of(orders, n, true, 1, &orders[i]).ms;
		FUZZ_HOLDS(once < 0 || again < 0 || once == again);
		/* the effect of an order from the future depends on the sequence of the orders */
		bool ahead = false;
		for (size_t k = 0; k < n; k++)
			ahead |= orders[k].time.ms > wall.ms;
		FUZZ_HOLDS(once < 0 || back < 0 || ahead || once == back);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *line = fuzz_exact(data, len), *behind = fuzz_followed(data, len, "}\n{\"event\":");
	struct order_counters counters = {0};
	struct order o, same;

	for (int replays = 0; replays < 2; replays++) {
		enum order_reason reason = order_parse(line, len, false, wall, replays, &o);
		FUZZ_HOLDS(reason < ORDER_REASON_COUNT);
		FUZZ_HOLDS((reason == ORDER_OK) == !order_counter(&counters, reason));
		FUZZ_HOLDS(order_parse(behind, len, false, wall, replays, &same) == reason);
		FUZZ_HOLDS(order_parse(line, len, true, wall, replays, &same) == ORDER_NOT_EVENT);
		if (reason != ORDER_OK)
			continue;
		check_order(&o, replays);
		if (o.kind == ORDER_BAN && !replays)
			check_length(&o, line, len);
	}
	check_history(line, len);
	free(behind);
	free(line);
	return 0;
}
