/* counting.h - composes the path of anomcount: a line of an access log in, lines of counts out.
 *
 * Path:    io/host/line_reader -> [counting: line, logclock, paths, second_counts, counts] -> the
 *          sink that the caller gives. Pure: both clocks, the hash key and the table of paths are
 *          arguments.
 * Live:    a second is published one grace after its end by the wall clock, by counting_tick. Later
 *          lines of it are published one grace after the first of them came.
 * Replay:  the same by the log's time, before the request that moves it. The same lines give the
 *          same output.
 * Beats:   a line without counts at the start of a run, and every 10 seconds; in a replay, of a gap
 *          of over 7 days in those 7 days before its end alone.
 * Full:    the earliest second's first clients are published early, one line of them. Counts add
 *          up, so nothing is lost.
 * Stalled: a live sink without room is not given what is due until it has room, for at most 60 s:
 *          then the root would take the counts for late. What the sink drops, it counts.
 * Memory:  all taken in counting_new.
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

/* Counted over a run. The first ones are those of anomdetect (counters.h). */
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
	X(dead_links) /* errors that are no client's own, because the path is a dead link */       \
	X(early)      /* clients published before their second was due: the table was full */      \
	X(published)  /* lines of counts, with and without clients */                              \
	X(clients)    /* in these lines */                                                         \
	X(dropped)    /* of these lines, those that the reader of stdout did not take in time */

#define COUNTING_FIELD(name) uint64_t name;
struct counting_counters {
	COUNTING_COUNTERS(COUNTING_FIELD)
};
#undef COUNTING_FIELD

/* Where lines of counts go. `put` takes one, at most COUNTS_BYTES_MAX bytes with its newline. */
struct counting_sink {
	void *ctx;
	void (*put)(void *ctx, const char *line, size_t len);
	bool (*has_room)(void *ctx); /* for one line more */
};

struct counting_config {
	struct line_config line;
	const char *origin; /* counts_is_origin */
	bool replay;
	int v4_prefix_len, v6_prefix_len;
	uint32_t max_clients; /* of all seconds that are not published */
	struct span grace;    /* at most 60 s */
	struct hash_key key;
};

struct counting;

/* NULL when memory is short. The config's texts and lists, and the sink's ctx, are not copied. */
struct counting *counting_new(
	const struct counting_config *config, const struct counting_sink *sink);
/* Also of NULL. */
void counting_free(struct counting *c);

/* Live: begins the run, before the first line. A replay begins with its first request. */
void counting_start(struct counting *c, struct instant wall, struct span monotonic);

/* Takes a line, as line_parse does. It may be counted later: with one of the next lines, or in
 * counting_flush. `wall` is not read in a replay. */
void counting_queue(
	struct counting *c, const char *line, size_t len, bool cut, struct instant wall);
void counting_flush(struct counting *c);

/* Live, after each batch and when counting_wait is over: publishes what is due. */
void counting_tick(struct counting *c, struct instant wall, struct span monotonic);

/* Live: how long nothing is due; at most 10 s. While the sink has no room, only beats are due. */
struct span counting_wait(const struct counting *c, struct instant wall, struct span monotonic);

/* At the end of the run: publishes what is left while the sink has room, or all the same if
 * `force`. False: something is left. */
bool counting_end(struct counting *c, bool force);

/* Other proxies; other paths, NULL: none are known. What was given before is not used any more. */
void counting_set_trusted(struct counting *c, const struct allow *trusted);
void counting_set_paths(struct counting *c, const struct paths *paths);

/* Lines that are no requests, while there is no request. */
const struct strangers *counting_strangers(const struct counting *c);

/* Without `dropped`, which the caller knows. */
struct counting_counters counting_counters(const struct counting *c);

#endif
