/* given.h - common input of the core's tests: clients of both families, and configurations. */
#ifndef UNIT_GIVEN_H
#define UNIT_GIVEN_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/address.h"
#include "core/judge/bans.h"
#include "core/judge/rules.h"
#include "core/measure/site.h"
#include "core/measure/visits.h"

/* Ends the program if the text is not an address, because then the test itself is wrong. */
static inline struct address given_address(const char *text)
{
	struct address a;

	if (!address_parse_prefix(text, strlen(text), &a))
		abort();
	return a;
}

/* The client with number i. Even numbers are IPv4 addresses in 198.18.0.0/15, which is reserved for
 * benchmarks. Odd numbers are /64 networks in 2001:db8::/32. The clients are different for i below
 * 2^18. */
static inline struct address given_client(uint32_t i)
{
	struct address a = {{0}, 32};

	if (i % 2 == 0) {
		a.bytes[10] = a.bytes[11] = 0xff;
		a.bytes[12] = 198;
		a.bytes[13] = (uint8_t)(18 + (i >> 17 & 1));
		a.bytes[14] = (uint8_t)(i >> 9);
		a.bytes[15] = (uint8_t)(i >> 1);
		return a;
	}
	const uint8_t network[4] = {0x20, 0x01, 0x0d, 0xb8};
	memcpy(a.bytes, network, sizeof network);
	a.bytes[5] = (uint8_t)(i >> 16);
	a.bytes[6] = (uint8_t)(i >> 8);
	a.bytes[7] = (uint8_t)i;
	a.prefix_len = 64;
	return a;
}

static inline struct rules_config given_rules_config(void)
{
	return (struct rules_config){.cold_requests = 200};
}

/* The limits differ from the program's defaults and from each other. So a test fails if the code
 * confuses two of them. */
static inline struct visits_config given_visits_config(void)
{
	return (struct visits_config){
		.risk = 3e-5,
		.floor = {120, 20, 300, 30, 30, 60},
		.cold = {200, 60, 600, 60, UINT32_MAX, UINT32_MAX},
	};
}

/* The schedule is 10 min, 30 min, 2 h, forever. Strikes are forgotten after 7 days. */
static inline struct bans_config given_bans_config(uint32_t max)
{
	return (struct bans_config){
		.max = max,
		.key = {{1, 2}},
		.schedule = {{600 * 1000}, {1800 * 1000}, {7200 * 1000}, SPAN_MAX},
		.schedule_n = 4,
		.forget = {7 * 86400 * (int64_t)1000},
	};
}

/* Whether the client is banned in a table with given_bans_config. */
static inline bool given_is_banned(const struct bans *b, const struct address *client)
{
	return bans_standing(b, client, hash_16(given_bans_config(1).key, client->bytes),
		       (struct instant){0}) == STANDING_BANNED;
}

#endif
