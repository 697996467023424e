/* written_paths.h - how often clients write to each path in a visit, and how many networks write to
 * the path.
 *
 * Path:    request -> engine -> [written_paths] -> path_rules.   Pure: no clock.
 * Terms:   a network is a /24 of IPv4 or a /48 of IPv6. A client writes often to a path if it
 *          reaches WRITTEN_OFTEN writes in a visit (slow_failures.h). A feature is a path to which
 *          many visitors often write, such as an editor that saves drafts. A path counts as a
 *          feature for a client under two conditions, which leave out the client's own network. At
 *          least 3 networks write to the path often, and they are at least half of the networks
 *          that write to it. A login is not a feature, because only a few of the people who log in
 *          write to it often.
 * Usual:   the highest number of writes in one visit that clients of at least two networks reach in
 *          the same day. Only clients with an earlier honest visit count. The number is used from
 *          the next day on. In one day the number at most doubles, up to WRITTEN_USUAL_MAX, and at
 *          most halves.
 * Method:  each network has one bit in two bitmaps of 64 bits, so the number of set bits shows the
 *          number of networks. When 48 bits of `wrote` are set, both bitmaps are cleared. Whether
 *          the path is a feature then does not change until 8 networks have written again.
 * Memory:  fixed: 160 KiB, 4096 entries in sets of 8.
 * Full:    a new path evicts one of the 8 entries of its set. Entries without a usual number of
 *          writes are evicted first, then the entries of paths to which the fewest networks write
 *          often. Of equal entries, the oldest is evicted.
 * Time:    seconds since 1970, stored modulo 2^32.
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
	uint64_t hash;  /* hash of the path; 0: the entry is free */
	uint64_t wrote; /* bitmap of the networks that wrote */
	uint64_t often; /* bitmap of the networks that wrote often, a subset of `wrote` */
	uint32_t last;  /* second of the newest write */
	/* Time at which the current day began. `usual` was then computed from the previous day's
	 * value of the member `second` below. */
	uint32_t day;
	uint16_t usual;
	/* In the current day: the highest number of writes in a visit, and the highest number that
	 * another network reached. The second number is no time. */
	uint16_t highest, second;
	uint8_t by : 6; /* bit of the network that made `highest` */
	/* the bitmaps were cleared, and `feature` was decided before */
	uint8_t aged : 1;
	uint8_t feature : 1; /* valid if `aged`: the path was a feature */
};

/* One write. */
struct written_request {
	uint64_t path;
	const struct address *client;
	uint32_t writes; /* number of the client's writes to the
			  * path in its visit, this one included */
	uint32_t second;
	bool guesser; /* the client has probed or was banned: its writes are no sign of a feature */
	bool known; /* the client had an honest visit, which teachers.h remembers for 24 to 48 h */
};

struct written_paths_totals {
	uint64_t entered, evicted;
};

struct written_paths;

/* Returns NULL if memory is short. */
struct written_paths *written_paths_new(void);
/* NULL is allowed. */
void written_paths_free(struct written_paths *w);

/* Counts a write. `key`: the secret key of the table of paths. Returns true if the path is a
 * feature for this client. Stores in *usual the usual highest number of writes to the path in a
 * visit. */
bool written_paths_note(struct written_paths *w, struct hash_key key,
	const struct written_request *r, uint32_t *usual);

struct written_paths_totals written_paths_totals(const struct written_paths *w);

/* The clock was moved by `seconds`, forward or back. */
void written_paths_shift(struct written_paths *w, int64_t seconds);

/* For core/record/memory; see slow_failures_walk and slow_failures_restore. */
bool written_paths_walk(const struct written_paths *w, uint32_t *at, struct written_path *out);
bool written_paths_restore(struct written_paths *w, const struct written_path *path);

#endif
