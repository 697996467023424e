/* voters.h - who has a vote on whether the site fails: a network, once.
 *
 * Path:    clients (one came; a visit ends) -> [voters] -> site_failing.   Pure.
 * Method:  a client votes as its IPv4 /24 or IPv6 /48: whoever has one address there may have all
 *          of them. Where at most five networks make over 80 % of the requests of the last 12 to
 *          18 h (heavy_hitters.h), these are the site's own visitors, or the proxies in front of
 *          it: each of their clients has a vote.
 * Came:    the minute in which each voter came last, by its hash, in 16,384 cells. Of voters that
 *          share a cell one counts: 3 % are missing at 1000 in ten minutes, a quarter at 10,000.
 * Memory:  80 KiB, in the caller's struct; all zeros but the key: nothing is known.
 * Time:    seconds must not go backwards between calls.
 */
#ifndef CORE_MEASURE_VOTERS_H
#define CORE_MEASURE_VOTERS_H

#include <stdint.h>

#include "core/base/address.h"
#include "core/base/hash.h"
#include "core/measure/clients.h"
#include "core/measure/heavy_hitters.h"

#define VOTERS_V4      24
#define VOTERS_V6      48
#define VOTERS_MINUTES 10
#define VOTERS_CELLS   (1u << 14)
/* Of all requests, for networks whose clients vote one by one. */
#define VOTERS_SHARE 0.8

struct voters {
	struct hash_key key;
	struct heavy_hitters heavy;    /* of networks */
	int64_t minute;                /* the newest in which one came */
	uint32_t came[VOTERS_MINUTES]; /* cells whose voter came last in it, by minute % 10 */
	uint32_t cells[VOTERS_CELLS];  /* the minute and 1, modulo 2^32; 0: none */
};

/* As whom the client votes: its network, or itself. */
struct address voters_of(struct voters *v, const struct address *client, int64_t second);

/* A client came, for the first time or after 60 s of silence. */
void voters_note_came(struct voters *v, const struct address *client, int64_t second);

/* Voters that came in the minute of `second` and the `minutes` - 1 before it; 1..VOTERS_MINUTES.
 * Nobody else's coming may be noted in between with an earlier second. */
uint32_t voters_came(struct voters *v, int minutes, int64_t second);

/* Voters among the clients of the last minute, at most `most`. Walks over clients until so many
 * are found: for questions that are rare. */
uint32_t voters_active(
	struct voters *v, const struct clients *clients, uint32_t most, int64_t second);

/* Requests of a client that are over, were normal and mostly without errors. */
void voters_note_visit(
	struct voters *v, const struct address *client, uint32_t requests, int64_t second);

/* The clock that seconds are told by was set: `seconds` ahead, or back. Nobody came yet. */
void voters_shift(struct voters *v, int64_t seconds);

#endif
