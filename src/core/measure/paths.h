/* paths.h - the paths of the site: which ones it serves, and which ones are dead links.
 *
 * Path:    request -> engine -> [paths] -> engine: is_served, is_dead.   Pure: no clock.
 * Terms:   a network is a /24 of IPv4 or a /48 of IPv6. The caller knows which visits are honest.
 *          An entry is one path, identified by its keyed 64-bit hash. A request fails if it is
 *          PATHS_MISSING or PATHS_REFUSED.
 * Served:  honest visits of at least two networks got PATHS_SERVED.
 * Dead:    honest visits of at least two networks got PATHS_MISSING. These are at least half of the
 *          networks that failed. No honest visit was served the path in the last hour.
 * Method:  two bitmaps of 64 bits per entry count networks by linear counting (K.-Y. Whang, B. T.
 *          Vander-Zanden, H. M. Taylor 1990): the networks that failed, and the honest networks
 *          that got PATHS_MISSING. An honest request that is served clears both bitmaps. When 48
 *          bits of one bitmap are set, both bitmaps are cleared, too. Whether the path is dead then
 *          does not change until 8 networks have failed again.
 * Memory:  allocated once: 48 bytes per entry, and 4 to 8 bytes of hash buckets.
 * Full:    a new entry evicts an entry of the lowest kind (enum paths_kind): the oldest, with a
 *          second chance (CLOCK, F. J. Corbato 1968). A new path without an honest visit never
 *          evicts a path with an honest visit. If there is no entry that the new path can evict,
 *          the new path is not stored, but counted as entered and as evicted.
 * Cost:    O(1). A served request costs one look-up if 4 honest networks were served its path. It
 *          then hashes no address, and writes memory only if served_at or the second chance
 *          changes.
 * Errs:    on one path, two networks are counted as one with a probability of 1 in 64 in a bitmap,
 *          and of 1 in 32767 among the 15-bit hashes of the honest networks.
 * Time:    seconds since 1970, in any order; stored modulo 2^32.
 */
#ifndef CORE_MEASURE_PATHS_H
#define CORE_MEASURE_PATHS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/address.h"
#include "core/base/hash.h"

/* For this many seconds after an honest visit was served a path, the path is not a dead link. */
#define PATHS_DEAD_AFTER_S 3600
/* Number of honest networks that an entry can distinguish; more are "many". */
#define PATHS_NETWORKS 3
/* A path is bait for a client when this many other networks have failed on it. A network is divided
 * into PATHS_NETWORK_PARTS parts, and each part counts as one network. A part of the client's own
 * network counts 1.5 times; the part that contains the client does not count. So two other parts of
 * the client's network are enough, and clients of one network that probe in turn are detected. */
#define PATHS_BAIT          3
#define PATHS_NETWORK_PARTS 4
/* The bitmaps are cleared when this many of 64 bits are set. */
#define PATHS_FULL_BITS 48

enum paths_outcome {
	PATHS_SERVED,  /* status 200..299 or 304 */
	PATHS_MISSING, /* 404 or 410 */
	PATHS_REFUSED, /* another 4xx */
	PATHS_NEITHER  /* any other status: the request changes nothing */
};

/* In the order of eviction: the first kind is evicted first. */
enum paths_kind {
	PATHS_SINGLE,        /* one network, no honest visit */
	PATHS_SEVERAL,       /* several networks, no honest visit */
	PATHS_HONEST_SINGLE, /* honest visits of one network */
	PATHS_HONEST_FEW,    /* honest visits of 2 or 3 networks */
	PATHS_HONEST_MANY,   /* honest visits of 4 or more networks */
	PATHS_KINDS
};

struct paths_totals {
	uint64_t entered;              /* new entries, except those of paths_restore */
	uint64_t evicted[PATHS_KINDS]; /* by the kind of the evicted entry */
};

struct paths;

/* `max`: maximum number of entries, 1..2^24. Returns NULL if memory is short. */
struct paths *paths_new(uint32_t max, struct hash_key key);
/* NULL is allowed. */
void paths_free(struct paths *p);

struct hash_key paths_key(const struct paths *p);
/* Sets another key. Call it only while the table is empty. */
void paths_set_key(struct paths *p, struct hash_key key);

static inline enum paths_outcome paths_outcome_of(unsigned status)
{
	if ((status >= 200 && status <= 299) || status == 304)
		return PATHS_SERVED;
	if (status == 404 || status == 410)
		return PATHS_MISSING;
	return status >= 400 && status <= 499 ? PATHS_REFUSED : PATHS_NEITHER;
}

/* Hash of a path of 1..256 bytes, normalised by core/read/request_path.h. It is invalid after
 * paths_set_key. */
uint64_t paths_hash(const struct paths *p, const char *path, size_t len);

/* Two steps that prefetch the memory that paths_note will touch, for a path that will be counted
 * soon. Do other work between the steps, because the second step reads what the first has fetched.
 * The steps change nothing. */
void paths_prefetch(const struct paths *p, uint64_t hash);
void paths_prefetch_entry(const struct paths *p, uint64_t hash);

/* Counts one request of `client` at `second`. `honest`: the client's visit is honest now. */
void paths_note(struct paths *p, uint64_t hash, const struct address *client,
	enum paths_outcome outcome, bool honest, int64_t second);

enum paths_standing {
	PATHS_NEW,    /* the site is not known to serve the path */
	PATHS_KNOWN,  /* the site serves the path */
	PATHS_SETTLED /* 4 honest networks were served the path:
		       * another served request teaches nothing */
};

/* Called for a served request of any client. If the path is settled, the request is counted, and
 * paths_note is not needed. Otherwise nothing changes. */
enum paths_standing paths_serve(struct paths *p, uint64_t hash, int64_t second);

bool paths_is_served(const struct paths *p, uint64_t hash);
bool paths_is_dead(const struct paths *p, uint64_t hash, int64_t second);
/* True if no honest visit was ever served the path, and other networks failed on it in visits that
 * were not honest. At least PATHS_BAIT networks must have failed; see PATHS_BAIT for the client's
 * own network. */
bool paths_is_bait(const struct paths *p, uint64_t hash, const struct address *client);

/* Number of entries in the table. */
uint32_t paths_n(const struct paths *p);
struct paths_totals paths_totals(const struct paths *p);

/* The clock was moved by `seconds`, forward or back: moves all stored times. */
void paths_shift(struct paths *p, int64_t seconds);

/* One entry, for core/record/memory. */
struct paths_record {
	uint64_t hash;
	uint64_t failed; /* bitmap of the networks that failed */
	/* bitmap of the honest networks that got PATHS_MISSING, a subset of `failed` */
	uint64_t honest;
	enum paths_kind kind;
	/* Second of the last honest request that was served, modulo 2^32; 0: none. */
	uint32_t served_at;
	/* 15-bit hashes of the honest networks, with PATHS_NETWORK_SERVED; 0: none. All are 0 if 4
	 * or more networks were served. */
	uint16_t networks[PATHS_NETWORKS];
	bool touched; /* has a second chance */
	bool aged;    /* the bitmaps were cleared since `dead` was decided */
	bool dead;
};
#define PATHS_NETWORK_SERVED 0x8000

/* Walks over all entries, in the reverse order of eviction. The table may change between two steps.
 * Then an entry that moves may be skipped, and a path that was evicted and added again may be
 * returned twice. There is only one walk at a time: a new walk ends the previous one. */
void paths_walk_begin(struct paths *p);
/* Returns the next entry; false at the end. */
bool paths_walk(struct paths *p, struct paths_record *out);

/* True if the record's members are consistent. A record from paths_walk always is. */
bool paths_record_is_possible(const struct paths_record *r);
/* Inserts a consistent record after all entries of its kind. Call it in the order of the walk.
 * Returns false and changes nothing if the table is full or already has the path. */
bool paths_restore(struct paths *p, const struct paths_record *r);

#endif
