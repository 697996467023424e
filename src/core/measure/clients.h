/* clients.h - every client of the last minute: its window, its visit, in fixed memory.
 *
 * Path:    line -> engine -> [clients: window, crowd] -> rules; visits that end -> visits.
 * Method:  a hash table (SipHash under a secret key) whose entries are also linked by the time of
 *          their last request. A visit is a client's requests with no gap over 60 s; it is told
 *          when it ends, and when it is CLIENTS_LAP_S old and is then counted afresh.
 * Cost:    O(1) a request, whatever the table's size; nothing scans it.
 * Memory:  taken at start from `max`; touched as it fills: 101 bytes a quiet client, 360 more a
 *          busy one.
 * Full:    of a few candidates (the least recently seen and some at random) the one with the
 *          fewest requests makes room: a flood of new addresses pushes out its own kind.
 * Time:    `now` must not go backwards between calls; a request's second lies in its window.
 */
#ifndef CORE_MEASURE_CLIENTS_H
#define CORE_MEASURE_CLIENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/address.h"
#include "core/measure/crowd.h"
#include "core/base/hash.h"
#include "core/measure/window.h"

/* A visit teaches what it reached in its first 10 min, and is counted afresh after each. */
#define CLIENTS_LAP_S 600
/* A client that has been silent for longer comes anew. */
#define CLIENTS_GAP_S 60

#define VISIT_PEAK_MAX   (((uint32_t)1 << 26) - 1)
#define VISIT_PAGES_BITS 6

/* Seconds are modulo 2^32; counts saturate. */
struct visit {
	uint32_t first;     /* second of its first request */
	uint32_t start;     /* of the lap: first, and every 10 min after */
	uint32_t requests;  /* in the lap */
	uint32_t peak : 26; /* highest 60-s count of requests in the lap, at most VISIT_PEAK_MAX */
	/* Bitmap over all laps: different paths that it was served and that the site is known to
	 * serve. */
	uint32_t pages : VISIT_PAGES_BITS;
	uint16_t errors;     /* in the lap: its own */
	uint16_t error_peak; /* highest 60-s count of them */
	uint32_t variety;    /* bits of variety.h, over all laps: paths that it was served */
};

/* One line's worth of requests. */
struct clients_hit {
	int64_t second;    /* in which they count: now - 59..now */
	uint32_t requests; /* 1 or more */
	uint32_t errors;   /* of those */
	uint32_t own;      /* of the errors, those that are held against the client */
	uint32_t variety;  /* variety_bit of the path, where it was served; else 0 */
	uint32_t pages;    /* a bit of it, where it was served and is known; else 0 */
};

/* What clients_add tells of the client, its new request included. */
struct client_counts {
	struct window_counts window;
	struct visit visit;
	/* Different seconds with a request in the lap; late ones may be left out. */
	uint16_t lap_seconds;
	uint32_t lap_s; /* seconds that the lap has lasted */
	/* Requests in the visit's first lap; 0: the lap is not over, or CLIENTS_ERROR_SHARE of
	 * them were errors. */
	uint16_t before;
};

/* Called at `now` when a visit ends, or a lap of it: `last` is the second of its last request,
 * modulo 2^32. It must not call the table. */
typedef void clients_visit(
	void *ctx, const struct address *client, const struct visit *v, uint32_t last, int64_t now);

struct clients;

struct clients_totals {
	uint64_t entered; /* clients that came, again after 60 s of silence */
	uint64_t evicted; /* their visits are not told */
	uint64_t coarse;  /* clients that had to be counted in 10-s steps */
};

/* Share of its requests from which on a client's errors are its own doing. A page that lacks one of
 * five files is under it; a scan fails nearly always. */
#define CLIENTS_ERROR_SHARE 0.25

struct clients_config {
	uint32_t max;   /* clients: 1..100 million */
	uint32_t rings; /* busy ones */
	struct hash_key key;
	clients_visit *told; /* or NULL */
	void *ctx;
};

/* NULL when memory is short. */
struct clients *clients_new(const struct clients_config *config);
void clients_free(struct clients *c);

/* Another hash key, before the first client. */
void clients_set_key(struct clients *c, struct hash_key key);

/* Counts a hit of `client`, and tells where it stands at now. `hash` is what clients_hash_prefetch
 * returned. */
struct client_counts clients_add(struct clients *c, const struct address *client, uint64_t hash,
	int64_t now, const struct clients_hit *hit);

/* For a client that will be added soon: three steps fetch the memory that clients_add will touch.
 * Other work comes between them: each step reads what the step before has fetched. `hash` is what
 * the first step returns. They change nothing. */
uint64_t clients_hash_prefetch(const struct clients *c, const struct address *client);
void clients_prefetch_entry(const struct clients *c, uint64_t hash);
void clients_prefetch_second(const struct clients *c, uint64_t hash, struct instant time);

/* Drops a client and its counts, if it is there; its visit is not told. */
void clients_forget(struct clients *c, const struct address *client);

/* Drops all clients; no visit is told. */
void clients_clear(struct clients *c);

/* Drops at most `most` clients that are silent for over CLIENTS_GAP_S, and tells their visits. Few
 * at each request keep up with any flood, since a request adds at most one. */
void clients_expire(struct clients *c, int64_t now, uint32_t most);

/* Each visit is told in the first second in which its client has been silent for so long, up to
 * `now`; at most `most`. The same as clients_expire for each second, if no more end in one. */
void clients_expire_each(struct clients *c, int64_t now, uint32_t most);

/* Whether clients_expire has some to drop. */
bool clients_overdue(const struct clients *c, int64_t now);
/* From which second on it has, so long as no client comes back. False: there is no client. */
bool clients_next_end(const struct clients *c, int64_t now, int64_t *second);

/* Clients held: active in the last minute, or not yet dropped. */
uint32_t clients_n(const struct clients *c);

/* Sums over them; the caller may set the marks. */
struct crowd *clients_crowd(struct clients *c);

/* Calls `each` for the clients that were seen last, newest first, with what they have at now, until
 * it says false or CLIENTS_LOOK were seen: it never takes long, and a heavy client is always among
 * those. */
#define CLIENTS_LOOK 32768
typedef bool clients_each(void *ctx, const struct address *client, const struct window_counts *w,
	const struct visit *v);
void clients_look(const struct clients *c, int64_t now, clients_each *each, void *ctx);

struct top_client {
	struct address client;
	uint32_t requests; /* in the window */
	uint32_t errors;   /* the same */
};

/* The clients with the most requests at now among those, most first; at most `cap`. */
size_t clients_top(const struct clients *c, int64_t now, struct top_client *out, size_t cap);

struct clients_totals clients_totals(const struct clients *c);

#endif
