/* counting.h - runs all stages of anomcount, from a line of an access log to lines of counts.
 *
 * Path:    io/host/line_reader -> [counting: line, logclock, paths, second_counts, counts] -> the
 *          caller's sink. Pure: the wall clock, the monotonic clock, the hash key and the table of
 *          paths are arguments.
 * Live:    counting_tick publishes the counts of a second when one grace period (--grace) has
 *          passed since its end, by the wall clock. Requests of this second that come later are
 *          published in another line, one grace period after the first of these requests came.
 * Replay:  publishes in the same way, but by the log's time. This happens before the request that
 *          moves the log's time is counted. The same lines give the same output.
 * Beats:   a heartbeat is a line without counts. It is published at the start of a run, and every
 *          10 seconds. If a replayed log has a gap of over 7 days, heartbeats are published only
 *          for the last 7 days of the gap.
 * Full:    when the table of clients is full, the first clients of the earliest second are
 *          published early, in one line. The root adds up all lines of a second, so nothing is
 *          lost.
 * Stalled: while a live sink has no room, due lines wait, but for at most 60 s. After that, the
 *          root would treat the counts as late. So the sink then gets the lines anyway. It drops
 *          and counts the lines for which it has no room.
 * Memory:  all allocated in counting_new.
 */
#ifndef CORE_ENGINE_COUNTING_H
#define CORE_ENGINE_COUNTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/counters.h"
#include "core/measure/paths.h"
#include "core/read/line.h"
#include "core/read/strangers.h"

/* Counters of a run. anomdetect has the counters of COUNTING_READ, too (counters.h). */
#define COUNTING_READ(X)                                                                           \
	X(lines)                                                                                   \
	X(requests)                                                                                \
	COUNTERS_REJECTED(X)                                                                       \
	X(truncated)                                                                               \
	X(glued)                                                                                   \
	X(bad_status)                                                                              \
	X(late)                                                                                    \
	X(ahead)
#define COUNTING_COUNTERS(X)                                                                       \
	COUNTING_READ(X)                                                                           \
	X(dead_links) /* errors on a dead link, which count against no client */                   \
	X(early)      /* clients published early, because the table was full */                    \
	X(published)  /* lines of counts, with and without clients */                              \
	X(clients)    /* clients in these lines */                                                 \
	X(dropped)    /* published lines that the reader of stdout did not read in time */

#define COUNTING_FIELD(name) uint64_t name;
struct counting_counters {
	COUNTING_COUNTERS(COUNTING_FIELD)
};
#undef COUNTING_FIELD

/* Receives lines of counts. `put` is called with one line of at most COUNTS_BYTES_MAX bytes,
 * newline included. */
struct counting_sink {
	void *ctx;
	void (*put)(void *ctx, const char *line, size_t len);
	bool (*has_room)(void *ctx); /* true if there is room for one more line */
};

struct counting_config {
	struct line_config line;
	const char *origin; /* a name that counts_is_origin accepts */
	bool replay;
	int v4_prefix_len, v6_prefix_len;
	uint32_t max_clients; /* clients in all seconds that are not published yet */
	struct span grace;    /* --grace; at most 60 s */
	struct hash_key key;
};

struct counting;

/* NULL when memory is short. The config's texts and lists, and the sink's ctx, are not copied. */
struct counting *counting_new(
	const struct counting_config *config, const struct counting_sink *sink);
/* NULL is allowed. */
void counting_free(struct counting *c);

/* Live: begins the run, before the first line. A replay begins with its first request. */
void counting_start(struct counting *c, struct instant wall, struct span monotonic);

/* Parses a line, see line_parse. Its request may be counted later: when one of the next lines is
 * queued, or in counting_flush. `wall` is ignored in a replay. */
void counting_queue(
	struct counting *c, const char *line, size_t len, bool cut, struct instant wall);
void counting_flush(struct counting *c);

/* Live: publishes the lines that are due. Call it after each batch, and when the time that
 * counting_wait returned is over. */
void counting_tick(struct counting *c, struct instant wall, struct span monotonic);

/* Live: the time until the next line is due, at most 10 s. While the sink has no room, only
 * heartbeats are due. */
struct span counting_wait(const struct counting *c, struct instant wall, struct span monotonic);

/* At the end of the run: publishes the remaining counts while the sink has room, or in any case if
 * `force`. False: some counts remain. */
bool counting_end(struct counting *c, bool force);

/* The first function replaces the trusted proxies, the second the paths (NULL: no dead links are
 * known). The old list or table is not used any more. */
void counting_set_trusted(struct counting *c, const struct allow *trusted);
void counting_set_paths(struct counting *c, const struct paths *paths);

/* Describes the lines before the first request, none of which was a request. */
const struct strangers *counting_strangers(const struct counting *c);

/* Without `dropped`, which only the sink's owner can count. */
struct counting_counters counting_counters(const struct counting *c);

#endif
