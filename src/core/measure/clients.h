/* clients.h - every client of the last minute, with its window and its visit, in fixed memory.
 *
 * Path:    line -> engine -> [clients: window, crowd] -> rules; visits that end -> visits.
 * Method:  a hash table (SipHash with a secret key) whose entries are also linked in the order of
 *          their last requests. A visit is a client's requests with no gap over 60 s. The table
 *          reports a visit when it ends. It also reports each lap of CLIENTS_LAP_S, and then counts
 *          the visit's requests from 0 again.
 * Cost:    O(1) per request at any size of the table; nothing scans the table.
 * Memory:  allocated at start for `max` clients; the kernel provides it as clients arrive: 101
 *          bytes per client. A client with requests in more than 6 different seconds of its window
 *          is busy and takes 360 bytes more, for its counts per second (a ring of window.h).
 * Full:    the least recently active clients and some random ones are candidates for eviction. The
 *          candidate with the fewest requests is evicted. So new addresses of a flood evict each
 *          other.
 * Time:    `now` must not go backwards between calls. The second of a request must be in the 60 s
 *          up to `now`.
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

/* Seconds of a lap. Only the first lap of a visit teaches. After each lap, the visit's requests are
 * counted from 0 again. */
#define CLIENTS_LAP_S 600
/* In seconds. After a longer silence, a client's next request begins a new visit. */
#define CLIENTS_GAP_S 60

#define VISIT_PEAK_MAX   (((uint32_t)1 << 26) - 1)
#define VISIT_PAGES_BITS 6

/* One visit. Seconds are modulo 2^32; counts saturate. */
struct visit {
	uint32_t first;     /* second of its first request */
	uint32_t start;     /* second in which the lap began; `first` in the first lap */
	uint32_t requests;  /* in the lap */
	uint32_t peak : 26; /* highest 60-s count of requests in the lap, at most VISIT_PEAK_MAX */
	/* Bitmap of the different paths that the client was served, in all laps. Only paths that
	 * the site is known to serve set a bit. */
	uint32_t pages : VISIT_PAGES_BITS;
	uint16_t errors;     /* in the lap: own errors */
	uint16_t error_peak; /* highest 60-s count of own errors in the lap */
	uint32_t variety;    /* bits of variety.h for the paths that
			      * the client was served, in all laps */
};

/* The requests of one line. */
struct clients_hit {
	int64_t second;    /* second in which they count: now - 59..now */
	uint32_t requests; /* 1 or more */
	uint32_t errors;   /* errors among the requests */
	uint32_t own;      /* own errors among the errors */
	uint32_t variety;  /* variety_bit of the path if it was served; else 0 */
	uint32_t pages;    /* one bit for the path if it was served and is known; else 0 */
};

/* The client's counts, as returned by clients_add. They include the new request. */
struct client_counts {
	struct window_counts window;
	struct visit visit;
	/* Number of different seconds with a request in the lap; seconds of late requests may be
	 * missing. */
	uint16_t lap_seconds;
	uint32_t lap_s; /* seconds that the lap has lasted */
	/* Requests in the visit's first lap. 0: the first lap is not over, or its share of own
	 * errors reached CLIENTS_ERROR_SHARE. */
	uint16_t before;
};

/* Called at `now` when a visit ends, or a lap of it ends. `last`: the second of the visit's last
 * request, modulo 2^32. The function must not call functions of the table. */
typedef void clients_visit(
	void *ctx, const struct address *client, const struct visit *v, uint32_t last, int64_t now);

struct clients;

struct clients_totals {
	/* clients that arrived, including clients that returned after 60 s of silence */
	uint64_t entered;
	uint64_t evicted; /* evicted clients; their visits are not reported */
	uint64_t coarse;  /* busy clients counted in steps of 10 s, because no ring was free */
};

/* Own errors show that the client is to blame if they are at least this share of its requests. A
 * visitor of a page that lacks one of its five files has a lower share; nearly all requests of a
 * scan fail. */
#define CLIENTS_ERROR_SHARE 0.25

struct clients_config {
	uint32_t max;   /* maximum number of clients: 1..100 million */
	uint32_t rings; /* maximum number of busy clients with exact counts (see Memory) */
	struct hash_key key;
	clients_visit *told; /* may be NULL */
	void *ctx;
};

/* Returns NULL if memory is short. */
struct clients *clients_new(const struct clients_config *config);
void clients_free(struct clients *c);

/* Sets another hash key. Call it before a client is added. */
void clients_set_key(struct clients *c, struct hash_key key);

/* Counts a hit of `client` and returns the client's counts at `now`. `hash`: as returned by
 * clients_hash_prefetch. */
struct client_counts clients_add(struct clients *c, const struct address *client, uint64_t hash,
	int64_t now, const struct clients_hit *hit);

/* Three steps that prefetch the memory that clients_add will touch, for a client that will be added
 * soon. Do other work between the steps, because each step reads what the previous step has
 * fetched. `hash` is the result of the first step. No step changes anything. */
uint64_t clients_hash_prefetch(const struct clients *c, const struct address *client);
void clients_prefetch_entry(const struct clients *c, uint64_t hash);
void clients_prefetch_second(const struct clients *c, uint64_t hash, struct instant time);

/* If the client is in the table, drops the client and its counts. Does not report its visit. */
void clients_forget(struct clients *c, const struct address *client);

/* Drops all clients; reports no visit. */
void clients_clear(struct clients *c);

/* Drops at most `most` clients that have been silent for over CLIENTS_GAP_S, and reports their
 * visits. A low `most` at each request is enough in any flood, because a request adds at most one
 * client. */
void clients_expire(struct clients *c, int64_t now, uint32_t most);

/* Like clients_expire, but reports each visit with the first second, up to `now`, in which its
 * client had been silent for over CLIENTS_GAP_S. The result is the same as from one call of
 * clients_expire per second, if at most `most` visits end in each second. */
void clients_expire_each(struct clients *c, int64_t now, uint32_t most);

/* True if clients_expire has clients to drop. */
bool clients_overdue(const struct clients *c, int64_t now);
/* Sets *second to the first second in which clients_expire has a client to drop, if no client sends
 * a request until then. Returns false if the table is empty. */
bool clients_next_end(const struct clients *c, int64_t now, int64_t *second);

/* Number of clients in the table: active in the last minute, or not yet dropped. */
uint32_t clients_n(const struct clients *c);

/* The sums over all clients from which a swarm is detected (crowd.h). The caller may set the marks
 * in them. */
struct crowd *clients_crowd(struct clients *c);

/* Examines the clients with the newest requests, newest first: calls `each` with their counts at
 * `now`. Stops when `each` returns false, or after CLIENTS_LOOK clients, so that the time is
 * bounded. A client that sends many requests is always among these clients. */
#define CLIENTS_LOOK 32768
typedef bool clients_each(void *ctx, const struct address *client, const struct window_counts *w,
	const struct visit *v);
void clients_look(const struct clients *c, int64_t now, clients_each *each, void *ctx);

struct top_client {
	struct address client;
	uint32_t requests; /* in the window */
	uint32_t errors;   /* in the window */
};

/* Finds the clients with the most requests at `now` among the clients that clients_look examines,
 * most first; at most `cap`. */
size_t clients_top(const struct clients *c, int64_t now, struct top_client *out, size_t cap);

struct clients_totals clients_totals(const struct clients *c);

#endif
