/* slow_failures.h - clients that fail or write: their counts over days, in fixed memory.
 *
 * Path:    request, clients (a lap ends) -> engine -> [slow_failures] -> path_rules.   Pure.
 * Terms:   an own error is a 4xx that counts against its client. A probe is an own error on a path
 *          that the site never served and that is not a dead link. Bait is a probe on a path on
 *          which other networks failed before. In this file a visit ends after SLOW_FAILURES_GAP_S
 *          of silence.
 * Method:  a table of sets of 8 entries, found by a keyed hash of the client. Bitmaps count
 *          different paths by linear counting, as in path_entry.h. Two counters find the paths to
 *          which a client writes most; a tag, a few bits of the path's hash, shows the path of each
 *          counter (J. Misra, D. Gries 1982).
 * Cost:    O(1) for an own error, a write, a 5xx, and the end of a lap. Other requests cost no
 *          time: the next of these events copies their number from the client's lap.
 * Memory:  fixed: 46 bytes per entry. Clients without an own error or a write have no entry.
 * Full:    of the 8 entries of its set, a new client evicts the quietest: the one with the fewest
 *          probes, own errors and writes. Their number is halved for each week of silence.
 * Errs:    a client is confused with another client of its set with a probability of 1 in 2^45.
 * Time:    since 1970: seconds, stored modulo 2^32; hours and tenths of a second, modulo 2^16.
 */
#ifndef CORE_MEASURE_SLOW_FAILURES_H
#define CORE_MEASURE_SLOW_FAILURES_H

#include <stdbool.h>
#include <stdint.h>

#define SLOW_FAILURES_MAX    65536
#define SLOW_FAILURES_WAYS   8
#define SLOW_FAILURES_WRITES 2 /* number of paths per client whose writes are counted */
#define SLOW_FAILURES_BAIT   5 /* number of different bait paths that are distinguished */
/* A visit ends after this many seconds without a request. */
#define SLOW_FAILURES_GAP_S 600
/* A pause of this many seconds cancels one write to each path. So a program that works for the site
 * is not treated as a guesser if it writes at longer intervals. */
#define SLOW_FAILURES_FADE_S 120
/* Bait is forgotten after this many seconds without a request. */
#define SLOW_FAILURES_BAIT_S (6 * 3600)
/* Probes are forgotten after this many seconds without a request. */
#define SLOW_FAILURES_FORGET_S (60 * 86400)

/* One client. Counts saturate. Errors of the site (5xx) are not counted. */
struct slow_client {
	uint32_t client;    /* a part of its hash */
	uint32_t probes[2]; /* bitmap of different paths, over all visits */
	uint32_t last;      /* second of its newest counted request */
	uint16_t day;       /* hour since 1970 in which day_requests and day_own began */
	uint16_t begin;     /* tenth of a second since 1970 in which its visit began */
	uint16_t day_requests, day_own;
	/* Counts since the entry was made. If they are large, a new visit halves them. */
	uint16_t requests, own;
	/* requests of its lap in clients.h that are already counted here, or are excluded */
	uint16_t counted;
	/* Requests of the visit, and its writes to two paths. Writes also fade: by one for each
	 * SLOW_FAILURES_FADE_S of a pause. */
	uint16_t visit_requests;
	uint16_t writes[SLOW_FAILURES_WRITES];
	uint8_t tags[SLOW_FAILURES_WRITES];
	uint8_t bait[SLOW_FAILURES_BAIT]; /* tags of different paths; 0: none */
	/* Number of different paths that the client was served in the visit, up to 7. `pages`: only
	 * paths that the site is known to serve. `read`: all paths. */
	uint8_t pages : 3;
	uint8_t read : 3;
	uint8_t robot : 1; /* the client requested /robots.txt */
};

/* A client's visit, or a lap of it, as clients.h counts it. */
struct slow_visit {
	uint32_t first;    /* second of the visit's first request */
	uint32_t requests; /* in the lap */
	uint32_t own;      /* own errors among them */
	uint32_t pages; /* different paths that it was served and that the site is known to serve */
	uint32_t read;  /* different paths that it was served */
	bool robot;     /* it requested /robots.txt */
};

/* Properties of a request, as bits. */
enum slow_bits {
	SLOW_OWN = 1 << 0,   /* an own error */
	SLOW_PROBE = 1 << 1, /* a probe; SLOW_OWN is also set */
	SLOW_BAIT = 1 << 2,  /* bait; SLOW_PROBE is also set */
	/* A probe that the site answered with 400, or a CONNECT request: it counts as a path of its
	 * own. */
	SLOW_MALFORMED = 1 << 3,
	SLOW_WRITE = 1 << 4, /* a write that the site answered */
	SLOW_BURST = 1 << 5, /* one of many own errors in a minute; it is not counted in day_own */
};

/* One request that is an own error or a write. */
struct slow_request {
	uint64_t path; /* keyed hash */
	uint32_t second;
	uint16_t tenth; /* of the second, 0..9 */
	uint16_t bits;  /* bits of enum slow_bits */
	uint32_t count; /* number of requests that the line stands for, at least 1 */
};

/* The counts that path_rules.h judges. They include the current request. */
struct slow_counts {
	uint32_t probes, bait; /* number of different paths */
	/* probe_anew: the request is a probe on a path that is probably new for this client.
	 * bait_anew: the request is bait on such a path. */
	bool probe_anew, bait_anew;
	uint32_t requests, own;
	uint32_t day_requests, day_own;
	uint32_t visit_requests;
	uint32_t visit_tenths; /* lower bound of the time since the
			        * visit began, in tenths of a second */
	uint32_t pages, read;  /* different paths that it was served in
			        * the visit, as in struct slow_client */
	uint32_t writes;       /* to the path of the request; 0 if the request is no write */
	bool robot;
};

struct slow_failures_totals {
	uint64_t entered, evicted;
};

struct slow_failures;

/* Returns NULL if memory is short. */
struct slow_failures *slow_failures_new(void);
/* NULL is allowed. */
void slow_failures_free(struct slow_failures *s);

/* Counts a request, which `visit` includes already. `client`: keyed hash of the client. A client
 * without an entry gets one. Writes the counts to *out. */
void slow_failures_note(struct slow_failures *s, uint64_t client, const struct slow_request *r,
	const struct slow_visit *visit, struct slow_counts *out);

/* A lap of the client's visit ended, with its newest request in the second `last`. If the client
 * has an entry, all requests of the lap are counted. */
void slow_failures_told(
	struct slow_failures *s, uint64_t client, const struct slow_visit *visit, uint32_t last);

/* Excludes `n` requests of the client's lap: they were answered with 5xx, or a page of another site
 * caused them. */
void slow_failures_except(struct slow_failures *s, uint64_t client, uint32_t n);

/* The client was banned: forgets its lap, bait and writes, and its own errors of 24 hours. */
void slow_failures_banned(struct slow_failures *s, uint64_t client);

/* Number of entries in use. */
uint32_t slow_failures_n(const struct slow_failures *s);
struct slow_failures_totals slow_failures_totals(const struct slow_failures *s);

/* The clock was moved by `seconds`, forward or back. */
void slow_failures_shift(struct slow_failures *s, int64_t seconds);

/* For core/record/memory: walks over the entries in the order of the table. *at is 0 at the start;
 * false at the end. `client` is a hash for slow_failures_restore. */
bool slow_failures_walk(
	const struct slow_failures *s, uint32_t *at, uint64_t *client, struct slow_client *out);
/* Returns false and changes nothing if the set is full or already has the client. */
bool slow_failures_restore(
	struct slow_failures *s, uint64_t client, const struct slow_client *entry);

#endif
