/* ban_requests.h - stores the request that caused each ban in force.
 *
 * Path:    engine -> [ban_requests] -> state, memory.   Pure.
 * Method:  a hash table separate from the table of bans. The table of bans has room for all
 *          strikes, and a path needs more memory than an entry of that table. If the table of
 *          requests is full, the oldest request is evicted. The table of bans keeps the detection
 *          rule, its value and its limit (bans.h).
 * Memory:  fixed: 160 bytes for each of `max` entries. The kernel assigns memory pages only as the
 *          table fills.
 * Cost:    O(1).
 */
#ifndef CORE_RECORD_BAN_REQUESTS_H
#define CORE_RECORD_BAN_REQUESTS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/address.h"
#include "core/base/hash.h"
#include "core/record/request_text.h"

/* Maximum number of requests, which take 10 MB. A flood of 6000 bans per minute fills the table in
 * 11 minutes. So even then, no request of a first ban, which lasts 10 minutes, is evicted before
 * the ban ends. */
#define BAN_REQUESTS_MAX 65536

struct ban_requests;

/* Returns NULL if memory is short. */
struct ban_requests *ban_requests_new(uint32_t max, struct hash_key key);
void ban_requests_free(struct ban_requests *b);

/* Changes the hash key. Must be called before the first request is inserted. */
void ban_requests_set_key(struct ban_requests *b, struct hash_key key);

/* Stores the client's request and replaces an older request of the client. Does not store an
 * unknown request. Returns true if the request of another client was evicted. */
bool ban_requests_note(
	struct ban_requests *b, const struct address *client, const struct request_text *request);

/* Removes the client's request, because its ban has ended. */
void ban_requests_drop(struct ban_requests *b, const struct address *client);

/* The client's request; all zeros if it is not known. */
struct request_text ban_requests_find(const struct ban_requests *b, const struct address *client);

#endif
