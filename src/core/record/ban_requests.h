/* ban_requests.h - the requests that the bans in force were for.
 *
 * Path:    engine -> [ban_requests] -> state, memory.   Pure.
 * Method:  a hash table beside that of bans: a path takes more memory than an entry of that table,
 *          which has room for all strikes. When it is full, the request that was noted first makes
 *          room: the rule, its value and its limit stay with the ban (bans.h).
 * Memory:  fixed, from `max`: 160 bytes for each, touched as it fills.
 * Cost:    O(1).
 */
#ifndef CORE_RECORD_BAN_REQUESTS_H
#define CORE_RECORD_BAN_REQUESTS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/address.h"
#include "core/base/hash.h"
#include "core/record/request_text.h"

/* 10 MB. A flood of 6000 bans per minute fills it in ten minutes, as long as a first ban lasts. */
#define BAN_REQUESTS_MAX 65536

struct ban_requests;

/* NULL when memory is short. */
struct ban_requests *ban_requests_new(uint32_t max, struct hash_key key);
void ban_requests_free(struct ban_requests *b);

/* Another hash key, before the first request. */
void ban_requests_set_key(struct ban_requests *b, struct hash_key key);

/* In the place of an older one of the client; of a request that is not known, nothing is kept. True
 * when another client's made room. */
bool ban_requests_note(
	struct ban_requests *b, const struct address *client, const struct request_text *request);

/* The client's ban has ended. */
void ban_requests_drop(struct ban_requests *b, const struct address *client);

/* Of zeros when it is not known. */
struct request_text ban_requests_find(const struct ban_requests *b, const struct address *client);

#endif
