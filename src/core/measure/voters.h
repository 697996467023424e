/* voters.h - who votes on whether the site fails: each network once.
 *
 * Path:    clients (a client arrives; a visit ends) -> [voters] -> site_failing. Pure.
 * Method:  the clients of one IPv4 /24 or IPv6 /48 have one vote together, because one person may
 *          have all addresses of such a network. There is an exception if at most five networks
 *          make over 80 % of the requests; a request is forgotten after 12 to 18 h
 *          (heavy_hitters.h). Then these networks contain the site's usual visitors, or the
 *          proxies in front of it, and each client in these networks has a vote.
 * Came:    the minute in which each voter arrived last, stored by its hash in 16,384 cells. If
 *          several voters share a cell, only one of them counts. With 1000 voters in ten minutes,
 *          3 % are missing; with 10,000 voters, a quarter.
 * Memory:  80 KiB, in the caller's struct. All zeros except the key is a valid start.
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
/* If at most five networks make more than this share of all requests, their clients vote one by
 * one. */
#define VOTERS_SHARE 0.8

struct voters {
	struct hash_key key;
	struct heavy_hitters heavy; /* counts networks */
	int64_t minute;             /* the newest minute in which a voter arrived */
	/* number of cells whose voter arrived last in this minute, by minute % 10 */
	uint32_t came[VOTERS_MINUTES];
	uint32_t cells[VOTERS_CELLS]; /* minute + 1, modulo 2^32; 0: none */
};

/* The voter for a client: its network, or the client itself. */
struct address voters_of(struct voters *v, const struct address *client, int64_t second);

/* Records that a client arrived, for the first time or after 60 s of silence. */
void voters_note_came(struct voters *v, const struct address *client, int64_t second);

/* Number of voters that arrived in the minute of `second` and the `minutes` - 1 before it; minutes
 * is 1..VOTERS_MINUTES. After this call, no voter may be recorded with an earlier second. */
uint32_t voters_came(struct voters *v, int minutes, int64_t second);

/* Number of voters among the clients with a request in the window, at most `most`. Walks over
 * clients until it has found `most` voters, so call it rarely. */
uint32_t voters_active(
	struct voters *v, const struct clients *clients, uint32_t most, int64_t second);

/* Adds the requests of a client's visit to the requests of its network in v->heavy. Call it only
 * for a visit that had few errors and ended while the site was normal. */
void voters_note_visit(
	struct voters *v, const struct address *client, uint32_t requests, int64_t second);

/* The clock was moved by `seconds`, forward or back. Forgets which voters arrived. */
void voters_shift(struct voters *v, int64_t seconds);

#endif
