/* memory_reasons.h - what the bans in force are for, in the memory file; for its writer and its
 * readers alone.
 *
 * The member is MEMORY_REASONS, a list of strings, as in anomdetect(5). A list of its own, and not
 * more words of a client's string: a program of before refuses a client with words that it does
 * not know, and passes over a list that it does not know.
 */
#ifndef CORE_RECORD_MEMORY_REASONS_H
#define CORE_RECORD_MEMORY_REASONS_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "core/base/buf.h"
#include "core/judge/bans.h"
#include "core/record/ban_requests.h"

#define MEMORY_REASONS "reasons"
/* A method and a path of bytes that are escaped, and 150 bytes before them. */
#define MEMORY_REASON_BYTES_MAX 400

struct memory_reason {
	struct address client;
	struct evidence evidence;
	struct request_text request; /* of zeros: not known */
};

/* Puts the ban's reason, with `between` before it; false when it is not in force or none is
 * known. */
bool memory_put_reason(struct buf *b, const struct ban *ban, const struct ban_requests *requests,
	const char *between);

/* False when it is not readable. Of a rule that only a newer program knows, the evidence is of
 * zeros. */
bool memory_read_reason(const cJSON *item, struct memory_reason *out);

#endif
