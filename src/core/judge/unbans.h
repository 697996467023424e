/* unbans.h - the newest unbans that an administrator caused, for announcements.
 *
 * Path:    engine_verdict -> [unbans] -> engine_announce, memory file. Pure: no I/O, no clock.
 * Memory:  a ring buffer of UNBANS_MAX unbans, about 390 KB, touched as it fills. When it is full,
 *          a new unban evicts the oldest. A client cannot fill it, because only an administrator
 *          causes these unbans.
 */
#ifndef CORE_JUDGE_UNBANS_H
#define CORE_JUDGE_UNBANS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/address.h"
#include "core/base/instant.h"

/* A power of 2: the place of an unban is its number modulo UNBANS_MAX, and numbers wrap around at
 * 2^32. */
#define UNBANS_MAX 8192
/* An older unban is no longer announced. */
#define UNBANS_KEPT ((struct span){86400 * 1000})

struct unban {
	struct address client;
	struct instant time;
	uint32_t strike;
	const char *reason; /* a string of unbans_reason */
};

/* All zeros is an empty ring. */
struct unbans {
	uint32_t next; /* number of the next unban, modulo 2^32 */
	uint32_t n;    /* number of unbans in the ring */
	struct unban ring[UNBANS_MAX];
};

/* Appends an unban. True if this evicted an unban that was not older than UNBANS_KEPT. */
bool unbans_note(struct unbans *u, const struct unban *unban);

/* Walks from the oldest to the newest: start with *cursor 0; false at the end. Unbans may be
 * appended between the calls. */
bool unbans_walk(const struct unbans *u, uint32_t *cursor, struct unban *out);

/* Copies the client's newest unban to *out, if it has one. Takes about 10 microseconds in a full
 * ring. */
bool unbans_find(const struct unbans *u, const struct address *client, struct unban *out);

/* The wall clock was set: moves all times by `ms`. */
void unbans_shift(struct unbans *u, int64_t ms);

/* Returns a constant string equal to `word`, if `word` is the reason of an unban that somebody
 * caused. Returns NULL for any other word, such as "expired". */
const char *unbans_reason(const char *word, size_t len);

#endif
