/* written_paths.h - paths that clients write to: how often a visit does, and who does so often.
 *
 * Path:    request -> engine -> [written_paths] -> path_rules.   Pure: no clock.
 * Terms:   a network is a /24 of IPv4 or a /48 of IPv6. A client writes a path often if it reaches
 *          WRITTEN_OFTEN writes in a visit (slow_failures.h). A feature is a path that 3 other
 *          networks write often, and that at least half of the networks that write it write often:
 *          an editor, a cursor, a heartbeat. Few of those who log in write the login often.
 * Usual:   the highest number of writes in a visit of a client that had an honest visit before,
 *          which clients of two networks reach. It counts from the next day on, and each day at
 *          most doubles, up to WRITTEN_USUAL_MAX, or falls to the half at most.
 * Method:  two bitmaps of 64 bits count networks by linear counting. When one is full, both begin
 *          anew, and the verdict stands until 8 networks have written again.
 * Memory:  fixed: 160 KiB, 4096 entries in sets of 8.
 * Full:    of the 8 entries of its set, a new path evicts one without a usual number of writes, if
 *          there is one; of these the one that the fewest networks write often; then the oldest.
 * Time:    seconds since 1970, kept modulo 2^32.
 */
#ifndef CORE_MEASURE_WRITTEN_PATHS_H
#define CORE_MEASURE_WRITTEN_PATHS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/address.h"
#include "core/base/hash.h"

#define WRITTEN_MAX       4096
#define WRITTEN_WAYS      8
#define WRITTEN_OFTEN     12
#define WRITTEN_USUAL_MAX 200

struct written_path {
	uint64_t hash;  /* of the path; 0: free */
	uint64_t wrote; /* bitmap of networks */
	uint64_t often; /* bitmap of networks, a part of `wrote` */
	uint32_t last;  /* second of the newest write */
	uint32_t day;   /* second in which `usual` was taken over from `highest` */
	uint16_t usual;
	/* Of the day: the highest number, and the highest of another network. */
	uint16_t highest, second;
	uint8_t by : 6;      /* bit of the network that `highest` is of */
	uint8_t aged : 1;    /* the bitmaps began anew */
	uint8_t feature : 1; /* it was one then */
};

/* One write. */
struct written_request {
	uint64_t path;
	const struct address *client;
	uint32_t writes; /* of the client's visit to the path, with this one */
	uint32_t second;
	bool guesser; /* the client failed or was banned: it is no sign of a feature */
	bool known;   /* it had an honest visit lately */
};

struct written_paths_totals {
	uint64_t entered, evicted;
};

struct written_paths;

/* NULL when memory is short. */
struct written_paths *written_paths_new(void);
/* Also of NULL. */
void written_paths_free(struct written_paths *w);

/* Notes a write. `key`: secret, of the table of paths. Returns whether its path is a feature, for
 * this client; *usual gets the path's usual highest number of writes in a visit. */
bool written_paths_note(struct written_paths *w, struct hash_key key,
	const struct written_request *r, uint32_t *usual);

struct written_paths_totals written_paths_totals(const struct written_paths *w);

/* The clock was set: `seconds` ahead, or back. */
void written_paths_shift(struct written_paths *w, int64_t seconds);

/* For core/record/memory, as slow_failures_walk and slow_failures_restore. */
bool written_paths_walk(const struct written_paths *w, uint32_t *at, struct written_path *out);
bool written_paths_restore(struct written_paths *w, const struct written_path *path);

#endif
