/* memory_reasons.h - the reasons of the bans in force, in the memory file. Only the writer
 * and the readers of that file use this header.
 *
 * The member is MEMORY_REASONS, a list of strings, as in anomdetect(5). It is a separate list,
 * because an older program skips an unknown list, but refuses unknown words in a client's string.
 */
#ifndef CORE_RECORD_MEMORY_REASONS_H
#define CORE_RECORD_MEMORY_REASONS_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "core/base/buf.h"
#include "core/judge/bans.h"
#include "core/record/ban_requests.h"

#define MEMORY_REASONS "reasons"
/* Enough for an escaped method, an escaped path, and 150 bytes before them. */
#define MEMORY_REASON_BYTES_MAX 400

struct memory_reason {
	struct address client;
	struct evidence evidence;
	struct request_text request; /* all zeros: unknown */
};

/* Appends `between` and the ban's reason. Returns false if the ban is not in force or its reason is
 * not known. */
bool memory_put_reason(struct buf *b, const struct ban *ban, const struct ban_requests *requests,
	const char *between);

/* Returns false if the element is invalid. If the detection rule is unknown (of a newer program),
 * the evidence is all zeros. */
bool memory_read_reason(const cJSON *item, struct memory_reason *out);

#endif
