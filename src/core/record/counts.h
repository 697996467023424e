/* counts.h - what one host counted of its clients in one second, as a line of JSON.
 *
 * Path:    anomcount -> [counts] -> a broker -> [counts] -> anomdetect --format counts.
 * Format:  anomdetect(5), COUNTS. One object, at most COUNTS_BYTES_MAX bytes with its newline, so
 *          that one write to a pipe is atomic. A second of many clients makes several lines.
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

/* Bytes of an origin's name. */
#define COUNTS_ORIGIN_MAX 63

/* Whether `name` can name a host: 1 to COUNTS_ORIGIN_MAX letters, digits, '.', '_' and '-', and the
 * first is a letter or a digit. So it is safe in a topic, in JSON and on a terminal. */
bool counts_is_origin(const char *name, size_t len);

/* Requests of one element. */
#define COUNTS_REQUESTS_MAX 1000000

/* What a line says before its counts. */
struct counts_head {
	const char *origin; /* counts_is_origin */
	bool replay;
	struct instant run;  /* when the run began */
	uint64_t seq;        /* the line's number in the run, from 1 */
	struct instant time; /* the second; of a line without counts, when it was sent */
};

/* What one client did in that second: own <= errors <= requests. */
struct counts_client {
	struct address client;
	uint64_t requests, errors, own;
};

/* Writes a line into b, which is empty and has room for COUNTS_BYTES_MAX: its beginning, as many
 * clients as it has room for, its end. More requests than COUNTS_REQUESTS_MAX become several
 * elements. counts_put takes what it has written off *left; false: the line is full, and the rest
 * belongs into the next. A line takes a part of a client at least. */
void counts_begin(struct buf *b, const struct counts_head *head);
bool counts_put(struct buf *b, struct counts_client *left);
void counts_end(struct buf *b);

#endif
