/* paths.h - the paths of the site: which ones it serves, and which ones are dead links.
 *
 * Path:    request -> engine -> [paths] -> engine: is_served, is_dead.   Pure: no clock.
 * Terms:   a network is a /24 of IPv4 or a /48 of IPv6. The caller knows which visits are honest.
 *          An entry is one path, known by its keyed 64-bit hash. A request fails if it is
 *          PATHS_MISSING or PATHS_REFUSED.
 * Served:  honest visits of at least two networks got PATHS_SERVED.
 * Dead:    honest visits of at least two networks got PATHS_MISSING, these are at least half of the
 *          networks that failed, and no honest visit was served in the last hour.
 * Method:  two bitmaps of 64 bits per entry count networks by linear counting (K.-Y. Whang, B. T.
 *          Vander-Zanden, H. M. Taylor 1990): the networks that failed, and the honest ones that
 *          got PATHS_MISSING. An honest request that is served clears both. So does the 48th bit:
 *          the verdict then stands until 8 networks have failed again.
 * Memory:  taken once: 48 bytes per entry, and 4 to 8 bytes of hash buckets.
 * Full:    a new entry evicts one of the lowest kind (enum paths_kind), the oldest with a second
 *          chance (CLOCK, F. J. Corbato 1968). A path without an honest visit evicts none that has
 *          one: it is then not kept, and is counted as entered and as evicted.
 * Cost:    O(1). A served request of a path that 4 honest networks were served costs a lookup; it
 *          hashes no address, and stores only what has changed: the second, the second chance.
 * Errs:    two networks are taken for one, on one path, with a chance of 1 in 64 (failed) or 1 in
 *          32767 (honest).
 * Time:    seconds since 1970, in any order; kept modulo 2^32.
 */
#ifndef CORE_MEASURE_PATHS_H
#define CORE_MEASURE_PATHS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/address.h"
#include "core/base/hash.h"

/* A path that an honest visit was served is no dead link for so long. */
#define PATHS_DEAD_AFTER_S 3600
/* An entry knows so many honest networks apart; more of them are "many". */
#define PATHS_NETWORKS 3
/* Other networks that fail on bait. Clients of one network count as up to PATHS_NETWORK_PARTS, so
 * that neighbours who probe in turn are seen: two of the client's own network are enough. */
#define PATHS_BAIT          3
#define PATHS_NETWORK_PARTS 4
/* So many bits of 64 set: the bitmaps start anew. */
#define PATHS_FULL_BITS 48

enum paths_outcome {
	PATHS_SERVED,  /* status 200..299 or 304 */
	PATHS_MISSING, /* 404 or 410 */
	PATHS_REFUSED, /* another 4xx */
	PATHS_NEITHER  /* any other: it changes nothing */
};

/* In the order in which entries make room. */
enum paths_kind {
	PATHS_SINGLE,        /* one network, no honest visit */
	PATHS_SEVERAL,       /* several networks, no honest visit */
	PATHS_HONEST_SINGLE, /* honest visits of one network */
	PATHS_HONEST_FEW,    /* of 2 or 3 networks */
	PATHS_HONEST_MANY,   /* of 4 or more networks */
	PATHS_KINDS
};

struct paths_totals {
	uint64_t entered;              /* new entries, without those of paths_restore */
	uint64_t evicted[PATHS_KINDS]; /* by the kind of the entry that made room */
};

struct paths;

/* Room for 1..2^24 entries. NULL when memory is short. */
struct paths *paths_new(uint32_t max, struct hash_key key);
/* Also of NULL. */
void paths_free(struct paths *p);

struct hash_key paths_key(const struct paths *p);
/* Another key, while the table is empty. */
void paths_set_key(struct paths *p, struct hash_key key);

static inline enum paths_outcome paths_outcome_of(unsigned status)
{
	if ((status >= 200 && status <= 299) || status == 304)
		return PATHS_SERVED;
	if (status == 404 || status == 410)
		return PATHS_MISSING;
	return status >= 400 && status <= 499 ? PATHS_REFUSED : PATHS_NEITHER;
}

/* Of a path as core/read/request_path.h normalises it, 1..256 bytes. The hash means nothing after
 * paths_set_key. */
uint64_t paths_hash(const struct paths *p, const char *path, size_t len);

/* For a path that will be noted soon: two steps fetch the memory that paths_note will touch. Other
 * work comes between them: the second step reads what the first fetched. They change nothing. */
void paths_prefetch(const struct paths *p, uint64_t hash);
void paths_prefetch_entry(const struct paths *p, uint64_t hash);

/* One request of `client` at `second`. `honest`: its visit is honest at this moment. */
void paths_note(struct paths *p, uint64_t hash, const struct address *client,
	enum paths_outcome outcome, bool honest, int64_t second);

enum paths_standing {
	PATHS_NEW,    /* the site is not known to serve it */
	PATHS_KNOWN,  /* it is served */
	PATHS_SETTLED /* the same to 4 honest networks: another served request teaches nothing */
};

/* One served request, of any client. For a settled path it is noted, and paths_note need not be
 * called; else nothing changes. */
enum paths_standing paths_serve(struct paths *p, uint64_t hash, int64_t second);

bool paths_is_served(const struct paths *p, uint64_t hash);
bool paths_is_dead(const struct paths *p, uint64_t hash, int64_t second);
/* Whether the path was never served to an honest visit, and PATHS_BAIT networks besides the
 * client's failed on it in visits that were not honest. */
bool paths_is_bait(const struct paths *p, uint64_t hash, const struct address *client);

/* Entries held. */
uint32_t paths_n(const struct paths *p);
struct paths_totals paths_totals(const struct paths *p);

/* The clock that seconds are told by was set: `seconds` ahead, or back. */
void paths_shift(struct paths *p, int64_t seconds);

/* One entry, for core/record/memory. */
struct paths_record {
	uint64_t hash;
	uint64_t failed; /* bitmap */
	uint64_t honest; /* bitmap, a part of `failed` */
	enum paths_kind kind;
	/* Second of the last honest request that was served, modulo 2^32; 0 if there is none. */
	uint32_t served_at;
	/* The honest networks as hashes of 15 bits, with PATHS_NETWORK_SERVED; 0: none. All are 0
	 * if 4 or more networks were served. */
	uint16_t networks[PATHS_NETWORKS];
	bool touched; /* has a second chance */
	bool aged;    /* the bitmaps started anew, and `dead` is the verdict before */
	bool dead;
};
#define PATHS_NETWORK_SERVED 0x8000

/* Visits all entries, from the one that makes room last to the one that makes room first. The
 * table may change between two steps: an entry that moves meanwhile may be left out, and a path
 * that was evicted and came again may come twice. One walk at a time: a new one ends the one
 * before. */
void paths_walk_begin(struct paths *p);
/* False at the end. */
bool paths_walk(struct paths *p, struct paths_record *out);

/* Whether its members agree with each other, as those of paths_walk do. */
bool paths_record_is_possible(const struct paths_record *r);
/* Inserts a possible one behind all of its kind. To be called in the order of the walk. Returns
 * false and changes nothing if the table is full or has the path. */
bool paths_restore(struct paths *p, const struct paths_record *r);

#endif
