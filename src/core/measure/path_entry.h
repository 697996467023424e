/* path_entry.h - one path in the table of paths (paths.h). Only paths.c and path_entry.c use it.
 *
 * The entry includes the links of the table's hash chains and lists, so that a look-up reads only
 * one or two cache lines.
 */
#ifndef CORE_MEASURE_PATH_ENTRY_H
#define CORE_MEASURE_PATH_ENTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "core/measure/paths.h"

#define PATH_ENTRY_MANY (PATHS_NETWORKS + 1) /* counts of networks saturate here */

/* The order of the members needs no padding. */
struct path_entry {
	uint64_t hash;
	uint64_t failed; /* bitmap of the networks that failed */
	/* bitmap of the honest networks that got PATHS_MISSING, a subset of `failed` */
	uint64_t honest;
	uint32_t chain; /* next entry of the same bucket */
	uint32_t newer; /* neighbours in the list of entries of the same kind; NONE at the ends */
	uint32_t older;
	uint32_t served_at; /* second of the last honest request that
			     * was served; valid if served_n > 0 */
	/* As in struct paths_record. Used slots come first. While there are fewer than
	 * PATH_ENTRY_MANY honest networks, each honest network has a slot. While fewer than
	 * PATH_ENTRY_MANY networks were served, each served network has a slot. */
	uint16_t networks[PATHS_NETWORKS];
	uint8_t kind : 4; /* enum paths_kind; never becomes lower */
	uint8_t touched : 1;
	uint8_t aged : 1;
	uint8_t dead : 1;
	uint8_t honest_n : 4; /* number of honest networks, 0..PATH_ENTRY_MANY */
	uint8_t served_n : 4; /* number of honest networks that were served, 0..PATH_ENTRY_MANY */
};

_Static_assert(sizeof(struct path_entry) == 48, "an entry takes 48 bytes, as in paths.h");

/* Counts one request of `client`. `second` is stored as served_at. `outcome` is not PATHS_NEITHER;
 * if it is PATHS_SERVED, `honest` must be true. e->kind does not change. `key`: the key of the
 * table's hashes. */
void path_entry_note(struct path_entry *e, struct hash_key key, const struct address *client,
	enum paths_outcome outcome, bool honest, uint32_t second);

/* The kind that follows from the entry's requests; e->kind may be higher. */
enum paths_kind path_entry_kind(const struct path_entry *e);

bool path_entry_is_served(const struct path_entry *e);
bool path_entry_is_dead(const struct path_entry *e, uint32_t second);
bool path_entry_is_bait(
	const struct path_entry *e, struct hash_key key, const struct address *client);

/* Forgets all failures, and the stored decision whether the path is dead. */
static inline void path_entry_clear_failures(struct path_entry *e)
{
	e->failed = e->honest = 0;
	e->aged = e->dead = 0;
}

static inline void path_entry_set_served_at(struct path_entry *e, uint32_t second)
{
	if (e->served_n == 0 || (int32_t)(second - e->served_at) > 0)
		e->served_at = second;
}

/* Returns an entry with the values of a record, without links. served_at is copied as it is; the
 * caller corrects it for the clock. */
struct path_entry path_entry_restored(const struct paths_record *r);

#endif
