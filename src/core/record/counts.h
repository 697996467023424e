/* counts.h - writes a line of JSON with one host's counts for its clients in one second.
 *
 * Path:    anomcount -> [counts] -> a broker -> [counts_read] -> anomdetect --format counts.
 * Format:  anomdetect(5), COUNTS. One object per line, at most COUNTS_BYTES_MAX bytes with its
 *          newline, so that one write to a pipe is atomic. A second with many clients needs several
 *          lines.
 */
#ifndef CORE_RECORD_COUNTS_H
#define CORE_RECORD_COUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/address.h"
#include "core/base/buf.h"
#include "core/base/instant.h"

#define COUNTS_BYTES_MAX 4096 /* PIPE_BUF on Linux */

/* Maximum number of bytes in the name of an origin. */
#define COUNTS_ORIGIN_MAX 63

/* Whether `name` can name a host: 1 to COUNTS_ORIGIN_MAX letters, digits, '.', '_' and '-',
 * beginning with a letter or a digit. Such a name is safe in a topic, in JSON and on a terminal. */
bool counts_is_origin(const char *name, size_t len);

/* An element of a line is one client with its counts. This is its maximum number of requests. */
#define COUNTS_REQUESTS_MAX 1000000

/* The members of a line before its counts. */
struct counts_head {
	const char *origin; /* counts_is_origin must be true */
	bool replay;
	struct instant run; /* when this run of anomcount began */
	uint64_t seq;       /* number of the line in the run, from 1 */
	/* the second that the line counts; in a heartbeat (a line without counts): the time when it
	 * was sent */
	struct instant time;
};

/* The counts of one client in the line's second: own <= errors <= requests. */
struct counts_client {
	struct address client;
	uint64_t requests, errors, own;
};

/* These functions write a line into b, which must be empty and have room for COUNTS_BYTES_MAX:
 * counts_begin writes its beginning, counts_put writes one client, and counts_end writes its end.
 * More requests than COUNTS_REQUESTS_MAX become several elements. counts_put subtracts from *left
 * the counts that it has written. If counts_put returns false, the line is full, and the rest of
 * *left belongs in the next line. Every line has room for at least one element. */
void counts_begin(struct buf *b, const struct counts_head *head);
bool counts_put(struct buf *b, struct counts_client *left);
void counts_end(struct buf *b);

#endif
