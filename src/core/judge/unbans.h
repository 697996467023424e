/* unbans.h - the newest bans that somebody took back, so that they can be announced again.
 *
 * Path:    engine_verdict -> [unbans] -> engine_announce, memory file. Pure: no I/O, no clock.
 * Memory:  a ring of UNBANS_MAX, about 390 KB, touched as it fills. When it is full, the oldest
 *          makes room. Only an administrator makes unbans, never a client.
 */
#ifndef CORE_JUDGE_UNBANS_H
#define CORE_JUDGE_UNBANS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/address.h"
#include "core/base/instant.h"

/* A power of 2: the numbers of unbans end at 2^32 and begin again. */
#define UNBANS_MAX 8192
/* An older unban is not announced any more. */
#define UNBANS_KEPT ((struct span){86400 * 1000})

struct unban {
	struct address client;
	struct instant time;
	uint32_t strike;
	const char *reason; /* a word of unbans_reason */
};

/* All zeros: empty. */
struct unbans {
	uint32_t next; /* number of the next one, modulo 2^32 */
	uint32_t n;    /* held */
	struct unban ring[UNBANS_MAX];
};

/* Appends one. True if an unban within UNBANS_KEPT of it made room. */
bool unbans_note(struct unbans *u, const struct unban *unban);

/* Walks from the oldest to the newest: start with *cursor 0; false at the end. Also while unbans
 * are appended between the calls. */
bool unbans_walk(const struct unbans *u, uint32_t *cursor, struct unban *out);

/* Copies the client's newest unban to *out, if it has one. Takes some 10 microseconds in a full
 * ring. */
bool unbans_find(const struct unbans *u, const struct address *client, struct unban *out);

/* The wall clock was set: all times move by `ms`. */
void unbans_shift(struct unbans *u, int64_t ms);

/* The fixed word for the reason of an unban that somebody caused; NULL: no such reason, and so
 * "expired" has none. */
const char *unbans_reason(const char *word, size_t len);

#endif
