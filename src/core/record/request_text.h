/* request_text.h - the request that crossed a limit, as a text for people, in the state.
 *
 * Path:    event -> [request_text] -> recent_events, ban_requests -> state -> core/show.   Pure.
 * Promise: only printable ASCII, whatever the client asked for. Quotes and angle brackets are not
 *          escaped. If they have a meaning in an output format, the code that writes this format
 *          must escape them.
 */
#ifndef CORE_RECORD_REQUEST_TEXT_H
#define CORE_RECORD_REQUEST_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/read/request.h"

#define REQUEST_STATUS_MAX 599
/* The longest result of request_text_line: method, path and status, such as "POST /wp-login.php
 * 200". A status has at most 10 digits. */
#define REQUEST_LINE_MAX (REQUEST_METHOD_MAX + REQUEST_PATH_SHOWN_MAX + 13)

/* All zeros: unknown request. */
struct request_text {
	char method[REQUEST_METHOD_MAX + 1]; /* "": the log has no method */
	/* "": the log has no path; a longer path is cut off */
	char path[REQUEST_PATH_SHOWN_MAX + 1];
	uint32_t status; /* 0: unknown */
};

struct request_line {
	char s[REQUEST_LINE_MAX + 1];
};

/* Stores the request. If r is NULL, or has neither a method nor a path, *t becomes all zeros. Each
 * byte that is not printable ASCII becomes '?'. A blank in the method also becomes '?', because the
 * method must be one word. */
void request_text_set(struct request_text *t, const struct request *r);

bool request_text_is_known(const struct request_text *t);

/* Formats "POST /wp-login.php 200" in at most `room` bytes. A path that is too long is cut off and
 * ends with "...". The result is empty if the request is unknown, or if too few bytes of the path
 * would remain. */
struct request_line request_text_line(const struct request_text *t, size_t room);

#endif
