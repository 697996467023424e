/* order_line.h - lines of orders for tests, and functions that parse them. Include it after
 * cmocka.h. */
#ifndef UNIT_ORDER_LINE_H
#define UNIT_ORDER_LINE_H

#include <stdlib.h>
#include <string.h>

#include "core/record/order.h"

/* 2026-11-22T04:16:00Z, the time of the orders that the tests parse. The tests' current time is a
 * minute later. */
#define EVENT_MS 1795320960000
#define NOW      ((struct instant){EVENT_MS + 60000})

#define HEAD   "\"time\":\"2026-11-22T04:16:00.000Z\",\"mode\":\"live\""
#define CLIENT ",\"client\":\"198.51.100.7\""
#define TIMES  ",\"seconds\":600,\"until\":\"2026-11-22T04:26:00.000Z\""
#define EVER   ",\"seconds\":null,\"until\":null"

/* Copies the line to the heap, so that a sanitizer detects a read past its end. */
static inline enum order_reason parse_bytes(
	const char *line, size_t len, bool cut, struct instant now, bool replays, struct order *out)
{
	char *copy = malloc(len ? len : 1);
	enum order_reason reason;

	assert_non_null(copy);
	memcpy(copy, line, len);
	reason = order_parse(copy, len, cut, now, replays, out);
	free(copy);
	return reason;
}

static inline enum order_reason parse(const char *line, struct order *out)
{
	return parse_bytes(line, strlen(line), false, NOW, false, out);
}

#endif
