/* first_paths.h - the first paths of each visit, until the visit is honest.
 *
 * Path:    request -> engine -> [first_paths] -> engine -> paths.   Pure.
 * Why:     a visit is honest only after several requests. Without this cache the first paths of a
 *          visit would teach nothing, and most visits request no further paths.
 * Method:  a cache, direct mapped by the client's hash: one visit per slot.
 * Lost:    the first paths of a visit, if another client takes its slot before the visit is honest;
 *          the visit's later paths are stored as usual. While n visits are not yet honest, each of
 *          them loses its slot with a probability of about n / 8192. An attacker with many
 *          addresses can take all slots. The detector then learns only from later requests.
 * Memory:  fixed: 512 KiB.
 */
#ifndef CORE_MEASURE_FIRST_PATHS_H
#define CORE_MEASURE_FIRST_PATHS_H

#include <stdint.h>

#include "core/measure/paths.h"

#define FIRST_PATHS_SLOTS 8192
/* Maximum number of different paths stored per visit; later paths are dropped. */
#define FIRST_PATHS_MAX 4

struct first_path {
	uint64_t hash; /* paths_hash */
	enum paths_outcome outcome;
};

struct first_paths;

/* Returns NULL if memory is short. */
struct first_paths *first_paths_new(void);
/* NULL is allowed. */
void first_paths_free(struct first_paths *f);

/* Prefetches the memory of the client's slot, for a request that will be counted soon. Changes
 * nothing. */
void first_paths_prefetch(const struct first_paths *f, uint64_t client_hash);

/* Stores the path and the outcome of one request of a visit. `client_hash`: 64-bit hash of the
 * client, computed with a secret key. `visit_first`: the visit's first second, as in struct visit.
 * If the slot contains another visit, that visit is forgotten. If the visit already requested the
 * path, the new outcome replaces the old one. PATHS_NEITHER changes nothing. */
void first_paths_add(struct first_paths *f, uint64_t client_hash, uint32_t visit_first,
	uint64_t path_hash, enum paths_outcome outcome);

/* Writes the visit's paths to out, oldest first, and forgets them. Returns their number. */
int first_paths_take(struct first_paths *f, uint64_t client_hash, uint32_t visit_first,
	struct first_path out[FIRST_PATHS_MAX]);

/* Forgets everything. Called when the secret key changes, because the stored hashes are then
 * invalid. */
void first_paths_clear(struct first_paths *f);

#endif
