/* path_entry.h - what is known of one path; for paths.c and path_entry.c alone.
 *
 * The table's links lie in the entry, too: an entry is one or two lines of the cache.
 */
#ifndef CORE_MEASURE_PATH_ENTRY_H
#define CORE_MEASURE_PATH_ENTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "core/measure/paths.h"

#define PATH_ENTRY_MANY (PATHS_NETWORKS + 1) /* networks; counts of them end here */

/* Packed by the order of its members. */
struct path_entry {
	uint64_t hash;
	uint64_t failed; /* bitmap of networks */
	uint64_t honest; /* bitmap of honest networks, a part of `failed` */
	uint32_t chain;  /* next of the same bucket */
	uint32_t newer;  /* of the same kind; NONE at the head */
	uint32_t older;
	uint32_t served_at; /* last honest request that was served; meaningful if served_n > 0 */
	/* As in struct paths_record, in use from the first on. The slots hold all honest networks
	 * while these are fewer than PATH_ENTRY_MANY, and all served ones while those are. */
	uint16_t networks[PATHS_NETWORKS];
	uint8_t kind : 4; /* enum paths_kind; it only rises */
	uint8_t touched : 1;
	uint8_t aged : 1;
	uint8_t dead : 1;
	uint8_t honest_n : 4; /* honest networks, 0..PATH_ENTRY_MANY */
	uint8_t served_n : 4; /* of these, served ones, 0..PATH_ENTRY_MANY */
};

_Static_assert(sizeof(struct path_entry) == 48, "as paths.h says");

/* One request of `client` at `second` (as served_at), whose outcome is not PATHS_NEITHER. A served
 * one must be honest. The entry's kind is left as it was. `key`: of the table. */
void path_entry_note(struct path_entry *e, struct hash_key key, const struct address *client,
	enum paths_outcome outcome, bool honest, uint32_t second);

/* The kind that the entry's requests make now; e->kind may be higher. */
enum paths_kind path_entry_kind(const struct path_entry *e);

bool path_entry_is_served(const struct path_entry *e);
bool path_entry_is_dead(const struct path_entry *e, uint32_t second);
bool path_entry_is_bait(
	const struct path_entry *e, struct hash_key key, const struct address *client);

/* Forgets all failures, and the verdict on them. */
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

/* All of a record but the links. served_at is as the entry keeps it. */
struct path_entry path_entry_restored(const struct paths_record *r);

#endif
